"""Candidate executions of a program: the write that each read reads from, the order in which locations change, and the
relations that follow.

An `Execution` takes the source of each read and the order of writes of different threads, as formulas or as plain truth values.
Everything else is defined by these, so a candidate has one set of relations: po, rf, co, fr and so on, by their names in the
literature.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from functools import cached_property

from verifier.lib.programs import Event, Program
from verifier.lib.relations import Pair, Relation, both, no
from verifier.lib.values import Cases, Truth, Values, gathered


class Execution(Values):
    """A candidate execution, given the sources of its reads and the order of writes of different threads.

    `sources[w, r]` says that the read or compare-and-swap `r` takes its value from the write `w`; `orders[w, v]` that `w` comes
    before `v`. Initial writes come first, and those of one thread in its order. An access that is not executed has no
    relations.
    """

    def __init__(
        self,
        program: Program,
        sources: Mapping[tuple[str, str], Truth],
        orders: Mapping[tuple[str, str], Truth],
        toggles: Mapping[str, Truth] | None = None,
        missed: Mapping[str, Truth] | None = None,
    ) -> None:
        """The execution of a program. `toggles` says which of the named memory orders are present.

        `missed` says which weak compare-and-swaps fail although they read what they expect.
        """
        super().__init__(program)
        self._sources, self._orders = dict(sources), dict(orders)
        self._toggles, self._missed = dict(toggles or {}), dict(missed or {})
        self._executed: dict[str, Truth] = {}

    def toggle(self, name: str) -> Truth:
        """Whether a named memory order is present."""
        return self._toggles[name]

    def missed(self, name: str) -> Truth:
        """Whether a weak compare-and-swap fails although it reads what it expects."""
        return self._missed[name]

    def loaded(self, name: str, seen: frozenset[str]) -> Cases:
        """The value of a read. One that depends on itself counts as 0: every memory model forbids that execution."""
        if name in seen:
            return {0: True}
        found: list[tuple[int, Truth]] = []
        for (w, r), where in self._sources.items():
            if r == name and where is not False:
                found += [(a, both(where, when)) for a, when in self.written(w, seen | {name}).items()]
        return gathered(found)

    def last(self, location: str) -> Cases:
        """The value of the last write."""
        writes = [event.name for event in self.events.values() if event.kind == "W" and event.location == location]
        found: list[tuple[int, Truth]] = []
        for write in writes:
            latest = self.executed(write)
            for other in writes:
                latest = both(latest, no(self._before(write, other)))
            found += [(a, both(latest, when)) for a, when in self.written(write).items()]
        return gathered(found)

    def executed(self, name: str) -> Truth:
        """Whether an access is executed: some are under a condition."""
        if name not in self._executed:
            self._executed[name] = super().executed(name)
        return self._executed[name]

    # -- relations -----------------------------------------------------------------------------------------------------

    def related(self, keep: Callable[[Event, Event], bool], *, initially: bool = False) -> Relation:
        """The pairs of executed accesses that are kept; initial writes among them only if asked for."""
        known = [event for event in self.events.values() if initially or event.thread >= 0]
        pairs = [(a.name, b.name) for a in known for b in known if keep(a, b)]
        return Relation({(a, b): both(self.executed(a), self.executed(b)) for a, b in pairs})

    def only(self, relation: Relation, keep: Callable[[Event, Event], bool]) -> Relation:
        """The pairs of a relation that are kept."""
        return relation.restricted(lambda a, b: keep(self._event(a), self._event(b)))

    def _event(self, name: Hashable) -> Event:
        return self.events[str(name)]

    def identity(self, keep: Callable[[Event], bool]) -> Relation:
        """The accesses that are kept, each with itself: [S] in the notation of the literature."""
        return Relation({(event.name, event.name): self._kept(event, keep) for event in self.events.values()})

    def _kept(self, event: Event, keep: Callable[[Event], bool]) -> Truth:
        result: Truth = keep(event)
        if event.toggle is not None and keep(replace(event, order=event.otherwise)) is not result:
            there = self.toggle(event.toggle)
            result = there if result else no(there)
        return both(self.executed(event.name), result)

    @cached_property
    def po(self) -> Relation:
        """Program order, within a thread."""
        return self.related(lambda a, b: a.thread == b.thread and a.place < b.place)

    @cached_property
    def sb(self) -> Relation:
        """Program order, with the initial writes before everything: sequenced-before of C11."""
        return self.po | self.related(lambda a, b: a.thread < 0 <= b.thread, initially=True)

    @cached_property
    def rf(self) -> Relation:
        """Reads-from: a compare-and-swap reads as the one of its two reads that is executed."""
        result: dict[Pair, Truth] = {}
        for (w, r), where in self._sources.items():
            swap = self.swaps.get(r)
            for name in (r,) if swap is None else (swap.success, swap.failure):
                result[w, name] = both(self.executed(name), where)
        return Relation(result)

    @cached_property
    def co(self) -> Relation:
        """Coherence order: the writes of each location, the earlier with the later."""
        writes = [event for event in self.events.values() if event.kind == "W"]
        pairs = [(a, b) for a in writes for b in writes if a is not b and a.location == b.location]
        return Relation({(a.name, b.name): self._before(a.name, b.name) for a, b in pairs})

    def _before(self, first: str, second: str) -> Truth:
        """Whether two writes of a location are executed in this order."""
        a, b = self.events[first], self.events[second]
        if a.thread == b.thread or min(a.thread, b.thread) < 0:
            where: Truth = (a.thread, a.place) < (b.thread, b.place)
        elif (first, second) in self._orders:
            where = self._orders[first, second]
        else:
            where = no(self._orders[second, first])
        return both(both(self.executed(first), self.executed(second)), where)

    @cached_property
    def fr(self) -> Relation:
        """From-reads: a read with the writes that come after the one it reads."""
        return self.rf.inverse().then(self.co)

    @cached_property
    def poloc(self) -> Relation:
        """Program order between accesses of one location."""
        return self.only(self.po, same_location)

    @cached_property
    def rmw(self) -> Relation:
        """The read and the write of each read-modify-write."""
        return Relation({pair: self.executed(pair[0]) for pair in self.program.rmw})

    @cached_property
    def memory(self) -> Relation:
        """Program order between reads and writes: fences left out."""
        return self.only(self.po, lambda a, b: a.kind != "F" and b.kind != "F")

    @cached_property
    def com(self) -> Relation:
        """Communication: reads-from, coherence order and from-reads."""
        return self.rf | self.co | self.fr

    def external(self, relation: Relation) -> Relation:
        """The pairs of different threads."""
        return self.only(relation, lambda a, b: a.thread != b.thread)

    def internal(self, relation: Relation) -> Relation:
        """The pairs of one thread."""
        return self.only(relation, lambda a, b: a.thread == b.thread)

    def dependency(self, kind: str) -> Relation:
        """The dependencies `data`, `address` or `control`, from a read to each access that depends on it."""
        return self.related(lambda a, b: a.kind == "R" and a.name in getattr(b, kind))


def same_location(a: Event, b: Event) -> bool:
    """Whether both are accesses of one location."""
    return bool(a.location) and a.location == b.location
