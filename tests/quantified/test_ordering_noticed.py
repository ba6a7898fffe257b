"""The integers are a structure of every obligation over ordered sorts; a wrong one they are not, which the comparison notices.

An obligation over ordered sorts is read with its sorts as the integers, its orders as theirs, its literals as numbers, and its
state at one concrete state. It must be falsified where the obligation itself is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import z3

from verifier.evidence.sexpr import Expression, read, write
from verifier.kernel import Bool, Fn, Protocol, Range, Scalarset, Set, forall, guard, implies, max_of, min_of, var
from verifier.kernel.expressions import class_of, term_of
from verifier.kernel.sorts import BOOL, INT, ScalarSort
from verifier.kernel.state import StateView
from verifier.kernel.terms import Term, equal, integer, state
from verifier.semantics.quantified import Obligation, Quantified, ordering
from verifier.semantics.quantified.ordering import OrderedLowering, ordered
from verifier.semantics.scope.unbounded import unbounded

pytestmark = pytest.mark.full


def ticks() -> Protocol:
    """Counters that are compared with each other, with neighbours and with literals, and counted up and down by more than one."""
    p = Protocol("ticks", "ticks")
    limit = p.search_bound("MaxTime", 3)

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Time(Range, low=0, high=limit):
        pass

    @p.state
    class State:
        now: Time = var(0)
        then: Time = var(0)
        at: Fn[Node, Time] = var(0)
        used: Set[Time] = var({0})

    @p.action
    def Tick(s: State, n: Node) -> None:
        guard("behind", s.at[n] <= s.now - 1)
        now = s.now
        s.then = now
        s.now = now + 1
        s.at[n] = now + 1

    @p.action
    def Leap(s: State, n: Node) -> None:
        guard("between", (s.then < s.now + 1) & (s.at[n] + 1 <= s.now))
        now = s.now
        s.now = now + 2
        s.then = now + 3

    @p.action
    def Back(s: State, n: Node, t: Time) -> None:
        guard("above", (s.now - 1 < t) & (s.now > 2) & (t < s.then - 1))
        now = s.now
        s.now = now - 1
        s.at[n] = now - 2
        s.used = (s.used | {t}) - {s.then}  # type: ignore[arg-type]

    @p.action
    def Use(s: State, t: Time) -> None:
        guard("beyond", max_of(s.used) < t)
        used = s.used
        s.then = min_of(used)
        s.now = max_of(used) + 1

    return p


GOALS: dict[str, Callable[[Any, Any], Bool]] = {
    "now is small": lambda s, node: s.now <= 1,
    "now is not two": lambda s, node: s.now != 2,
    "now is not three": lambda s, node: s.now != 3,
    "now is two or less than then": lambda s, node: (s.now == 2) | (s.now <= s.then),
    "then is next": lambda s, node: s.then == s.now + 1,
    "then is before": lambda s, node: s.then < s.now - 1,
    "then is two more": lambda s, node: s.then != s.now + 2,
    "then is at most": lambda s, node: s.then <= s.now,
    "between is nothing": lambda s, node: implies((s.then < s.now) & (s.now < 3), s.then != 1),
    "all are behind": lambda s, node: forall(node, lambda n: s.at[n] < s.now),
    "all are two behind": lambda s, node: forall(node, lambda n: s.at[n] + 2 <= s.now),
    "none is four": lambda s, node: forall(node, lambda n: s.at[n] != 4),
    "unlike": lambda s, node: (s.now + 1 != s.then) & (s.now - 1 != s.then),
    "greatest is small": lambda s, node: max_of(s.used) < 2,
}

STATES = [
    {"now": now, "then": then, "at": (first, second), "used": used}
    for now in (0, 1, 2, 3, 4)
    for then in (0, 2, 3, 5)
    for first, second in ((0, 0), (1, 3))
    for used in ((0,), (1, 3))
]


@cache
def questions() -> tuple[Quantified, list[Obligation]]:
    model = ticks().model()
    quantified = Quantified(unbounded(model))
    node = next(class_of(sort) for sort in model.sorts if isinstance(sort, ScalarSort))
    view: Any = StateView(model.variables)
    goals = [term_of(formula(view, node)) for formula in GOALS.values()]
    found = [quantified.initiation([goal]) for goal in goals] + [quantified.safety([], [goal]) for goal in goals]
    found += [quantified.consecution(action, [], [goal]) for action in quantified.model.actions for goal in goals]
    found += [quantified.safety([goal], [other]) for goal in goals for other in goals if goal is not other]
    return quantified, found


# -- the integers as the order -------------------------------------------------------------------------------------------


def commands(obligation: Obligation) -> list[Expression]:
    frame = (";", "(set-info", "(set-logic", "(check-sat")
    return read("\n".join(line for line in obligation.smtlib().splitlines() if not line.startswith(frame)))


def interpreted(command: Expression) -> Expression:
    """A declaration with ordered sorts as the integers."""
    name = str(command[1]).strip("|") if isinstance(command[1], str) else ""
    if command[0] == "declare-sort" and name.startswith("order."):
        return ["define-sort", command[1], [], "Int"]
    if command[0] == "declare-fun" and name.startswith("le."):
        return ["define-fun", command[1], [["a", "Int"], ["b", "Int"]], "Bool", ["<=", "a", "b"]]
    if command[0] == "declare-fun" and name.startswith("number."):
        value = int(name.rpartition(".")[2])
        return ["define-fun", command[1], [], "Int", str(value) if value >= 0 else ["-", str(-value)]]
    return command


def pinned(names: set[str], state_: dict[str, Any]) -> list[str]:
    """The state at one concrete state, of two nodes."""
    found = []
    if "sort.Node" in names:
        found += ["(declare-fun one () sort.Node)", "(declare-fun two () sort.Node)", "(assert (distinct one two))"]
        found.append("(assert (forall ((n sort.Node)) (or (= n one) (= n two))))")
    for name in ("now", "then"):
        found += [f"(assert (= state.{name} {state_[name]}))"] if f"state.{name}" in names else []
    if "state.at" in names:
        found += [f"(assert (= (state.at {n}) {v}))" for n, v in zip(("one", "two"), state_["at"], strict=True)]
    if "state.used" in names:
        has = " ".join(f"(= t {value})" for value in state_["used"])
        found.append(f"(assert (forall ((t Int)) (= (state.used t) (or {has} false))))")
    return found


def answer(obligation: Obligation, state_: dict[str, Any]) -> str:
    made = commands(obligation)
    names = {str(c[1]).strip("|") for c in made if isinstance(c[1], str)}
    declared = [write(interpreted(c)) for c in made if c[0] != "assert"]
    asserted = [write(c) for c in made if c[0] == "assert"]
    solver = z3.SimpleSolver(ctx=z3.Context())
    solver.set(rlimit=300_000)
    solver.from_string("\n".join([*declared, *pinned(names, state_), *asserted]))
    return str(solver.check())


@cache
def falsified() -> list[tuple[int, int]]:
    """The questions and states of which z3 says that the state, with some arguments, falsifies the obligation itself."""
    found = []
    for number, obligation in enumerate(questions()[1]):
        places = range(number % 4, len(STATES), 13)
        at = next((place for place in places if answer(obligation, STATES[place]) == "sat"), None)
        found += [] if at is None else [(number, at)]
    return found


def contradictions() -> Iterator[str]:
    """Obligations over ordered sorts that hold where the obligation is falsified."""
    for number, place in falsified():
        obligation = questions()[1][number]
        version = ordering.ordered(obligation)
        if version is not None and answer(version, STATES[place]) == "unsat":
            yield f"{obligation.name}: {obligation.goals[0].term} at {STATES[place]}"


@pytest.mark.nightly
def test_the_integers_are_an_order() -> None:
    assert len(falsified()) > 60
    made = [ordered(questions()[1][number]) for number, _ in falsified()]
    assert sum(version is not None for version in made) > 60
    assert list(contradictions()) == []


# -- wrong orders --------------------------------------------------------------------------------------------------------

definition, apart, neighbour = OrderedLowering._definition, OrderedLowering._apart, ordering._neighbour
shape = OrderedLowering._shape


def further_neighbours(term: Term, op: str) -> Term | None:
    """x, if the term is x + 1 or x + 2."""
    if term.op == op and term.args[1].op == "literal" and term.args[1].data in (1, 2):
        return term.args[0]
    return None


def other_way(term: Term, op: str) -> Term | None:
    """x - 1 is taken for x + 1."""
    return neighbour(term, "add" if op == "sub" else "sub")


def always_neighbours(self: OrderedLowering, low: Any, high: Any, neighbours: bool) -> Any:
    return apart(self, low, high, True)


def turned(self: OrderedLowering, low: Any, high: Any, neighbours: bool) -> Any:
    return apart(self, high, low, neighbours)


def counted_down(self: OrderedLowering, term: Term, witness: Any, env: Any) -> Any:
    """x - 1 is greater than x."""
    if term.op == "sub":
        term = Term("add", term.args, term.sort, term.data, term.at)
    return definition(self, term, witness, env)


def equal_to_base(self: OrderedLowering, term: Term, witness: Any, env: Any) -> Any:
    """x + 1 is x."""
    if term.op in ("add", "sub"):
        return self.smt.equal(witness, self.term(term.args[0], env))
    return definition(self, term, witness, env)


def one_step(self: OrderedLowering, term: Term, *rest: Any) -> Any:
    """x + 1 and x + 2 are the same value."""
    return shape(self, integer(0) if term.op == "literal" else term, *rest)


def literals_apart(self: OrderedLowering) -> Any:
    """Literals are neighbours where none is between them in the obligation."""
    found = super(OrderedLowering, self)._sort_axioms()
    for known in self._literals.values():
        for low, high in itertools.pairwise(sorted(known)):
            found.append(ordering.Axiom("wrong", apart(self, known[low], known[high], True)))
    return found


def literals_turned(self: OrderedLowering) -> Any:
    found = super(OrderedLowering, self)._sort_axioms()
    for known in self._literals.values():
        for low, high in itertools.pairwise(sorted(known)):
            found.append(ordering.Axiom("wrong", apart(self, known[high], known[low], False)))
    return found


def strict_is_not(self: Any, left: Any, right: Any, strict: bool) -> Any:
    return right_order(self, left, right, False)


def not_strict_is(self: Any, left: Any, right: Any, strict: bool) -> Any:
    return right_order(self, left, right, True)


right_order = ordering.OrderedValues.ordered

WRONG: dict[str, tuple[Any, str, Any]] = {
    "two steps are one": (ordering, "_neighbour", further_neighbours),
    "down is up": (ordering, "_neighbour", other_way),
    "always neighbours": (OrderedLowering, "_apart", always_neighbours),
    "apart the other way": (OrderedLowering, "_apart", turned),
    "counted up, not down": (OrderedLowering, "_definition", counted_down),
    "not counted": (OrderedLowering, "_definition", equal_to_base),
    "one and two are alike": (OrderedLowering, "_shape", one_step),
    "literals are neighbours": (OrderedLowering, "_sort_axioms", literals_apart),
    "literals the other way": (OrderedLowering, "_sort_axioms", literals_turned),
    "less is less or equal": (ordering.OrderedValues, "ordered", strict_is_not),
    "less or equal is less": (ordering.OrderedValues, "ordered", not_strict_is),
}


# These are noticed late, in what is drawn last.
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.nightly] * (name in ("two steps are one", "down is up"))) for name in WRONG]
)
def test_a_wrong_order_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    falsified()
    monkeypatch.setattr(*WRONG[name])
    assert any(contradictions())


def test_a_negative_step_keeps_integers() -> None:
    """It would be taken for a step in the other direction."""
    quantified = questions()[0]
    now, then = (state(v.name, v.sort) for v in quantified.model.variables[:2])
    for op, steps in (("add", -1), ("sub", -2)):
        stepped = equal(then, Term(op, (now, integer(steps)), INT))
        assert ordered(quantified.safety([], [stepped])) is None
    assert ordered(quantified.safety([], [equal(then, Term("add", (now, integer(1)), INT))])) is not None
    assert ordered(quantified.safety([], [Term("le", (now, then), BOOL)])) is not None
