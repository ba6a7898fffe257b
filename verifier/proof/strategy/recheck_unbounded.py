"""Certificates at unbounded scope derived again: each script is one that the model gives for the formulas that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from verifier.evidence.grammar import Script, script
from verifier.kernel.model import Model
from verifier.kernel.printing import text
from verifier.kernel.properties import Property
from verifier.kernel.terms import TRUE, Term
from verifier.proof.lemmas.candidates import candidates
from verifier.proof.strategy.recheck import Entry, check
from verifier.proof.strategy.unbounded_certificates import forms, questions, small, witness_scripts
from verifier.semantics.quantified import Quantified
from verifier.semantics.scope.unbounded import Unbounded, unbounded


def derived(certificate: Mapping[str, Any], model: Model, found: Property) -> Iterator[Entry]:
    """Whether formulas, obligations and witnesses of a certificate without faults are those of the model.

    A script is that of the model if both are printed alike for the solvers: it does not matter which names they use.
    """
    scope = unbounded(model)
    quantified, terms = Quantified(scope), Quantified(scope)
    state, steps, uses = goals(terms, found)
    starts = [use.formula for use in terms.defined_starts(found)]
    told = partial(text, vocabulary=scope.model.vocabulary, outer=False)
    shown = certificate["invariant"]
    known = _offered(scope, terms, shown)
    unknown = [name for name in shown if name not in known]
    yield check("invariant", not unknown, f"a formula that the model does not offer: {''.join(unknown[:1])}")
    if unknown:
        return
    support = [known[name] for name in shown]
    # A formula of the property that is not part of the invariant must follow from it.
    uses += [formula for formula in state if told(formula) not in shown]
    uses = uses if support or steps or uses or starts else [TRUE]
    actions = [action.name for action in quantified.model.actions]
    for name, given, own in (
        ("steps", certificate["steps"], [told(formula) for formula in steps]),
        ("uses", certificate["uses"], [told(formula) for formula in (*uses, *starts)]),
        ("actions", [entry["name"] for entry in certificate["actions"]], actions),
    ):
        yield check(name, given == own, "they are not those of the model")
        if given != own:
            return
    asked = questions(quantified, support, steps, uses, starts)
    for entry, obligation in zip(certificate["obligations"], asked, strict=True):
        yield _same(entry, (form for _, form in forms(obligation)))
    for entry, plain in zip(certificate["witnesses"], witness_scripts(Quantified(scope), support), strict=True):
        yield _same(entry, small(plain) if entry["expected"] == "sat" else [plain])


def _same(entry: Mapping[str, Any], own: Iterable[str]) -> Entry:
    given: Script = script(entry["smtlib"])
    return check(entry["name"], any(script(form) == given for form in own), "the model gives another script for it")


def _offered(scope: Unbounded, quantified: Quantified, shown: Iterable[str]) -> dict[str, Term]:
    """The formulas that the model offers for an invariant, of those that are shown."""
    wanted, model = set(shown), scope.model
    own = [lemma.formula for lemma in model.lemmas]
    for other in model.properties:
        if other.kind == "state":
            own.append(other.formula)
        elif other.kind == "range":
            own += [quantified.range_formula([name]) for name in other.variables]
    found: dict[str, Term] = {}
    for family in (own, *candidates(model)):
        for formula in family:
            name = text(formula, vocabulary=scope.model.vocabulary, outer=False)
            if name in wanted:
                found.setdefault(name, formula)
    return found


def goals(quantified: Quantified, found: Property) -> tuple[list[Term], list[Term], list[Term]]:
    """What a property says at unbounded scope: formulas of states, formulas of steps, uses that are to be defined."""
    state: list[Term] = []
    if found.kind == "state":
        state = [found.formula]
    elif found.kind == "range":
        state = [quantified.range_formula([name]) for name in found.variables]
    state = [formula for formula in state if formula is not TRUE and formula.data is not True]
    if found.kind == "action":
        return state, [found.judged], []
    if found.kind == "defined":
        steps = [use.formula for use in quantified.defined_steps(found)]
        return state, steps, [use.formula for use in quantified.defined_uses(found)]
    return state, [], [use.formula for use in quantified.stored_uses(found)]
