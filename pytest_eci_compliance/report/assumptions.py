"""The assumptions of the evaluator beyond the evidence, and what it never decides; reports list both."""

ASSUMED = (
    "Calls that name a resource and are not documented (Restart, Exec, Update) are authorised as Delete is.",
    "No control policy of a resource directory and no session policy restricts anyone further.",
)

# The documents do not define these. A decision that depends on one of them is undecidable, never allowed.
UNDECIDED = (
    "a negated operator on a missing key",
    "a negated operator with several values of which some match",
    "an unknown operator, element or policy variable in a statement",
    "a condition on the caller that the expectation does not state",
    "a Deny on a resource group against an Allow on the whole account",
    "whether a ram:PassRole pattern matches a role name in another case",
)
