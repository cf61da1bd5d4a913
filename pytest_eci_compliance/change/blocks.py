"""Containers and volumes that a plan changes: what it changes of each, over what was read of it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeVar

from ..inventory.facts import Container, ContainerGroup, Volume

BlockT = TypeVar("BlockT", Container, Volume)
HasPlacesT = TypeVar("HasPlacesT", Container, Volume, ContainerGroup)


def merged(
    recorded: tuple[BlockT, ...], before: tuple[BlockT, ...] | None, after: tuple[BlockT, ...]
) -> tuple[BlockT, ...]:
    """The blocks after a change. What the provider does not manage of a block stays, such as a start-up probe.

    Without a side before, `after` states the whole blocks.
    """
    if before is None:
        return after
    old = {block.name: block for block in before}
    read = {block.name: block for block in recorded}
    return tuple(
        _changed(read[block.name], old[block.name], block)
        if block.name in old and block.name in read
        else block
        for block in after
    )


def _changed(recorded: BlockT, before: BlockT, after: BlockT) -> BlockT:
    names = [
        field.name for field in fields(after) if getattr(before, field.name) != getattr(after, field.name)
    ]
    values = {name: getattr(after, name) for name in names}
    return replace(recorded, **{**values, **places_of_text(recorded, before, after)})


_PLACES = ("access_key_found_in", "not_searched_in")


def places_of_text(
    recorded: HasPlacesT, before: HasPlacesT | None, after: HasPlacesT
) -> dict[str, tuple[str, ...]]:
    """The fields with an AccessKey, and those that were not searched to their end, after a change."""
    return {
        name: _changed_places(
            getattr(recorded, name), getattr(before, name) if before else (), getattr(after, name)
        )
        for name in _PLACES
    }


def _changed_places(
    recorded: tuple[str, ...], before: tuple[str, ...], after: tuple[str, ...]
) -> tuple[str, ...]:
    """The fields: those that were read, less those that the change clears, and those that it sets."""
    return tuple(sorted({*recorded} - ({*before} - {*after}) | {*after}))
