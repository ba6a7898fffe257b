"""Obligations of small protocols at unbounded scope: what they need, and that they notice what is wrong."""

from __future__ import annotations

import pytest

from tests.quantified.uses import uses_of
from verifier.kernel import (
    Bool,
    Fn,
    KeyedSet,
    Option,
    Protocol,
    Quorums,
    Range,
    Record,
    Scalarset,
    Set,
    anything,
    choose,
    exists,
    forall,
    forall_in,
    guard,
    implies,
    max_of,
    maximum,
    none,
    some,
    var,
    witness,
)
from verifier.kernel.errors import ModelError
from verifier.kernel.terms import Term
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Outcome, Quantified, Setting, check, smoke
from verifier.semantics.quantified.fragment import outside
from verifier.semantics.quantified.lowering import Lowering
from verifier.semantics.scope.unbounded import unbounded


def quantified(protocol: Protocol, variant: str | None = None) -> Quantified:
    return Quantified(unbounded(protocol.model(variant)))


def invariant(model: Quantified) -> list[Term]:
    states = [p.formula for p in model.model.properties if p.kind == "state"]
    return [*states, *(lemma.formula for lemma in model.model.lemmas), *model.typing_facts()]


def answers(model: Quantified, formulas: list[Term] | None = None) -> dict[str, str]:
    """The answers to initiation and to each consecution of the formulas as one invariant."""
    formulas = invariant(model) if formulas is None else formulas
    found = {"initiation": check(model.initiation(formulas)).answer}
    for action in model.model.actions:
        found[action.name] = check(model.consecution(action, formulas, formulas)).answer
    return found


def voting() -> Protocol:
    """Nodes vote once; a value for which a quorum voted may be decided."""
    p = Protocol("voting", "majority voting")

    class Node(Scalarset, parameter="Nodes", size=3):
        pass

    class Value(Scalarset, parameter="Values", size=2):
        pass

    class Quorum(Quorums[Node]):
        pass

    @p.state
    class State:
        voted: Fn[Node, Option[Value]] = var(none)
        decided: Set[Value] = var(set())

    @p.action
    def Vote(s: State, n: Node, v: Value) -> None:
        guard("new", s.voted[n].is_none)
        s.voted[n] = some(v)

    @p.action
    def Decide(s: State, v: Value) -> None:
        q = witness("q", Quorum)
        guard("quorum", forall(Node, lambda n: implies(q.contains(n), s.voted[n] == some(v))))
        s.decided |= {v}

    @p.invariant()
    def Agreement(s: State) -> Bool:
        both = lambda v, w: s.decided.contains(v) & s.decided.contains(w)  # noqa: E731
        return forall(Value, Value, lambda v, w: implies(both(v, w), v == w))

    @p.lemma("only a quorum decides")
    def DecidedByQuorum(s: State) -> Bool:
        def for_it(v: Value) -> Bool:
            return exists(Quorum, lambda q: forall(Node, lambda n: implies(q.contains(n), s.voted[n] == some(v))))

        return forall_in(s.decided, for_it)

    p.variant("revoting", drops=["Vote.new"])
    return p


def test_agreement_of_any_number_of_nodes_follows_from_quorum_intersection() -> None:
    model = quantified(voting())
    assert set(answers(model).values()) == {Answer.UNSAT}
    decide = model.consecution(model.model.action("Decide"), invariant(model), invariant(model))
    assert "every two values of Quorum share a member" in [axiom.name for axiom in decide.axioms]
    model.lowering.values.axioms.clear()
    outcome = check(decide)
    assert outcome.answer is Answer.SAT
    assert outcome.falsified == (model.model.properties[0].formula,)


def test_a_node_that_votes_twice_is_noticed() -> None:
    model = quantified(voting(), "revoting")
    assert answers(model) == {"initiation": Answer.UNSAT, "Vote": Answer.SAT, "Decide": Answer.UNSAT}


def test_the_voting_actions_can_fire() -> None:
    model = quantified(voting())
    assert smoke(model).answer is Answer.SAT
    for action in model.model.actions:
        assert check(model.enabled(action, invariant(model))).answer is Answer.SAT


def bounded(*assumptions: str) -> Protocol:
    p = Protocol("bounded", "a counter between two parameters")
    low = p.parameter("Low", 1)
    high = p.parameter("High", 3)
    if "ordered" in assumptions:
        p.assume("Ordered", low <= high)
    if "reversed" in assumptions:
        p.assume("Reversed", high < low)

    class Level(Range, low=0, high=high):
        pass

    @p.state
    class State:
        level: Level = var(anything)

    @p.initially
    def StartsLow(s: State) -> Bool:
        return s.level == low

    @p.action
    def Rise(s: State) -> None:
        guard("room", s.level < high)
        s.level += 1

    @p.action
    def Overflow(s: State) -> None:
        guard("full", s.level == high)
        guard("beyond", s.level >= high + 1)
        s.level += 1

    @p.invariant()
    def AtLeastLow(s: State) -> Bool:
        return s.level >= low

    @p.lemma("the range")
    def Within(s: State) -> Bool:
        return s.level <= high

    return p


def test_parameters_of_the_protocol_are_any_numbers() -> None:
    model = quantified(bounded("ordered"))
    assert list(model.model.parameters) == ["Low", "High"]
    assert set(answers(model).values()) == {Answer.UNSAT}
    # The range keeps its end, so it has to hold initially: that is what the assumption is for.
    without = quantified(bounded())
    assert answers(without)["initiation"] == Answer.UNSAT
    assert smoke(without).answer is Answer.SAT


def test_an_action_that_cannot_fire_is_found() -> None:
    model = quantified(bounded("ordered"))
    assert check(model.enabled(model.model.action("Rise"), [])).answer is Answer.SAT
    outcome = check(model.enabled(model.model.action("Overflow"), []))
    assert outcome.answer is Answer.UNSAT
    assert outcome.names == ("Overflow.full", "Overflow.beyond")


def test_contradictory_assumptions_are_refused() -> None:
    with pytest.raises(ModelError) as error:
        smoke(quantified(bounded("ordered", "reversed")))
    assert error.value.message == "the assumptions of bounded contradict each other, or it has no initial state"
    assert error.value.hint == "these exclude each other: Ordered, Reversed"
    assert error.value.source == 'p.assume("Ordered", low <= high)'


def test_a_protocol_without_initial_states_is_refused() -> None:
    p = bounded("ordered")

    @p.initially
    def Impossible(s: object) -> Bool:
        return s.level > s.level  # type: ignore[attr-defined,no-any-return]

    with pytest.raises(ModelError) as error:
        smoke(quantified(p))
    assert error.value.hint == "these exclude each other: Impossible"


def clocks() -> Protocol:
    """A clock above the greatest stamp given out; stamps are kept by owner."""
    p = Protocol("clocks", "stamps")
    limit = p.search_bound("MaxTime", 3)

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Time(Range, low=0, high=limit):
        pass

    class Grant(Record):
        owner: Node
        time: Time

    class Grants(KeyedSet[Grant], key="owner"):
        pass

    @p.state
    class State:
        clock: Time = var(0)
        given: Set[Time] = var({0})
        grants: Grants = var(set())

    @p.action
    def Give(s: State, n: Node) -> None:
        guard("none-yet", ~s.grants.has(n))
        now = maximum(s.clock, max_of(s.given)) + 1
        s.clock = now
        s.given |= {now}  # type: ignore[arg-type]
        s.grants = s.grants.insert(Grant(owner=n, time=now))

    @p.action
    def Return(s: State, n: Node) -> None:
        guard("granted", s.grants.has(n))
        s.grants = s.grants.remove(n)

    @p.invariant()
    def Distinct(s: State) -> Bool:
        return forall_in(
            s.grants, lambda a: forall_in(s.grants, lambda b: implies(a.time == b.time, a.owner == b.owner))
        )

    @p.invariant()
    def ClockIsGreatest(s: State) -> Bool:
        return s.clock == max_of(s.given)

    @p.lemma("what is granted was given")
    def GrantedWasGiven(s: State) -> Bool:
        return forall_in(s.grants, lambda a: s.given.contains(a.time))

    @p.lemma("the first")
    def ZeroGiven(s: State) -> Bool:
        return s.given.contains(0)

    return p


def test_maxima_and_keyed_sets() -> None:
    model = quantified(clocks())
    assert set(answers(model).values()) == {Answer.UNSAT}
    uses = [use.formula for use in uses_of(model)]
    lines = {use.position.source for use in uses_of(model) if use.position}
    assert lines >= {
        "now = maximum(s.clock, max_of(s.given)) + 1",
        "s.grants = s.grants.insert(Grant(owner=n, time=now))",
        "return s.clock == max_of(s.given)",
    }
    assert check(model.safety(invariant(model), uses)).answer is Answer.UNSAT


def test_what_is_trusted_of_a_maximum_is_listed_and_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = quantified(clocks())
    give = model.consecution(model.model.action("Give"), invariant(model), invariant(model))
    trusted = [axiom for axiom in give.axioms if axiom.defines is not None]
    assert len(trusted) == 2
    assert "given" in trusted[0].name
    monkeypatch.setattr(Lowering, "_definitions", lambda self, terms: [])
    assert check(give).answer is Answer.SAT


def test_a_lemma_that_is_missing_is_noticed() -> None:
    model = quantified(clocks())
    granted = next(lemma.formula for lemma in model.model.lemmas if lemma.name == "GrantedWasGiven")
    formulas = [formula for formula in invariant(model) if formula is not granted]
    assert answers(model, formulas)["Give"] == Answer.SAT


def choosing() -> Protocol:
    p = Protocol("choosing", "a token")

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    @p.state
    class State:
        has: Fn[Node, Bool] = var(anything)
        last: Option[Node] = var(none)

    @p.initially
    def One(s: State) -> Bool:
        return exists(Node, lambda n: forall(Node, lambda m: s.has[m] == (m == n)))

    @p.action
    def Pass(s: State, n: Node) -> None:
        holder = choose(Node, lambda m: s.has[m])
        guard("other", holder != n)
        s.has = s.has.updated(holder, False).updated(n, True)
        s.last = some(holder)

    @p.invariant()
    def AtMostOne(s: State) -> Bool:
        return forall(Node, Node, lambda a, b: implies(s.has[a] & s.has[b], a == b))

    @p.lemma("the token is not lost")
    def Somebody(s: State) -> Bool:
        return exists(Node, lambda n: s.has[n])

    return p


def test_a_choice_is_defined_where_it_is_unique() -> None:
    model = quantified(choosing())
    assert set(answers(model).values()) == {Answer.UNSAT}
    uses = uses_of(model)
    formulas = [use.formula for use in uses]
    assert check(model.safety(invariant(model), formulas)).answer is Answer.UNSAT
    only_one = [f for f in invariant(model) if f is not model.model.lemmas[0].formula]
    assert check(model.safety(only_one, formulas)).answer is Answer.SAT
    assert {use.position.source for use in uses if use.position} == {"holder = choose(Node, lambda m: s.has[m])"}


# The portfolio


def test_a_budget_that_runs_out_is_unknown_with_its_reason() -> None:
    model = quantified(voting())
    obligation = model.consecution(model.model.action("Decide"), invariant(model), invariant(model))
    outcome = check(obligation, rounds=(10,))
    assert outcome.answer is Answer.UNKNOWN
    assert outcome.reason == "the solver's budget ran out"
    assert check(obligation, seconds=0).answer is Answer.UNKNOWN


def test_the_first_setting_that_answers_wins() -> None:
    model = quantified(voting())
    obligation = model.consecution(model.model.action("Decide"), invariant(model), invariant(model))
    silent = Setting("silent", {"rlimit": 1, "mbqi": False, "ematching": False}, proves_only=True)
    found: Outcome = check(obligation, portfolio=(silent, Setting("second"), Setting("third")))
    assert (found.answer, found.setting) == (Answer.UNSAT, "second")
    assert 0 < found.alone < found.effort


def test_a_setting_that_only_proves_never_refutes() -> None:
    model = quantified(voting(), "revoting")
    obligation = model.consecution(model.model.action("Vote"), invariant(model), invariant(model))
    one = Setting("proves only", proves_only=True)
    assert check(obligation, portfolio=(one,), rounds=(100_000,)).answer is Answer.UNKNOWN
    assert check(obligation, portfolio=(one, Setting("default"))).answer is Answer.SAT


# The decidable fragment


def reasons(model: Quantified) -> list[str]:
    formulas = [term for term in invariant(model) if term not in model.typing_facts()]
    return outside([model.consecution(action, formulas, formulas) for action in model.model.actions])


def test_what_leaves_the_decidable_fragment_is_said() -> None:
    assert reasons(quantified(choosing())) == []
    found = reasons(quantified(voting()))
    assert (
        "a value of Node leads to another through voted and `for all v some q` and the intersection of two of Quorum"
        in found
    )
    assert "quantifies over Time, which is a range of integers" not in found
    found = reasons(quantified(clocks()))
    assert "a value of Int leads to another through the maximum of a set" in found


def parcels() -> Protocol:
    p = Protocol("parcels", "a set of records with an option in them")

    class Item(Scalarset, parameter="Items", size=2, prefix="i"):
        """What may be inside."""

    class Parcel(Record):
        """Something, or nothing."""

        inside: Option[Item]

    @p.state
    class State:
        sent: Set[Parcel] = var(set(), "parcels on their way")

    @p.action
    def Send(s: State, parcel: Parcel) -> None:
        s.sent |= {parcel}

    @p.invariant()
    def AllHaveThem(s: State) -> Bool:
        return forall_in(s.sent, lambda x: x.inside.is_some)

    @p.lemma("of empty parcels there is one")
    def NoEmptyOne(s: State) -> Bool:
        return ~s.sent.contains(Parcel(inside=none))

    @p.lemma("said of all parcels that there can be")
    def OnlyFullOnes(s: State) -> Bool:
        return forall(Parcel, lambda x: implies(s.sent.contains(x), exists(Item, lambda i: x == Parcel(inside=some(i)))))

    return p


def test_one_none_is_all_there_is_of_none_under_a_quantifier() -> None:
    model = quantified(parcels())
    full, no_empty, only_full = invariant(model)
    for given in (full, no_empty, only_full):
        for goal in (full, no_empty, only_full):
            assert check(model.safety([given], [goal])).answer is Answer.UNSAT
    assert check(model.consecution(model.model.actions[0], [full], [full])).answer is Answer.SAT


def test_the_membership_of_a_bound_option_is_a_pattern() -> None:
    model = quantified(parcels())
    # A solver finds instances by what a formula says of its variables, and by no condition among the arguments.
    asked = model.safety(invariant(model), [])
    assert "state.sent" in asked.smtlib()
    assert "(ite " not in asked.smtlib()
