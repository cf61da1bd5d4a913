"""What closures reach together: one closure, and those of its branches."""

from __future__ import annotations

from collections.abc import Iterable

from .closure import Closure
from .model import ANY_PERMISSION, Path, Step
from .new_identities import by_its_name

_MOST_BRANCHES = 24


def branches(closure: Closure) -> tuple[tuple[Closure, ...], bool]:
    """The closures of all branches as far as the limit goes, and whether these are all."""
    waiting, closures = [closure], list[Closure]()
    while waiting:
        current = waiting.pop(0)
        if current.cut:
            return tuple(closures), False
        for branch in list(current.branches.values()):
            if len(closures) >= _MOST_BRANCHES:
                return tuple(closures), False
            after = current.branch(branch)
            closures.append(after)
            waiting.append(after)
    return tuple(closures), True


def paths_of(closures: Iterable[Closure]) -> dict[str, Path]:
    """The shortest path to everything that the closures reach."""
    return _shortest((closure, closure.reached) for closure in closures)


def path_on_group(closures: Iterable[Closure]) -> Path | None:
    """The shortest path to any permission of ECI on some resource group."""
    paths = sorted(
        (closure for closure in closures if closure.eci_on_group), key=lambda c: len(c.eci_on_group)
    )
    for closure in paths[:1]:
        steps, sure = closure.eci_on_group, not closure.at_best
        only_on_group = sure and all(step.certain for step in steps)
        return by_its_name(Path(ANY_PERMISSION, steps, works=False, only_on_group=only_on_group))
    return None


def other_paths_of(closures: Iterable[Closure]) -> dict[str, Path]:
    """The shortest path to each role that does not end in passing it to a service."""
    return _shortest((closure, closure.reached_otherwise) for closure in closures)


def _shortest(parts: Iterable[tuple[Closure, dict[str, tuple[Step, ...]]]]) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    for closure, reached in parts:
        for name, steps in reached.items():
            if name not in paths or len(steps) < len(paths[name].steps):
                paths[name] = by_its_name(Path(name, steps, works=not closure.at_best))
    return paths
