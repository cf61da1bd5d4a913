"""Other services that run code under a RAM role: the actions that do so, as data.

Sources: the authorisation pages of ECS, Function Compute, ROS, OOS and Auto Scaling at help.aliyun.com, and the texts
of their full-access system policies.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from .conditions import VARIABLE
from .patterns import ANYTHING, matches_partly_known

ECS = "ecs.aliyuncs.com"


class Elsewhere(NamedTuple):
    """An action of another service that runs code under a role: the service that the role must trust, whether
    `ram:PassRole` is needed, whether its authorisation is documented well enough to be certain, and whether it may ask
    for `ram:PassRole` again, which is an open question (`updated-stacks-ask-for-pass-role-again`)."""

    action: str
    service: str
    pass_role: bool = True
    certain: bool = False
    may_pass_role: bool = False


# From the pages of the services' actions and the policy texts of their full-access system policies.
ELSEWHERE = (
    Elsewhere("ecs:RunInstances", ECS, certain=True),
    Elsewhere("ecs:AttachInstanceRamRole", ECS),
    Elsewhere("ecs:RunCommand", ECS, pass_role=False),
    Elsewhere("ecs:InvokeCommand", ECS, pass_role=False),
    Elsewhere("ecs:SendFile", ECS, pass_role=False),
    Elsewhere("ecs:StartTerminalSession", ECS, pass_role=False),
    Elsewhere("ess:CreateEciScalingConfiguration", ECS),
    Elsewhere("ess:ModifyEciScalingConfiguration", ECS),
    Elsewhere("ess:CreateScalingConfiguration", ECS),
    Elsewhere("fc:CreateFunction", "fc.aliyuncs.com"),
    Elsewhere("fc:UpdateFunction", "fc.aliyuncs.com", pass_role=False, may_pass_role=True),
    Elsewhere("fc:InstanceExec", "fc.aliyuncs.com", pass_role=False),
    Elsewhere("devs:CreateEnvironment", "devs.aliyuncs.com"),
    Elsewhere("ros:CreateStack", "ros.aliyuncs.com"),
    Elsewhere("ros:UpdateStack", "ros.aliyuncs.com", pass_role=False, may_pass_role=True),
    Elsewhere("ros:CreateChangeSet", "ros.aliyuncs.com"),
    Elsewhere("oos:StartExecution", "oos.aliyuncs.com"),
)


@lru_cache(maxsize=16384)
def may_be_about(row: Elsewhere, resources: tuple[str, ...] | None) -> bool:
    """Whether a Resource may fit what an action of a service is authorised on: its ARNs name the service.

    `None`, a Resource that is not understood, may fit anything.
    """
    arn = f"acs:{row.action.partition(':')[0]}:{ANYTHING}"
    return resources is None or any(
        VARIABLE in pattern or matches_partly_known(pattern, arn) is not False for pattern in resources
    )
