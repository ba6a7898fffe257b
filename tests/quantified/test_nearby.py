"""Obligations with the assumptions near the goal, and in cases over ordered sorts."""

from __future__ import annotations

from verifier.kernel import Bool, Fn, Protocol, Range, Scalarset, Set, forall, guard, implies, var
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Quantified
from verifier.semantics.quantified.checking import PORTFOLIO, check
from verifier.semantics.quantified.nearby import near, without_totals
from verifier.semantics.quantified.ordering import ordered
from verifier.semantics.scope.unbounded import unbounded


def lights() -> Quantified:
    """Lights that are switched on, and a counter that no switch reads."""
    p = Protocol("lights", "lights")
    last = p.parameter("Last", 3)

    class Lamp(Scalarset, parameter="Lamps", size=2):
        pass

    class Number(Range, low=0, high=last):
        pass

    class State:
        on: Fn[Lamp, Bool] = var(False)
        ready: Fn[Lamp, Bool] = var(True)
        count: Number = var(0)

    p.state(State)

    @p.action
    def Switch(s: State, m: Lamp) -> None:
        guard("ready", s.ready[m])
        s.on[m] = True

    @p.action
    def Count(s: State) -> None:
        guard("room", s.count < last)
        s.count += 1

    @p.invariant()
    def Lit(s: State) -> Bool:
        return forall(Lamp, lambda m: implies(s.on[m], s.ready[m]))

    @p.invariant()
    def Ready(s: State) -> Bool:
        return forall(Lamp, lambda m: s.ready[m])

    @p.invariant()
    def Counted(s: State) -> Bool:
        return s.count <= last

    return Quantified(unbounded(p.model()))


def test_what_neither_goal_nor_action_speaks_of_is_left_out() -> None:
    quantified = lights()
    model = quantified.model
    formulas = {prop.name: prop.formula for prop in model.properties if prop.kind == "state"}
    obligation = quantified.consecution(model.action("Switch"), list(formulas.values()), [formulas["Lit"]])
    fewer = near(obligation)
    assert fewer is not None
    assert {p.term for p in fewer.premises if p.tag == "hypothesis"} == {formulas["Lit"], formulas["Ready"]}
    # All that is not an assumption of the caller's stays.
    assert [p for p in fewer.premises if p.tag != "hypothesis"] == [p for p in obligation.premises if p.tag != "hypothesis"]
    assert fewer.background == obligation.background
    assert near(fewer) is None
    assert near(quantified.safety(list(formulas.values()), [formulas["Lit"]])) is None


def test_a_refutation_with_fewer_assumptions_refutes_nothing() -> None:
    [setting] = [setting for setting in PORTFOLIO if setting.near]
    assert setting.proves_only
    quantified = lights()
    model = quantified.model
    formulas = {prop.name: prop.formula for prop in model.properties if prop.kind == "state"}
    # From Counted alone it does not follow that a lamp that is on is ready; with Ready, which is near, it does.
    wanted = quantified.consecution(model.action("Switch"), [formulas["Counted"]], [formulas["Ready"]])
    assert check(wanted, portfolio=(setting,)).answer is Answer.UNKNOWN
    held = quantified.consecution(model.action("Switch"), list(formulas.values()), [formulas["Lit"]])
    assert check(held, portfolio=(setting,)).answer is Answer.UNSAT


def votes() -> Quantified:
    """Votes, which are cast while they are few, and of which some are counted."""
    p = Protocol("votes", "votes")
    most = p.parameter("Most", 3)

    class Voter(Scalarset, parameter="Voters", size=2):
        pass

    class State:
        cast: Set[Voter] = var(set())
        heard: Set[Voter] = var(set())

    p.state(State)

    @p.action
    def Hear(s: State, v: Voter) -> None:
        guard("cast", s.cast.contains(v))
        guard("few", s.heard.size() < most)
        s.heard |= {v}

    @p.invariant()
    def HeardWasCast(s: State) -> Bool:
        return s.heard <= s.cast

    @p.invariant()
    def NoMoreIsHeard(s: State) -> Bool:
        return s.heard.size() <= s.cast.size()

    @p.invariant()
    def FewAreHeard(s: State) -> Bool:
        return s.heard.size() <= most

    return Quantified(unbounded(p.model()))


def test_premises_about_totals_are_left_out_where_the_goal_reads_none() -> None:
    quantified = votes()
    hear = quantified.model.action("Hear")
    formulas = {prop.name: prop.formula for prop in quantified.model.properties if prop.kind == "state"}
    obligation = quantified.consecution(hear, list(formulas.values()), [formulas["HeardWasCast"]])
    fewer = without_totals(obligation)
    assert fewer is not None
    assert {p.term for p in fewer.premises if p.tag == "hypothesis"} == {formulas["HeardWasCast"]}
    assert {p.name for p in obligation.premises} - {p.name for p in fewer.premises} >= {"Hear.few"}
    assert len(fewer.axioms) < len(obligation.axioms)
    assert without_totals(fewer) is None
    assert without_totals(quantified.consecution(hear, list(formulas.values()), [formulas["FewAreHeard"]])) is None


def test_without_totals_nothing_is_refuted() -> None:
    [setting] = [setting for setting in PORTFOLIO if setting.without_totals]
    assert setting.proves_only
    assert not setting.is_form
    quantified = votes()
    hear = quantified.model.action("Hear")
    formulas = {prop.name: prop.formula for prop in quantified.model.properties if prop.kind == "state"}
    held = quantified.consecution(hear, list(formulas.values()), [formulas["HeardWasCast"]])
    assert check(held, portfolio=(setting,)).answer is Answer.UNSAT
    # Numbers alone do not say that what was heard before was cast.
    nobody = quantified.consecution(hear, [formulas["NoMoreIsHeard"]], [formulas["HeardWasCast"]])
    assert check(nobody, portfolio=(setting,)).answer is Answer.UNKNOWN


def test_cases_over_ordered_sorts_that_cannot_be_stated_are_left_to_other_settings() -> None:
    p = Protocol("stamps", "numbers and their stamps")
    last, top = p.parameter("Last", 3), p.parameter("Top", 3)

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Number(Range, low=0, high=last):
        pass

    class Level(Range, low=0, high=top):
        pass

    class Stamp(Range, low=0, high=2 * last + 1):
        pass

    class State:
        number: Fn[Node, Number] = var(0)
        stamp: Fn[Node, Stamp] = var(1)
        level: Level = var(0)
        following: Number = var(0)

    p.state(State)

    @p.action
    def Take(s: State, n: Node) -> None:
        s.number[n] = s.following
        s.stamp[n] = 2 * s.following + 1

    @p.invariant()
    def Stamped(s: State) -> Bool:
        return forall(Node, lambda n: s.stamp[n] == 2 * s.number[n] + 1)

    @p.invariant()
    def Low(s: State) -> Bool:
        return s.level >= 0

    quantified = Quantified(unbounded(p.model()))
    formulas = [prop.formula for prop in quantified.model.properties if prop.kind == "state"]
    obligation = quantified.consecution(quantified.model.action("Take"), formulas, formulas[:1])
    # Levels are only compared, and become an ordered sort; a case of the goal computes with numbers.
    assert ordered(obligation) is not None
    [setting] = [one for one in PORTFOLIO if one.ordered and one.split]
    assert check(obligation, portfolio=(setting,)).answer is Answer.UNKNOWN
    assert check(obligation).answer is Answer.UNSAT
