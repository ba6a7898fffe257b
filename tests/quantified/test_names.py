"""What people call things changes no verdict: each symbol is its own, whatever else in the model is called the same."""

from __future__ import annotations

import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verifier import check
from verifier.evidence.sexpr import read
from verifier.kernel import (
    Bool,
    Fn,
    KeyedSet,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    anything,
    choose,
    constant,
    exists,
    forall,
    guard,
    implies,
    none,
    some,
    var,
)
from verifier.kernel.sorts import EnumSort, QuorumSort, ScalarSort
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Quantified, Setting
from verifier.semantics.quantified import check as ask
from verifier.semantics.quantified.checking import ROUNDS
from verifier.semantics.quantified.ordering import ordered
from verifier.semantics.scope.unbounded import unbounded

ORDERED = (Setting("ordered sorts", proves_only=True, ordered=True),)


def verdicts(protocol: Protocol, **options: Any) -> dict[str, str]:
    """The verdicts at unbounded scope."""
    document = prove(ProveRequest(protocol, scope="unbounded", **options), lambda event: None)
    return {entry["name"]: entry["verdict"] for entry in document["properties"]}


def declared(obligation: Obligation) -> list[str]:
    """The names that an obligation declares."""
    frame = (";", "(set-info", "(set-logic", "(check-sat")
    script = "\n".join(line for line in obligation.smtlib().splitlines() if not line.startswith(frame))
    commands = [command for command in read(script) if str(command[0]).startswith("declare-")]
    return [str(command[1]).strip("|") for command in commands]


def neighbours(name: str) -> Protocol:
    """A variable, an argument and a parameter of one name, over integers that are compared and counted up."""
    p = Protocol("neighbours", "names")
    bound = p.search_bound("B", 3, "")

    class W(Range, low=0, high=bound):
        pass

    state: Any = type(
        "State", (), {"__annotations__": {name: W, "f": Fn[W, W], "n": W}, name: var(0), "f": var(0), "n": var(0)}
    )
    p.state(state)

    @p.action
    def Step(s: Any) -> None:
        at = getattr(s, name)
        s.n = s.f[at] + 1
        s.f[at] = s.f[at] + 1

    @p.invariant()
    def NeverTwo(s: Any) -> Bool:
        return (s.n == 0) | (s.n == 1)

    @p.invariant()
    def Small(s: Any) -> Bool:
        return forall(W, lambda i: implies(i > 0, s.f[i] < i))

    return p


@pytest.mark.parametrize("name", ["between", "a", "x", "W"])
def test_a_variable_is_not_captured_by_an_axiom_of_the_order(name: str) -> None:
    model = Quantified(unbounded(neighbours(name).model()))
    known = [p.formula for p in model.model.properties if p.kind == "state"]
    step = model.consecution(model.model.action("Step"), [*known, *model.typing_facts()], known[:1])
    assert ordered(step) is not None
    assert ask(step, portfolio=ORDERED, rounds=ROUNDS[:1]).answer is Answer.UNKNOWN


def test_a_named_constant_is_not_a_field_of_a_variable() -> None:
    p = Protocol("constants", "names")

    class Group(Scalarset, parameter="Groups", size=2):
        Init = constant()

    class Rec(Record):
        Init: Group

    p.state(type("State", (), {"__annotations__": {"Group": Rec}, "Group": var(Rec(Init=Group.Init))}))

    @p.action
    def Change(s: Any, g: Group) -> None:
        s.Group = Rec(Init=g)

    @p.invariant()
    def Same(s: Any) -> Bool:
        return s.Group.Init == Group.Init

    assert verdicts(p)["Same"] == "violated"


def parts() -> Protocol:
    """Fields that are called as the parts of options and keyed sets are, and variables called as fields of others."""
    p = Protocol("parts", "names")

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    fields = {"has": Bool, "some": Bool, "value": Bool, "is_some": Bool, "present": Bool}
    rec: Any = type("Rec", (Record,), {"__annotations__": {"key": Node, **fields}})
    keyed: Any = types.new_class("Keyed", (KeyedSet[rec],), {"key": "key"})

    @p.state
    class State:
        here: rec = var(anything)
        maybe: Option[rec] = var(none)
        twice: Option[Option[Node]] = var(none)
        all: keyed = var(set())
        has: Fn[Node, Bool] = var(False)

    @p.action
    def Put(s: State, r: rec) -> None:
        guard("flags", ~r.has & r.some & ~r.value & r.is_some & ~r.present & ~s.all.has(r.key))
        s.here = r
        s.maybe = some(r)
        s.twice = some(some(r.key))
        s.all = s.all.insert(r)

    @p.invariant()
    def Nothing(s: State) -> Bool:
        return s.maybe.is_none & forall(Node, lambda n: ~s.all.has(n))

    @p.invariant()
    def Alike(s: State) -> Bool:
        return implies(s.maybe.is_some, s.maybe.value.some & ~s.maybe.value.has) & implies(
            s.twice.is_some, s.twice.value.is_some
        )

    return p


def test_fields_are_not_the_parts_of_a_value() -> None:
    found = verdicts(parts())
    assert (found["Nothing"], found["Alike"]) == ("violated", "proved")


def test_each_name_is_declared_once() -> None:
    quantified = Quantified(unbounded(parts().model()))
    goals = [p.formula for p in quantified.model.properties if p.kind == "state"]
    names = declared(quantified.consecution(quantified.model.action("Put"), goals, goals))
    assert {"state.maybe.?some", "state.maybe.?value.has", "state.twice.?value.?some", "state.all.?has"} <= set(names)
    assert len(names) == len(set(names))


def test_sorts_of_one_name_are_different_sorts() -> None:
    values = Quantified(unbounded(counting("top", "level").model())).lowering.values
    first = ScalarSort("Member", "Members", 2, "m", ("One", "Two"))
    second = ScalarSort("Member", "Others", 2, "o", ("One", "Two"))
    sorts = [EnumSort("Member", ("Leader", "One")), first, second, QuorumSort("Member", first)]
    kinds = [values.smt.identity(values.kind(sort)) for sort in sorts]
    assert len(set(kinds)) == len(sorts)
    assert [values.smt.identity(values.kind(sort)) for sort in sorts] == kinds
    ones = [values.constant(sort, "One") for sort in sorts[:3]]
    assert [values.smt.identity(values.smt.sort_of(one)) for one in ones] == kinds[:3]
    assert set(values.axioms) == {
        "the named constants of Member (2) are distinct",
        "the named constants of Member (3) are distinct",
        "every two values of Member (4) share a member",
    }


def counting(parameter: str, variable: str) -> Protocol:
    p = Protocol("counting", "names")
    top = p.parameter(parameter, 2, "")

    class Level(Range, low=0, high=top):
        pass

    state: Any = type("State", (), {"__annotations__": {variable: Level}, variable: var(0)})
    p.state(state)

    @p.action
    def Up(s: Any) -> None:
        guard("room", getattr(s, variable) < top)
        setattr(s, variable, getattr(s, variable) + 1)

    @p.invariant()
    def Small(s: Any) -> Bool:
        return getattr(s, variable) + 1 <= top + 1

    return p


def chosen(variable: str, bound: str) -> Protocol:
    """A property whose definedness compares a chosen value with another one of the same name."""
    p = Protocol("chosen", "names")

    class K(Scalarset, parameter="Ks", size=2):
        pass

    state: Any = type(
        "State", (), {"__annotations__": {variable: K, "n": K}, variable: var(anything), "n": var(anything)}
    )
    p.state(state)

    @p.initially
    def Same(s: Any) -> Bool:
        return s.n == getattr(s, variable)

    @p.action
    def Move(s: Any, k: K) -> None:
        setattr(s, variable, k)
        s.n = k

    body: dict[str, Callable[..., Any]] = {}
    exec(f"def pick(s): return lambda {bound}: {bound} == s.{variable}", body)

    @p.invariant()
    def Chosen(s: Any) -> Bool:
        return (choose(K, body["pick"](s)) == s.n) & exists(K, body["pick"](s))

    return p


CERTIFIED: dict[str, Callable[[], Protocol]] = {
    "a parameter and a variable": lambda: counting("table", "table"),
    "a parameter that z3 knows": lambda: counting("select", "store"),
    "a chosen value": lambda: chosen("one", "k"),
    "a chosen value of the variable's name": lambda: chosen("k", "k"),
    "a chosen value called as a solver's function": lambda: chosen("select", "store"),
    "letters that are not letters of ASCII": lambda: chosen("größe", "λ"),
}


@pytest.mark.parametrize("case", CERTIFIED)
@pytest.mark.parametrize("scope", ["published", "unbounded"])
def test_certificates_pass_whatever_things_are_called(case: str, scope: str, tmp_path: Path) -> None:
    request = ProveRequest(CERTIFIED[case](), scope=scope, certificates=str(tmp_path))  # type: ignore[arg-type]
    document = prove(request, lambda event: None)
    assert {entry["verdict"] for entry in document["properties"]} == {"proved"}
    found = check(list(tmp_path.glob("*.cert.json")), in_process=True).certificates
    assert len(found) >= 2
    assert [entry.failures for entry in found] == [()] * len(found)
