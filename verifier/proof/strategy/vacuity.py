"""Vacuity: properties that cannot fail for a reason that has nothing to do with the protocol.

Three kinds, each only claimed where it is shown. `constant`: the formula reads no part of the state. `well-typed`: every
well-typed state (every pair of them, for a property of steps) satisfies it, reachable or not, in a model that has actions.
`premise-unreachable`: the premise of its implication holds in no reachable state, shown by the sorts alone, by induction, or by a
complete search.

A property that is not vacuous shows this quickly: a few random well-typed states falsify the formula, a few guided walks meet the
premise. Only the others are put to a solver, if there is one, within a budget; without an answer nothing is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from verifier.kernel.properties import Property
from verifier.kernel.sorts import BOOL
from verifier.kernel.terms import (
    TRUE,
    Term,
    conjunction,
    disjunction,
    exists,
    negation,
    state_names,
)
from verifier.proof.engines.walks import Codes, falsified_at_random, walks
from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.ground import Ground

if TYPE_CHECKING:
    from verifier.proof.lemmas.unbounded import Invariants
    from verifier.proof.strategy.vacuity_solver import VacuitySolver
    from verifier.semantics.quantified import Quantified
    from verifier.wire.results import VacuityEntry

Mark: TypeAlias = "VacuityEntry"
"""The entry in a document: the kind and the reason."""

WALKED_NODES = 300_000
"""How many circuit nodes the walks may evaluate."""

SEARCHED_STATES = 5_000
"""How many states are searched for a premise that neither walks nor induction decide."""


def premise(formula: Term) -> Term | None:
    """The condition that must hold somewhere for the formula to say anything; None if it always says something.

    That is the left side of its implication, for some values of the variables quantified around it; a quantifier over the
    members of a set, or over positions, says nothing where there are none. Of a conjunction, the premise of some conjunct.
    """
    match formula.op:
        case "forall":
            inner = premise(formula.args[0])
            return None if inner is None else exists(formula.bound, inner)
        case "forall_in" | "forall_upto":
            inner = premise(formula.args[1])
            return Term(formula.op.replace("forall", "exists"), (formula.args[0], inner or TRUE), BOOL, formula.data, formula.at)
        case "implies":
            inner = premise(formula.args[1])
            return conjunction([formula.args[0], *([] if inner is None else [inner])])
        case "and":
            parts = [premise(part) for part in formula.args]
            known = [part for part in parts if part is not None]
            return disjunction(known) if len(known) == len(parts) else None
    return None


def constant(prop: Property) -> Mark | None:
    """The mark of a formula that reads no part of the state, supposing that it holds."""
    if state_names(prop.judged):
        return None
    literal = prop.formula.op == "literal" and prop.formula.data is True
    return _mark("constant", "it is the constant TRUE" if literal else "it reads no part of the state")


def _mark(kind: str, reason: str) -> Mark:
    return {"kind": kind, "reason": reason}


class Vacuity:
    """The vacuity of properties at one finite scope.

    `start` are the codes of an initial state, None if there is none. `solver` answers questions that neither random states nor
    walks answer; without one, that is left open. `searched` gives how many states are known to be few enough for a search when a
    question comes up. With `sizes`, other sizes are tried before a formula that holds in every well-typed state is marked.
    """

    def __init__(
        self,
        ground: Ground,
        properties: Sequence[Property],
        start: Codes | None,
        solver: VacuitySolver | None = None,
        searched: Callable[[], int] = lambda: SEARCHED_STATES,
        *,
        sizes: bool = True,
    ) -> None:
        self.ground = ground
        self._solver = solver
        self._searched = searched
        self._sizes = sizes
        self._marks: dict[str, Mark | None] = {}
        self._remarks: dict[str, str] = {}
        self._settled: set[str] = set()
        self._premises: dict[str, tuple[Property, Term, Node]] = {}
        self._moves = bool(ground.scope.model.actions)
        circuit = self.ground.circuit
        asked = [prop for prop in properties if prop.kind in ("state", "action") and not prop.expanded]
        for prop in asked:
            if self.ground.holds(prop) is circuit.true and constant(prop):
                self._marks[prop.name] = constant(prop)
        fails = {f.name: (f, circuit.not_(self.ground.holds(f))) for f in asked if f.name not in self._marks}
        for name in falsified_at_random(
            ground.layout, ground.canonical, {name: node for name, (_, node) in fails.items()}
        ):
            self._marks[name] = None
        for name, (prop, node) in fails.items():
            if name not in self._marks:
                self._marks[name] = self._typed(prop, node)
            if self._marks[name] is None:
                self._remember(prop)
        if start is not None:
            self._walk(start)

    def of(self, prop: Property) -> Mark | None:
        """Why a property is vacuous, None if it is not or is not known to be. Only for properties that are proved."""
        if prop.name not in self._settled:
            self._settled.add(prop.name)
            if prop.name in self._premises:
                self._marks[prop.name] = self._unreachable(*self._premises.pop(prop.name))
            elif self._sizes and self._marks.get(prop.name) is not None:
                self._try_other_sizes(prop)
        return self._marks.get(prop.name)

    def remark(self, prop: Property) -> str | None:
        """That a property holds because of the size of a sort, where it would otherwise be marked as vacuous."""
        self.of(prop)
        return self._remarks.get(prop.name)

    def _try_other_sizes(self, prop: Property) -> None:
        """Takes the mark of a formula that holds in every well-typed state back if that depends on a size."""
        from verifier.proof.strategy.sizes import dependence

        mark, where = self._marks[prop.name], premise(prop.judged)
        never = mark is not None and mark["kind"] == "premise-unreachable"
        asked = replace(prop, formula=negation(where)) if never and where is not None else prop
        remark = dependence(self.ground.scope, asked, solver=self._solver is not None)
        if remark is not None:
            self._marks[prop.name] = None
            self._remarks[prop.name] = remark

    # -- every well-typed state --------------------------------------------------------------------------------------------

    def _typed(self, prop: Property, fails: Node) -> Mark | None:
        """The mark of a formula that holds in every well-typed state, of every pair of them for a property of steps."""
        if self._possible(fails, prop):
            return None
        steps = prop.kind == "action"
        where = premise(prop.judged)
        if where is not None and not self._possible(self._can_hold(where), prop):
            return _mark("premise-unreachable", f"{_what(prop)} {_of(steps, 'no')}")
        # For a model without steps that is the question.
        return _mark("well-typed", f"it holds {_of(steps, 'every')}, reachable or not") if self._moves else None

    def _possible(self, node: Node, prop: Property) -> bool:
        """Whether some well-typed state, or pair of states, satisfies a node; unknown counts as yes."""
        if node.op == "const":
            return bool(node.value)
        return self._solver is None or self._solver.possible(node, of_steps=prop.kind == "action") is not Answer.UNSAT

    # -- the premise ---------------------------------------------------------------------------------------------------------

    def _can_hold(self, where: Term) -> Node:
        """A premise as a node, true where it is undefined: such a state is not evidence that it never holds."""
        node, undefined = self.ground.formula(where)
        return self.ground.circuit.or_([node, *(use.happens for use in undefined)])

    def _remember(self, prop: Property) -> None:
        where = premise(prop.judged)
        if where is not None:
            self._premises[prop.name] = (prop, where, self._can_hold(where))

    def _walk(self, start: Codes) -> None:
        """Forgets the premises that guided walks meet."""
        states = max(1, WALKED_NODES // len(self.ground.circuit)) if self._premises else 0
        for at, instance, following in walks(self.ground, start, states):
            step = None if instance is None else Evaluator(at.current, following)
            for name, (prop, _, node) in list(self._premises.items()):
                evaluator = at if prop.kind == "state" else step
                if evaluator is not None and evaluator.holds(node):
                    del self._premises[name]
            if not self._premises:
                return

    def _unreachable(self, prop: Property, where: Term, node: Node) -> Mark | None:
        """The mark of a property whose premise never holds, if that can be shown."""
        never = Property(f"premise of {prop.name}", prop.kind, negation(where))
        which = "step" if prop.kind == "action" else "state"
        if not self._possible(node, prop) or (self._solver is not None and self._solver.inductive(never)):
            return _mark("premise-unreachable", f"{_what(prop)} in no reachable {which}: proved by induction")
        if self._exhausted(never):
            return _mark("premise-unreachable", f"{_what(prop)} in no reachable {which}: all were visited")
        return None

    def _exhausted(self, never: Property) -> bool:
        """Whether a search of all states, if they are few, finds no violation."""
        from verifier.proof.engines import explicit

        exploration = explicit.decide(self.ground, [never], max_states=self._searched())
        return exploration.complete and not exploration.violations


def idle(ground: Ground, solver: VacuitySolver, law: Property) -> str | None:
    """That no values meet the premise of a law at this scope, which is worth a remark; None if some do, or that is not known."""
    where = premise(law.formula) if law.kind == "law" else None
    if where is None:
        return None
    node, undefined = ground.formula(where)
    if solver.possible(ground.circuit.or_([node, *(use.happens for use in undefined)]), of_steps=False) is Answer.UNSAT:
        return "its premise holds of no values at this scope"
    return None


class UnboundedVacuity:
    """The vacuity of properties for any number of everything.

    A finite instance that falsifies a formula, or meets its premise, answers for all sizes; questions that it cannot answer must
    be shown by first-order logic. Of properties of steps only constants are known.
    """

    def __init__(
        self, finite: Vacuity, published: Sequence[Property], quantified: Quantified, invariants: Invariants
    ) -> None:
        self._finite = finite
        self._published = {result.name: result for result in published}
        self._quantified = quantified
        self._invariants = invariants

    def of(self, prop: Property) -> Mark | None:
        """Why a property is vacuous, None if it is not or is not known to be. Only for properties that are proved."""
        if prop.name not in self._published:
            return None
        mark = self._finite.of(self._published[prop.name])
        if mark is None or not state_names(prop.formula):
            return mark
        if prop.kind != "state":
            return None
        where = premise(prop.judged)
        if where is not None and mark["kind"] == "premise-unreachable":
            never = negation(where)
            if self._typed(never):
                return _mark("premise-unreachable", "its premise holds in no well-typed state")
            with self._invariants.trial():
                self._invariants.add([never])
                unreachable = never in self._invariants.kept
            if unreachable:
                return _mark("premise-unreachable", "its premise holds in no reachable state: proved by induction")
        if self._typed(prop.judged):
            return _mark("well-typed", "it holds in every well-typed state, reachable or not")
        return None

    def _typed(self, formula: Term) -> bool:
        """Whether every well-typed state satisfies a formula, at any size."""
        outcome = self._invariants.ask(self._quantified.safety(self._quantified.typing_facts(), [formula]))
        return outcome.answer is Answer.UNSAT


def _what(prop: Property) -> str:
    """The event that never happens where the property says nothing; its own premise is not about steps that change nothing."""
    return "its premise holds" if premise(prop.formula) is not None else "what it is about changes"


def _of(steps: bool, which: str) -> str:
    """The states, or for a property of steps the pairs of states, for which something holds."""
    return f"of {which} pair of well-typed states" if steps else f"in {which} well-typed state"
