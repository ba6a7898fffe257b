"""Certificates at unbounded scope derived again: each script is one that the model gives for the formulas that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice, product
from typing import Any

from verifier.evidence.grammar import Script, script
from verifier.kernel.model import Model
from verifier.kernel.printing import text
from verifier.kernel.properties import Property
from verifier.kernel.terms import TRUE, Term, parts
from verifier.proof.engines.search import samples
from verifier.proof.lemmas.affine import for_any_size
from verifier.proof.lemmas.candidates import candidates
from verifier.proof.lemmas.shapes import offered
from verifier.proof.lemmas.wording import named
from verifier.proof.strategy.checked import Entry, check
from verifier.proof.strategy.unbounded_certificates import said
from verifier.proof.strategy.unbounded_questions import Question, questions
from verifier.proof.strategy.unbounded_scripts import forms
from verifier.proof.strategy.unbounded_witnesses import extends, witness_scripts
from verifier.semantics.ground.ground import Ground
from verifier.semantics.quantified import Quantified
from verifier.semantics.quantified.obligations import OfSteps
from verifier.semantics.quantified.progress import Progress
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.finite import finite_scope
from verifier.semantics.scope.unbounded import unbounded

_OTHER = "the model gives another script for it"

_MOST_ALIKE = 64
"""Combinations of formulas that read alike that are tried."""


def derived(certificate: Mapping[str, Any], model: Model, prop: Property) -> Iterator[Entry]:
    """Whether formulas, obligations and witnesses of a certificate without faults are those of the model.

    A script is that of the model if both are printed alike for the solvers: it does not matter which names they use.
    """
    scope = unbounded(model)
    terms = Quantified(scope)
    prop = scope.model.find_property(prop.name)
    if prop.kind == "liveness":
        argued = ranked(scope, prop, certificate)
        yield check("ranking", argued is not None, "the model offers no argument with these premises")
        if argued is None:
            return
        state: list[Term] = []
        steps, uses = argued
    else:
        state, steps, uses = goals(terms, prop)
    starts = [use.formula for use in terms.defined_starts(prop)]
    known = partial(text, vocabulary=scope.model.vocabulary, outer=False)
    shown = certificate["invariant"]
    # Beside formulas of the property there stands what they follow from, step by step.
    own_text = {known(formula) for formula in state}
    implied = [name for name in certificate["uses"] if name not in own_text] if prop.kind == "state" and shown else []
    named_there = [*shown, *implied]
    read = _read(scope, certificate.get("clauses", []))
    offered = _offered(scope, [*state, *_own(scope, terms), *read], named_there)
    unknown = [name for name in named_there if name not in offered]
    yield check("invariant", not unknown, f"a formula that the model does not offer: {''.join(unknown[:1])}")
    if unknown:
        return

    def used_with(support: Sequence[Term]) -> list[Term]:
        # A formula of the property that is not part of the invariant must follow from it.
        more = [formula for formula in state if formula not in support or known(formula) in certificate["uses"]]
        return [*uses, *more] if support or steps or uses or more or starts else [TRUE]

    def asked_of(meant: Sequence[Term]) -> list[Question]:
        support, behind = meant[: len(shown)], meant[len(shown) :]
        return questions(Quantified(scope), support, steps, used_with(support), starts, behind)

    def fits(meant: Sequence[Term]) -> bool:
        asked = asked_of(meant)
        same = map(_same, certificate["obligations"], asked)
        return len(asked) == len(certificate["obligations"]) and all(same)

    meant = _meant([offered[name] for name in named_there], fits)
    support = meant[: len(shown)]
    used = [*meant[len(shown) :], *used_with(support)]
    actions = [action.name for action in scope.model.actions]
    for name, given, own in (
        ("steps", certificate["steps"], [said(step, scope.model) for step in steps]),
        ("uses", certificate["uses"], [known(formula) for formula in (*used, *starts)]),
        ("actions", [entry["name"] for entry in certificate["actions"]], actions),
    ):
        yield check(name, given == own, "they are not those of the model")
        if given != own:
            return
    for entry, question in zip(certificate["obligations"], asked_of(meant), strict=True):
        yield check(entry["name"], _same(entry, question), _OTHER)
    for entry, plain in zip(certificate["witnesses"], witness_scripts(Quantified(scope), support), strict=True):
        more = entry["expected"] == "sat" and extends(script(entry["smtlib"]), script(plain))
        yield check(entry["name"], more or _reads(entry, [plain]), _OTHER)


def _meant(options: Sequence[Sequence[Term]], fits: Callable[[Sequence[Term]], bool]) -> Sequence[Term]:
    """The formulas that are meant, of those that read as they are shown: formulas that differ may read alike.

    Then those are meant that fit, as their obligations are the ones that the certificate has.
    """
    first = [alike[0] for alike in options]
    if all(len(alike) == 1 for alike in options):
        return first
    return next(filter(fits, islice(product(*options), _MOST_ALIKE)), first)


def _same(entry: Mapping[str, Any], question: Question) -> bool:
    return _reads(entry, forms(question.numbered(entry.get("assumed"))))


def _reads(entry: Mapping[str, Any], own: Iterable[str]) -> bool:
    given: Script = script(entry["smtlib"])
    return any(script(form) == given for form in own)


def _own(scope: Unbounded, quantified: Quantified) -> Iterator[Term]:
    """The statements of a model itself, part by part: its lemmas, properties and ranges."""
    for lemma in scope.model.lemmas:
        yield from parts(lemma.formula)
    for other in scope.model.properties:
        if other.kind == "state":
            yield from parts(other.formula)
        elif other.kind == "range":
            yield from (quantified.range_formula([name]) for name in other.variables)


def _read(scope: Unbounded, clauses: Sequence[Mapping[str, Any]]) -> Iterator[Term]:
    """The readings of the clauses of a certificate."""
    if clauses:
        from verifier.proof.engines.generalizing import Generalizing
        from verifier.semantics.ground.clausal import Clausal

        generalizing = Generalizing(Clausal(Ground(finite_scope(scope.original))))
        for entry in clauses:
            yield from generalizing.readings(entry["literals"])


def _offered(scope: Unbounded, own: list[Term], shown: Sequence[str]) -> dict[str, list[Term]]:
    """The formulas that the model offers for an invariant, by how they read, of those that are shown."""
    result: dict[str, list[Term]] = {}
    known = partial(text, vocabulary=scope.model.vocabulary, outer=False)
    for family in (own, *candidates(scope.model)):
        for formula in family:
            name = known(formula)
            if name in shown and formula not in result.setdefault(name, []):
                result[name].append(formula)
    if any(name not in result for name in shown):
        ground = Ground(finite_scope(scope.original))
        for formula in for_any_size(ground, samples(ground), scope.model):
            result.setdefault(known(formula), []).append(formula)
    for formula in named(scope.model, [name for name in shown if name not in result]):
        result.setdefault(known(formula), []).append(formula)
    return result


def ranked(
    scope: Unbounded, prop: Property, certificate: Mapping[str, Any]
) -> tuple[list[Term | OfSteps], list[Term]] | None:
    """The premises of the arguments against the cases of a liveness property that read like those of a certificate."""
    rule = Progress(scope)
    steps: list[Term | OfSteps] = []
    uses: list[Term] = []
    for number in range(len(prop.cases)):
        for ranking in offered(scope.model, prop, number):
            if rule.refused(prop, ranking) is None:
                premises = rule.premises(prop, ranking)
                shown = [said(step, scope.model) for step in premises.steps], [rule.said(use) for use in premises.states]
                there = certificate["steps"][len(steps) :], certificate["uses"][len(uses) :]
                if all(given[: len(own)] == own for own, given in zip(shown, there, strict=True)):
                    steps += premises.steps
                    uses += premises.states
                    break
        else:
            return None
    return steps, uses


def goals(quantified: Quantified, prop: Property) -> tuple[list[Term], list[Term | OfSteps], list[Term]]:
    """The claims of a property at unbounded scope: formulas of states, formulas of steps, uses that must be defined."""
    state: list[Term] = []
    if prop.kind == "state":
        state = list(parts(prop.formula))
    elif prop.kind == "range":
        state = [quantified.range_formula([name]) for name in prop.variables]
    state = [formula for formula in state if formula is not TRUE and formula.data is not True]
    if prop.kind == "action":
        return state, [prop.judged], []
    if prop.kind == "defined":
        steps: list[Term | OfSteps] = [use.formula for use in quantified.defined_steps(prop)]
        return state, steps, [use.formula for use in quantified.defined_uses(prop)]
    return state, [], [use.formula for use in quantified.stored_uses(prop)]
