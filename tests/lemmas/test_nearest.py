"""Which assumptions the published sizes need, as a guess for any size: what it names, and that it proves nothing by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from verifier.kernel import Bool, Fn, Protocol, Range, Scalarset, forall, guard, implies, var
from verifier.kernel.terms import Term
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.lemmas import unbounded as houdini
from verifier.proof.lemmas.nearest import Nearest
from verifier.proof.lemmas.unbounded import Invariants
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.instance import Instance
from verifier.semantics.quantified import Quantified
from verifier.semantics.quantified.checking import Outcome
from verifier.semantics.scope.finite import finite_scope
from verifier.semantics.scope.unbounded import unbounded


def steps() -> Protocol:
    """Climbers, who climb when they are roped, and never lose the rope."""
    p = Protocol("climbers", "climbers")
    top = p.parameter("Top", 2)

    class Climber(Scalarset, parameter="Climbers", size=2):
        pass

    class Height(Range, low=0, high=top):
        pass

    class State:
        height: Fn[Climber, Height] = var(0)
        roped: Fn[Climber, Bool] = var(False)
        helmet: Fn[Climber, Bool] = var(True)

    p.state(State)

    @p.action
    def Rope(s: State, c: Climber) -> None:
        s.roped[c] = True

    @p.action
    def Climb(s: State, c: Climber) -> None:
        guard("roped", s.roped[c])
        guard("room", s.height[c] < top)
        s.height[c] += 1

    @p.invariant()
    def Helmets(s: State) -> Bool:
        return forall(Climber, lambda c: s.helmet[c])

    @p.invariant()
    def HighIsRoped(s: State) -> Bool:
        return forall(Climber, lambda c: implies(s.height[c] > 0, s.roped[c]))

    @p.invariant()
    def HighIsSafe(s: State) -> Bool:
        return forall(Climber, lambda c: implies(s.height[c] > 0, s.roped[c] & s.helmet[c]))

    return p


def task(p: Protocol) -> tuple[Quantified, dict[str, Term], Nearest]:
    model = p.model()
    quantified = Quantified(unbounded(model))
    formulas = {
        prop.name: prop.formula for prop in quantified.model.properties if prop.kind == "state" and not prop.about
    }
    instance = FiniteTask(Instance(finite_scope(model), quantified), {}, dict, learning=False)
    return quantified, formulas, Nearest(instance, quantified.typing_facts())


def test_the_assumptions_that_a_step_or_a_state_needs_are_named_and_no_others() -> None:
    quantified, formulas, nearest = task(steps())
    ranges = quantified.typing_facts()
    kept = [*formulas.values(), *ranges]
    helmets, high, safe = formulas.values()
    # Who climbs is roped: nothing else is needed.
    assert nearest.to_steps(high, kept) == [high, *ranges]
    assert nearest.to_states(safe, kept) == [helmets, high, *ranges]
    # Without the helmets it does not follow.
    assert nearest.to_states(safe, [high, *ranges]) is None
    # A guess that names all is none.
    assert nearest.to_states(safe, [helmets, high, *ranges]) is None


def test_z3_is_asked_with_the_guess_once_it_gives_up_and_first_once_that_helped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quantified, formulas, nearest = task(steps())
    invariants = Invariants(quantified, nearest=nearest)
    _, high, safe = formulas.values()
    invariants.kept = [*formulas.values(), *quantified.typing_facts()]
    asked: list[int] = []
    ask = houdini.check

    def gives_up(obligation: houdini.Obligation, **options: Sequence[object]) -> Outcome:
        asked.append(len([premise for premise in obligation.premises if premise.tag == "hypothesis"]))
        if asked[-1] == len(invariants.kept):
            return Outcome(Answer.UNKNOWN, "none")
        return ask(obligation, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(houdini, "check", gives_up)
    climb = quantified.model.action("Climb")
    first = invariants.prove(high, climb)
    assert (first.answer, first.least) == (Answer.UNSAT, True)
    # A quick question, and one with more effort, come before the guess.
    assert asked == [4, 4, 2]
    assert invariants.minimal(first, lambda rest: quantified.consecution(climb, rest, [high])).used == first.used
    asked.clear()
    invariants.kept.remove(safe)
    assert invariants.follows(safe).answer is Answer.UNKNOWN
    # The guess would be all that is kept.
    assert asked == [3]
    asked.clear()
    invariants.kept.insert(0, formulas["HighIsSafe"])
    assert invariants.prove(high, quantified.model.action("Rope")).answer is Answer.UNSAT
    # Guesses have helped, so they come first.
    assert asked == [2]


def test_what_easily_follows_is_not_shown_inductive_at_length(monkeypatch: pytest.MonkeyPatch) -> None:
    quantified, formulas, _ = task(steps())
    helmets, high, safe = formulas.values()
    asked: list[str] = []
    ask = houdini.check

    def gives_up(obligation: houdini.Obligation, **options: Sequence[object]) -> Outcome:
        asked.append(obligation.kind)
        if obligation.kind == "consecution":
            return Outcome(Answer.UNKNOWN, "none")
        return ask(obligation, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(houdini, "check", gives_up)
    climb = quantified.model.action("Climb")

    def prove(formula: Term, kept: list[Term], effort: int = 0, claims: Sequence[Term] = (high, safe)) -> list[str]:
        asked.clear()
        invariants = Invariants(quantified, claims={*claims}, effort=effort)
        invariants.kept = [*kept, *quantified.typing_facts()]
        assert invariants.prove(formula, climb).answer is Answer.UNKNOWN
        return list(asked)

    assert prove(safe, [helmets, high, safe]) == ["consecution", "safety"]
    # One that does not follow, one that others may need as it is, and one that is asked about again with more effort.
    assert prove(high, [helmets, high]) == ["consecution", "safety", "consecution"]
    assert prove(safe, [helmets, high, safe], claims=[high]) == ["consecution", "consecution"]
    assert prove(safe, [helmets, high, safe], effort=1) == ["consecution", "consecution"]


def test_a_proof_is_made_shorter_within_a_multiple_of_the_steps_of_the_setting_that_found_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What other settings have spent in vain says nothing about how hard the question is in this one."""
    quantified, formulas, _ = task(steps())
    invariants = Invariants(quantified)
    helmets, high, _ = formulas.values()
    climb = quantified.model.action("Climb")
    budgets: list[object] = []

    def noted(obligation: houdini.Obligation, **options: Sequence[object]) -> Outcome:
        budgets.append(options["rounds"])
        return Outcome(Answer.UNKNOWN, "none")

    monkeypatch.setattr(houdini, "check", noted)
    proof = Outcome(Answer.UNSAT, "default", used=(high, helmets), effort=1_000_000, alone=20_000)
    invariants.minimal(proof, lambda rest: quantified.consecution(climb, rest, [high]), high)
    assert budgets == [(80_000,)] * 2
