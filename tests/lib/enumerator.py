"""All executions of a program by brute force, and which memory models allow them: sets of pairs, written from the papers.

It shares with the library the events of a program and nothing else: neither the relation algebra nor the axioms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import permutations, product

from verifier.lib.programs import OPERATIONS, Event, Expression, Program

Pairs = set[tuple[str, str]]


@dataclass
class Run:
    """One execution: what each read reads from, the order of each location, and the numbers that result."""

    program: Program
    source: dict[str, str]
    rank: dict[str, int]
    swapped: dict[str, bool]
    values: dict[str, int] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)

    def number(self, value: Expression) -> int:
        match value.head:
            case "constant":
                return int(value.data)
            case "read":
                return self.values.get(str(value.data), 0)
            case "choice":
                return int(self.swapped[str(value.data)])
            case "final":
                writes = [e.name for e in self.events.values() if e.kind == "W" and e.location == value.data]
                return self.values[max(writes, key=lambda name: self.rank[name])]
            case "ite":
                return self.number(value.parts[1 if self.number(value.parts[0]) else 2])
        return OPERATIONS[value.head](self.number(value.parts[0]), self.number(value.parts[1]))


def runs(program: Program) -> Iterator[Run]:
    """Every well-formed execution whose values do not depend on themselves."""
    events = program.by_name
    for choices in product((False, True), repeat=len(program.swaps)):
        swapped = {swap.name: chosen for swap, chosen in zip(program.swaps, choices, strict=True)}
        reads = [e for e in events.values() if e.kind == "R"]
        options = [[None, *(w for w in events.values() if w.kind == "W" and w.location == r.location)] for r in reads]
        left = {swap.failure if swapped[swap.name] else swap.success for swap in program.swaps}
        conditional = [
            o[:1] if r.name in left else o if r.condition is not None else o[1:] for r, o in zip(reads, options, strict=True)
        ]
        for chosen in product(*conditional):
            source = {r.name: w.name for r, w in zip(reads, chosen, strict=True) if w is not None}
            yield from _ordered(Run(program, source, {}, swapped))


def _ordered(run: Run) -> Iterator[Run]:
    # Values by iteration: those of a run without a cycle are found after as many rounds as there are accesses.
    events = run.program.by_name
    for _ in events:
        for e in events.values():
            if e.kind == "W":
                run.values[e.name] = run.number(e.value or Expression("constant", 0))
        for r, w in run.source.items():
            run.values[r] = run.values[w]
    executed = {e.name for e in events.values() if e.condition is None or run.number(e.condition)}
    reads = {name for name in executed if events[name].kind == "R"}
    if reads != set(run.source) or not set(run.source.values()) <= executed or _circular(run):
        return
    for swap in run.program.swaps:
        wanted = run.number(swap.expected)
        inside = swap.condition is None or bool(run.number(swap.condition))
        if run.swapped[swap.name] and (not inside or run.values[swap.success] != wanted):
            return
        if inside and not run.swapped[swap.name] and run.values[swap.failure] == wanted and not swap.weak:
            return
    run.events = {name: events[name] for name in events if name in executed}
    places = sorted({e.location for e in run.events.values() if e.location})
    each = [_orders([e for e in run.events.values() if e.kind == "W" and e.location == place]) for place in places]
    for orders in product(*(list(order) for order in each)):
        rank = {name: number for order in orders for number, name in enumerate(order)}
        yield Run(run.program, run.source, rank, run.swapped, dict(run.values), run.events)


def _circular(run: Run) -> bool:
    """Whether a value depends on itself."""
    events = run.program.by_name
    needs = {(e.name, r) for e in events.values() for r in e.data} | {(r, w) for r, w in run.source.items()}
    needs |= {(e.name, r) for e in events.values() if e.condition is not None for r in e.condition.reads()}
    return not acyclic(needs)


def _orders(writes: list[Event]) -> Iterable[list[str]]:
    for order in permutations(writes):
        place = {e.name: number for number, e in enumerate(order)}
        if all(
            place[a.name] < place[b.name]
            for a in writes
            for b in writes
            if (a.thread < 0 <= b.thread) or (a.thread == b.thread and a.place < b.place)
        ):
            yield [e.name for e in order]


def acyclic(pairs: Pairs) -> bool:
    left = set(pairs)
    while True:
        ends = {b for _, b in left} & {a for a, _ in left}
        fewer = {(a, b) for a, b in left if a in ends and b in ends}
        if fewer == left:
            return not left
        left = fewer


def then(*relations: Pairs) -> Pairs:
    result = relations[0]
    for other in relations[1:]:
        result = {(a, d) for a, b in result for c, d in other if b == c}
    return result


def plus(pairs: Pairs) -> Pairs:
    result = set(pairs)
    while True:
        more = result | then(result, result)
        if more == result:
            return result
        result = more


def allows(model: str, run: Run) -> bool:
    """Whether the model allows the execution."""
    return {"SC": _sc, "TSO": _tso, "RC11": _rc11, "ARMv8": _arm, "ARMv8-rcpc": lambda g: _arm(g, weak=True)}[model](_Graph(run))


class _Graph:
    def __init__(self, run: Run) -> None:
        self.e = run.events
        events = self.e.values()
        self.rf = {(w, r) for r, w in run.source.items()}
        self.co = {
            (a.name, b.name)
            for a in events
            for b in events
            if a.kind == b.kind == "W" and a.location == b.location and run.rank[a.name] < run.rank[b.name]
        }
        self.fr = {(r, b) for w, r in self.rf for a, b in self.co if a == w}
        self.po = {(a.name, b.name) for a in events for b in events if a.thread == b.thread >= 0 and a.place < b.place}
        self.sb = self.po | {(a.name, b.name) for a in events for b in events if a.thread < 0 <= b.thread}
        self.rmw = {(r, w) for r, w in run.program.rmw if r in self.e}
        self.com = self.rf | self.co | self.fr
        self.loc = {(a, b) for a, b in self.po if self.e[a].location and self.e[a].location == self.e[b].location}
        self.mem = {(a, b) for a, b in self.po if "F" not in (self.e[a].kind, self.e[b].kind)}

    def ext(self, pairs: Pairs) -> Pairs:
        return {(a, b) for a, b in pairs if self.e[a].thread != self.e[b].thread}

    def ids(self, kinds: str, *orders: str) -> Pairs:
        return {(n, n) for n, e in self.e.items() if e.kind in kinds and (not orders or e.order in orders)}

    def atomic(self) -> bool:
        return not any((r, w) in then(self.ext(self.fr), self.ext(self.co)) for r, w in self.rmw)

    def coherent(self) -> bool:
        return acyclic(self.loc | self.com)


def _sc(g: _Graph) -> bool:
    return g.atomic() and acyclic(g.mem | g.com)


def _tso(g: _Graph) -> bool:
    def flushes(n: str) -> bool:
        e = g.e[n]
        return e.locked or (e.kind != "R" and e.order == "sc")

    kept = set()
    for a, b in g.mem:
        if g.e[a].kind == "W" and g.e[b].kind == "R":
            inside = [n for n in g.e if (a, n) in g.po and (n, b) in g.po]
            if not (flushes(a) or g.e[b].locked or any(flushes(n) for n in inside)):
                continue
        kept.add((a, b))
    return g.atomic() and g.coherent() and acyclic(kept | g.ext(g.rf) | g.co | g.fr)


def _rc11(g: _Graph) -> bool:
    releases, acquires = ("rel", "ar", "sc"), ("acq", "ar", "sc")
    same = {(a, b) for a, b in g.loc if g.e[a].kind == g.e[b].kind == "W"} | g.ids("W")
    tails = plus(then(g.rf, g.rmw)) | g.ids("W")
    atomic = ("rlx", "acq", "rel", "ar", "sc")
    rs = then(same, g.ids("W", *atomic), tails)
    fence_before = {(a, b) for a, b in g.po if g.e[a].kind == "F"} | g.ids("WRF")
    fence_after = {(a, b) for a, b in g.po if g.e[b].kind == "F"} | g.ids("WRF")
    sw = then(g.ids("WF", *releases), fence_before, rs, g.rf, g.ids("R", *atomic), fence_after, g.ids("RF", *acquires))
    hb = plus(g.sb | sw)
    eco = plus(g.com)
    if any(a == b for a, b in hb) or any(a == b for a, b in then(hb, eco)) or not g.atomic() or not acyclic(g.mem | g.rf):
        return False
    place = {n: e.location for n, e in g.e.items()}
    away = {(a, b) for a, b in g.sb if not place[a] or place[a] != place[b]}
    near = {(a, b) for a, b in hb if place[a] and place[a] == place[b]}
    scb = g.sb | then(away, hb, away) | near | g.co | g.fr
    sc, fences = g.ids("WRF", "sc"), g.ids("F", "sc")
    base = then(sc | then(fences, hb), scb, sc | then(hb, fences))
    return acyclic(base | then(fences, hb | then(hb, eco, hb), fences))


def _arm(g: _Graph, *, weak: bool = False) -> bool:
    e = g.e
    ordered = g.ext(g.com)
    rfi = {(a, b) for a, b in g.rf if e[a].thread == e[b].thread}
    addr = {(a, b) for a, b in g.po if a in e[b].address}
    data = {(a, b) for a, b in g.po if a in e[b].data}
    ordered |= addr | data | then(addr | data, rfi)
    ordered |= {(a, b) for a, b in g.po if a in e[b].control and e[b].kind == "W"}
    ordered |= {(a, c) for a, b in addr for x, c in g.po if b == x and e[c].kind == "W"}
    ordered |= g.rmw | {(w, r) for w, r in rfi if any(w == x for _, x in g.rmw) and e[r].order in ("acq", "sc")}
    for a, b in g.po:
        inside = [n for n in e if (a, n) in g.po and (n, b) in g.po and e[n].kind == "F"]
        full = any(e[n].order != "acq" for n in inside)
        loads = e[a].kind == "R" and any(e[n].order == "acq" for n in inside)
        acquire = e[a].kind == "R" and e[a].order in ("acq", "sc")
        release = e[b].kind == "W" and e[b].order in ("rel", "sc")
        strong = e[b].kind == "R" and e[b].order in ("acq", "sc") and not (weak and e[b].order == "acq" and not e[b].locked)
        if full or loads or acquire or release or (e[a].kind == "W" and e[a].order in ("rel", "sc") and strong):
            ordered.add((a, b))
        if release:
            ordered |= {(a, c) for x, c in g.co if x == b and e[c].thread == e[b].thread}
    return g.atomic() and g.coherent() and acyclic(ordered)


def outcome_allowed(model: str, program: Program, outcome: Expression) -> tuple[int, bool]:
    """How many executions the model allows, and whether one has the outcome."""
    condition = program.outcome(outcome)
    allowed = [run for run in runs(program) if allows(model, run)]
    return len(allowed), any(run.number(condition) for run in allowed)
