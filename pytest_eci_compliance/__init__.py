"""Compliance tests for Elastic Container Instance (ECI) accounts on Alibaba Cloud.

The names below are the public interface for people's own tests. They are loaded on first use: this module is
imported in every pytest run of everybody who has the plugin installed, so it imports nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .inventory.facts import (
        ConfigFile,
        Container,
        ContainerGroup,
        EnvironmentVar,
        Group,
        ImageCache,
        Inventory,
        Policy,
        PolicyAttachment,
        PolicyRef,
        ResourceGroup,
        Role,
        Tag,
        Tags,
        Unreadable,
        User,
        VirtualNode,
        Volume,
    )
    from .policy.evaluator import Access, Decision, UserDecision
    from .report.model import Report
    from .results import Resource, Result, Row

_MODULES = {
    ".inventory": (
        "ConfigFile", "Container", "ContainerGroup", "EnvironmentVar", "Group", "ImageCache", "Inventory", "Policy",
        "PolicyAttachment", "PolicyRef", "ResourceGroup", "Role", "Tag", "Tags", "Unreadable", "User", "VirtualNode",
        "Volume",
    ),
    ".policy.evaluator": ("Access", "Decision", "UserDecision"),
    ".report.model": ("Report",),
    ".results": ("Resource", "Result", "Row"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "Access",
    "ConfigFile",
    "Container",
    "ContainerGroup",
    "Decision",
    "EnvironmentVar",
    "Group",
    "ImageCache",
    "Inventory",
    "Policy",
    "PolicyAttachment",
    "PolicyRef",
    "Report",
    "Resource",
    "ResourceGroup",
    "Result",
    "Role",
    "Row",
    "Tag",
    "Tags",
    "Unreadable",
    "User",
    "UserDecision",
    "VirtualNode",
    "Volume",
    "__version__",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562). Raises AttributeError for any other name."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
