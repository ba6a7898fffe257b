"""Slices: what a property depends on, what a verdict on a part of the model says of the whole, what a certificate names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.comparing import built
from tests.fuzz.generating import protocol as random_protocol
from tests.searches import count_only
from verifier import check
from verifier.evidence.certificate import seal
from verifier.evidence.replay import replay
from verifier.kernel import Bool, Option, Protocol, Range, anything, guard, ite, max_of, none, set_of, some, var
from verifier.kernel.errors import VerifyError
from verifier.proof.engines import explicit
from verifier.proof.engines.engine import Budget, Decided, Open, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.search import ExplicitSearch, some_initial_state
from verifier.proof.engines.slices import OnSlices
from verifier.proof.strategy import ProveRequest, prove
from verifier.proof.strategy.published_stages import PUBLISHED
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope.finite import finite_scope
from verifier.semantics.scope.slicing import Cones


class Count(Range, low=0, high=4):
    pass


def chain(*, constrained: bool = False, related: bool = False, leaves: bool = False, undefined: bool = False) -> Protocol:
    """`x` rises where `y` is odd, `y` by what `z` is. `w` counts with `x` and reads it; what it does, nothing reads."""
    p = Protocol("chain", "one variable drives the next")

    @p.state
    class State:
        x: Count = var(0)
        y: Count = var(0)
        z: Count = var(1)
        w: Count = var(0)
        o: Option[Count] = var(none)
        u: Count = var(anything)
        v: Count = var(anything)

    @p.initially
    def First(s: State) -> Bool:
        return (s.u == s.v) if related else (s.u == 0)

    @p.initially
    def Second(s: State) -> Bool:
        return s.v == 0

    if constrained:

        @p.constraint
        def Few(s: State) -> Bool:
            return s.w < 1

    @p.action
    def Rise(s: State) -> None:
        guard("odd", (s.y == 1) | (s.y == 3))
        guard("below", s.x < 3)
        s.w = s.w + 2 if leaves else s.x
        s.x += 1

    @p.action
    def Shift(s: State) -> None:
        guard("room", s.y + s.z <= 4)
        s.y = s.y + s.z
        if undefined:
            s.v = s.o.value

    @p.action
    def Reset(s: State) -> None:
        s.w = 0

    @p.action
    def Spin(s: State) -> None:
        guard("still", s.v == 0)
        s.v = 1

    @p.invariant()
    def Low(s: State) -> Bool:
        return s.x <= 3

    @p.invariant()
    def Lower(s: State) -> Bool:
        return s.x <= 2

    @p.invariant()
    def Fixed(s: State) -> Bool:
        return s.u == 0

    @p.action_property(subscript=["x", "w"])
    def Steady(s: State, t: State) -> Bool:
        return t.x >= s.x

    @p.action_property(subscript=all)
    def Still(s: State, t: State) -> Bool:
        return t.z == s.z

    return p


def cone(protocol: Protocol, name: str) -> str:
    model = protocol.model()
    return "".join(sorted(Cones(model).of(model.find_property(name))))


# -- what a property depends on ----------------------------------------------------------------------------------------


def test_guards_of_what_changes_a_variable_and_what_they_are_made_of_belong_to_it() -> None:
    assert cone(chain(), "Low") == "xyz"


def test_constraints_belong_to_every_slice() -> None:
    # The constraint reads w, and w is set to x.
    assert cone(chain(constrained=True), "Fixed") == "uwxyz"
    assert cone(chain(), "Fixed") == "u"


def test_initial_predicates_relate_what_they_read() -> None:
    assert cone(chain(related=True), "Fixed") == "uv"


def test_the_subscript_belongs_to_a_property_of_steps() -> None:
    assert cone(chain(), "Steady") == "wxyz"
    assert cone(chain(), "Still") == "ouvwxyz"


def test_ranges_depend_on_the_variable_that_they_are_of() -> None:
    assert cone(chain(), "Range@w") == "wxyz"
    assert cone(chain(), "Range@y") == "yz"


def test_definedness_depends_on_what_may_be_undefined() -> None:
    assert cone(chain(), "Defined") == ""
    assert cone(chain(undefined=True), "Defined") == "ovyz"


def partial(*, initially: bool = False) -> Protocol:
    """A guard that may be undefined, of an action that changes nothing else; or an initial predicate behind a false one."""
    p = Protocol("partial", "undefined where nobody looks")

    @p.state
    class State:
        x: Count = var(0)
        y: Count = var(0)
        z: Option[Count] = var(none)
        t: Count = var(anything)

    @p.initially
    def First(s: State) -> Bool:
        return s.y == 1 if initially else s.t == 0

    if initially:

        @p.initially
        def Second(s: State) -> Bool:
            return s.z.value == s.x

    @p.action
    def Look(s: State) -> None:
        guard("late", s.x == 2)
        guard("there", s.z.value == 0)
        s.t = 1

    @p.action
    def Up(s: State) -> None:
        guard("room", s.x < 3)
        s.x += 1

    @p.invariant()
    def Low(s: State) -> Bool:
        return s.x <= 3

    return p


def test_a_guard_without_a_value_is_looked_at_although_its_action_changes_nothing_of_the_slice() -> None:
    protocol = partial()
    model = protocol.model()
    assert cone(protocol, "Defined") == "xz"
    part = Cones(model).slice({"x", "z"})
    assert [action.name for action in part.model.actions] == ["Look", "Up"]
    outcome = explicit.decide(Ground(part.at(finite_scope(model, {}))), [model.find_property("Defined")])
    assert [violation.steps for violation in outcome.violations] == [2]


def test_an_initial_predicate_without_a_value_is_looked_at_only_behind_those_before_it() -> None:
    assert cone(partial(initially=True), "Defined") == "xyz"


def test_an_undefined_initial_value_belongs_to_definedness() -> None:
    p = Protocol("begun", "an initial value is undefined")

    @p.state
    class State:
        x: Count = var(0)
        y: Count = var(max_of(set_of(Count, lambda c: c > 4)))

    @p.action
    def Up(s: State) -> None:
        s.x = 1

    assert cone(p, "Defined") == "y"


def test_axioms_are_kept_where_they_speak_of_the_slice() -> None:
    p = Protocol("rigid", "axioms")

    @p.state
    class State:
        a: Count = var(anything, rigid=True)
        b: Count = var(anything, rigid=True)
        c: Count = var(anything, rigid=True)

    @p.axiom
    def Ordered(s: State) -> Bool:
        return s.a < s.b

    @p.axiom
    def Small(s: State) -> Bool:
        return s.c == 0

    @p.invariant()
    def Positive(s: State) -> Bool:
        return s.b > 0

    assert cone(p, "Positive") == "ab"
    part = Cones(p.model()).slice({"a", "b"})
    assert [axiom.name for axiom in part.model.axioms] == [named.name for named in part.model.initial] == ["Ordered"]


def test_a_slice_that_depends_on_something_else_is_none() -> None:
    with pytest.raises(ValueError, match="depends on z"):
        Cones(chain().model()).slice({"x", "y"})


# -- verdicts ----------------------------------------------------------------------------------------------------------

SLICES = [stage for stage in PUBLISHED if stage.name in ("circuit", "slices")]


def run(protocol: Protocol, monkeypatch: pytest.MonkeyPatch | None = None, **options: Any) -> dict[str, dict[str, Any]]:
    """Verdicts by slices first, and then by the usual stages."""
    if monkeypatch is not None:
        monkeypatch.setattr("verifier.proof.strategy.published_stages.PUBLISHED", [*SLICES, *PUBLISHED])
    document = prove(ProveRequest(protocol, **options), lambda event: None)
    return {entry["published_name"]: entry for entry in document["properties"]}


def test_what_a_slice_says_holds_of_the_whole_model(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = run(chain(), monkeypatch)
    assert [entries[name]["verdict"] for name in ("Low", "Fixed", "Still", "Lower")] == ["proved"] * 3 + ["violated"]
    # A property of steps depends on w, too, and the search of that slice serves this one.
    assert entries["Low"]["left_out"] == ["o", "u", "v"]
    assert entries["Fixed"]["left_out"] == ["x", "y", "z", "w", "o", "v"]
    assert entries["Still"]["left_out"] is None
    lower = entries["Lower"]
    assert (lower["steps"], lower["shortest"]) == (4, True)
    # The trace is one of all variables, and is replayed.
    assert all({"w", "u", "v"} <= state.keys() for state in lower["trace"]["states"])
    outcome = replay(lower["trace"], chain())
    assert (outcome.valid, outcome.violated) == (True, True)


def test_nothing_is_proved_on_a_slice_where_a_range_of_the_rest_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = run(chain(leaves=True), monkeypatch)
    assert (entries["Range@w"]["verdict"], entries["Range@w"]["steps"]) == ("violated", 4)
    assert (entries["Low"]["verdict"], entries["Low"]["k"]) == ("bounded", 4)
    assert "Range@w is violated" in entries["Low"]["reason"]


def test_nothing_is_proved_on_a_slice_where_the_rest_uses_what_is_undefined(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = run(chain(undefined=True), monkeypatch)
    assert (entries["Defined"]["verdict"], entries["Defined"]["steps"]) == ("violated", 0)
    assert (entries["Low"]["verdict"], entries["Low"]["reason"]) == ("unknown", "Defined is violated in 0 steps")


def taken(protocol: Protocol, name: str) -> list[Proved | Violated | Open]:
    """What slices say of a property of the protocol."""
    ground = Ground(finite_scope(protocol.model(), {}))
    prop = ground.scope.model.find_property(name)
    task = FiniteTask(ground, {name: prop}, lambda: {name: prop}, start=some_initial_state(ground))
    events = OnSlices(ExplicitSearch()).run(task, Budget(states=10_000))
    return [event.outcome for event in events if isinstance(event, Decided)]


@pytest.mark.parametrize("wrong", ["leaves", "undefined"])
def test_a_step_of_the_slice_that_is_none_of_the_model_ends_no_trace(wrong: str) -> None:
    # In the slice x is 3 after four steps. In the model the update of another variable forbids one of them.
    [said] = taken(chain(**{wrong: True}), "Lower")
    assert said == Open(-1, "what violates it in a part of the model is not a run of the whole")
    [said] = taken(chain(), "Lower")
    assert isinstance(said, Violated)


@pytest.mark.parametrize("undefined", [False, True])
def test_an_attempt_in_the_slice_is_one_in_the_model_if_all_of_it_has_a_value(undefined: bool) -> None:
    p = Protocol("beyond", "a range is left, if what else the step does has a value")

    @p.state
    class State:
        x: Count = var(3)
        y: Option[Count] = var(some(Count(0)))
        z: Count = var(0)

    @p.action
    def Up(s: State) -> None:
        s.z = s.y.value
        s.y = ite(s.x == 2, s.y, none) if undefined else s.y
        s.x += 1

    [said] = taken(p, "Range@x")
    if undefined:
        # The second step has no value for z.
        assert said == Open(-1, "what violates it in a part of the model is not a run of the whole")
    else:
        assert isinstance(said, Violated)
        assert (len(said.path.steps), said.path.attempt) == (2, 0)


def test_a_search_of_a_slice_does_not_look_behind_all_steps_that_leave_a_range() -> None:
    ground = Ground(finite_scope(chain().model(), {}))
    from verifier.proof.strategy.published_judge import PublishedJudge

    judge = PublishedJudge(ground, {}, 1)
    prop = ground.scope.model.find_property("Low")
    [said] = taken(chain(), "Low")
    assert isinstance(said, Proved)
    assert judge.rests_on_ranges(prop, said.evidence)


def _compared(seed: int) -> int:
    """Compares searches of slices of a random protocol with one of the whole; the number of verdicts that were compared."""
    protocol, compared = built(random_protocol(seed)), 0
    for variant in protocol.variants:
        model = protocol.model(variant)
        ground = Ground(finite_scope(model, {}))
        try:
            whole = explicit.decide(ground, model.properties, max_states=5_000)
        except VerifyError:
            continue
        if not whole.complete:
            continue
        steps = {violation.property.name: violation.steps for violation in whole.violations}
        kinds = {prop.name: "model" if prop.kind == "range" or prop.name == "Defined" else prop.kind for prop in model.properties}
        clean = not any(kinds[name] == "model" for name in steps)
        open_ = {prop.name: prop for prop in model.properties}
        task = FiniteTask(ground, open_, lambda o=open_: dict(o), start=some_initial_state(ground))
        for event in OnSlices(ExplicitSearch()).run(task, Budget(states=5_000)):
            match event:
                case Decided(name, Proved()):
                    assert name not in steps, f"seed {seed}, {variant}: {name} is violated"
                case Decided(name, Violated(path)):
                    attempts = path.attempt is not None and open_[name].kind != "defined"
                    assert steps[name] == len(path.steps) - 1 + attempts, f"seed {seed}, {variant}: {name}"
                case Decided(name, Open(reason=reason)):
                    assert not clean or "whole" not in str(reason), f"seed {seed}, {variant}: {name}"
                    continue
                case _:
                    continue
            del open_[name]
            compared += 1
    return compared


def test_slices_of_random_protocols_say_what_the_whole_says() -> None:
    assert sum(_compared(seed) for seed in range(15)) > 30


@pytest.mark.full
def test_slices_of_more_random_protocols_say_what_the_whole_says() -> None:
    assert sum(_compared(seed) for seed in range(100, 150)) > 100


# -- certificates ------------------------------------------------------------------------------------------------------


def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    count_only(monkeypatch)
    run(chain(), monkeypatch, certificates=tmp_path)
    documents = (json.loads(path.read_text()) for path in sorted(tmp_path.iterdir()))
    return {document["published_name"]: document for document in documents}


def test_a_certificate_names_what_was_left_out_and_is_checked_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = certified(tmp_path, monkeypatch)
    search = documents["Low"]["exhaustive"]
    assert (search["left_out"], search["states"]) == (["o", "u", "v"], 25)
    checked = check([documents["Low"]], protocol=chain(), in_process=True)
    assert checked.certificates[0].valid, checked.certificates[0].failures


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        (["z", "o", "u", "v"], "Low depends on z"),
        (["w", "o", "u", "v"], "the search finds"),
        ([], "there are more than 25 states"),
        (["o", "v", "u"], "not variables of the model, in their order"),
        (["other"], "not variables of the model, in their order"),
    ],
)
def test_a_certificate_that_leaves_out_something_else_is_not_valid(
    left_out: list[str], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = certified(tmp_path, monkeypatch)["Low"]
    document["exhaustive"]["left_out"] = left_out
    checked = check([seal(document)], protocol=chain(), in_process=True)
    assert not checked.certificates[0].valid
    assert any(reason in str(failure.reason) for failure in checked.certificates[0].failures)
