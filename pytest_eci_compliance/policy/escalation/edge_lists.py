"""Lists of edges, as a closure looks at them: by the identities that they lead to.

The edges into instances come in bundles, one for each class of instances and each action. States that may make the
same calls on a class of instances share its bundle, so that a list is put together without a look at its edges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter, itemgetter
from typing import NamedTuple, TypeAlias

from .edge import Edge
from .model import Identity

Rank: TypeAlias = "tuple[bool, int, int, int]"
"""Whether an edge is uncertain, the number of its steps, the number of its action, and its place among the edges by
this action: the least is the best."""


class RankedEdge(NamedTuple):
    """An edge, and how good it is among those to the same identity."""

    rank: Rank
    edge: Edge


class Bundle:
    """The best edge to each of some roles (`targets`), and to which of them it is `certain`. None of the edges passes
    the role to a service. `best` makes an edge when it is asked for: most are not."""

    def __init__(
        self,
        targets: frozenset[Identity],
        certain: frozenset[Identity],
        best: Callable[[Identity], RankedEdge],
    ) -> None:
        self.targets = targets
        self.certain = certain
        self._best = best
        self._edges: dict[Identity, RankedEdge] = {}

    @classmethod
    def of(cls, edges: Iterable[RankedEdge]) -> Bundle:
        """The bundle of edges that are made already."""
        by_target: dict[Identity, RankedEdge] = {}
        for ranked in sorted(edges, key=attrgetter("rank")):
            by_target.setdefault(ranked.edge.target, ranked)
        certain = frozenset(target for target, ranked in by_target.items() if ranked.edge.certain)
        return cls(frozenset(by_target), certain, by_target.__getitem__)

    def edge_to(self, target: Identity) -> RankedEdge:
        """The best edge to one of the targets."""
        edge = self._edges.get(target)
        if edge is None:
            edge = self._edges[target] = self._best(target)
        return edge


class EdgeList:
    """The edges of a state: `targets` are the identities that they lead to, `entered` the roles among them that are
    not passed to a service, `uncertain_targets` those to which some best edge is not certain. `at_best` counts edges
    that are not certain."""

    def __init__(self, own: Iterable[Edge], bundles: Iterable[Bundle] = (), *, at_best: bool) -> None:
        best = best_by_target(own)
        self._bundles = tuple(bundles)
        self._at_best = at_best
        self._own: dict[Identity, list[tuple[int, Edge]]] = {}
        for place, edge in enumerate(edge for edge in best if at_best or edge.certain):
            self._own.setdefault(edge.target, []).append((place, edge))
        edges = [edge for placed in self._own.values() for _, edge in placed]
        into = [edge for edge in edges if not edge.passes_role]
        certain = {edge.target for edge in into if edge.certain}.union(
            *(bundle.certain for bundle in self._bundles)
        )
        self._into = certain
        if at_best:
            self._into = {edge.target for edge in into}.union(*(bundle.targets for bundle in self._bundles))
        self.targets = self._into | set(self._own)
        self.entered = {target for target in self._into if target.kind == "role"}
        passing = {edge.target for edge in edges if edge.passes_role and not edge.certain}
        self.uncertain_targets = (self._into - certain) | passing

    def to(self, targets: Iterable[Identity]) -> list[Edge]:
        """The edges to some targets: the best that passes the role to a service, and the best that does not."""
        ordered = [pair for target in sorted(targets) for pair in self._edges_to(target)]
        return [edge for _, edge in sorted(ordered, key=itemgetter(0))]

    def _edges_to(self, target: Identity) -> Iterator[tuple[tuple[bool, int], Edge]]:
        """The edges to one target, each with what it is sorted by."""
        best: tuple[Rank, int, Edge] | None = None
        for place, edge in self._own.get(target, ()):
            if edge.passes_role:
                yield (not edge.certain, place), edge
            else:
                best = ((not edge.certain, len(edge.steps), -1, place), place, edge)
        for bundle in self._bundles:
            if target not in (bundle.targets if self._at_best else bundle.certain):
                continue
            ranked = bundle.edge_to(target)
            if best is None or ranked.rank < best[0]:
                best = (ranked.rank, len(self._own) + ranked.rank[2], ranked.edge)
        if best is not None:
            yield (not best[2].certain, best[1]), best[2]


def best_by_target(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """One edge to each identity, and one that does not pass a role to a service: a certain one where there is one,
    else the shortest."""
    best: dict[tuple[Identity, bool], Edge] = {}
    for edge in edges:
        key = (edge.target, edge.passes_role)
        known = best.get(key)
        if known is None or (not known.certain, len(known.steps)) > (not edge.certain, len(edge.steps)):
            best[key] = edge
    return tuple(sorted(best.values(), key=lambda edge: not edge.certain))
