"""What the evaluator never decides by itself; reports list it."""

# The documents do not define these. A decision that depends on one of them is undecidable, never allowed.
UNDECIDED = (
    "a negated operator on a missing key",
    "a negated operator with several values of which some match",
    "an unknown operator, element or policy variable in a statement",
    "a condition on the caller that the expectation does not state",
    "a Deny on a resource group against an Allow on the whole account",
    "whether a ram:PassRole pattern matches a role name in another case",
)
