"""The library: models that use it have the states that searches of their own find, and misuse is refused at the model's line."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import verify
from tests.models import library
from verifier import api, catalog
from verifier.kernel.errors import ModelError

State = Any


def search(start: Iterable[Hashable], steps: Callable[[State], Iterator[State]]) -> tuple[int, int]:
    """How many states are reachable, and on how many levels."""
    level = set(start)
    seen, depth = set(level), 0
    while level:
        level = {after for state in level for after in steps(state)} - seen
        seen |= level
        depth += 1
    return len(seen), depth


def explored(protocol: Any) -> tuple[int | None, int | None]:
    found = api.explore(protocol, in_process=True)
    return found.distinct, found.diameter


# -- networks --------------------------------------------------------------------------------------------------------------


def letters(kind: str, loses: bool, doubles: bool) -> tuple[int, int]:
    """The states of two letters, 0 and 1, in a network that is a set, a bag or a channel; what leaves a range is not stored."""

    def can(net: tuple[int, ...]) -> Iterable[int]:
        return net[:1] if kind == "channel" else sorted(set(net))

    def without(net: tuple[int, ...], letter: int) -> tuple[int, ...]:
        place = net.index(letter)
        return net[:place] + net[place + 1 :]

    def added(net: tuple[int, ...], letter: int, place: int) -> tuple[int, ...] | None:
        if kind == "set":
            return tuple(sorted({*net, letter}))
        grown = (*net[:place], letter, *net[place:])
        if kind == "channel":
            return grown if len(grown) <= 3 else None
        return tuple(sorted(grown)) if grown.count(letter) <= 3 else None

    def steps(state: State) -> Iterator[State]:
        net, posted, opened, got = state
        if posted < 2:
            yield added(net, posted, len(net)), posted + 1, opened, got
        for letter in can(net):
            yield without(net, letter), posted, letter if opened is None else opened, got | {letter}
            if loses:
                yield without(net, letter), posted, opened, got
            if doubles:
                yield added(net, letter, 0), posted, opened, got

    def stored(state: State) -> Iterator[State]:
        return (after for after in steps(state) if after[0] is not None)

    return search([((), 0, None, frozenset())], stored)


@pytest.mark.parametrize("loses", [False, True])
@pytest.mark.parametrize(("kind", "doubles"), [("set", False), *itertools.product(("bag", "channel"), (False, True))])
def test_each_network_has_its_own_states(kind: str, loses: bool, doubles: bool) -> None:
    assert explored(library.letters(kind, loses=loses, doubles=doubles)) == letters(kind, loses, doubles)


@pytest.mark.parametrize(
    ("kind", "loses", "verdicts"),
    [
        ("set", False, {"InOrder": 3}),
        ("bag", False, {"InOrder": 3}),
        ("channel", False, {}),
        ("channel", True, {"InOrder": 4, "Arrives": 4}),
        ("set", True, {"InOrder": 3, "Arrives": 4}),
    ],
)
def test_what_a_network_promises(kind: str, loses: bool, verdicts: dict[str, int]) -> None:
    result = api.prove(library.letters(kind, loses=loses), in_process=True)
    assert {entry.name: entry.steps for entry in result.properties if entry.verdict == "violated"} == verdicts


def rumours(nodes: int, mishaps: bool) -> tuple[int, int]:
    """The states of rumours: an inbox for each node, who has told, who has heard from whom, who is up."""
    everyone = range(nodes)

    def put(row: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
        return (*row[:place], value, *row[place + 1 :])

    def steps(state: State) -> Iterator[State]:
        inbox, told, heard, alive = state
        for n in everyone:
            if n in alive and n not in told:
                yield tuple((*letters, n) for letters in inbox), told | {n}, heard, alive
            if inbox[n]:
                first, rest = inbox[n][0], put(inbox, n, inbox[n][1:])
                if n in alive:
                    yield rest, told, put(heard, n, heard[n] | {first}), alive
                if mishaps:
                    yield rest, told, heard, alive
            if mishaps and n in alive and nodes - len(alive) < 1:
                yield inbox, told, put(heard, n, frozenset()), alive - {n}
            if mishaps and n not in alive:
                yield inbox, told, heard, alive | {n}

    nothing: frozenset[int] = frozenset()
    return search([(((),) * nodes, nothing, (nothing,) * nodes, frozenset(everyone))], steps)


@pytest.mark.parametrize(("variant", "mishaps"), [("safe", True), ("reliable", False)])
def test_rumours_over_channels_with_crashes(variant: str, mishaps: bool) -> None:
    found = api.explore(library.ALL["rumours"], variant=variant, in_process=True)
    assert (found.distinct, found.diameter) == rumours(2, mishaps)
    assert {violation.property for violation in found.violations} == ({"NobodyMisses"} if mishaps else set())


# -- timers, crashes, quorums ----------------------------------------------------------------------------------------------


def leases() -> tuple[int, int]:
    servers, clients = range(3), range(2)

    def steps(state: State) -> Iterator[State]:
        grants, up = state
        for x in servers:
            rest = grants[:x], grants[x + 1 :]
            if x in up and grants[x] is None:
                yield from (((*rest[0], (c, 2), *rest[1]), up) for c in clients)
            if grants[x] is not None and grants[x][1] == 0:
                yield (*rest[0], None, *rest[1]), up
            if x in up and len(up) == 3:
                yield grants, up - {x}
        left = [grant[1] for grant in grants if grant is not None]
        if any(left) and 0 not in left:
            yield tuple(grant and (grant[0], grant[1] - 1) for grant in grants), up

    return search([((None,) * 3, frozenset(servers))], steps)


def stakes() -> tuple[int, int]:
    weights, values = (1, 2, 4), range(2)

    def steps(state: State) -> Iterator[State]:
        votes, final, left = state
        for n, _ in enumerate(weights):
            if votes[n] is None and left > 0:
                yield from (((*votes[:n], v, *votes[n + 1 :]), final, left) for v in values)
        for v in values:
            if 3 * sum(w for w, vote in zip(weights, votes, strict=True) if vote == v) > 2 * sum(weights):
                yield votes, final | {v}, left
        if left:
            yield votes, final, left - 1

    return search([((None,) * 3, frozenset(), 2)], steps)


@pytest.mark.parametrize(("name", "brute"), [("leases", leases), ("stakes", stakes)])
def test_timers_crashes_and_quorums_have_their_states(name: str, brute: Callable[[], tuple[int, int]]) -> None:
    assert explored(library.ALL[name]) == brute()
    result = api.prove(library.ALL[name], in_process=True)
    assert {entry.verdict for entry in result.properties} == {"proved"}


# -- relations -------------------------------------------------------------------------------------------------------------


RELATIONS = """
from __future__ import annotations
from verifier.kernel import *
from verifier.lib.relations import Relation

p = Protocol("relations", "facts about relations of three elements")
E = ["a", "b", "c"]
PAIRS = [(x, y) for x in E for y in E if x != y]

@p.state
class State:
    r: Fn[Pair, Bool] = var(anything)

def related(s: State) -> Relation:
    return Relation({(x, y): s.r[getattr(Pair, x + y)] for x, y in PAIRS})

@p.action
def Stay(s: State) -> None: ...
"""


def build(folder: Path, source: str) -> Any:
    path = folder / "relations.py"
    enumeration = "class Pair(Enumeration):\n    ab, ac, ba, bc, ca, cb = labels(6)\n\n@p.state"
    path.write_text(source.replace("@p.state", enumeration, 1))
    return catalog.load(str(path))


def test_relation_algebra_is_that_of_sets_of_pairs(tmp_path: Path) -> None:
    """Each fact is counted over all relations of three elements, none to itself."""
    elements = "abc"
    pairs = [(x, y) for x in elements for y in elements if x != y]

    def then(r: set[Any], q: set[Any]) -> set[Any]:
        return {(a, d) for a, b in r for c, d in q if b == c}

    def closed(r: set[Any]) -> set[Any]:
        return closed(r | then(r, r)) if then(r, r) - r else r

    def _without(r: set[Any]) -> bool:
        return not then({("a", "b"), ("b", "c")} - r, r)

    facts: dict[str, tuple[str, Callable[[set[Any]], bool]]] = {
        "acyclic": ("r.acyclic()", lambda r: not any(a == b for a, b in closed(r))),
        "transitive": ("r.transitive()", lambda r: then(r, r) <= r),
        "total": ("r.total(E)", lambda r: all((a, b) in r or (b, a) in r for a, b in pairs)),
        "empty": ("r.then(r).empty()", lambda r: not then(r, r)),
        "inverse": ("(r & r.inverse()).empty()", lambda r: not any((b, a) in r for a, b in r)),
        "closure": ('r.closure().where("a", "a")', lambda r: ("a", "a") in closed(r)),
        "union": ('(r | Relation([("a", "b")])).closure().where("b", "b")', lambda r: ("b", "b") in closed(r | {("a", "b")})),
        "kept": ('r.restricted(lambda x, y: x == "a").empty()', lambda r: not any(a == "a" for a, _ in r)),
        "identity": ("(r | Relation.identity(E)).irreflexive()", lambda r: False),
        "difference": ('(r - Relation([("a", "b")])).empty()', lambda r: r <= {("a", "b")}),
        "without": ('(Relation([("a", "b"), ("b", "c")]) - r).then(r).empty()', _without),
        "long way": ('(r | Relation([("a", "b")])).acyclic()', lambda r: not any(a == b for a, b in closed(r | {("a", "b")}))),
        "known": ('Relation.of(E, lambda x, y: x < y).then(r).where("a", "a")', lambda r: ("b", "a") in r or ("c", "a") in r),
    }
    for name, (formula, fact) in facts.items():
        predicate = f"@p.initially\ndef Only(s: State) -> Bool:\n    r = related(s)\n    return {formula}\n"
        true = "@p.invariant()\ndef P(s: State) -> Bool:\n    return s.r[Pair.ab] | ~s.r[Pair.ab]\n"
        relations = (set(itertools.compress(pairs, row)) for row in itertools.product((0, 1), repeat=6))
        expected = sum(fact(relation) for relation in relations)
        protocol = build(tmp_path, f"{RELATIONS}\n{predicate}\n{true}")
        if not expected:
            with pytest.raises(ModelError, match="no initial state"):
                api.explore(protocol, in_process=True)
            continue
        assert (name, api.explore(protocol, in_process=True).distinct) == (name, expected)


# -- misuse ----------------------------------------------------------------------------------------------------------------

HEAD = """
from __future__ import annotations
from verifier.kernel import *
from verifier.lib.crashes import crashes
from verifier.lib.networks import broadcast, deliverable, duplicating, lossy, quiet, received, send
from verifier.lib.quorums import all_but, majority, more_than
from verifier.lib.relations import Relation
from verifier.lib.timers import expired, ticking

p = Protocol("p", "uses the library")

class Node(Scalarset, parameter="Nodes", size=2):
    pass

class Queue(Sequence[Node], capacity=2):
    pass

@p.state
class State:
    net: Set[Node] = var(set())
    queue: Queue = var(empty)
    up: Set[Node] = var(set())
    n: Option[Node] = var(none)
"""

IN_ACTION = "\n@p.action\ndef Step(s: State, n: Node) -> None:\n    {}  # here\n"
MISUSES = [
    (IN_ACTION.format("send(s.net, n)"), "send changes nothing by itself", "s.net = send(s.net, message)"),
    (IN_ACTION.format("received(s.net, n)"), "received changes nothing", "s.net = received"),
    (IN_ACTION.format("s.net = send(s.net, s.net)"), "takes Node, not Set[Node]", ""),
    (IN_ACTION.format("s.n = send(s.n, n)"), "Option[Node] is not a network", "use Set[Message]"),
    (IN_ACTION.format("s.queue = broadcast(s.queue, Node, lambda m: m)"), "has no order", "Fn[Node, Channel]"),
    (IN_ACTION.format('guard("g", more_than(3, 2, s.up, Node))'), "3 of 2 is not a share", "more_than(2, 3"),
    (IN_ACTION.format('guard("g", Relation({"a": s.n.is_some}).acyclic())'), "is not a pair of a relation", "Relation({"),
    ('lossy(p, "nett")  # here', "p has no state variable nett", "did you mean net?"),
    ('duplicating(p, "net")  # here', "has each message once", "deliverable"),
    ('lossy(p, "n")  # here', "is not a network", "use Set[Message]"),
    ('lossy(p, "net")\nlossy(p, "net")  # here', "action Lose is defined twice", ""),
    ('crashes(p, Node, up="down")  # here', "unknown state variable down", ""),
    ('ticking(p, "up", Node)  # here', "", ""),
]


@pytest.mark.parametrize(("line", "message", "hint"), MISUSES)
def test_what_is_written_wrongly_is_refused_at_its_line(line: str, message: str, hint: str, tmp_path: Path) -> None:
    path = tmp_path / "misuse.py"
    source = f"{HEAD}\n{line}\n\n@p.invariant()\ndef P(s: State) -> Bool:\n    return s.up.is_empty()\n"
    path.write_text(source)
    with pytest.raises(ModelError) as caught:
        catalog.load(str(path))
    assert message in str(caught.value)
    assert hint in (caught.value.hint or "")
    assert caught.value.position is not None
    assert "# here" in source.split("\n")[caught.value.position.line - 1]


def test_a_file_of_the_users_imports_the_library(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(
        f"{HEAD}\nlose = lossy(p, 'net')\n{IN_ACTION.format('s.net = send(s.net, n)')}\n"
        "@p.invariant()\ndef P(s: State) -> Bool:\n    return enabled(lose) == ~quiet(s.net)\n"
    )
    ran = verify("prove", str(path), cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "PROVED" in ran.stdout
