"""Proof obligations at unbounded scope: formulas that must be unsatisfiable, over one copy of the state.

The next state is the updates' values substituted for it, so there are no frame axioms. Assumptions and goals are formulas of the
language; each counts as true where it is undefined, as the concrete semantics has it, so `Defined` is an obligation of its own.
Nothing is assumed about the state except the caller's assumptions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from verifier.kernel.actions import Action
from verifier.kernel.definedness import Use
from verifier.kernel.properties import Property
from verifier.kernel.sorts import BOOL, INT, Sort
from verifier.kernel.terms import (
    TRUE,
    Term,
    after,
    at_next,
    conjunction,
    forall,
    implication,
    integer,
    parts,
    state,
    substitute,
    variable,
    with_values,
)
from verifier.semantics.quantified.definedness import Definedness
from verifier.semantics.quantified.lowering import Lowering
from verifier.semantics.quantified.premises import Axiom, Goal, Premise, Tag
from verifier.semantics.quantified.smt import Ast
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.expressible import is_flat

Stage = Literal["initiation", "consecution", "safety", "step", "sanity"]


@dataclass(frozen=True, slots=True, eq=False)
class OfSteps:
    """A statement about every step; it may depend on the action and read the action's arguments. `said` is its text for people.
    """

    said: str
    formulas: Mapping[str, Term]


@dataclass(frozen=True, slots=True, eq=False)
class Obligation:
    """The goals follow from axioms, background and premises: these and the negation of some goal are
    unsatisfiable.

    `action` is the name of the step's action, None where no step is taken. `background` holds whatever is asked.
    """

    name: str
    kind: Stage
    action: str | None
    lowering: Lowering
    background: tuple[Premise, ...]
    premises: tuple[Premise, ...]
    goals: tuple[Goal, ...]

    @property
    def stated(self) -> list[Term]:
        """Background, premises and goals as terms."""
        return [
            *(premise.stated for premise in (*self.background, *self.premises)),
            *(goal.stated for goal in self.goals),
        ]

    @property
    def axioms(self) -> tuple[Axiom, ...]:
        """The axioms about the symbols of the obligation."""
        return self.lowering.axioms(self.stated)

    @property
    def given(self) -> list[Ast]:
        """The formulas that hold whatever is asked: background and axioms."""
        axioms = self.axioms
        return [*(premise.formula for premise in self.background), *(axiom.formula for axiom in axioms)]

    def negated(self) -> Ast:
        """Some goal is false."""
        smt = self.lowering.smt
        return smt.disjunction(smt.negate(goal.formula) for goal in self.goals)

    def formulas(self) -> list[Ast]:
        """The formulas that must be unsatisfiable together."""
        return [*self.given, *(premise.formula for premise in self.premises), self.negated()]

    def smtlib(self) -> str:
        """The obligation as an SMT-LIB script; every solver must answer `unsat`."""
        return self.lowering.smt.benchmark(self.formulas(), self.name)


class Quantified:
    """The obligations of one model at unbounded scope.

    `beside`: terms are made in the context of another one, as `Smt` has it. The text of an obligation does not depend on that.
    """

    def __init__(self, scope: Unbounded, beside: Quantified | None = None) -> None:
        self.scope = scope
        self.model = scope.model
        self.lowering: Lowering = Lowering(scope, None if beside is None else beside.lowering)
        self.definedness = Definedness(scope)
        self._background: tuple[Premise, ...] | None = None
        self._axioms: tuple[Premise, ...] | None = None
        self._firing: dict[str, tuple[Premise, ...]] = {}
        self._fitting: dict[str, tuple[Premise, ...]] = {}
        self._ranges: dict[str, Term] = {}
        self._holds: dict[Term, Term] = {}
        self._open: dict[Term, Term] = {}
        self._after: dict[tuple[str, str, Term], Term] = {}
        for action in self.model.actions:
            for argument in action.arguments:
                self.lowering.declare(argument.variable, "argument", action.name, argument.name)
            for witness in action.witnesses:
                self.lowering.declare(witness.variable, "witness", action.name, witness.name)

    # -- formulas of the language that the prover proves -----------------------------------------------------

    def typing_facts(self) -> list[Term]:
        """For each variable with a range: its stored integers are within the ends that the scope keeps.

        They hold only in typed states, so they are proved jointly with whatever assumes them.
        """
        facts = (self.range_formula([declared.name]) for declared in self.model.variables)
        return [fact for fact in facts if fact is not TRUE]

    def range_formula(self, variables: Sequence[str]) -> Term:
        """A range property of these variables as a state formula; TRUE if no end is left to check."""
        return conjunction(self._within(name) for name in variables)

    def _within(self, name: str) -> Term:
        """The range formula of one variable, always the same term."""
        if name not in self._ranges:
            sort = self.model.variable(name).sort
            self._ranges[name] = self.definedness.within(state(name, sort), sort)
        return self._ranges[name]

    def defined_uses(self, prop: Property) -> list[Use]:
        """The claims of a `defined` property about states: one closed state formula for each partial use in actions and
        constraints, or in the text of a property or lemma.

        Uses in action properties, which read the next state, are left to `defined_steps`.
        """
        if prop.about is not None:
            return [] if prop.of_steps or self.model.law else list(self.definedness.uses(prop.judged))
        inside = conjunction(self.holds(constraint.formula) for constraint in self.model.constraints)
        uses = [
            # A state outside the constraints is not expanded: no action is evaluated there.
            use.of(implication(inside, self._closed(action, use.formula)))
            for action in self.model.actions
            for use in (*self.definedness.action(action), *self.definedness.dropped(action))
        ]
        uses += self.definedness.dropped_constraints()
        return uses + [use for c in self.model.constraints for use in self.definedness.uses(c.formula)]

    def stored_uses(self, prop: Property) -> list[Use]:
        """The claims of a range property about initial values, and about actions wherever they fire: elements put into sets of
        its variables fit there.
        """
        inside = conjunction(self.holds(constraint.formula) for constraint in self.model.constraints)
        names = prop.variables if prop.kind == "range" else ()
        stored = [
            use.of(implication(inside, self._closed(action, use.formula)))
            for action in self.model.actions
            for name in names
            for use in self.definedness.stored(action, name)
        ]
        return [*(use for name in names for use in self.definedness.stored_initially(name)), *stored]

    def defined_steps(self, prop: Property) -> list[Use]:
        """The claims of a `defined` property about steps: a formula over both states for each partial use in an action property.
        """
        return list(self.definedness.uses(prop.judged)) if prop.of_steps else []

    def defined_initially(self) -> list[Use]:
        """The requirements of initial values: a closed formula for each partial use in them, except those that leave a range."""
        return list(self.definedness.initially())

    def defined_predicates(self) -> list[Use]:
        """The requirements of initial predicates on candidates: a formula for each partial use, where the predicates before hold.
        """
        uses: list[Use] = []
        before: list[Term] = []
        for predicate in self.model.initial:
            formula = self._initially(predicate.formula)
            uses += [use.of(implication(conjunction(before), use.formula)) for use in self.definedness.uses(formula)]
            before.append(formula)
        return uses

    def defined_starts(self, prop: Property) -> list[Use]:
        """The claims of a property about candidates for initial states.

        `Defined` claims that their initial values are defined, then the initial predicates. Where a law is decided, the
        candidates are the values that it mentions, so the whole law is a claim about them.
        """
        if self.model.law:
            if prop.kind == "defined":
                return list(self.definedness.uses(prop.judged))
            return [Use(prop.position, self.holds(part), part) for part in parts(prop.formula)]
        if prop.kind != "defined" or prop.about is not None:
            return []
        return [*self.defined_initially(), *self.defined_predicates()]

    @staticmethod
    def _closed(action: Action, formula: Term) -> Term:
        """The formula for all arguments of an action, which get variables of their own."""
        renamed = {a.variable: variable(a.name, a.sort) for a in action.arguments}
        return forall(tuple(renamed.values()), substitute(formula, dict(renamed)))

    def _opened(self, goal: Term) -> Term:
        """A goal without its outermost quantifiers over sets and functions: their variables are constants, which may be anything.

        Only the uses in actions have such quantifiers, over the arguments.
        """
        if goal not in self._open:
            self._open[goal] = self._without_quantifiers(goal)
        return self._open[goal]

    def _without_quantifiers(self, goal: Term) -> Term:
        match goal.op:
            case "implies":
                return implication(goal.args[0], self._without_quantifiers(goal.args[1]))
            case "forall":
                constants = [v for v in goal.bound if not is_flat(v.sort)]
                for v in constants:
                    self.lowering.declare_locally(v)
                known = conjunction(self.definedness.within(v, v.sort) for v in constants)
                rest = tuple(v for v in goal.bound if v not in constants)
                return implication(known, forall(rest, self._without_quantifiers(goal.args[0])))
        return goal

    def holds(self, formula: Term) -> Term:
        """The formula, true where it is undefined."""
        if formula not in self._holds:
            self._holds[formula] = implication(self.definedness.defined(formula), formula)
        return self._holds[formula]

    # -- obligations -----------------------------------------------------------------------------------------

    def initiation(self, goals: Sequence[Term], name: str = "") -> Obligation:
        """The goals hold in every initial state."""
        pairs = [(goal, self._initially(self.holds(goal))) for goal in goals]
        return self._obligation(name, "initiation", None, self._initial(), pairs)

    def consecution(
        self, action: Action, assumptions: Sequence[Term], goals: Sequence[Term], name: str = ""
    ) -> Obligation:
        """If the assumptions hold in a state, the goals hold after each step of the action."""
        pairs = [(goal, self._stepped(action, at_next(self.holds(goal)), ("state", goal))) for goal in goals]
        return self._obligation(name, "consecution", action, self._stepping(action, assumptions), pairs)

    def step(
        self, action: Action, assumptions: Sequence[Term], goals: Sequence[Term | OfSteps], name: str = ""
    ) -> Obligation:
        """If the assumptions hold in a state, the goals hold for each step of the action; they may read the next state."""
        own = [goal.formulas[action.name] if isinstance(goal, OfSteps) else goal for goal in goals]
        pairs = [(goal, self._stepped(action, self.holds(goal), ("step", goal))) for goal in own]
        return self._obligation(name, "step", action, self._stepping(action, assumptions), pairs)

    def safety(self, assumptions: Sequence[Term], goals: Sequence[Term], name: str = "") -> Obligation:
        """In a state where the assumptions hold, so do the goals."""
        pairs = [(goal, self.holds(self._opened(goal))) for goal in goals]
        return self._obligation(name, "safety", None, self._assumed(assumptions), pairs)

    def starting(self, goals: Sequence[Term], name: str = "") -> Obligation:
        """Candidates for initial states satisfy the goals, whether the initial predicates hold or not."""
        # An axiom may have no value for a candidate.
        pairs = [(goal, goal) for goal in goals]
        return self._obligation(name, "initiation", None, self._candidate(), pairs, axioms=False)

    def smoke(self) -> Obligation:
        """Axioms, assumptions and initial states together; must be satisfiable, or everything would be
        proved.
        """
        premises = (*self.background(), *self.axioms(), *self._initial())
        return Obligation("axioms and initial states", "sanity", None, self.lowering, (), premises, ())

    def enabled(self, action: Action, assumptions: Sequence[Term], *, leaving: bool = False) -> Obligation:
        """A state in which the assumptions hold and the action can fire; satisfiable unless the action is
        dead. `leaving`: or can leave a range.
        """
        premises = self._stepping(action, assumptions, leaving=leaving)
        return self._obligation(f"{action.name} can fire", "sanity", action, premises, [])

    def background(self) -> tuple[Premise, ...]:
        """The facts about parameters and sorts: parameters are natural numbers, sorts are not empty; and the protocol's
        assumptions.
        """
        if self._background is None:
            premises = []
            for name in self.model.parameters:
                natural = Term("le", (integer(0), Term("parameter", (), INT, name)), BOOL)
                premises.append(self._premise("parameter", f"{name} is a natural number", natural))
            premises += [self._premise("assumption", assumed.name, assumed.formula) for assumed in self.model.assumptions]
            premises += [self._premise("range", name, fact) for name, fact in self.scope.sizes()]
            self._background = tuple(premises)
        return self._background

    def axioms(self) -> tuple[Premise, ...]:
        """The facts about the rigid variables in every state: they have values of their sorts, and satisfy the axioms."""
        if self._axioms is None:
            rigid = [self._range(v.name, v.sort) for v in self.model.variables if v.rigid]
            premises = [premise for premise in rigid if premise is not None]
            for axiom in self.model.axioms:
                stated = conjunction([self.definedness.defined(axiom.formula), axiom.formula])
                premises.append(self._premise("axiom", axiom.name, stated))
            self._axioms = tuple(premises)
        return self._axioms

    # -- their parts -----------------------------------------------------------------------------------------

    def _obligation(
        self,
        name: str,
        kind: Stage,
        action: Action | None,
        premises: list[Premise],
        pairs: list[tuple[Term, Term]],
        *,
        axioms: bool = True,
    ) -> Obligation:
        goals = tuple(Goal(goal, stated, self.lowering.formula(stated)) for goal, stated in pairs)
        title = name or (f"{kind} of {action.name}" if action else kind)
        fires = action.name if action else None
        background = (*self.background(), *(self.axioms() if axioms else ()))
        return Obligation(title, kind, fires, self.lowering, background, tuple(premises), goals)

    def _premise(self, tag: Tag, name: str, stated: Term, source: Term | None = None) -> Premise:
        return Premise(tag, name, stated, self.lowering.formula(stated), source)

    def _assumed(self, assumptions: Sequence[Term]) -> list[Premise]:
        return [self._premise("hypothesis", "assumption", self.holds(term), term) for term in assumptions]

    def _initially(self, formula: Term) -> Term:
        """A state formula read in the initial states: known initial values stand for the variables."""
        known = {v.name: v.initial for v in self.model.variables if v.initial is not None}
        return with_values(formula, known)

    def _initial(self) -> list[Premise]:
        premises = self._candidate()
        for predicate in self.model.initial[len(self.model.axioms) :]:
            defined = conjunction([self.definedness.defined(predicate.formula), predicate.formula])
            premises.append(self._premise("initial", predicate.name, self._initially(defined)))
        return premises

    def _candidate(self) -> list[Premise]:
        """The variables that are open initially have values of their sorts."""
        result = (self._range(v.name, v.sort) for v in self.model.variables if v.initial is None)
        return [premise for premise in result if premise is not None]

    def _range(self, name: str, sort: Sort) -> Premise | None:
        """That a variable has a value of its sort; None if its sort has no ends."""
        fact = self.definedness.within(state(name, sort), sort)
        return None if fact is TRUE else self._premise("range", f"{name} has a value of its sort", fact)

    def _stepping(self, action: Action, assumptions: Sequence[Term], *, leaving: bool = False) -> list[Premise]:
        """A state inside the constraints in which the assumptions hold and the action fires; `leaving`: the elements that it puts
        into sets need not fit there.
        """
        if action.name not in self._firing:
            firing = [self._premise("constraint", c.name, self.holds(c.formula)) for c in self.model.constraints]
            for argument in (*action.arguments, *action.witnesses):
                fact = self.definedness.within(argument.variable, argument.sort)
                firing.append(self._premise("range", f"{action.name}: {argument.name} is in its range", fact))
            for guard in action.guards:
                firing.append(self._premise("guard", f"{action.name}.{guard.name}", guard.condition))
            uses = self.definedness.action(action)
            firing += [self._premise("defined", f"{action.name} is defined", use.formula) for use in uses]
            self._firing[action.name] = tuple(premise for premise in firing if premise.stated is not TRUE)
            stored = [(u.variable, use) for u in action.updates for use in self.definedness.stored(action, u.variable)]
            self._fitting[action.name] = tuple(
                self._premise("range", f"{action.name}: {name} fits", use.formula) for name, use in stored
            )
        fitting = () if leaving else self._fitting[action.name]
        return [*self._firing[action.name], *fitting, *self._assumed(assumptions)]

    def _stepped(self, action: Action, formula: Term, key: tuple[str, Term]) -> Term:
        """A formula over both states, with the action's new values for the next."""
        known = self._after.get((action.name, *key))
        if known is None:
            updates = {update.variable: update.value for update in action.updates}
            known = self._after[(action.name, *key)] = after(formula, updates)
        return known
