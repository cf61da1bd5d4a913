"""The rows of `assumptions` about reading: how the cloud answers, and what follows from its answers.

Documents are cited by title and date, as in docs/reference/sources.md. `documented` rows are kept where a verdict
would be wrong if the document were.
"""

from __future__ import annotations

from .model import Assumption

_INSTANCES = ("eci:DescribeContainerGroups",)
_LISTS = ("eci:DescribeContainerGroups", "eci:DescribeImageCaches", "eci:DescribeVirtualNodes")
_ATTACHMENTS = ("resourcemanager:ListPolicyAttachments",)
_DECIDED = ("access", "user-resource-groups", "tag-policy", "user-pass-role", "role-pass-role")
_GROUP_GUIDE = "ECI, fine-grained resource control using resource groups (2026-01-27)"
_PER_GROUP = "ECI, use resource groups to control access (2022-12-22)"

READING = (
    Assumption(
        "list-policy-attachments-is-complete",
        "ListPolicyAttachments without filters lists every policy attachment of the account, at both scopes.",
        "documented",
        "Resource Management API, ListPolicyAttachments; acceptance tests of the Terraform provider (2026-09)",
        "whether a principal can hold a policy that no check sees",
        calls=_ATTACHMENTS,
    ),
    Assumption(
        "service-linked-roles-are-listed-with-policies",
        "ListPolicyAttachments lists the policies of service-linked roles too.",
        "unknown",
        "the policy pages say only that the policy is attached when the role is created",
        "no verdict where ListPoliciesForRole may be called: it is asked for each such role that is not listed",
        has_fallback=True,
        calls=_ATTACHMENTS,
        checks=("slr-policy",),
    ),
    Assumption(
        "principal-names-end-at-the-at-sign",
        "The name of a principal in ListPolicyAttachments is what stands before the first `@`.",
        "documented",
        "RAM API, RolePrincipalName; acceptance tests of the Terraform provider (2026-09)",
        "whose grant a policy attachment is",
        calls=_ATTACHMENTS,
    ),
    Assumption(
        "ram-names-ignore-case",
        "RAM does not tell apart names of users, groups and roles that differ only by case.",
        "unknown",
        "no document says how names are compared",
        "which role an instance carries, and whose grant it is, where two spellings occur",
        calls=("ram:ListUsers", "ram:ListRoles", "ram:GetRole"),
    ),
    Assumption(
        "group-policies-are-inherited",
        "Members of a user group have the policies that are attached to the group.",
        "documented",
        "RAM, RAM user groups; section 2 of the ECI security documents",
        "what a user may do",
        checks=("user-intended-policies", "user-required-policies", "access", "user-console"),
    ),
    Assumption(
        "total-count-counts-the-list",
        "TotalCount of the Describe* calls of ECI counts the whole list, not the page.",
        "inferred",
        "the sample of DescribeImageCaches shows one item and a TotalCount of 15",
        "no verdict: where it counts the page, lists are proved whole by reading them twice",
        has_fallback=True,
        calls=_LISTS,
    ),
    Assumption(
        "status-lists-every-instance",
        "DescribeContainerGroupStatus lists every instance of a region.",
        "inferred",
        "ECI API, DescribeContainerGroupStatus (2025-10-17)",
        "no verdict: where it does not, the full list is read page by page",
        has_fallback=True,
        calls=("eci:DescribeContainerGroupStatus",),
    ),
    Assumption(
        "an-empty-next-token-ends-the-list",
        "A page without NextToken, or with an empty one, is the last page.",
        "documented",
        "ECI API, DescribeContainerGroups (2025-10-17)",
        "whether a list is complete",
        calls=_LISTS,
    ),
    Assumption(
        "list-policy-versions-is-whole",
        "ListPolicyVersions lists every version of a policy.",
        "inferred",
        "RAM API, ListPolicyVersions has neither pages nor a count; versions other than the default one can be deleted,"
        " so a number that is missing proves nothing",
        "the step `switch-policy-version` of privilege escalation: a version that the answer lacks is not counted",
        calls=("ram:ListPolicyVersions",),
    ),
    Assumption(
        "denied-queries-are-empty",
        "ECI answers a query that the caller may not make with an empty list, not with an error.",
        "documented",
        "ECI API, DescribeContainerGroups (2025-10-17); section 4 of the ECI security documents",
        "whether an empty list means that nothing exists: `auditor-visibility` decides that",
        calls=_LISTS,
        checks=("auditor-visibility",),
    ),
    Assumption(
        "an-unknown-id-is-an-error-or-an-empty-list",
        "A query for ids of which one no longer exists answers InvalidParameter.NotFound, or leaves the id out.",
        "inferred",
        "the Terraform provider handles both",
        "no verdict: the list is looked at a second time in either case",
        has_fallback=True,
        calls=_INSTANCES,
    ),
    Assumption(
        "every-instance-shows-its-containers",
        "Every instance shows its containers, also after it has ended.",
        "seen",
        "answers in public code of 2026; the Terraform provider relies on it",
        "whether an instance without containers was read completely",
        has_fallback=True,
        calls=_INSTANCES,
        checks=("instance-no-access-keys",),
    ),
    Assumption(
        "missing-tags-mean-no-tags",
        "A resource whose `Tags` is missing or null has no tags.",
        "inferred",
        "the SDK and the Terraform provider read it so",
        "which tags a resource has",
        calls=_LISTS,
    ),
    Assumption(
        "success-has-status-200-and-no-code",
        "A call succeeded where the HTTP status is 200 and the body has no error code.",
        "inferred",
        "the SDK and the Terraform provider judge by the status too",
        "whether an answer is evidence",
    ),
    Assumption(
        "throttling-is-known-by-its-code",
        "A throttled call has status 429, or a code with Throttling, FlowControl or Degrade in it.",
        "documented",
        "ECI, error codes (2025-12-30); the retry rules of the Terraform provider",
        "whether a failed call is tried again",
    ),
    Assumption(
        "endpoints-follow-the-published-list",
        "ECI serves a region at eci.REGION.aliyuncs.com, the two finance regions at their published hosts.",
        "documented",
        "ECI, endpoints (2025-10-10)",
        "whether a region can be read without `endpoints.eci`",
        calls=_LISTS,
    ),
    Assumption(
        "a-group-is-named-default",
        "The default resource group is the one that is named `default`.",
        "inferred",
        "acceptance tests of the Terraform provider find it by this name",
        "calls that name no resource group; `default_resource_group` in the configuration names it instead",
        has_fallback=True,
        calls=("resourcemanager:ListResourceGroups",),
        checks=("access",),
    ),
    Assumption(
        "resources-are-authorised-in-their-own-group",
        "A call that names an instance or an image cache is authorised in the resource's own resource group.",
        "documented",
        _GROUP_GUIDE,
        "what a policy on a resource group allows",
        checks=_DECIDED,
    ),
    Assumption(
        "creation-without-a-group-is-in-the-default-group",
        "CreateContainerGroup without ResourceGroupId is authorised in the default resource group.",
        "documented",
        _PER_GROUP,
        "what a policy on the default resource group allows",
        checks=_DECIDED,
    ),
    Assumption(
        "only-two-kinds-know-resource-groups",
        "Only instances and image caches are authorised by resource group: a policy on a group allows nothing on"
        " virtual nodes and data caches, nor any of 13 listed actions.",
        "documented",
        _GROUP_GUIDE,
        "what a policy on a resource group allows",
        checks=_DECIDED,
    ),
    Assumption(
        "new-tags-need-both-conditions",
        "An update of tags must be allowed for the tags before, and for the tags after as tags of the request or of the"
        " resource.",
        "inferred",
        "ECI, use tags to control access (2023-11-27)",
        "whether a policy with tag conditions lets a caller change tags",
        checks=_DECIDED,
    ),
    Assumption(
        "no-session-policy-restricts-further",
        "No session policy of an assumed role takes permissions away.",
        "unknown",
        "session policies are given with each AssumeRole call, and no API lists them",
        "whether what a role is allowed can be done in each of its sessions",
        checks=("access",),
    ),
    Assumption(
        "no-control-policy-restricts-further",
        "No control policy of a resource directory takes permissions away.",
        "unknown",
        "RAM, policy evaluation (2026-03-20): control policies bind the members of a resource directory",
        "`can` of `access`, and each decision that says `allowed`; `control_policies` in the configuration names them",
        checks=("access", "user-console", "auditor-visibility"),
    ),
    Assumption(
        "ended-instances-block-the-role",
        "Instances that have ended and are still listed keep the service-linked role from being deleted.",
        "unknown",
        "ECI, service-linked role (2024-02-06) speaks of instances without their states",
        "`slr-deletable`; `blocking: live` leaves them out",
        checks=("slr-deletable",),
    ),
    Assumption(
        "data-caches-do-not-block-the-role",
        "Only instances and image caches keep AliyunServiceRoleForECI from being deleted, and only virtual nodes"
        " AliyunServiceRoleForECIVnode.",
        "documented",
        "ECI, service-linked role, and service-linked role for virtual nodes (2024-02-06)",
        "`slr-deletable`",
        checks=("slr-deletable",),
    ),
    Assumption(
        "automatic-image-caches-are-known-by-name",
        "Image caches that ECI makes by itself are named auto-create-for-INSTANCE, and ECI deletes them by itself.",
        "documented",
        "ECI, overview of image caches (2024-11-26)",
        "which image caches `automatic: ignore` leaves out",
        checks=("image-cache-required-tags", "image-cache-resource-group", "slr-deletable"),
    ),
    Assumption(
        "instance-roles-trust-ecs",
        "The RAM role of an instance must trust ecs.aliyuncs.com, and cannot be changed after the creation.",
        "documented",
        "ECI, use an instance RAM role (2024-08)",
        "`instance-ram-role`",
        checks=("instance-ram-role",),
    ),
)
"""How the account is read, and what is taken for granted of what was read."""
