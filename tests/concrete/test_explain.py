"""What people read about a violation."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.concrete.searches import small
from tests.models.constructs import ALL
from tests.proof.test_net import many
from verifier.kernel import (
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    Set,
    all_of,
    exists,
    forall,
    implies,
    ite,
    none,
    var,
)
from verifier.semantics.concrete.explain import explain, explain_start
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.scope import FrozenMap, Some, finite_scope

p = Protocol("explained", "formulas that fail")


class Node(Scalarset, parameter="Nodes", size=2):
    pass


class Level(Range, low=0, high=3):
    pass


@p.state
class State:
    level: Fn[Node, Level] = var(0)
    lease: Option[Level] = var(none)
    members: Set[Node] = var(set())


@p.action
def Step(s: State, n: Node) -> None:
    s.level[n] = s.level[n] + 1


def register(name: str, build: Any) -> None:
    build.__name__ = name
    p.invariant()(build)


FORMULAS: dict[str, Any] = {
    "Conjunct": lambda s: all_of(s.lease.is_some, forall(Node, lambda n: s.level[n] <= 1)),
    "Premise": lambda s: forall(Node, lambda n: implies(s.members.contains(n), s.level[n] == 0)),
    "Either": lambda s: s.lease.is_none | (s.lease.value < 2),
    "Nobody": lambda s: ~exists(Node, lambda n: s.members.contains(n) & (s.level[n] == 2)),
    "Somebody": lambda s: exists(Node, lambda n: s.level[n] == 3),
    "Distinct": lambda s: forall(Node, lambda n: s.level[n] != 2),
    "Branch": lambda s: ite(s.lease.is_some, s.lease.value == 0, True),
    "Negated": lambda s: ~forall(Node, lambda n: s.level[n] <= 3),
    "Pairs": lambda s: forall(Node, Node, lambda m, n: s.level[m] == 4),
    "Fine": lambda s: forall(Node, lambda n: s.level[n] <= 3),
}
for _name, _build in FORMULAS.items():
    register(_name, _build)

STATE = FrozenMap(level=FrozenMap(n1=0, n2=2), lease=Some(3), members=frozenset({"n2"}))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Conjunct", ["Conjunct fails for n = n2: level[n] <= 1 is false: left 2, right 1"]),
        ("Premise", ["Premise fails for n = n2: level[n] = 0 is false: left 2, right 0"]),
        (
            "Either",
            [
                "Either fails: lease = none is false",
                "Either fails: lease.value < 2 is false: left 3, right 2",
            ],
        ),
        ("Nobody", ["Nobody fails for n = n2: n \\in members /\\ level[n] = 2 is true"]),
        ("Somebody", ["Somebody fails: \\E n \\in Node : level[n] = 3 is false"]),
        ("Distinct", ["Distinct fails for n = n2: level[n] # 2 is false: both are 2"]),
        ("Branch", ["Branch fails: lease.value = 0 is false: left 3, right 0"]),
        ("Negated", ["Negated fails: \\A n \\in Node : level[n] <= 3 is true"]),
        ("Fine", []),
    ],
)
def test_the_part_that_fails_is_named_with_its_elements_and_values(name: str, lines: list[str]) -> None:
    machine = Machine(finite_scope(p.model()))
    assert explain(machine, machine.model.find_property(name), STATE) == lines


def test_only_a_few_lines_are_shown() -> None:
    machine = Machine(finite_scope(p.model(), {"Nodes": 3}))
    state = FrozenMap({**STATE, "level": FrozenMap(n1=0, n2=2, n3=2)})
    lines = explain(machine, machine.model.find_property("Pairs"), state)
    assert len(lines) == 5
    assert lines[0] == "Pairs fails for m = n1, n = n1: level[m] = 4 is false: left 0, right 4"
    assert lines[-1] == "and so on"


@pytest.mark.parametrize(
    ("protocol", "name", "line"),
    [
        ("balance", "TypeOK", "TypeOK fails: sign = -2 is outside Small, -1..1"),
        ("log", "Range@log", "Range@log fails: log[n1] has 3 elements, more than the 2 of Log"),
        (
            "vote",
            "DefaultOnly",
            "DefaultOnly fails for x = v2: x \\in {Default} is false: left v2, right {v1}",
        ),
        ("partial", "MarkGrows", "MarkGrows fails: mark.value <= mark'.value is false: left 2, right 1"),
    ],
)
def test_violations_of_the_small_protocols_are_explained(protocol: str, name: str, line: str) -> None:
    found = small(protocol)
    trace, prop = found.traces[name], found.machine.model.find_property(name)
    steps = [step.state for step in trace.steps]
    before, after = (steps[-2], steps[-1]) if prop.kind == "action" else (steps[-1], None)
    assert explain(found.machine, prop, before, after) == [line]


def undefined(protocol: str, action: str, values: dict[str, Any], **arguments: Any) -> str:
    machine = Machine(finite_scope(ALL[protocol].model()))
    state = FrozenMap({**next(machine.initial_states()), **values})
    prop = machine.model.find_property("Defined")
    (line,) = explain(machine, prop, state, attempt=(action, arguments))
    return re.sub(r"constructs\.py:\d+", "LINE", line)


def test_undefined_uses_say_what_is_missing() -> None:
    held = FrozenMap({0: None, 1: None, 2: Some("s1")})
    assert undefined("partial", "Advance", {"now": 2, "holder": held}) == (
        "Advance is undefined (LINE): holder[now + 1]: the index 3 is outside Time"
    )
    two = {"levels": frozenset({0, 1}), "colour": FrozenMap(c1="Red", c2="Red")}
    assert undefined("grid", "Paint", two) == (
        "Paint is undefined (LINE): CHOOSE c \\in Cell : colour[c] = Green: no values of Cell satisfy it"
    )
    assert undefined("log", "Apply", {}, n="n1", i=1) == (
        "Apply is undefined (LINE) for n = n1, i = 1: log[n][i]: the index is 1, the sequence is <<>>"
    )
    marked = {"mark": Some(1), "times": FrozenMap(s1=frozenset({1}), s2=frozenset())}
    assert undefined("partial", "Drop", marked) == (
        "Drop is undefined (LINE) for x = s2: Min(times[x]): the set is empty"
    )


def test_a_formula_is_explained_where_it_is_undefined() -> None:
    machine = Machine(finite_scope(ALL["partial"].model()))
    state = FrozenMap({**next(machine.initial_states()), "now": 1})
    lines = explain(machine, machine.model.find_property("Defined@MarkOfSomebody"), state)
    assert [line.partition(" (")[0] for line in lines] == ["MarkOfSomebody is undefined"]
    assert lines[0].endswith("mark.value: the option is none")


def test_a_predicate_is_not_asked_of_a_candidate_that_is_not_initial_anyway() -> None:
    p = many(3)

    @p.initially
    def Late(s: Any) -> Any:
        return s.o.value >= 0

    machine = Machine(finite_scope(p.model()))
    found = machine.model.find_property("Defined")
    [line] = explain_start(machine, found, FrozenMap(x=1, y=2, o=None))
    assert line.startswith("Late is undefined")
    assert explain_start(machine, found, FrozenMap(x=2, y=1, o=None)) == []
