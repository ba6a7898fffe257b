"""What obligations assume: nothing is a premise by its form, and every symbol has its axioms when a question is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest

from verifier.kernel import (
    Bool,
    Fn,
    Protocol,
    Quorums,
    Range,
    Scalarset,
    Set,
    anything,
    choose,
    exists,
    forall,
    guard,
    implies,
    max_of,
    min_of,
    var,
    witness,
)
from verifier.kernel.terms import Term, walk
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Quantified, Setting, check
from verifier.semantics.quantified.instantiating import instantiated
from verifier.semantics.quantified.ordering import ordered
from verifier.semantics.quantified.premises import Tag
from verifier.semantics.quantified.splitting import split
from verifier.semantics.scope.unbounded import unbounded

ORDERED = (Setting("ordered sorts", proves_only=True, ordered=True),)
SPLIT = (Setting("case by case", split=True),)


def flags(property_: Callable[[Any], Bool]) -> Quantified:
    """A flag that is raised, beside a counter that becomes an ordered sort."""
    p = Protocol("flags", "flags")
    bound = p.search_bound("B", 2, "")

    class W(Range, low=0, high=bound):
        pass

    @p.state
    class State:
        flag: Bool = var(False)
        w: W = var(0)

    @p.action
    def Raise(s: State) -> None:
        guard("small", s.w < 1)
        s.flag = True

    @p.invariant()
    def Holds(s: State) -> Bool:
        return property_(s)

    return Quantified(unbounded(p.model()))


CHOSEN: dict[str, Callable[[Any], Bool]] = {
    "a choice": lambda s: choose(Bool, lambda b: b == ~s.flag),
    "a choice below a connective": lambda s: ~choose(Bool, lambda b: b == s.flag) | (s.w < 0),
    "a choice for all": lambda s: forall(Bool, lambda c: implies(~c, choose(Bool, lambda b: b == (~s.flag | c)))),
    "a choice in a choice": lambda s: choose(Bool, lambda b: b == choose(Bool, lambda c: c == ~s.flag)),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_the_definition_of_a_truth_value_is_not_taken_for_a_premise(case: str) -> None:
    model = flags(CHOSEN[case])
    [goal] = [p.formula for p in model.model.properties if p.kind == "state"]
    step = model.consecution(model.model.action("Raise"), [], [goal])
    assert check(step).answer is Answer.SAT
    assert ordered(step) is not None
    assert check(step, portfolio=ORDERED).answer is Answer.UNKNOWN
    assert check(model.initiation([goal])).answer is Answer.UNSAT


def everything() -> Quantified:
    """A step with a premise of each kind."""
    p = Protocol("everything", "each kind of premise")
    top = p.parameter("Top", 3)
    p.assume("SomeRoom", top >= 2)

    class Level(Range, low=0, high=top):
        pass

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Quorum(Quorums[Node]):
        pass

    @p.state
    class State:
        level: Fn[Node, Level] = var(anything)
        used: Set[Level] = var({0})
        open: Set[Node] = var(anything, rigid=True)

    @p.axiom
    def SomeAreOpen(s: State) -> Bool:
        return ~s.open.is_empty()

    @p.initially
    def Low(s: State) -> Bool:
        return forall(Node, lambda n: s.level[n] == 0)

    @p.constraint
    def Narrow(s: State) -> Bool:
        return forall(Node, lambda n: s.level[n] <= top)

    @p.action
    def Rise(s: State, n: Node, to: Level) -> None:
        q = witness("q", Quorum)
        guard("higher", (s.level[n] < to) & (max_of(s.used) <= to))
        guard("quorum", q.contains(n))
        s.level[n] = to
        s.used |= {to}  # type: ignore[arg-type]

    @p.invariant()
    def Greatest(s: State) -> Bool:
        return forall(Node, lambda n: s.level[n] <= max_of(s.used))

    @p.lemma("used")
    def Used(s: State) -> Bool:
        return forall(Node, lambda n: s.used.contains(s.level[n]))

    return Quantified(unbounded(p.model()))


def known(model: Quantified) -> list[Term]:
    return [p.formula for p in (*model.model.properties, *model.model.lemmas) if getattr(p, "kind", "state") == "state"]


def versions(obligation: Obligation) -> list[Obligation]:
    """The obligation in each form in which it is asked."""
    found = [obligation, ordered(obligation), instantiated(obligation), *split(obligation)]
    return [version for version in found if version is not None]


def test_every_premise_says_what_it_is() -> None:
    model = everything()
    rise, formulas = model.model.action("Rise"), known(model)
    seen: set[str] = set()
    for obligation in (model.initiation(formulas[:1]), model.consecution(rise, formulas, formulas[:1])):
        for version in versions(obligation):
            for premise in (*version.background, *version.premises):
                seen.add(premise.tag)
                assert (premise.tag == "hypothesis") == (premise.term is not None), premise.name
    assert seen == set(get_args(Tag))


def test_axioms_are_those_of_whatever_is_asked() -> None:
    """Minima, maxima and the members of quorums have their axioms in every form of an obligation."""
    model = everything()
    formulas = known(model)
    whole = model.consecution(model.model.action("Rise"), formulas, formulas[:1])
    for version in versions(whole):
        lowering = version.lowering
        needed = {
            lowering._representative(term)
            for root in version.stated
            for term in _below(root)
            if lowering._is_witnessed(term)
        }
        assert needed
        assert {axiom.defines for axiom in version.axioms if axiom.defines is not None} >= needed
        assert "every two values of Quorum share a member" in [axiom.name for axiom in version.axioms]


def _below(root: Term) -> list[Term]:
    return list(walk(root))


def test_a_case_knows_what_its_greatest_element_is() -> None:
    model = everything()
    formulas = known(model)
    step = model.consecution(model.model.action("Rise"), formulas, formulas[:1])
    assert split(step)
    assert check(step, portfolio=SPLIT).answer is Answer.UNSAT


def test_a_sort_met_late_has_its_axioms() -> None:
    """The goal alone speaks of quorums, and only inside what is chosen."""
    p = Protocol("late", "late")

    class Node(Scalarset, parameter="Nodes", size=3):
        pass

    class Quorum(Quorums[Node]):
        pass

    @p.state
    class State:
        on: Fn[Node, Bool] = var(False)

    @p.action
    def Turn(s: State, n: Node) -> None:
        s.on[n] = ~s.on[n]

    @p.invariant()
    def Shared(s: State) -> Bool:
        meet = lambda a, b: exists(Node, lambda n: a.contains(n) & b.contains(n))  # noqa: E731
        return choose(Bool, lambda x: x == forall(Quorum, Quorum, meet))

    model = Quantified(unbounded(p.model()))
    [goal] = [p.formula for p in model.model.properties if p.kind == "state"]
    assert check(model.safety([], [goal])).answer is Answer.UNSAT
    without = model.safety([], [goal])
    assert "every two values of Quorum share a member" in [axiom.name for axiom in without.axioms]


def test_goals_asked_apart_have_their_own_axioms() -> None:
    model = everything()
    whole = model.consecution(model.model.action("Rise"), known(model), known(model))
    for goal in whole.goals:
        part = replace(whole, goals=(goal,), premises=())
        assert {a.defines for a in part.axioms} <= {a.defines for a in whole.axioms}


def test_the_least_element_is_defined_for_every_premise() -> None:
    p = Protocol("least", "least")
    bound = p.search_bound("B", 2, "")

    class W(Range, low=0, high=bound):
        pass

    @p.state
    class State:
        used: Set[W] = var({0})

    @p.action
    def Use(s: State, w: W) -> None:
        guard("above", min_of(s.used) < w)
        s.used |= {w}  # type: ignore[arg-type]

    @p.invariant()
    def StillLeast(s: State) -> Bool:
        return forall(W, lambda w: implies(s.used.contains(w), min_of(s.used) <= w)) & (min_of(s.used) == 0)

    model = Quantified(unbounded(p.model()))
    [goal] = [p.formula for p in model.model.properties if p.kind == "state"]
    step = model.consecution(model.model.action("Use"), [goal], [goal])
    for version in versions(step):
        assert [axiom.defines.op for axiom in version.axioms if axiom.defines is not None].count("minimum") >= 2
    assert check(step).answer is Answer.UNSAT
