"""The re-check, on which every PROVED rests, is handed wrong proofs of each method, and does not take them.

A table of faults says which wrong proof is there for what: a checker with that fault takes one of them.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from tests.proof import models
from tests.proof.test_laws import static
from verifier.kernel import Bool, Option, Protocol, Range, guard, none, var
from verifier.proof.strategy import ProveRequest, prove
from verifier.proof.strategy.errors import Inconsistency
from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.obligations import proof as checking
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.obligations.proof import Checker, Failure, Method, Proof, Support
from verifier.semantics.scope import finite_scope

Formula = Callable[[Any], Any]
"""A formula over circuit nodes: it gets the circuit and the fields."""


def falling(steps: int) -> Protocol:
    """From 0 one by one to `steps`, where it is bad; nothing leads to 0, so that no induction of that depth sees it come."""
    p = Protocol("falling", "bad after some steps, and nowhere before")

    class Count(Range, low=0, high=9):
        pass

    @p.state
    class State:
        x: Count = var(0)

    @p.action
    def Fall(s: State) -> None:
        guard("above", s.x < steps)
        s.x += 1

    @p.invariant()
    def NotThere(s: State) -> Bool:
        return s.x != steps

    @p.action_property()
    def NotIntoThere(s: State, after: State) -> Bool:
        return after.x != steps

    return p


def climbing() -> Protocol:
    """Two counters, one step after the other; a guard on the first alone bounds both."""
    p = Protocol("climbing", "counts up twice")

    class Count(Range, low=0, high=9):
        pass

    @p.state
    class State:
        x: Count = var(0)
        y: Count = var(0)

    @p.action
    def Up(s: State) -> None:
        guard("below", s.x < 8)
        s.x += 1
        s.y += 1

    @p.invariant()
    def NotThree(s: State) -> Bool:
        return s.x != 3

    @p.invariant()
    def AtMostThree(s: State) -> Bool:
        return s.x <= 3

    @p.invariant()
    def NotNine(s: State) -> Bool:
        return s.y != 9

    return p


def unset() -> Protocol:
    """An initial predicate that has no value in a candidate."""
    p = Protocol("unset", "a predicate without a value")

    class Count(Range, low=0, high=1):
        pass

    @p.state
    class State:
        o: Option[Count] = var(none)
        x: Count = var(0)

    @p.initially
    def start(s: State) -> Bool:
        return (s.x == 1) | (s.o.value == 0)

    @p.action
    def Idle(s: State) -> None:
        guard("one", s.x == 1)

    return p


@dataclass(frozen=True)
class Claim:
    """A proof: its method and depth, the formulas that support it, and the obligation that a wrong one fails at."""

    protocol: Protocol
    property: str
    method: Method
    k: int
    fails: str = ""
    supports: tuple[Formula, ...] = ()
    needs: tuple[Formula, ...] | None = None

    def made(self, encoding: Encoding) -> Proof:
        """The proof as the checker gets it."""
        ground = encoding.ground
        found = ground.scope.model.find_property(self.property)
        needs = None if self.needs is None else tuple(self._node(ground, need) for need in self.needs)
        supports = tuple(Support(f"L{n}", self._node(ground, of), needs) for n, of in enumerate(self.supports))
        return Proof(monitor(ground, found), self.method, self.k, supports)

    @staticmethod
    def _node(ground: Ground, formula: Formula) -> Node:
        fields = [ground.field_node(number) for number in range(len(ground.layout.fields))]
        node: Node = formula((ground.circuit, *fields))
        return node


def at_least(number: int) -> Formula:
    """x >= number."""
    return lambda given: given[0].le(given[0].int(number), given[1])


def below(number: int, field: int = 1) -> Formula:
    """x (or another field) < number."""
    return lambda given: given[0].lt(given[field], given[0].int(number))


def behind(given: Any) -> Any:
    """y <= x."""
    return given[0].le(given[2], given[1])


def false(given: Any) -> Any:
    """What no state satisfies."""
    return given[0].false


RIGHT = {
    "induction": Claim(models.counter(), "AtMostLimit", "k-induction", 1),
    "deep induction": Claim(models.counter(), "AtMostLimit", "k-induction", 3),
    "lemmas": Claim(climbing(), "NotNine", "lemmas", 1, supports=(behind, below(9, 2))),
    "deep lemmas": Claim(climbing(), "NotNine", "lemmas", 2, supports=(behind, below(9, 2))),
    "horizon": Claim(models.counter(), "AtMostLimit", "horizon", 6),
    "trivial": Claim(models.overflowing(), "Positive", "trivial", 0),
    "trivial, but not for the circuit": Claim(static(), "Associative", "trivial", 0),
    "steps": Claim(models.constrained(), "NeverDown", "k-induction", 1),
    "range": Claim(models.counter(), "Range@x", "k-induction", 1),
    "definedness": Claim(models.counter(), "Defined", "trivial", 0),
}

WRONG = {
    **{
        f"{property} after {steps}": Claim(falling(steps), property, "k-induction", steps + 1, f"base case {steps}")
        for steps in (0, 1, 2, 4)
        for property in ("NotThere", "NotIntoThere")
        if steps or property == "NotThere"
    },
    "not inductive": Claim(models.counter(), "BelowLimit", "k-induction", 1, "induction step 1"),
    "not inductive so soon": Claim(falling(3), "NotThere", "k-induction", 2, "induction step 2"),
    "base case of lemmas": Claim(
        falling(1), "NotThere", "lemmas", 2, "base case 1", supports=(lambda given: given[0].le(given[1], given[0].int(9)),)
    ),
    "no base case at all": Claim(falling(0), "NotThere", "k-induction", 1, "base case 0"),
    "depth 0": Claim(models.constrained(), "NotIntoThree", "k-induction", 0, "depth"),
    "depth -1": Claim(models.counter(), "AtMostLimit", "k-induction", -1, "depth"),
    "horizon of depth 0": Claim(models.counter(), "BelowLimit", "horizon", 0, "depth"),
    "a lemma that is false initially": Claim(
        climbing(), "NotThree", "lemmas", 1, "initiation of L0", supports=(at_least(4),)
    ),
    "a lemma that is false initially, deeper": Claim(
        climbing(), "NotThree", "lemmas", 2, "initiation of L0", supports=(at_least(4),)
    ),
    "a lemma that is not preserved": Claim(
        climbing(), "AtMostThree", "lemmas", 1, "consecution of L0", supports=(below(3),)
    ),
    "a lemma that is not preserved outside": Claim(
        models.constrained(), "NotFour", "lemmas", 1, "consecution of L0", supports=(below(3),)
    ),
    "the second lemma": Claim(
        climbing(), "NotThree", "lemmas", 1, "initiation of L1", supports=(behind, at_least(4))
    ),
    "a lemma that needs what is not a lemma": Claim(
        climbing(), "AtMostThree", "lemmas", 1, "consecution of L0", supports=(below(3),), needs=(false,)
    ),
    "lemmas that do not suffice": Claim(climbing(), "NotNine", "lemmas", 1, "induction step 1", supports=(below(9),)),
    "a horizon one step short": Claim(models.counter(), "BelowLimit", "horizon", 5, "no path of 5 steps"),
    "a violation at the horizon": Claim(models.counter(), "BelowLimit", "horizon", 6, "base case 5"),
    "a violation outside the constraint": Claim(models.constrained(), "NotThree", "horizon", 4, "base case 3"),
    "a step to the outside": Claim(models.constrained(), "NotIntoThree", "horizon", 4, "base case 3"),
    "an induction to the outside": Claim(models.constrained(), "NotThree", "k-induction", 1, "induction step 1"),
    "not trivial": Claim(models.counter(), "AtMostLimit", "trivial", 0, "well-typed states"),
    "no trivial steps": Claim(models.constrained(), "NotIntoThree", "trivial", 0, "steps between well-typed states"),
    "no trivial range": Claim(models.overflowing(), "TypeOK", "trivial", 0, "well-typed states"),
    "a range that is left": Claim(models.overflowing(), "TypeOK", "k-induction", 1, "induction step 1"),
    "a range that is left at the horizon": Claim(models.overflowing(), "TypeOK", "horizon", 3, "base case 2"),
    "an undefined use": Claim(models.forgetful(), "Defined", "k-induction", 1, "induction step 1"),
    "an undefined predicate": Claim(unset(), "Defined", "k-induction", 1, "candidates for initial states"),
}


@cache
def encoded(protocol: Protocol) -> Encoding:
    """The formulas of a protocol; every checker makes solvers of its own."""
    return Encoding(Ground(finite_scope(protocol.model())))


def checked(claim: Claim, checker: Any = Checker) -> Failure | None:
    """What a checker says of a proof."""
    encoding = encoded(claim.protocol)
    failure: Failure | None = checker(encoding).check(claim.made(encoding))
    return failure


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_proof_is_taken(name: str) -> None:
    assert checked(RIGHT[name]) is None


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_proof_is_not(name: str) -> None:
    failure = checked(WRONG[name])
    assert failure is not None
    assert failure.answer is Answer.SAT
    assert WRONG[name].fails in failure.obligation


def test_a_method_that_is_not_checked_by_induction_is_not_taken() -> None:
    with pytest.raises(ValueError, match="not checked by induction"):
        checked(Claim(models.counter(), "AtMostLimit", "exhaustive", 3))


def test_a_search_that_says_it_is_complete_is_contradicted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is proved by visiting all states is not checked by induction; runs of the model contradict it."""
    from verifier.proof.engines.explicit import Search

    monkeypatch.setattr(Search, "_note", lambda self, *rest: None)
    with pytest.raises(Inconsistency, match="the proof of BelowLimit by exhaustive is contradicted by a run of 5 steps"):
        prove(ProveRequest(models.counter(), engine="explicit"), lambda event: None)


def test_what_was_not_discharged_is_asked_again() -> None:
    """A proof that fails leaves nothing behind that the next one may use."""
    for name in ("a lemma that is false initially", "a lemma that is not preserved", "lemmas that do not suffice"):
        claim = WRONG[name]
        encoding = encoded(claim.protocol)
        checker, made = Checker(encoding), claim.made(encoding)
        failures = [checker.check(made) for _ in range(3)]
        assert all(failure is not None and claim.fails in failure.obligation for failure in failures)


def test_a_lemma_that_was_preserved_with_others_is_asked_again_without_them() -> None:
    encoding = encoded(RIGHT["deep lemmas"].protocol)
    checker = Checker(encoding)
    joint = RIGHT["deep lemmas"].made(encoding)
    alone = Proof(joint.monitor, "lemmas", 2, joint.supports[1:])
    assert checker.check(joint) is None
    failure = checker.check(alone)
    assert failure is not None
    assert failure.obligation == "consecution of L1"
    assert checker.check(joint) is None


# -- a solver that gives up ----------------------------------------------------------------------------------------------------


class Silent:
    """A solver that gives up on one question, the first or a later one."""

    def __init__(self, solver: Any, questions: list[int], silent: int) -> None:
        self._solver, self._questions, self._silent = solver, questions, silent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._solver, name)

    def check(self, assumptions: Any = ()) -> Answer:
        self._questions.append(len(self._questions))
        answer: Answer = Answer.UNKNOWN if self._questions[-1] == self._silent else self._solver.check(assumptions)
        return answer

    @property
    def reason(self) -> str:
        return "it was starved"


def starved(claim: Claim, silent: int, checker: Any = Checker) -> tuple[Failure | None, int]:
    """What a checker says of a proof if the solver has no answer to one of its questions, and how many it asks."""
    questions: list[int] = []
    encoding = encoded(claim.protocol)
    original = Encoding.solver
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Encoding, "solver", lambda self, steps=None: Silent(original(self, steps), questions, silent))
        failure: Failure | None = checker(encoding).check(claim.made(encoding))
    return failure, len(questions)


@pytest.mark.parametrize("name", [name for name, claim in RIGHT.items() if claim.method != "trivial"])
def test_no_obligation_is_discharged_without_an_answer(name: str) -> None:
    _, asked = starved(RIGHT[name], -1)
    assert asked >= 2
    for silent in range(asked):
        failure, _ = starved(RIGHT[name], silent)
        assert failure is not None
        assert (failure.answer, failure.reason) == (Answer.UNKNOWN, "it was starved")


# -- faults of the checker -------------------------------------------------------------------------------------------------------

FAULTS = {
    "unknown counts as discharged": ("return Failure(obligation, answer, solver.reason)", "return None"),
    "sat counts as discharged": ('return Failure(obligation, answer, "the obligation has a counterexample")', "return None"),
    "base cases one short": ("for depth in range(proof.k):", "for depth in range(proof.k - 1):"),
    "base case 0 missing": ("for depth in range(proof.k):", "for depth in range(1, proof.k):"),
    "no base cases": ("for depth in range(proof.k):", "for depth in range(0):"),
    "no base cases of a horizon": (
        "if not violations.never:\n            for depth",
        'if not violations.never and proof.method != "horizon":\n            for depth',
    ),
    "initiation asks nothing": (
        "[self.encoding.not_(formula)])\n            lost",
        "[formula, self.encoding.not_(formula)])\n            lost",
    ),
    "consecution asks nothing": ("[*assumed, lost]", "[*assumed, lost, self.encoding.not_(formula)]"),
    "initiation and consecution of the first alone": (
        "zip(proof.supports, formulas, strict=True):",
        "list(zip(proof.supports, formulas, strict=True))[:1]:",
    ),
    "horizon one off": ('f"no path of {proof.k} steps", proof.k,', 'f"no path of {proof.k} steps", proof.k + 1,'),
    "horizon not asked": ('yield self._discharge(f"no path of {proof.k} steps", proof.k, True, [])', "pass"),
    "the step assumes what it shows": (
        "goal.append(self.encoding.not_(violations.at(step)))",
        "goal.append(self.encoding.not_(violations.at(step + 1)))",
    ),
    "the step starts initially": ("proof.k, False, goal)", "proof.k, True, goal)"),
    "the step is one longer": (
        "proof.k, False, goal)",
        "proof.k + 1, False, [at(f, 1) for f in goal] + [self.encoding.not_(violations.at(0))])",
    ),
    "the step is not asked": ('yield self._discharge(f"{name}: induction step', 'f"{name}" or (f"{name}: induction step'),
    "every property is trivial": (
        'if not violations.never:\n            yield self._discharge(f"{name}: well-typed',
        'if False:\n            yield self._discharge(f"{name}: well-typed',
    ),
    "trivial steps are not asked": ("if self.encoding.ground.instances:", "if False:"),
    "every method is trivial": ('if proof.method == "trivial" else', "if True else"),
    "the constraint holds after the last step": (
        "return solver\n",
        "solver.add(encoding.at(encoding.constraint, length))\n        return solver\n",
    ),
    "whatever a lemma needs is assumed": (
        "return [node for node in support.needs if node.index in allowed]",
        "return list(support.needs)",
    ),
    "any depth is one": ("if proof.k < 1:", "if False:"),
    "candidates for initial states are not asked": ("yield self.starts(violations)", "pass"),
    "discharged before it is asked": (
        'yield self._discharge(f"initiation of {support.text}"',
        'self._discharged.add(key)\n            yield self._discharge(f"initiation of {support.text}"',
    ),
    "discharged once and for all": (
        "key = (support.node.index, frozenset(node.index for node in needs))",
        "key = (support.node.index,)",
    ),
}


def faulty(fault: str) -> Any:
    """The checker with a fault planted in its text."""
    text, (right, wrong) = inspect.getsource(checking), FAULTS[fault]
    assert text.count(right) >= 1, f"the checker does not say {right!r}"
    module = types.ModuleType("faulty")
    module.__dict__.update(__name__="verifier.semantics.obligations.proof", __file__=checking.__file__)
    exec(compile(text.replace(right, wrong), "faulty", "exec"), module.__dict__)
    # Proofs, supports and failures are those that the tests make and read.
    module.__dict__.update(Proof=Proof, Support=Support, Failure=Failure)
    return module.__dict__["Checker"]


def noticed(checker: Any) -> Iterator[str]:
    """What tells a faulty checker from the right one."""
    yield from (name for name, claim in WRONG.items() if checked(claim, checker) is None)
    yield from (name for name, claim in RIGHT.items() if checked(claim, checker) is not None)
    for name, claim in RIGHT.items():
        if claim.method != "trivial":
            _, asked = starved(claim, -1, checker)
            yield from (f"{name}, starved" for silent in range(asked) if starved(claim, silent, checker)[0] is None)
    for test in (
        test_what_was_not_discharged_is_asked_again,
        test_a_lemma_that_was_preserved_with_others_is_asked_again_without_them,
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(test.__globals__, "Checker", checker)
            try:
                test()
            except AssertionError:
                yield test.__name__


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_checker_is_noticed(fault: str) -> None:
    assert next(noticed(faulty(fault)), None) is not None


def test_a_checker_without_a_fault_is_not() -> None:
    assert list(noticed(Checker)) == []
