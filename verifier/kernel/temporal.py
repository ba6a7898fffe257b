"""Temporal formulas: a liveness property as a formula of infinite behaviours, and the cases in which it is violated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NoReturn

from verifier.kernel import misuse
from verifier.kernel.binding import Over
from verifier.kernel.errors import ModelError, Position, here
from verifier.kernel.expressions import Bool, coerce
from verifier.kernel.sorts import BOOL
from verifier.kernel.terms import TRUE, Term, conjunction, disjunction, equal, forall, negation, state_variables, walk

FORMS = (
    "write eventually(P), always(eventually(P)), eventually(always(P)), leads_to(P, Q) or leads_to(P, always(Q)), joined by & "
    "and under forall"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One way to violate a liveness property, for all values of the variables in `bound` one each.

    It is violated by an infinite fair behaviour that passes a state satisfying `trigger` (with `initially`: whose first state
    does), from which on every state satisfies `hold`, and along which each of `recur` holds infinitely often. A formula that
    reads `next` terms is about the step out of that state instead; stuttering is a step too, and such a formula itself
    determines its value on a step that changes nothing. A formula that has no value counts as false.
    """

    bound: tuple[Term, ...]
    trigger: Term
    initially: bool
    hold: Term
    recur: tuple[Term, ...]

    @property
    def formulas(self) -> tuple[Term, ...]:
        """All formulas of states and steps."""
        return (self.trigger, self.hold, *self.recur)


@dataclass(frozen=True, slots=True, eq=False)
class Temporal(Over):
    """A temporal formula; `parts` are formulas of states and steps, or temporal ones inside."""

    op: Literal["always", "eventually", "leads_to", "and", "forall"]
    parts: tuple[Term | Temporal, ...]
    bound: tuple[Term, ...] = ()
    position: Position | None = None

    def __repr__(self) -> str:
        return "a temporal formula"

    def __and__(self, other: Temporal) -> Temporal:
        given: object = other
        if not isinstance(given, Temporal):
            hint = "state what holds in every state as an invariant of its own"
            raise ModelError("a temporal formula can only be joined with another one", hint=hint, position=here())
        return Temporal("and", (self, other), position=here())

    def __bool__(self) -> bool:
        misuse.refuse_truth()

    def __or__(self, other: object) -> NoReturn:
        raise ModelError("temporal formulas cannot be joined by |", hint=FORMS, position=here())

    def __invert__(self) -> NoReturn:
        raise ModelError("a temporal formula cannot be negated", hint=FORMS, position=here())

    __ror__ = __or__
    __rand__ = __and__

    def over(self, variables: tuple[Term, ...]) -> Temporal:
        """The formula for all values of the variables."""
        return Temporal("forall", (self,), variables, here())


def always(formula: Bool | Temporal | bool) -> Temporal:
    """In every state, or for every step, from then on: `eventually(always(P))`."""
    return Temporal("always", (_part(formula, "always"),), position=here())


def eventually(formula: Bool | Temporal | bool) -> Temporal:
    """In some state, or for some step, from then on: `eventually(P)`, `always(eventually(P))`."""
    return Temporal("eventually", (_part(formula, "eventually"),), position=here())


def leads_to(premise: Bool | bool, conclusion: Bool | Temporal | bool) -> Temporal:
    """Whenever the premise holds, the conclusion holds then or later: TLA+'s `P ~> Q`."""
    parts = _part(premise, "the premise of leads_to"), _part(conclusion, "the conclusion of leads_to")
    return Temporal("leads_to", parts, position=here())


def _part(formula: object, what: str) -> Term | Temporal:
    if isinstance(formula, Temporal):
        return formula
    return coerce(formula, BOOL, what)


def cases(formula: Temporal) -> tuple[Case, ...]:
    """The normal form of a liveness property; ModelError, with its line, if it has none of the supported forms."""
    return tuple(_cases(formula, ()))


def _cases(formula: Temporal, bound: tuple[Term, ...]) -> list[Case]:
    match formula:
        case Temporal("and" | "forall"):
            inner = [part for part in formula.parts if isinstance(part, Temporal)]
            return [case for part in inner for case in _cases(part, (*bound, *formula.bound))]
        case Temporal("eventually", (Term() as goal,)):
            return [Case(bound, TRUE, True, negation(_happens(goal)), ())]
        case Temporal("eventually", (Temporal("always", (Term() as goal,)),)):
            return [Case(bound, TRUE, False, TRUE, (_fails(goal),))]
        case Temporal("always", (Temporal("eventually", (Term() as goal,)),)):
            return [Case(bound, TRUE, False, negation(_happens(goal)), ())]
        case Temporal("leads_to", (Term() as premise, Term() as goal)) | Temporal(
            "leads_to", (Term() as premise, Temporal("eventually", (Term() as goal,)))
        ):
            missed = negation(_happens(goal))
            trigger = _happens(premise) if of_steps(goal) else conjunction([_happens(premise), missed])
            return [Case(bound, trigger, False, missed, ())]
        case Temporal("leads_to", (Term() as premise, Temporal("always", (Term() as goal,)))) | Temporal(
            "leads_to", (Term() as premise, Temporal("eventually", (Temporal("always", (Term() as goal,)),)))
        ):
            return [Case(bound, _happens(premise), False, TRUE, (_fails(goal),))]
        case Temporal("always", (Term() as goal,)):
            kind = "action property: @p.action_property()" if of_steps(goal) else "invariant: @p.invariant()"
            raise ModelError("always(P) is a safety property", hint=f"state it as an {kind}", position=formula.position)
    raise ModelError("this temporal formula has none of the supported forms", hint=FORMS, position=formula.position)


def of_steps(formula: Term) -> bool:
    """Whether a formula is one of steps: it reads the state after, in which rigid variables are unchanged."""
    return any(term.op == "next" for term in walk(formula))


def changed(formula: Term) -> Term:
    """Whether a step changes a variable that a formula of steps reads."""
    read = state_variables(formula)
    return disjunction(negation(equal(Term("next", (), v.sort, v.data), v)) for v in read)


def _happens(formula: Term) -> Term:
    """The formula; a formula of steps also requires that something changes (TLA+'s `<<A>>_v`)."""
    return conjunction([changed(formula), formula]) if of_steps(formula) else formula


def _fails(formula: Term) -> Term:
    """The negation of a formula; a step that changes nothing does not violate a formula of steps (TLA+'s `[A]_v`)."""
    return conjunction([changed(formula), negation(formula)]) if of_steps(formula) else negation(formula)


def reading(stated: tuple[Case, ...], *, steps: bool) -> Term:
    """A formula that has a value where all formulas of states in the cases have one, or with `steps` all formulas of steps.

    It evaluates all of them, whatever their values are, and contains every sort and name that the property uses.
    """
    closed = []
    for case in stated:
        asked = [formula for formula in case.formulas if formula is not TRUE and of_steps(formula) is steps]
        if asked:
            looked = asked[0]
            for formula in asked[1:]:
                looked = equal(looked, formula)
            closed.append(forall(case.bound, looked))
    if not closed:
        return TRUE
    whole = closed[0]
    for formula in closed[1:]:
        whole = equal(whole, formula)
    return whole

