"""The inventory: one frozen snapshot of the facts of one account."""

from .facts import *  # noqa: F403 - every class of facts, under the same name
