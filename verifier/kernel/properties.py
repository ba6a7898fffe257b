"""Properties, lemmas, expectations and findings: the requirements on a protocol, and the known facts about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from verifier.kernel.errors import Position
from verifier.kernel.fairness import Condition
from verifier.kernel.temporal import Case, Temporal
from verifier.kernel.terms import TRUE, Term, disjunction, equal, implication, negation, state_variables

DEFINED = "Defined"
"""The property that the model uses no undefined value; followed by @ and a name, the property that the text of that property
uses none.
"""

RANGE = "Range"
"""Followed by @ and a variable: the property that nothing outside the variable's sort is stored in it."""

DEADLOCK = "Deadlock"
"""The property that every state that is expanded has a step, is stopped by budgets alone, or may stop; on request."""

Kind = Literal["state", "action", "range", "defined", "law", "liveness", "reachable"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """The verdict that a variant is expected to have: proved, or violated in a number of steps.

    Of a liveness property these are the steps that lead to the loop, and `loop` is its length.
    """

    verdict: Literal["proved", "violated"]
    steps: int | None = None
    loop: int | None = None


PROVED = Expectation("proved")

unreachable = Expectation("violated")
"""The expectation that no run reaches a state of the kind that a property asks for."""


def violated(steps: int, *, loop: int | None = None) -> Expectation:
    """The expectation that the shortest counterexample has this many steps (0: an initial state).

    Of a liveness property: that many up to a loop of `loop` steps (0: stuttering forever).
    """
    return Expectation("violated", steps, loop)


@dataclass(frozen=True, slots=True)
class Property:
    """Something that must hold.

    kind `state`: `formula` holds in every reachable state; `action`: `formula` holds of every step, reading the next state
    through `next` terms; `range`: every step stores values within the sorts of `variables`, it has no formula of its own
    (TRUE); `defined`: nothing undefined is used. The one without `about` covers initial values and predicates, constraints and
    actions, and has no formula; one `about` a property or lemma covers its text, `formula`, which is a formula of steps if
    `of_steps` says so; `law`: `formula` holds for all values of the sorts of its free variables, reachable or not. Those are
    `variables`, and the outermost quantifier binds them; where a law is decided, they are the state (see `laws`); `liveness`:
    no infinite fair behaviour that stays inside the constraints is one of the `cases`, the normal form of `temporal`. `fair`
    are the conditions of fairness that it is stated under: those of the assumptions that `under` names, by default those that
    are declared with the protocol. Its `formula` states nothing: it reads everything that the cases read of states, or of steps
    if they have no formulas of states; `reachable`: some run reaches a state in which `formula` is true. It is decided in a
    model in which it is a property of the kind `state` that no run does: then `goal` is the formula (see `reachable`).
    `bounded` says, for any property except a law, why it is stated with the search bounds alone, and not at unbounded scope.

    A step that leaves every variable of the `subscript` unchanged satisfies a property of steps (TLA+'s `[A]_v`): those that
    the formula reads, or those that the model names (`given`; `of_all`: all that a variant has). `judged` is the formula that a
    state, or a step, has to satisfy: `formula` as the conclusion of that premise. `expanded`: it is checked only in states that
    are expanded, not in those that cannot be stored.

    `moved` are the variables that the formula mentions only to ask whether an action changes them: the property is not stated
    at a scope that lacks them.
    """

    name: str
    kind: Kind
    formula: Term = TRUE
    short: str | None = None
    doc: str = ""
    variables: tuple[str, ...] = ()
    vacuous: str | None = None
    expected: Mapping[str, Expectation] = field(default_factory=dict)
    position: Position | None = None
    about: str | None = None
    of_steps: bool = False
    given: tuple[Term, ...] | None = None
    of_all: bool = False
    moved: tuple[str, ...] = ()
    expanded: bool = False
    temporal: Temporal | None = None
    cases: tuple[Case, ...] = ()
    under: tuple[str, ...] = ()
    fair: tuple[Condition, ...] = ()
    bounded: str | None = None
    goal: Term | None = None
    judged: Term = field(init=False, default=TRUE)
    subscript: tuple[Term, ...] = field(init=False, default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        read = state_variables(self.formula) if self.given is None else self.given
        object.__setattr__(self, "subscript", read)
        judged = self.formula
        if self.kind == "action" or self.of_steps:
            changed = [negation(equal(Term("next", (), v.sort, v.data), v)) for v in self.subscript]
            judged = implication(disjunction(changed), judged) if changed else TRUE
        object.__setattr__(self, "judged", judged)

    @property
    def is_deadlock(self) -> bool:
        """Whether it is `Deadlock`, whose formula a scope rewrites for the actions that it has."""
        return self.expanded and self.goal is None

    def expectation(self, variant: str) -> Expectation:
        """The expectation for a variant; proved unless the model says otherwise."""
        return self.expected.get(variant, PROVED)


@dataclass(frozen=True, slots=True)
class Lemma:
    """A hand-written state formula that helps an induction; `reason` says in one line why it holds.

    `variants` are those in which it is meant to hold; None: all.
    """

    name: str
    formula: Term
    reason: str
    position: Position | None = None
    variants: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, both sums of parameters, and the variant that assumes nothing about the size of the part.

    `rest` is the variable whose values are the amounts of all that is not the part, if there is one.
    """

    part: Term
    whole: Term
    variant: str
    position: Position | None = None
    rest: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding about published material: one line, its meaning, and the command that shows it."""

    title: str
    text: str
    command: str
    position: Position | None = None


def asks_for_deadlock(names: Iterable[str]) -> bool:
    """Whether one of the names is that of `Deadlock`, or of the definedness of its text, regardless of case."""
    return any(name.strip().lower() in (DEADLOCK.lower(), f"{DEFINED}@{DEADLOCK}".lower()) for name in names)


def is_reserved(name: str) -> bool:
    """Whether the verifier itself gives such names, regardless of case, to properties: `Defined`, `Range`, also before an @,
    and `Deadlock`.
    """
    return name.lower().partition("@")[0] in (DEFINED.lower(), RANGE.lower(), DEADLOCK.lower())
