"""The witnesses of certificates at unbounded scope: scripts that are found satisfiable, once for all certificates of a model.

Values that satisfy the invariants of all certificates satisfy those of each. So an initial state, and a step of each action,
are first searched for with all invariants together. A state of a small instance, in which the action fires, is tried first:
its values, or else the number of values that the sorts have, serve each certificate. Where nothing is found, a certificate
has a witness of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from verifier.evidence import scripts
from verifier.evidence.grammar import Script
from verifier.evidence.grammar import script as as_read
from verifier.evidence.sexpr import SyntaxFault, read
from verifier.evidence.solvers import SETTINGS, SOLVERS, Asker
from verifier.kernel.terms import Term
from verifier.proof.strategy.errors import Unanswered
from verifier.proof.strategy.pinned import Pinned
from verifier.proof.strategy.unbounded_scripts import commands
from verifier.proof.strategy.witnesses import Firings
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Quantified
from verifier.semantics.quantified.premises import Premise
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.finite import FiniteScope
from verifier.semantics.symbols import symbol

if TYPE_CHECKING:
    from verifier.wire.certificates import WitnessEntry

ANY_NUMBER = 0
"""The size of sorts about which a witness says nothing."""

_SIZES = (2, 1, 3, 4)
"""How many values the sorts get in a witness that is not found without saying so."""

_PATIENCE = (2_000_000,)
"""The budget of a question in each setting, in z3's steps, where z3 is asked with patience."""

_FINDING = [setting for setting in SETTINGS if setting.get("mbqi", True)]
"""The ways to ask z3 that find models of formulas with quantifiers."""


@dataclass(frozen=True, slots=True)
class Plain:
    """The script of a witness that says nothing about the size of a sort; `totals`: what an instance adds about its totals."""

    text: str
    totals: Callable[[], str]


Form = Callable[[Plain], str]
"""The script of a witness with further assertions."""

Fired = Callable[[], tuple[FiniteScope, Firings]]
"""An instance of the model, and where its actions fire."""


class UnboundedWitnesses:
    """The witnesses of the certificates of one model; `together` are the formulas of their invariants."""

    def __init__(self, scope: Unbounded, together: Sequence[Term] = (), fired: Fired | None = None) -> None:
        self._scope = scope
        self._together = set(together)
        self._all = together
        self._fired = fired
        self._forms: dict[str, Form] | None = None
        """By the name of a witness, the form in which all invariants together have one."""
        self._search = Search()
        self._written = Quantified(scope)

    def of(self, support: Sequence[Term]) -> list[WitnessEntry]:
        """The witnesses of one invariant as scripts, each with the answer expected from solvers.

        Raises Unanswered where no solver finds one: a certificate that nobody can check says nothing.
        """
        quantified = self._quantified()
        shared = self._together >= set(support)
        if shared and self._forms is None and self._together != set(support):
            self._forms = self._searched()
        known, found = (self._forms or {}) if shared else {}, dict[str, Form]()
        result: list[WitnessEntry] = []
        names = scripts.witnesses([action.name for action in quantified.model.actions])
        for (name, action), plain in zip(names, self._plain(quantified, support), strict=True):
            form, answer = (known[name], Answer.SAT) if name in known else self._found(name, plain)
            if answer is Answer.UNKNOWN or (answer is Answer.UNSAT and action is None):
                raise Unanswered(f"no solver finds values for the witness {name!r}")
            if answer is Answer.SAT:
                found[name] = form
            result.append(
                {
                    "name": name,
                    "kind": "witness",
                    "action": action,
                    "expected": "sat" if answer is Answer.SAT else "unsat",
                    "smtlib": form(plain),
                }
            )
        if shared and self._forms is None:
            self._forms = found
        return result

    def _quantified(self) -> Quantified:
        """The model's obligations, whose text does not depend on earlier ones. They are only written, never asked."""
        return Quantified(self._scope, beside=self._written)

    def _found(self, name: str, plain: Plain, *, easily: bool = False) -> tuple[Form, Answer]:
        """A form in which a script is satisfiable, with the values of an instance if those satisfy it.

        Where solvers cannot tell that they do, a search for others is mostly in vain, and a short one.
        """
        form = self._pinned(name, plain)
        if form is not None:
            return form, Answer.SAT
        size, answer = self._search.size(plain.text, easily=easily or name in self._instance)
        return partial(_closed, size=size), answer

    def _pinned(self, name: str, plain: Plain) -> Form | None:
        """The form with the values of an instance, if a solver finds that they satisfy the script."""
        forms: list[Form] = [partial(_pinned, values=values) for values in self._instance.get(name, ())]
        return next((form for form in forms if self._search.satisfied(form(plain))), None)

    def _searched(self) -> dict[str, Form]:
        """By the name of a witness, the form in which all invariants together have one, as far as it is found easily."""
        quantified = self._quantified()
        names = scripts.witnesses([action.name for action in quantified.model.actions])
        result: dict[str, Form] = {}
        vain = False
        for (name, _), plain in zip(names, self._plain(quantified, self._all), strict=True):
            form = self._pinned(name, plain)
            if form is None and not vain:
                size, answer = self._search.size(plain.text, easily=True)
                form, vain = (partial(_closed, size=size) if answer is Answer.SAT else None), answer is Answer.UNKNOWN
            if form is not None:
                result[name] = form
        return result

    def _plain(self, quantified: Quantified, support: Sequence[Term]) -> list[Plain]:
        """The witnesses of an invariant, with the totals of the instance."""
        pinned: list[Pinned] = []

        def totals(obligation: Obligation) -> str:
            if self._fired is None:
                return ""
            if not pinned:
                pinned.append(Pinned(quantified, self._fired_in[0]))
            return pinned[0].totals(obligation)

        asked = _witnesses(quantified, support)
        return [Plain(commands(obligation), partial(totals, obligation)) for obligation in asked]

    @cached_property
    def _fired_in(self) -> tuple[FiniteScope, Firings]:
        assert self._fired is not None
        return self._fired()

    @cached_property
    def _instance(self) -> dict[str, list[str]]:
        """By the name of a witness, the values that it has in an instance, as scripts."""
        if self._fired is None:
            return {}
        scope, firings = self._fired_in
        pinned = Pinned(self._quantified(), scope)
        actions = [action.name for action in self._scope.model.actions]
        result: dict[str, list[str]] = {}
        for name, action in scripts.witnesses(actions):
            if action is None:
                result[name] = [pinned.start(state) for state in firings.starts[:1]]
            elif action in firings.steps:
                state, arguments = firings.steps[action]
                result[name] = [pinned.step(state, action, arguments)]
        return result


class Search:
    """The search for the values of the witnesses of one model. Once it was `in_vain`, it takes less time."""

    def __init__(self) -> None:
        self._asker = Asker(rounds=_PATIENCE, settings=_FINDING)
        self.in_vain = False

    def satisfied(self, script: str) -> bool:
        """Whether a solver finds a script satisfiable: each is asked briefly before z3 is asked with patience.

        One that cannot be read serves no certificate.
        """
        try:
            version = as_read(script)
        except SyntaxFault:
            return False
        asked = [(solver, False) for solver in SOLVERS] + [("z3", True)]
        for solver, patient in asked:
            answer = self._asker.ask(solver, version, patient=patient, expected="sat").answer
            if answer is Answer.SAT or answer is Answer.UNSAT:
                return answer is Answer.SAT
        return False

    def size(self, script: str, *, easily: bool = False) -> tuple[int, Answer]:
        """The size of the sorts with which a script is found satisfiable; or that it is unsatisfiable, or that nothing is found.

        Everything is tried briefly before anything is tried with patience: without a bound on the sorts a solver can search for
        long and in vain. z3 needs less time than cvc5 before it gives up, and alone is asked with patience. `easily`: only z3 is
        asked, briefly.
        """
        sizes = (ANY_NUMBER, *_SIZES)
        asked = [("z3", False, size) for size in sizes]
        if not easily:
            asked.append(("cvc5", False, ANY_NUMBER))
            if not self.in_vain:
                asked += [("z3", True, size) for size in sizes]
        for solver, patient, size in asked:
            # A script can be long, and is read once; the sizes are mostly not needed.
            version = as_read(closed(script, size))
            answer = self._asker.ask(solver, version, patient=patient, expected="sat").answer
            if answer is Answer.SAT or (answer is Answer.UNSAT and size == ANY_NUMBER):
                return size, answer
        self.in_vain = self.in_vain or not easily
        return ANY_NUMBER, Answer.UNKNOWN


def witness_scripts(quantified: Quantified, support: Sequence[Term]) -> list[str]:
    """The witnesses that say nothing about the size of a sort, in the order of `scripts.witnesses`."""
    return [commands(obligation) for obligation in _witnesses(quantified, support)]


def _witnesses(quantified: Quantified, support: Sequence[Term]) -> list[Obligation]:
    start = quantified.initiation(support)
    holds = tuple(Premise("hypothesis", "invariant", goal.stated, goal.formula) for goal in start.goals)
    begins = replace(start, premises=(*start.premises, *holds), goals=())
    return [begins, *(quantified.enabled(action, support) for action in quantified.model.actions)]


def _pinned(plain: Plain, values: str) -> str:
    """The script with the values of an instance, and its totals."""
    return extended(extended(plain.text, values), plain.totals())


def _closed(plain: Plain, size: int) -> str:
    return closed(plain.text, size)


def extended(script: str, more: str) -> str:
    """The script with the assertions of another one, which only makes it harder to satisfy."""
    own, other = script.splitlines(), more.splitlines()
    known = set(own)
    first = next(place for place, line in enumerate(own) if line.startswith("(assert"))
    declared = [line for line in other if not line.startswith("(assert") and line not in known]
    return "\n".join([*own[:first], *declared, *own[first:], *(line for line in other if line.startswith("(assert"))])


def extends(script: Script, other: Script) -> bool:
    """Whether a script is another one, perhaps with further declarations and assertions, which make it no easier to satisfy."""
    pairs = (script.declarations, other.declarations), (script.asserts, other.asserts)
    return all(own[: len(common)] == common for own, common in pairs)


def closed(script: str, size: int) -> str:
    """The script with the further assertion that every sort has at most `size` values; itself for `ANY_NUMBER`."""
    if size == ANY_NUMBER:
        return script
    sorts = [str(form[1]) for form in read(script) if isinstance(form, list) and form[0] == "declare-sort"]
    declared, asserted = [], []
    for place, sort in enumerate(sorts):
        values = [symbol("size", place, number) for number in range(size)]
        declared += [f"(declare-fun {value} () {sort})" for value in values]
        any_value = symbol("bound", "x", 0)
        equal = " ".join(f"(= {any_value} {value})" for value in values)
        one_of = f"(or {equal})" if size > 1 else equal
        asserted.append(f"(assert (forall (({any_value} {sort})) {one_of}))")
    return extended(script, "\n".join([*declared, *asserted]))
