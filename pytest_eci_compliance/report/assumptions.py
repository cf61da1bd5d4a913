"""What verdicts rest on beyond the evidence, and what is never decided: told in the reports."""

ASSUMED = (
    "Calls that name a resource and are not documented (Restart, Exec, Update) are authorised as Delete is.",
    "No control policy of a resource directory and no session policy restricts anyone further.",
)

# Where the documents are silent. What could turn on one of these is undecidable, which is never allowed.
UNDECIDED = (
    "a negated operator on a missing key",
    "a negated operator with several values of which some match",
    "an unknown operator, element or policy variable in a statement",
    "a condition on the caller that the expectation does not state",
    "a Deny on a resource group against an Allow on the whole account",
    "whether a ram:PassRole pattern matches a role name in another case",
)
