"""Rigid variables and axioms: the same in all states of a run, assumed in every obligation, and never a reason to prove a lie."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.models.constructs import relay
from tests.proof.test_ranges import EVERYWHERE, run
from verifier import check
from verifier.catalog.digest import digest
from verifier.evidence.certificate import seal
from verifier.evidence.replay import replay
from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    anything,
    exists,
    forall,
    guard,
    implies,
    var,
)
from verifier.kernel.errors import ModelError
from verifier.kernel.printing import show
from verifier.proof.engines import explicit
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.strategy import ExploreRequest, explore
from verifier.semantics.answers import Answer
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.quantified import Quantified
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.unbounded import unbounded


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


class Level(Range, low=0, high=2):
    """A level."""


WELL: list[dict[str, Any]] = [*EVERYWHERE, {"engine": "explicit"}]
"""Each way in which a property is decided."""


def ranked(*, extra: Callable[[Any], Any] | None = None) -> Protocol:
    """The token goes to nodes of a higher rank only; ranks are rigid."""
    p = Protocol("ranked", "a token climbs")

    @p.state
    class State:
        rank: Fn[Node, Level] = var(anything, "who is above whom", rigid=True)
        token: Node = var(anything, "where the token is")
        last: Level = var(0, "the rank that it came from")

    @p.axiom
    def Distinct(s: State) -> Bool:
        return forall(Node, Node, lambda a, b: implies(s.rank[a] == s.rank[b], a == b))

    if extra is not None:
        p.axiom(extra)

    @p.action
    def Climb(s: State, n: Node) -> None:
        guard("above", s.rank[s.token] < s.rank[n])
        s.last = s.rank[s.token]
        s.token = n

    @p.invariant()
    def Climbed(s: State) -> Bool:
        return s.last <= s.rank[s.token]

    @p.action_property(subscript=all)
    def Same(s: State, after: State) -> Bool:
        return forall(Node, lambda n: s.rank[n] == after.rank[n])

    @p.action_property(subscript=["rank"])
    def Never(s: State, after: State) -> Bool:
        return s.last > 2

    @p.invariant()
    def Apart(s: State) -> Bool:
        return forall(Node, Node, lambda a, b: implies(s.rank[a] == s.rank[b], a == b))

    @p.invariant()
    def Low(s: State) -> Bool:
        return s.last == 0

    return p


@pytest.mark.parametrize("options", WELL, ids=str)
def test_axioms_are_assumed_and_rigid_variables_do_not_change(options: dict[str, Any], tmp_path: Path) -> None:
    p = ranked()
    found = run(p, certificates=str(tmp_path), **options)
    verdicts = {name: (entry["verdict"], entry["steps"]) for name, entry in found.items() if "@" not in name}
    proved = ("bounded", None) if options.get("engine") == "bmc" else ("proved", None)
    assert verdicts["Low"] == ("violated", 1)
    # No step changes a rank, so whatever is said of such steps is true.
    for name in ("Climbed", "Same", "Apart", "Never"):
        assert verdicts[name] in (proved, ("proved", None)), name
    [first, last] = found["Low"]["trace"]["states"]
    assert first["rank"] == last["rank"]
    assert replay(json.loads(json.dumps(found["Low"]["trace"])), p).violated
    files = sorted(tmp_path.glob("*.json"))
    solver = "z3" if options.get("engine") == "explicit" else "both"
    checked = check(files, solver=solver, rederive=True, in_process=True, protocol=p)
    assert checked.valid, [(c.property, c.failures) for c in checked.certificates]


def test_states_are_counted_as_by_hand() -> None:
    ways = [ranks for ranks in product(range(3), repeat=2) if ranks[0] != ranks[1]]
    # Each node may have the token at first; where the lower one has it and passes it on, its rank is kept, which is 0 at first.
    assert explore(ExploreRequest(ranked()), lambda event: None)["distinct"] == 2 * len(ways) + sum(min(w) > 0 for w in ways)
    scope = finite_scope(relay().model())
    assert explicit.explore(Ground(scope), []).distinct == _relay_by_hand()


def _relay_by_hand() -> int:
    """The reachable states of the relay, from its text."""
    stops, seen = range(3), set()
    for onward in product(stops, repeat=3):
        if set(onward) != set(stops) or any(onward[a] == a for a in stops):
            continue
        for weight in product(range(2), repeat=3):
            for spare in (None, *stops):
                if spare is not None and weight[spare]:
                    continue
                waiting = [(onward, weight, spare, token, 0) for token in stops if spare in (None, token)]
                while waiting:
                    state = waiting.pop()
                    if state not in seen:
                        seen.add(state)
                        waiting.append((onward, weight, spare, onward[state[3]], weight[state[3]]))
    return len(seen)


def test_a_trace_in_which_a_rigid_variable_changes_is_refused() -> None:
    p = ranked()
    trace = json.loads(json.dumps(run(p, properties=("Low",))["Low"]["trace"]))
    changed = trace["states"][1]["rank"]["#map"]
    changed[0][1], changed[1][1] = changed[1][1], changed[0][1]
    outcome = replay(trace, p)
    assert not outcome.valid
    assert "rank" in str(outcome.failure)


def test_a_trace_that_breaks_an_axiom_is_refused() -> None:
    p = ranked()
    trace = json.loads(json.dumps(run(p, properties=("Low",))["Low"]["trace"]))
    for state in trace["states"]:
        for pair in state["rank"]["#map"]:
            pair[1] = trace["states"][0]["rank"]["#map"][0][1]
    outcome = replay(trace, p)
    assert not outcome.valid
    assert str(outcome.failure).startswith("state 0 is not initial: the axiom Distinct is false")


# -- faults ----------------------------------------------------------------------------------------------------------------


class Loose(Encoding):
    """An encoding in which the fields of rigid variables have constants of their own at each step, and nothing keeps them."""

    def _step(self, step: int) -> tuple[list[Any], Any]:
        while len(self._constants) <= step:
            number = len(self._constants)
            fields = [self._constant(f"f{f.number}@{number}", None if f.is_bool else f.high.bit_length()) for f in self._fields]
            self._constants.append((fields, self._constant(f"i@{number}", self._selector_width)))
        return self._constants[step]


@pytest.mark.parametrize(("encoding", "answer"), [(Encoding, Answer.UNSAT), (Loose, Answer.SAT)])
def test_a_rigid_variable_has_one_constant_in_an_unrolling(encoding: type[Encoding], answer: Answer) -> None:
    ground = Ground(finite_scope(ranked().model()))
    found = encoding(ground)
    path = Unrolling(found, rooted=True)
    path.extend(1)
    circuit = ground.circuit
    changes = circuit.or_(circuit.not_(circuit.eq(ground.field_node(f), ground.field_node(f, 1))) for f in ground.rigid)
    assert path.check(path.literal(found.formula(changes))) is answer


def test_a_certificate_in_which_a_step_changes_a_rigid_variable_is_refused(tmp_path: Path) -> None:
    p = ranked()
    run(p, properties=("Climbed",), certificates=str(tmp_path))
    certificate = json.loads((tmp_path / "ranked.safe.Climbed.cert.json").read_text())
    assert [entry["name"] for entry in certificate["definitions"]][3] == "Axiom 1"
    name = next(field["name"] for field in certificate["fields"] if "rank" in field["name"])
    changed = json.loads(json.dumps(certificate))
    for entry in changed["definitions"]:
        entry["smtlib"] = entry["smtlib"].replace(f"(= |{name}'| |{name}|)", "true")
    assert changed != certificate
    failed = {entry.name for entry in check(seal(changed), solver="z3", in_process=True).certificates[0].failures}
    assert "consecution of Climb" in failed


def test_an_axiom_that_is_not_one_of_the_model_is_refused(tmp_path: Path) -> None:
    p = ranked(extra=top)
    run(p, properties=("Climbed",), certificates=str(tmp_path))
    certificate = json.loads((tmp_path / "ranked.safe.Climbed.cert.json").read_text())
    q = ranked()
    other = seal({**certificate, "model_digest": digest(q), "protocol_text": show(q, "safe")})
    assert not check(other, solver="z3", rederive=True, in_process=True, protocol=q).valid
    run(p, properties=("Climbed",), scope="unbounded", certificates=str(tmp_path))
    certificate = json.loads((tmp_path / "ranked.safe.Climbed.cert.json").read_text())
    other = seal({**certificate, "model_digest": digest(q), "protocol_text": show(q, "safe")})
    assert not check(other, solver="z3", rederive=True, in_process=True, protocol=q).valid


def top(s: Any) -> Bool:
    return exists(Node, lambda n: s.rank[n] == 2)


def test_axioms_are_premises_with_a_tag_of_their_own_for_any_size() -> None:
    quantified = Quantified(unbounded(ranked(extra=top).model()))
    [action] = quantified.model.actions
    obligation = quantified.consecution(action, [], [quantified.model.find_property("Apart").formula])
    assert [premise.name for premise in obligation.background if premise.tag == "axiom"] == ["Distinct", "top"]
    # Whether an axiom has a value is not asked under the assumption that it is true.
    starting = quantified.starting([quantified.model.find_property("Apart").formula])
    assert not [premise for premise in starting.background if premise.tag == "axiom"]


# -- axioms that cannot be ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", WELL, ids=str)
def test_contradictory_axioms_prove_nothing(options: dict[str, Any]) -> None:
    def equal(s: Any) -> Bool:
        return forall(Node, Node, lambda a, b: s.rank[a] == s.rank[b]) & exists(Node, Node, lambda a, b: a != b)

    with pytest.raises(ModelError):
        run(ranked(extra=equal), **options)


@pytest.mark.parametrize("options", WELL, ids=str)
def test_axioms_without_an_instance_at_the_published_sizes_are_an_error(options: dict[str, Any]) -> None:
    def three(s: Any) -> Bool:
        return exists(Node, Node, Node, lambda a, b, c: (a != b) & (b != c) & (a != c) & (s.rank[a] >= 0))

    with pytest.raises(ModelError, match="no initial state"):
        run(ranked(extra=three), **options)


def still(axiom: Callable[[Any], Any]) -> Protocol:
    """A model without actions whose only variable is rigid."""
    p = Protocol("still", "nothing moves")

    @p.state
    class State:
        best: Option[Level] = var(anything, rigid=True)

    p.axiom(axiom)

    @p.invariant()
    def Small(s: State) -> Bool:
        return implies(s.best.is_some, s.best.value <= 1)

    return p


@pytest.mark.parametrize("options", WELL, ids=str)
def test_an_axiom_without_a_value_violates_defined(options: dict[str, Any]) -> None:
    def some_low(s: Any) -> Bool:
        return s.best.value <= 1

    p = still(some_low)
    found = run(p, **options)
    assert (found["Defined"]["verdict"], found["Defined"]["steps"]) == ("violated", 0)
    assert "proved" not in {entry["verdict"] for entry in found.values()}
    assert replay(found["Defined"]["trace"], p).violated

    def guarded(s: Any) -> Bool:
        return s.best.is_some & (s.best.value <= 1)

    assert run(still(guarded), **options)["Small"]["verdict"] == "proved"


# -- variants, text, misuse --------------------------------------------------------------------------------------------------


def test_axioms_stay_where_a_variant_starts_elsewhere_and_go_with_what_they_read() -> None:
    p = ranked()
    p.variant("anywhere", initially=["Climbed"])
    model = p.model("anywhere")
    assert [named.name for named in model.initial] == ["Distinct", "Climbed"]
    assert run(p, variant="anywhere", properties=("Climbed", "Apart"))["Apart"]["verdict"] == "proved"
    q = Protocol("without", "")

    @q.state
    class State:
        it: Level = var(anything, rigid=True)
        other: Bool = var(False)

    @q.axiom
    def Zero(s: State) -> Bool:
        return s.it == 0

    @q.action
    def Flip(s: State) -> None:
        s.other = ~s.other

    @q.invariant()
    def Anything(s: State) -> Bool:
        return s.other | ~s.other

    q.variant("less", without=["it"])
    assert q.model("less").axioms == ()
    assert q.model("less").initial == ()


def test_digest_and_text() -> None:
    p, q = ranked(), ranked(extra=top)
    assert digest(p) == digest(ranked()) != digest(q)
    r = ranked()
    r.variables = tuple(replace(v, rigid=False) for v in r.variables)
    assert digest(r) != digest(p)
    assert "AXIOM Distinct ==" in show(p)
    assert "rigid: who is above whom" in show(p)


def test_misuse() -> None:
    def refused(declare: Callable[[Protocol], Any]) -> str:
        with pytest.raises(ModelError) as caught:
            declare(ranked())
        assert caught.value.position is not None
        assert caught.value.position.file.endswith("test_rigid.py")
        return f"{caught.value.message}; {caught.value.hint}"

    def assigned(p: Protocol) -> None:
        @p.action
        def Whole(s: Any) -> None:
            s.rank = s.rank

    def at_a_point(p: Protocol) -> None:
        @p.action
        def Point(s: Any, n: Node) -> None:
            s.rank[n] = Level(0)

    def flexible(p: Protocol) -> None:
        @p.axiom
        def Reads(s: Any) -> Bool:
            return s.rank[s.token] == 0

    def twice(p: Protocol) -> None:
        @p.axiom
        def Distinct(s: Any) -> Bool:
            return forall(Node, lambda n: s.rank[n] >= 0)

    def given(p: Protocol) -> None:
        var(0, rigid=True)

    assert "Whole assigns rank, which is rigid" in refused(assigned)
    assert "Point assigns rank, which is rigid" in refused(at_a_point)
    assert "axiom Reads reads token, which is not rigid; declare token with var(anything, rigid=True)" in refused(flexible)
    assert "axiom Distinct is defined twice" in refused(twice)
    assert "a rigid variable has no initial value" in refused(given)
