"""One execution for people: its events, the source of each read, and the cycle that a memory model forbids or does not see."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from verifier.lib.executions import Execution
from verifier.lib.memory import RC11, Axiom, Memory, forbidding, races, rc11, violates
from verifier.lib.relations import Relation

if TYPE_CHECKING:
    from verifier.wire.litmus import EdgeEntry, EventEntry, ExecutionEntry, StepEntry

__all__ = ["forbidding", "pictured", "race_of"]

Edges = dict[tuple[str, str], str]


def pictured(memory: Memory, x: Execution) -> ExecutionEntry:
    """The execution; `cycle` is the part that the model forbids or, if the model allows the execution, the part that it does
    not keep in order.
    """
    broken = next((axiom for axiom in memory.axioms if violates(axiom, x)), None)
    cycle = _unseen(memory, x) if broken is None else _forbidden(memory, broken, x)
    return {"events": _events(x), "edges": _edges(x), "cycle": _turned(cycle, list(x.events))}


def _turned(cycle: list[StepEntry], order: list[str]) -> list[StepEntry]:
    """The cycle from its first access on, in the order of the program; a list that is not a cycle stays unchanged."""
    if not cycle or cycle[0]["source"] != cycle[-1]["target"]:
        return cycle
    first = min(range(len(cycle)), key=lambda place: order.index(cycle[place]["source"]))
    return cycle[first:] + cycle[:first]


def race_of(x: Execution) -> list[str]:
    """Two accesses that race; none if no accesses do."""
    return next(([str(a), str(b)] for a, b in races(x)), [])


def _events(x: Execution) -> list[EventEntry]:
    result: list[EventEntry] = []
    for event in x.events.values():
        if x.executed(event.name) is not True:
            continue
        value = None
        if event.kind == "W":
            [value] = x.written(event.name)
        elif event.kind == "R":
            [value] = [number for w, r in x.rf if r == event.name for number in x.written(str(w))]
        order = "" if event.order == "rlx" or event.thread < 0 else f" {event.order}"
        told = event.kind if event.kind == "F" else f"{event.kind} {event.location}={value}"
        thread = None if event.thread < 0 else event.thread
        result.append({"name": event.name, "thread": thread, "text": f"{told}{order}", "value": value})
    return result


def _edges(x: Execution) -> list[EdgeEntry]:
    """Reads-from, and coherence order from each write to the next."""
    direct = x.co - x.co.then(x.co)
    named = (("rf", x.rf), ("co", direct))
    return [{"source": str(a), "target": str(b), "relation": name} for name, relation in named for a, b in relation]


def _labels(x: Execution, *, synchronised: bool) -> Edges:
    """The relation between two accesses, by its most informative name."""
    result: Edges = {}
    named: list[tuple[str, Relation]] = [("sw", rc11(x).sw)] if synchronised else []
    named += [("rf", x.rf), ("co", x.co), ("fr", x.fr), ("rmw", x.rmw)]
    named += [(kind, x.dependency(kind)) for kind in ("data", "address", "control")]
    named += [("po", x.po)]
    for name, relation in named:
        for a, b in relation:
            result.setdefault((str(a), str(b)), name)
    return result


def _way(edges: Edges, start: str, goal: str) -> list[tuple[str, str]] | None:
    """The shortest path from one access to another, of at least one step."""
    before: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for a, b in edges:
            if a == here and b not in before:
                before[b] = a
                if b == goal:
                    way = [(a, b)]
                    while way[0][0] != start:
                        way.insert(0, (before[way[0][0]], way[0][0]))
                    return way
                waiting.append(b)
    return None


def _circle(edges: Edges) -> list[tuple[str, str]]:
    """The shortest cycle; nothing if there is none."""
    ways = [way for start in dict.fromkeys(a for a, _ in edges) if (way := _way(edges, start, start)) is not None]
    return min(ways, key=len, default=[])


def _forbidden(memory: Memory, axiom: Axiom, x: Execution) -> list[StepEntry]:
    """The cycle that an axiom forbids."""
    if axiom.says == "empty":
        [(first, last), *_] = axiom.of(x)
        between = [b for a, b in x.fr if a == first and (b, last) in set(x.co)]
        steps = [(str(first), str(between[0]), "fr"), (str(between[0]), str(last), "co")]
        return [{"source": a, "target": b, "relation": name, "kept": True} for a, b, name in steps]
    labels = _labels(x, synchronised=memory is RC11)
    if axiom.says == "irreflexive":
        return _incoherent(x, labels)
    relation: Edges = {(str(a), str(b)): labels.get((str(a), str(b)), axiom.name) for a, b in axiom.of(x)}
    return [{"source": a, "target": b, "relation": relation[a, b], "kept": True} for a, b in _circle(relation)]


def _incoherent(x: Execution, labels: Edges) -> list[StepEntry]:
    """A path from an access by happens-before to another one, and back by reads and overwrites."""
    known = rc11(x)
    before = {pair: name for pair, name in labels.items() if name == "sw" or pair in {*map(_pair, x.sb)}}
    initially = {_pair(pair): "po" for pair in x.sb}
    back = {pair: name for pair, name in {**_labels(x, synchronised=False)}.items() if name in ("rf", "co", "fr")}
    found = []
    for a, b in map(_pair, known.hb):
        returned = _way(back, b, a)
        there = _way({**initially, **before}, a, b)
        if there is not None and returned is not None and (b, a) in set(map(_pair, known.eco)):
            found.append((there, returned))
    there, returned = min(found, key=lambda ways: len(ways[0]) + len(ways[1]))
    steps = [(a, b, before.get((a, b), "po")) for a, b in there] + [(a, b, back[a, b]) for a, b in returned]
    return [{"source": a, "target": b, "relation": name, "kept": True} for a, b, name in steps]


def _unseen(memory: Memory, x: Execution) -> list[StepEntry]:
    """The cycle that is impossible on a sequentially consistent machine, with the steps of it that the model keeps."""
    labels = _labels(x, synchronised=False)
    relation = {(str(a), str(b)): labels[str(a), str(b)] for a, b in x.memory | x.com}
    kept = set(map(_pair, memory.order(x).closure()))
    return [{"source": a, "target": b, "relation": relation[a, b], "kept": (a, b) in kept} for a, b in _circle(relation)]


def _pair(pair: tuple[object, object]) -> tuple[str, str]:
    return str(pair[0]), str(pair[1])
