"""Definedness has one meaning: `Defined` is of the model, `Defined@P` of the text of P, and neither depends on the selection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    anything,
    forall,
    guard,
    implies,
    none,
    some,
    var,
)
from verifier.kernel.errors import ModelError, UsageError
from verifier.proof.strategy import ExploreRequest, ProveRequest, RunRequest, explore, prove, sample
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.scope import finite_scope

ENGINES = ("auto", "bmc", "kinduction", "explicit")
SCOPES = ("published", "unbounded")


def run(protocol: Protocol, **options: Any) -> dict[str, dict[str, Any]]:
    document = prove(ProveRequest(protocol, **options), lambda event: None)
    return {entry["published_name"]: entry for entry in document["properties"]}


def verdicts(protocol: Protocol, **options: Any) -> dict[str, Any]:
    found = run(protocol, **options)
    return {name: (e["verdict"], e["steps"]) if e["steps"] is not None else e["verdict"] for name, e in found.items()}


def holder(*, lemma: bool = False) -> Protocol:
    """`Odd` and `OddStep` use the payload of an option that may be none; nothing else does."""
    p = Protocol("holder", "an option that is filled")

    class N(Scalarset, parameter="Ns", size=2, prefix="n"):
        """A name."""

    @p.state
    class State:
        x: Option[N] = var(none)
        first: N = var(anything)
        late: Bool = var(False)

    @p.action
    def Fill(s: State, n: N) -> None:
        guard("empty", s.x.is_none)
        s.x = some(n)
        s.first = n

    @p.action
    def Empty(s: State) -> None:
        guard("full", s.x.is_some)
        s.x = none

    @p.action
    def Wait(s: State) -> None:
        s.late = True

    @p.invariant()
    def Fine(s: State) -> Bool:
        return s.late | ~s.late

    @p.invariant()
    def Guarded(s: State) -> Bool:
        return implies(s.x.is_some, s.x.value == s.first)

    @p.invariant(short="O")
    def Odd(s: State) -> Bool:
        return s.x.value == s.first

    @p.action_property()
    def OddStep(s: State, after: State) -> Bool:
        return (after.x.value == after.first) | ~s.late

    if lemma:

        @p.lemma("it looks at nothing")
        def OddLemma(s: State) -> Bool:
            return s.x.value == s.first

    return p


def test_which_companions_a_model_has() -> None:
    model = holder(lemma=True).model()
    found = {p.name: p for p in model.properties if p.kind == "defined"}
    assert list(found) == ["Defined", "Defined@Guarded", "Defined@Odd", "Defined@OddStep", "Defined@OddLemma"]
    assert [p.about for p in found.values()] == [None, "Guarded", "Odd", "OddStep", "OddLemma"]
    assert [p.name for p in found.values() if p.of_steps] == ["Defined@OddStep"]
    assert model.find_property("defined@o") is found["Defined@Odd"]


def test_a_text_that_always_has_a_value_has_no_companion() -> None:
    p = Protocol("total", "functions over names, and over integers within their sort")

    class N(Scalarset, parameter="Ns", size=2):
        """A name."""

    class R(Range, low=0, high=2):
        """An index."""

    @p.state
    class State:
        f: Fn[N, R] = var(0)
        g: Fn[R, R] = var(0)
        r: R = var(0)

    @p.action
    def Step(s: State, n: N) -> None:
        s.f[n] = s.g[s.f[n]]

    @p.invariant()
    def Quantified(s: State) -> Bool:
        return forall(N, lambda n: s.f[n] >= 0) & forall(R, lambda r: s.g[r] >= 0)

    @p.invariant()
    def Stored(s: State) -> Bool:
        return s.g[s.r] >= 0

    # What is stored in a variable lies within its sort only if the ranges hold, so the second has one.
    names = [found.name for found in p.model().properties if found.kind == "defined"]
    assert names == ["Defined", "Defined@Stored"]
    assert verdicts(p) == dict.fromkeys(("Quantified", "Stored", "Range@f", "Range@g", "Range@r"), "proved")


EVERYWHERE = [(engine, "published") for engine in ENGINES] + [(engine, "unbounded") for engine in ENGINES[:3]]


@pytest.mark.parametrize(("engine", "scope"), EVERYWHERE)
def test_what_one_property_uses_is_nothing_to_the_others(engine: str, scope: str) -> None:
    found = run(holder(), engine=engine, scope=scope)
    assert found["Defined@Odd"]["verdict"] == "violated"
    assert found["Defined@Odd"]["steps"] == 0
    assert found["Defined@OddStep"]["verdict"] == "violated"
    assert found["Defined@OddStep"]["steps"] == 1
    assert {found[name]["verdict"] for name in ("Odd", "OddStep")} <= {"unknown", "bounded"}
    wanted = {"bounded", "proved"} if engine == "bmc" else {"proved"}
    assert {found[name]["verdict"] for name in ("Fine", "Guarded")} <= wanted
    assert "Defined" not in found or engine == "bmc"
    assert "Defined@Guarded" not in found or engine == "bmc"


def test_what_a_property_needs_is_the_reason_why_it_is_open() -> None:
    found = run(holder())
    assert (found["Odd"]["verdict"], found["Odd"]["reason"]) == ("unknown", "Defined@O is violated in 0 steps")
    step = found["OddStep"]
    assert (step["verdict"], step["k"], step["reason"]) == ("unknown", 0, "Defined@OddStep is violated in 1 step")


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("name", ["Fine", "Guarded", "Odd", "OddStep", "Defined", "Defined@Odd", "Defined@OddStep"])
def test_no_verdict_depends_on_the_selection(name: str, scope: str) -> None:
    everything, alone = verdicts(holder(), scope=scope), verdicts(holder(), scope=scope, properties=(name,))
    assert alone[name] == everything.get(name, "proved")
    companions = {f"Defined@{name}"} if name.startswith("Odd") else set()
    assert alone.keys() == {name} | companions


def test_the_machine_and_the_searches_agree() -> None:
    p = holder(lemma=True)
    violations = {"Defined@Odd": 0, "Defined@OddStep": 1, "Defined@OddLemma": 0}
    searched = explore(ExploreRequest(p), lambda event: None)["violations"]
    assert {entry["published_name"]: entry["steps"] for entry in searched} == violations
    met = sample(RunRequest(p), lambda event: None)["violations"]
    assert {entry["published_name"] for entry in met} == violations.keys()
    machine = Machine(finite_scope(p.model()))
    state = next(machine.initial_states())
    for found in machine.model.properties:
        if found.kind == "defined" and not found.of_steps:
            assert machine.holds(found, state) is (found.name not in violations)


def both(*, constrained: bool) -> Protocol:
    """An action, a property and perhaps a constraint use an undefined value in the same state, which may be outside."""
    p = Protocol("both", "two undefined uses in one state")

    class N(Range, low=0, high=2):
        """A number."""

    @p.state
    class State:
        o: Option[N] = var(none)
        x: N = var(0)

    @p.action
    def Set(s: State) -> None:
        guard("first", s.x == 0)
        s.x = 1

    @p.action
    def Use(s: State) -> None:
        guard("second", s.x == 1)
        s.o = some(s.o.value)

    @p.invariant()
    def Text(s: State) -> Bool:
        return (s.x == 0) | (s.o.value == 0)

    if constrained:

        @p.constraint
        def Text2(s: State) -> Bool:
            return (s.x == 0) | (s.o.value == 0)

        @p.constraint
        def Start(s: State) -> Bool:
            return s.x == 0

    return p


# Where the constraint keeps the second state, `Use` is never attempted, which is an error at unbounded scope.
TOGETHER = [(True, engine, "published") for engine in ENGINES]
TOGETHER += [(False, engine, "published") for engine in ENGINES] + [(False, engine, "unbounded") for engine in ENGINES[:3]]


@pytest.mark.parametrize(("constrained", "engine", "scope"), TOGETHER)
def test_two_undefined_uses_in_one_state_are_told_apart(constrained: bool, engine: str, scope: str) -> None:
    found = run(both(constrained=constrained), engine=engine, scope=scope)
    assert {name: found[name]["steps"] for name in ("Defined", "Defined@Text")} == {"Defined": 1, "Defined@Text": 1}
    assert found["Defined@Text"]["explanation"][0].startswith("Text is undefined")
    assert found["Defined"]["explanation"][0].startswith("Text2" if constrained else "Use")


@pytest.mark.parametrize("scope", SCOPES)
def test_a_lemma_whose_text_may_have_no_value_enters_no_proof(scope: str) -> None:
    p = Protocol("lemma", "a lemma that is true only where it has a value")

    class N(Scalarset, parameter="Ns", size=2, prefix="n"):
        """A name."""

    @p.state
    class State:
        x: Option[N] = var(none)
        y: Option[N] = var(none)

    @p.action
    def Both(s: State, n: N) -> None:
        guard("empty", s.x.is_none)
        s.x = some(n)
        s.y = some(n)

    @p.action
    def Touch(s: State) -> None:
        guard("filled", s.x.is_some)
        s.y = s.x

    @p.invariant()
    def Same(s: State) -> Bool:
        return implies(s.x.is_some & s.y.is_some, s.x.value == s.y.value)

    @p.lemma("where it has a value, it is true")
    def Bare(s: State) -> Bool:
        return s.x.value == s.y.value

    found = run(p, scope=scope)
    assert found["Same"]["verdict"] == "proved"
    assert not any("x.value = y.value" in lemma and "=>" not in lemma for lemma in found["Same"]["lemmas"])
    assert run(p, scope=scope, properties=("Defined@Bare",))["Defined@Bare"]["verdict"] == "violated"


@pytest.mark.parametrize("guarded", [True, False])
def test_what_needs_such_a_lemma_is_not_proved(guarded: bool) -> None:
    p = Protocol("needed", "a claim that is inductive only with a lemma")

    class N(Scalarset, parameter="Ns", size=2, prefix="n"):
        """A name."""

    @p.state
    class State:
        x: Option[N] = var(none)
        y: Option[N] = var(none)
        fine: Bool = var(True)

    @p.action
    def Both(s: State, n: N) -> None:
        s.x = some(n)
        s.y = some(n)

    @p.action
    def Compare(s: State) -> None:
        guard("there", s.x.is_some & s.y.is_some)
        guard("differ", s.x.value != s.y.value)
        s.fine = False

    p.never_fires("Compare", "they are the same")

    @p.invariant()
    def Fine(s: State) -> Bool:
        return s.fine

    @p.lemma("only one name is ever stored")
    def Same(s: State) -> Bool:
        same = s.x.value == s.y.value
        return implies(s.x.is_some & s.y.is_some, same) if guarded else same

    entry = run(p, scope="unbounded")["Fine"]
    assert entry["verdict"] == "proved"
    assert "x.value = y.value" not in entry["lemmas"]


def test_an_action_whose_every_attempt_is_undefined_is_a_violation_and_no_dead_action() -> None:
    p = Protocol("never", "an action that only ever uses what is not there")

    class N(Scalarset, parameter="Ns", size=2):
        """A name."""

    @p.state
    class State:
        x: Option[N] = var(none)
        y: Option[N] = var(none)
        n: N = var(anything)

    @p.action
    def Use(s: State) -> None:
        guard("none", s.x.is_none)
        s.n = s.x.value

    @p.action
    def Empty(s: State) -> None:
        s.y = none

    @p.invariant()
    def Fine(s: State) -> Bool:
        return s.x.is_none

    for scope in SCOPES:
        assert verdicts(p, scope=scope) == {"Fine": "unknown", "Defined": ("violated", 0)}


def test_a_violated_definedness_is_not_passed_over_at_unbounded_scope() -> None:
    found = run(holder(), scope="unbounded")
    assert found["Odd"]["reason"] == "Defined@O is violated in 0 steps"
    assert "no violation" not in found["Odd"]["reason"]


@pytest.mark.parametrize("name", ["Defined", "defined@X", "range@x"])
def test_the_verifiers_own_names_cannot_be_given(name: str) -> None:
    p = holder()
    with pytest.raises(ModelError, match="cannot be called"):
        p.invariant(short=name)(lambda_named())


def lambda_named() -> Callable[[Any], Any]:
    def Property(s: Any) -> Any:
        return s.late

    return Property


def test_a_property_and_a_lemma_cannot_have_one_name() -> None:
    p = holder(lemma=True)

    def Fine(s: Any) -> Any:
        return s.late

    def OddLemma(s: Any) -> Any:
        return s.late

    with pytest.raises(ModelError, match="a property is called Fine too"):
        p.lemma("why")(Fine)
    with pytest.raises(ModelError, match="a lemma is called OddLemma too"):
        p.invariant()(OddLemma)
    with pytest.raises(UsageError):
        p.model().find_property("Defined@Fine")
