"""Laws and static models: decided over all values, by every engine as by going through them, and never for want of values."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.proof.test_ranges import EVERYWHERE, run
from verifier import check
from verifier.catalog.digest import digest
from verifier.evidence.replay import replay
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    KeyedSet,
    Option,
    Ordered,
    Protocol,
    Quorums,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    anything,
    budget,
    exists,
    forall,
    guard,
    implies,
    ite,
    labels,
    var,
    violated,
)
from verifier.kernel.describing import describe
from verifier.kernel.errors import ModelError, UsageError
from verifier.kernel.laws import alone
from verifier.kernel.printing import show
from verifier.proof.strategy import ExploreRequest, GapsRequest, ProveRequest, explore, find_gaps, prove
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.ground.ground import Ground
from verifier.semantics.obligations.proof import Checker, Proof
from verifier.semantics.scope import FrozenMap, finite_scope

p = Protocol("laws", "merge of last-writer-wins registers, and what else is said of values alone")
MaxTime = p.search_bound("MaxTime", 2)


class Replica(Ordered, parameter="Replicas", size=2, first=1):
    """A replica, which breaks ties."""


class Val(Scalarset, parameter="Values", size=2, prefix="v"):
    """A value."""


class Majority(Quorums[Val]):
    """More than half of the values."""


class Time(Range, low=0, high=MaxTime):
    """A time."""


class Few(Range, low=0, high=1):
    """Two numbers."""


class Lonely(Enumeration):
    """The only one of its kind, so that it takes no field."""

    (Alone,) = labels(1)


class Stamp(Record, ordered=True):
    """When, and by whom."""

    time: Time
    replica: Replica


class Register(Record):
    """What was written last."""

    value: Option[Val]
    ts: Stamp


class Queue(Sequence[Time], capacity=2):
    """Some times."""


class Log(KeyedSet[Stamp], key="time"):
    """Stamps, at most one at a time."""


def merge(a: Register, b: Register) -> Register:
    return ite(a.ts < b.ts, b, a)


@p.law(short="Assoc-1")
def Associative(x: Register, y: Register, z: Register) -> Bool:
    """It does not matter what is merged first."""
    return merge(x, merge(y, z)) == merge(merge(x, y), z)


@p.law(expected={"safe": violated(0)})
def Commutative(x: Register, y: Register) -> Bool:
    return merge(x, y) == merge(y, x)


@p.law()
def CommutativeUnique(x: Register, y: Register) -> Bool:
    return implies(implies(x.ts == y.ts, x == y), merge(x, y) == merge(y, x))


@p.law()
def Payload(a: Option[Val], b: Option[Val]) -> Bool:
    return implies(a.is_some & b.is_some & (a == b), a.value == b.value)


@p.law()
def Partial(a: Option[Time]) -> Bool:
    return a.value >= 0


@p.law()
def Queues(q: Queue, t: Time) -> Bool:
    return implies(q.length() < 2, q.append(t).length() == q.length() + 1)


@p.law()
def EmptyQueue(q: Queue, r: Queue) -> Bool:
    return implies((q.length() == 0) & (r.length() == 0), q == r)


@p.law()
def Full(q: Queue) -> Bool:
    return q.length() < 2


@p.law()
def Keys(log: Log, t: Time) -> Bool:
    return implies(~log.has(t), log.remove(t) == log)


@p.law()
def SameLog(log: Log, other: Log) -> Bool:
    return implies(forall(Time, lambda t: ~log.has(t) & ~other.has(t)), log == other)


@p.law()
def Sets(a: Set[Time], b: Set[Time]) -> Bool:
    return (a | b).size() + (a & b).size() == a.size() + b.size()


@p.law()
def Functions(f: Fn[Val, Time], v: Val) -> Bool:
    return exists(Time, lambda v_: f[v] == v_)


@p.law()
def Constant(f: Fn[Val, Time], v: Val, w: Val) -> Bool:
    return f[v] == f[w]


@p.law()
def Quorate(v: Val) -> Bool:
    return forall(Majority, Majority, lambda a, b: exists(Val, lambda v: a.contains(v) & b.contains(v)))


@p.law()
def Only(a: Lonely, b: Lonely) -> Bool:
    return a == b


@p.law()
def Never(a: Lonely) -> Bool:
    return ~(a == a)


@p.law()
def Bounded(t: Time) -> Bool:
    return t <= MaxTime


@p.law()
def Shadowed(x: Time) -> Bool:
    """The variable inside is another one of the same name."""
    return exists(Time, lambda x: x == 0) & (x >= 0)


LAWS = [found.name for found in p.model().laws if found.kind == "law"]


def by_hand(law: str) -> tuple[bool, bool]:
    """Whether a law is true of all values, and whether it has a value of each of them: one after the other, evaluated."""
    scope = finite_scope(alone(p.model(), law))
    machine = Machine(scope)
    stated = {found.kind: found for found in scope.model.properties}
    names = [variable.name for variable in scope.model.variables]
    true = defined = True
    for values in product(*(scope.domain(variable.sort) for variable in scope.model.variables)):
        state = FrozenMap(dict(zip(names, values, strict=True)))
        true = true and machine.holds(stated["law"], state)
        defined = defined and ("defined" not in stated or machine.holds(stated["defined"], state))
    return true, defined


@pytest.mark.parametrize("engine", ["auto", "bmc", "kinduction", "explicit"])
def test_laws_are_decided_as_by_going_through_all_values(engine: str) -> None:
    found = run(p, engine=engine)
    for law in LAWS:
        true, defined = by_hand(law)
        entry, text = found[law], found.get(f"Defined@{law}")
        assert entry["kind"] == "law"
        assert entry["vacuous"] is None
        assert entry["verdict"] == ("violated" if not true else "proved" if defined else "unknown"), law
        assert (text is None) == defined
        if true and defined:
            method = {"exhaustive"} if engine == "explicit" else {"trivial"}
            assert (entry["k"], {entry["method"]} - {"trivial"} <= method) == (0, True)
    assert {name for name, entry in found.items() if entry["verdict"] == "violated"} == {
        "Commutative", "Full", "Constant", "Never", "Defined@Partial",
    }  # fmt: skip


def test_a_law_that_never_says_anything_is_remarked_and_no_more() -> None:
    q = moving()

    @q.law()
    def Idle(x: Few) -> Bool:
        return implies(x > 1, x == 0)

    entry = run(q, properties=("Idle",))["Idle"]
    assert (entry["verdict"], entry["vacuous"]) == ("proved", None)
    assert entry["reason"] == "its premise holds of no values at this scope"
    assert run(q, properties=("Sum",))["Sum"]["reason"] is None


@pytest.mark.parametrize("law", LAWS)
def test_the_values_are_all_that_there_are(law: str) -> None:
    scope = finite_scope(alone(p.model(), law))
    wanted = 1
    for variable in scope.model.variables:
        wanted *= len(scope.domain(variable.sort))
    from verifier.proof.engines import explicit

    assert explicit.explore(Ground(scope), []).distinct == wanted


@pytest.mark.parametrize("options", EVERYWHERE, ids=str)
def test_values_that_falsify_a_law_are_one_state_and_replay(options: dict[str, Any]) -> None:
    names = ["Commutative", "Constant", "Never", "Partial"]
    found = run(p, properties=tuple(names), **options)
    for name in ("Commutative", "Constant", "Never", "Defined@Partial"):
        entry = found[name]
        assert (entry["verdict"], entry["steps"], entry["values"]) == ("violated", 0, entry["trace"])
        law = name.removeprefix("Defined@")
        values = entry["values"]
        assert values["vars"] == list(p.properties[law].variables)
        assert len(values["states"]) == 1
        assert values["states"][0].keys() == {"#meta", *values["vars"]}
        again = replay(json.loads(json.dumps(values)), p)
        assert (again.valid, again.violated, again.failure, again.property) == (True, True, None, name)
    assert found["Partial"]["verdict"] == "unknown"


def test_values_for_which_a_law_holds_do_not_replay() -> None:
    values = json.loads(json.dumps(run(p, properties=("Commutative",))["Commutative"]["values"]))
    values["states"][0]["x"] = values["states"][0]["y"]
    outcome = replay(values, p)
    assert (outcome.valid, outcome.violated) == (True, False)
    with pytest.raises(UsageError, match="no value for y"):
        replay({**values, "states": [{"x": values["states"][0]["x"]}]}, p)
    values["states"][0]["x"] = {"value": {"tag": "None", "value": {"#tup": []}}, "ts": {"time": 9, "replica": 1}}
    outcome = replay(values, p)
    assert not outcome.valid


@pytest.mark.nightly
def test_for_any_size() -> None:
    document = prove(ProveRequest(p, scope="unbounded"), lambda event: None)
    found = {entry["published_name"]: entry for entry in document["properties"]}
    proved = {name for name, entry in found.items() if entry["verdict"] == "proved"}
    assert proved >= {"Associative", "CommutativeUnique", "Payload", "Keys", "Functions", "Quorate", "Only", "Shadowed"}
    assert {(found[name]["method"], found[name]["k"]) for name in proved} == {("trivial", 0)}
    # What some instance falsifies is not proved; what has no meaning for any size is not stated.
    assert not proved & {law for law in LAWS if by_hand(law) != (True, True)}
    assert "Bounded" in {entry["published_name"] for entry in document["not_stated"]}
    assert {*LAWS} == {name for name in found if "@" not in name} | {e["published_name"] for e in document["not_stated"]}


@pytest.mark.parametrize("options", [*EVERYWHERE, {"engine": "explicit"}], ids=str)
def test_certificates_of_laws(options: dict[str, Any], tmp_path: Path) -> None:
    names = ("Associative", "Payload", "Functions", "Only", "Shadowed")
    run(p, properties=names, certificates=str(tmp_path), **options)
    files = sorted(tmp_path.glob("*.cert.json"))
    assert len(files) == 6
    solver = "z3" if options.get("engine") == "explicit" else "both"
    found = check(files, solver=solver, rederive=True, in_process=True, protocol=p)
    assert found.complete, [(c.property, c.failures) for c in found.certificates]
    written = {c["published_name"]: c for c in (json.loads(file.read_text()) for file in files)}
    assert written["Payload"]["rests_on"] == ["Defined@Payload"]
    assert written["Associative"]["rests_on"] == []
    assert written["Shadowed"]["formula"].startswith("\\A x \\in Time :")


def test_a_certificate_of_a_false_law_is_refused(tmp_path: Path) -> None:
    from verifier.evidence.certificate import seal

    run(p, properties=("CommutativeUnique",), certificates=str(tmp_path))
    [file] = tmp_path.glob("*.cert.json")
    certificate = json.loads(file.read_text())
    other = seal({**certificate, "property": "Commutative", "published_name": "Commutative"})
    assert not check(other, solver="z3", rederive=True, in_process=True, protocol=p).valid
    # What is proved of values says nothing of a property of states, which rests on more.
    state = seal({**certificate, "property_kind": "state"})
    assert "rests_on" in {entry.name for entry in check(state, solver="z3", in_process=True).certificates[0].failures}


def test_a_trivial_proof_of_a_false_law_does_not_re_check() -> None:
    from verifier.semantics.answers import Answer
    from verifier.semantics.ground.smt import Encoding
    from verifier.semantics.obligations.monitor import monitor

    scope = finite_scope(alone(p.model(), "Commutative"))
    ground = Ground(scope)
    failure = Checker(Encoding(ground)).check(Proof(monitor(ground, scope.model.find_property("Commutative")), "trivial", 0))
    assert failure is not None
    assert failure.answer is Answer.SAT


def test_wide_laws_are_not_gone_through() -> None:
    found = run(p, settings=("MaxTime=1000000", "Replicas=1000"), properties=("Associative", "Commutative"))
    assert [found[name]["verdict"] for name in ("Associative", "Commutative")] == ["proved", "violated"]
    entry = run(p, settings=("MaxTime=1000000",), properties=("Associative",), engine="explicit")["Associative"]
    assert (entry["verdict"], "too many to look at" in entry["reason"]) == ("unknown", True)


def moving() -> Protocol:
    """A protocol with state and actions beside a law, whose variable has the name of one of the state."""
    q = Protocol("moving", "a counter and a law")
    most = q.search_bound("Most", 2)

    class Number(Range, low=0, high=most):
        pass

    @q.state
    class State:
        x: Bool = var(False)
        n: Number = var(0)

    @q.action
    def Count(s: State) -> None:
        budget("bound", s.n < most)
        guard("odd", ~s.x)
        s.n = s.n + 1

    @q.invariant()
    def Natural(s: State) -> Bool:
        return s.n >= 0

    @q.law()
    def Sum(x: Number, y: Number) -> Bool:
        return x + y == y + x

    @q.law(expected={"safe": violated(0)})
    def Less(x: Number, y: Number) -> Bool:
        return x < y

    q.variant("lawless", without=["Less"])
    return q


@pytest.mark.parametrize("options", [*EVERYWHERE, {"engine": "explicit"}], ids=str)
def test_a_law_beside_a_model(options: dict[str, Any]) -> None:
    q = moving()
    found = run(q, **options)
    assert {name: entry["verdict"] for name, entry in found.items()} == {
        "Natural": "proved", "Range@n": "proved", "Sum": "proved", "Less": "violated",
    }  # fmt: skip
    assert run(q, variant="lawless", **options).keys() == {"Natural", "Range@n", "Sum"}
    assert run(q, properties=("sum",), **options).keys() == {"Sum"}
    assert replay(found["Less"]["trace"], q).violated
    first = prove(ProveRequest(q, fail_fast=True, properties=("Less", "Sum"), **options), lambda event: None)
    assert {entry["published_name"] for entry in first["properties"]} == {"Less", "Sum"}


def test_no_law_is_looked_at_in_runs() -> None:
    q = moving()
    assert [found["property"] for found in explore(ExploreRequest(q), lambda event: None)["violations"]] == []
    drops = find_gaps(GapsRequest(q), lambda event: None)
    assert drops["baseline"]["violated"] == []
    with pytest.raises(UsageError, match="laws has no state"):
        explore(ExploreRequest(p), lambda event: None)
    assert find_gaps(GapsRequest(p), lambda event: None)["drops"] == []


def test_laws_are_listed_and_shown_and_part_of_the_digest() -> None:
    listed = {entry["published_name"]: entry for entry in describe(p)["properties"]}
    assert (listed["Associative"]["name"], listed["Associative"]["kind"]) == ("Assoc-1", "law")
    assert listed["Commutative"]["expected"] == {"safe": "violated"}
    assert "LAW Associative (Assoc-1) ==" in show(p)
    q, r = moving(), moving()
    assert digest(q) == digest(r)

    class Bit(Range, low=0, high=1):
        pass

    @r.law()
    def Another(b: Bit) -> Bool:
        return b <= 1

    assert digest(q) != digest(r)


# -- misuse --------------------------------------------------------------------------------------------------------------


def refused(declare: Callable[[Protocol], Any]) -> str:
    q = moving()
    with pytest.raises(ModelError) as caught:
        declare(q)
    assert caught.value.position is not None
    assert caught.value.position.file.endswith("test_laws.py")
    return f"{caught.value.message}; {caught.value.hint}"


def test_misuse() -> None:
    def stateless(q: Protocol) -> None:
        @q.law()
        def Empty() -> Bool:
            return Bool(True)

    def unsorted(q: Protocol) -> None:
        @q.law()
        def Unsorted(x) -> Bool:  # type: ignore[no-untyped-def]
            return x == x

    def endless(q: Protocol) -> None:
        from verifier.kernel import Int

        @q.law()
        def Endless(x: Int) -> Bool:
            return x == x

    def quorum(q: Protocol) -> None:
        @q.law()
        def Quorum(m: Majority) -> Bool:
            return m == m

    def nothing(q: Protocol) -> None:
        @q.law()
        def Nothing(t: Lonely) -> Bool:  # type: ignore[empty-body]
            pass

    def stateful(q: Protocol) -> None:
        kept: list[Any] = []

        @q.invariant()
        def Keep(s: Any) -> Bool:
            kept.append(s.n)
            return s.n >= 0

        @q.law()
        def Stateful(t: Lonely) -> Bool:
            return kept[0] >= 0

    def twice(q: Protocol) -> None:
        @q.law()
        def Natural(t: Lonely) -> Bool:
            return t == t

    assert "law Empty takes no values" in refused(stateless)
    assert "argument x of law Unsorted has no sort; write x: Sort" in refused(unsorted)
    assert "Int has no end" in refused(endless)
    assert "cannot store a quorum; quantify over it" in refused(quorum)
    assert "law Nothing returns nothing" in refused(nothing)
    assert "law Stateful reads the state variable n" in refused(stateful)
    assert "property Natural is defined twice" in refused(twice)


def test_a_law_of_no_values_is_not_proved() -> None:
    """Whatever makes a sort empty: there is no value then, and nothing is said."""
    from dataclasses import replace

    from verifier.kernel.declarations import Named
    from verifier.kernel.terms import FALSE
    from verifier.proof.strategy import published

    model = alone(p.model(), "Associative")
    empty = replace(model, initial=(Named("nothing", FALSE, None),))
    scope = finite_scope(empty)
    request = ProveRequest(p, properties=("Associative",))
    begun = published.begin(request, lambda event: None)
    for kind in (published._Solved, published._Searched):
        with pytest.raises(ModelError, match="the law Associative has no values to range over"):
            kind(replace(begun, scope=scope, selected=[empty.properties[0]])).decide(dict)  # type: ignore[arg-type,return-value]


# -- models without actions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [*EVERYWHERE, {"engine": "explicit"}], ids=str)
def test_a_model_without_actions_is_decided_over_its_initial_states(options: dict[str, Any], tmp_path: Path) -> None:
    q = static()
    found = run(q, certificates=str(tmp_path), **options)
    verdicts = {name: (entry["verdict"], entry["steps"], entry["vacuous"]) for name, entry in found.items() if "@" not in name}
    assert verdicts == {
        "Associative": ("proved", None, None), "Commutative": ("violated", 0, None), "Unique": ("proved", None, None),
    }  # fmt: skip
    assert replay(found["Commutative"]["trace"], q).violated
    solver = "z3" if options.get("engine") == "explicit" else "both"
    checked = check(sorted(tmp_path.glob("*.json")), solver=solver, rederive=True, in_process=True, protocol=q)
    assert checked.complete, [(c.property, c.failures) for c in checked.certificates]


def static() -> Protocol:
    """Registers as a state that is never left."""
    q = Protocol("static", "registers as a state that is never left")

    class Number(Range, low=0, high=2):
        pass

    class Pair(Record):
        time: Number
        value: Number

    def newer(a: Pair, b: Pair) -> Pair:
        return ite(a.time < b.time, b, a)

    @q.state
    class State:
        x: Pair = var(anything)
        y: Pair = var(anything)
        z: Pair = var(anything)

    @q.invariant()
    def Associative(s: State) -> Bool:
        return newer(s.x, newer(s.y, s.z)) == newer(newer(s.x, s.y), s.z)

    @q.invariant()
    def Commutative(s: State) -> Bool:
        return newer(s.x, s.y) == newer(s.y, s.x)

    @q.invariant()
    def Unique(s: State) -> Bool:
        return implies(implies(s.x.time == s.y.time, s.x == s.y), newer(s.x, s.y) == newer(s.y, s.x))

    return q
