"""The open questions of the evaluator, which the owner of an account may settle in the configuration."""

from __future__ import annotations

from .model import Assumption


def _question(id_: str, statement: str, source: str, turns_on_it: str) -> Assumption:
    """An open question of the evaluator: undecidable until the owner of an account settles it."""
    return Assumption(id_, statement, "unknown", source, turns_on_it, owner_may_settle=True)


EVALUATOR = (
    Assumption(
        "deny-on-resource-group-wins",
        "A Deny on a resource group stands against an Allow on the whole account.",
        "inferred",
        "RAM, policy evaluation (2026-03-20): an explicit Deny in any applicable policy wins; the page of 2021 let"
        " account-wide policies decide first",
        "calls that a policy on a resource group denies and an account-wide policy allows",
        owner_may_settle=True,
    ),
    _question(
        "negated-operator-on-missing-key",
        "A negated operator matches where the condition key is missing.",
        "RAM, condition operators (2025-12-09) says nothing of it",
        "statements such as `StringNotEquals acs:RequestTag/env` for calls without that tag",
    ),
    _question(
        "negated-operator-on-some-values",
        "A negated operator with several values matches where some of them, and not all, equal the key.",
        "RAM, condition operators (2025-12-09) says nothing of it",
        "statements with a negated operator and several values, of which some equal the key",
    ),
    _question(
        "pass-role-ignores-case",
        "A pattern in the Resource of ram:PassRole matches a role name that is written in another case.",
        "no document says how role names in ARNs are compared",
        "grants of ram:PassRole whose pattern fits the role but for the case of letters",
    ),
    _question(
        "region-in-ram-arns-is-ignored",
        "An ARN of a RAM user, group, role or policy that names a region in the Resource of a statement fits as one"
        " without a region does.",
        "the documents print these ARNs with `*` or nothing as the region; ECS prints the region of the call for"
        " ram:PassRole",
        "grants of ram and sts actions whose Resource names a region",
    ),
    _question(
        "pass-role-on-resource-group",
        "ram:PassRole that is granted, or denied, on a resource group counts for every role.",
        "Resource Management, services that support resource groups (2026-06-18) does not name PassRole",
        "grants of ram:PassRole on a resource group",
    ),
    _question(
        "other-services-on-resource-group",
        "An action of another service that is granted, or denied, on a resource group counts for every resource.",
        "Resource Management, services that support resource groups (2026-06-18); it is probably void for ram and sts",
        "grants of actions outside of ECI, for example of ram, sts and vpc, on a resource group",
    ),
    _question(
        "new-resource-group-is-authorised",
        "A call that moves a resource must be allowed in the new resource group as well as in the old one.",
        "ECI API, UpdateContainerGroup (2025-10-17) takes a ResourceGroupId, and says nothing of its authorisation",
        "UpdateContainerGroup, UpdateImageCache and UpdateDataCache with `resource_group` in the request",
    ),
    _question(
        "all-resources-have-an-eci-arn",
        "An action that is authorised on all resources is also allowed on a Resource such as acs:eci:*:*:*.",
        "ECI, RAM authorization (2025-06-12) gives the resource of these actions as `*`",
        "ListTagResources, ListUsage, ResizeContainerGroupVolume, ExportContainerGroupTemplate and UpdateConfigMap,"
        " for grants whose Resource is not `*`",
    ),
    _question(
        "list-tag-resources-looks-at-tags",
        "Conditions on tags see the tags of the call and of the resource for ListTagResources, as for other queries.",
        "ECI, RAM authorization (2025-06-12) lists no condition key for ListTagResources, nor that it has none",
        "ListTagResources under a condition on tags; where it is settled as false, the call shows no tag to conditions",
    ),
    _question(
        "deny-on-own-group-binds-queries-by-id",
        "A Deny on the resource group of an instance counts for DescribeContainerGroups by id without the group.",
        "section 3 of the ECI security documents says only that the query must name the group to be allowed in it",
        "eci:DescribeContainerGroups on an instance, for callers with a Deny on its resource group",
    ),
    _question(
        "update-instance-needs-pass-role",
        "UpdateContainerGroup on an instance with a RAM role needs ram:PassRole on that role.",
        "no document says that it is checked, and none that it is not",
        "the step `update-instance` of privilege escalation",
    ),
    _question(
        "acs-service-is-eci",
        "The condition key acs:Service of ram:PassRole has the value eci.aliyuncs.com for ECI.",
        "the value is documented for Function Compute only",
        "grants of ram:PassRole with a condition on acs:Service",
    ),
    _question(
        "tag-service-needs-eci-permission",
        "tag:TagResources on an ECI resource needs eci:TagResources too.",
        "the tag service documents neither",
        "the step `tag-resource` of privilege escalation, and `tag-policy`",
    ),
    _question(
        "creation-is-authorised-on-the-new-name",
        "ram:CreateRole and ram:CreatePolicy are authorised on the ARN with the new name, not on `…/*`.",
        "the authorisation tables of RAM show both `…/*` and `…/NAME`",
        "the steps `create-identity` and `attach-policy` of privilege escalation, where the grant is limited to a"
        " pattern of names",
    ),
    _question(
        "updated-stacks-ask-for-pass-role-again",
        "fc:UpdateFunction and ros:UpdateStack on what has a role need ram:PassRole again.",
        "the documents of Function Compute and ROS do not say it",
        "the step `run-elsewhere` of privilege escalation: without ram:PassRole, not taken where this is true, and"
        " possible where it is false",
    ),
    _question(
        "attachments-are-authorised-on-ims-arns",
        "ResourceManager's AttachPolicy and DetachPolicy are authorised on acs:ims ARNs of the principal, not on"
        " acs:ram ones.",
        "the documents show acs:ims and acs:ram ARNs",
        "the steps `attach-policy` and `lift-deny` of privilege escalation by way of ResourceManager",
    ),
)
"""What the documents leave open: undecidable until the owner of an account settles it."""
