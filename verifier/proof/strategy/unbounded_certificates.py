"""Certificates of proofs at unbounded scope: a script for each obligation and witness, goal by goal and action by action."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from verifier.evidence import scripts
from verifier.evidence.certificate import complete, facts_of
from verifier.evidence.grammar import script as as_read
from verifier.evidence.sexpr import read
from verifier.evidence.sexpr import write as written
from verifier.evidence.solvers import SOLVERS, Asker
from verifier.kernel.printing import text
from verifier.kernel.properties import Property
from verifier.kernel.terms import TRUE, Term
from verifier.proof.strategy.certificates import described, formula_of
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Quantified, check
from verifier.semantics.quantified.instantiating import instantiated
from verifier.semantics.quantified.obligations import OfSteps
from verifier.semantics.quantified.ordering import ordered
from verifier.semantics.quantified.premises import Premise
from verifier.semantics.scope.unbounded import Unbounded
from verifier.semantics.symbols import symbol

if TYPE_CHECKING:
    from verifier.wire.certificates import CertificateDocument, ObligationEntry, WitnessEntry

Evidence = tuple[Sequence[Term], Sequence[Term | OfSteps], Sequence[Term], Sequence[Term]]

_FRAME = (";", "(set-info", "(set-logic", "(check-sat")
"""Lines that z3 prints around the declarations and assertions of a script."""

_CHANGES = {"ordered sorts": ordered, "with instances": instantiated}
"""The changes to an obligation in the settings that ask another one; for every other setting it stays as it is."""

_SIZES = (2, 1, 3, 4)
"""How many values the sorts get in a witness that is not found without saying so."""


def certificate(
    scope: Unbounded,
    prop: Property,
    head: Mapping[str, Any],
    proof: tuple[str, int],
    evidence: Evidence,
    rests_on: Sequence[str],
) -> CertificateDocument:
    """The certificate of a property that `proof`, a method and a depth, proves.

    `evidence` are the formulas that are inductive together, the property's own among them; what every step must satisfy; and what
    must hold wherever the inductive ones do; what must hold of candidates for initial states, which stands with the uses.
    `rests_on` names the properties that must be proved besides it.
    """
    support, steps, uses, starts = evidence
    # Each part in a context of its own, so that the text does not depend on earlier questions.
    quantified = Quantified(scope)
    if not (support or steps or uses or starts):
        uses = [TRUE]
    actions = [action.name for action in quantified.model.actions]
    known = partial(text, vocabulary=quantified.model.vocabulary, outer=False)
    return complete(
        {
            **facts_of(head),
            **described(quantified.model, prop),
            "method": proof[0],
            "k": proof[1],
            "formula": formula_of(quantified.model, prop),
            "invariant": [known(formula) for formula in support],
            "rests_on": list(rests_on),
            "logic": "ALL",
            "actions": [{"name": name, "width": 0} for name in actions],
            "steps": [said(step, quantified) for step in steps],
            "uses": [known(formula) for formula in (*uses, *starts)],
            "obligations": obligations(Quantified(scope), support, steps, uses, starts),
            "witnesses": _witnesses(quantified, support),
        }
    )


def said(step: Term | OfSteps, quantified: Quantified) -> str:
    """The statement about every step, for people."""
    return step.said if isinstance(step, OfSteps) else text(step, quantified.model.vocabulary, outer=False)


def obligations(
    quantified: Quantified,
    support: Sequence[Term],
    steps: Sequence[Term | OfSteps],
    uses: Sequence[Term],
    starts: Sequence[Term] = (),
) -> list[ObligationEntry]:
    """The scripts that must be unsatisfiable, in the order of `scripts.wanted`."""
    safe = len(uses) + len(starts)
    names = scripts.wanted(len(support), len(steps), safe, [a.name for a in quantified.model.actions])
    asked = questions(quantified, support, steps, uses, starts)
    return [
        {"name": name, "kind": kind, "action": action, "smtlib": _script(obligation)}
        for (name, kind, action), obligation in zip(names, asked, strict=True)
    ]


def questions(
    quantified: Quantified,
    support: Sequence[Term],
    steps: Sequence[Term | OfSteps],
    uses: Sequence[Term],
    starts: Sequence[Term] = (),
) -> list[Obligation]:
    """The obligations of a proof, in the order of `scripts.wanted`."""
    asked = [quantified.initiation([formula]) for formula in support]
    for action in quantified.model.actions:
        asked += [quantified.consecution(action, support, [formula]) for formula in support]
        asked += [quantified.step(action, support, [formula]) for formula in steps]
    asked += [quantified.safety(support, [formula]) for formula in uses]
    return asked + [quantified.starting([formula]) for formula in starts]


def _script(obligation: Obligation) -> str:
    """The obligation as a script, in the form in which it was shown."""
    changed = _CHANGES.get(check(obligation).setting)
    version = None if changed is None else changed(obligation)
    asked = obligation if version is None else version
    return _commands(asked, asked.negated())


def forms(obligation: Obligation) -> Iterator[str]:
    """The scripts that may stand for an obligation: each proves it if it is unsatisfiable.

    As it is, over ordered sorts, and with instances of its premises written out.
    """
    yield _commands(obligation, obligation.negated())
    for changed in _CHANGES.values():
        version = changed(obligation)
        if version is not None:
            yield _commands(version, version.negated())


def _commands(obligation: Obligation, *goals: Any) -> str:
    formulas = [*obligation.given, *(premise.formula for premise in obligation.premises)]
    printed = obligation.lowering.smt.benchmark([*formulas, *goals])
    plain = "\n".join(line for line in printed.splitlines() if not line.startswith(_FRAME))
    commands = [written(command) for command in read(plain)]
    if not any(command.startswith("(assert") for command in commands):
        commands.append("(assert true)")
    return "\n".join(commands)


def _witnesses(quantified: Quantified, support: Sequence[Term]) -> list[WitnessEntry]:
    """The witnesses as scripts, each with the answer expected from solvers."""
    asker = Asker()
    result: list[WitnessEntry] = []
    names = scripts.witnesses([action.name for action in quantified.model.actions])
    for (name, action), plain in zip(names, witness_scripts(quantified, support), strict=True):
        script, expected = _satisfied(asker, plain, action is not None)
        known: Literal["sat", "unsat"] = "sat" if expected is Answer.SAT else "unsat"
        result.append({"name": name, "kind": "witness", "action": action, "expected": known, "smtlib": script})
    return result


def witness_scripts(quantified: Quantified, support: Sequence[Term]) -> list[str]:
    """The witnesses that say nothing about the size of a sort, in the order of `scripts.witnesses`."""
    start = quantified.initiation(support)
    holds = tuple(Premise("hypothesis", "invariant", goal.stated, goal.formula) for goal in start.goals)
    asked = [replace(start, premises=(*start.premises, *holds), goals=())]
    asked += [quantified.enabled(action, support) for action in quantified.model.actions]
    return [_commands(obligation) for obligation in asked]


def small(script: str) -> list[str]:
    """The scripts that may stand for a witness: itself, or itself with sorts of a few values, which only makes it harder to
    satisfy.
    """
    return [script, *(_closed(script, size) for size in _SIZES)]


def _satisfied(asker: Asker, script: str, may_fail: bool) -> tuple[str, Answer]:
    """A script that is found satisfiable: the one given, or that with sorts of a few values; or that it is unsatisfiable.

    Of the sizes, the first that z3 finds a model for is taken; if there is none, the script stays as it is. Everything is tried
    briefly before anything is tried with patience: without a bound on the sorts a solver can search for long and in vain.
    """
    for patient in (False, True):
        for solver in SOLVERS:
            answer = asker.ask(solver, as_read(script), patient=patient).answer
            if answer is Answer.SAT or (answer is Answer.UNSAT and may_fail):
                return script, answer
        for closed in small(script)[1:]:
            if asker.ask("z3", as_read(closed), patient=patient).answer is Answer.SAT:
                return closed, Answer.SAT
    return script, Answer.SAT


def _closed(script: str, size: int) -> str:
    """The script with the further assertion that every sort has at most `size` values."""
    commands = script.splitlines()
    sorts = [str(form[1]) for form in read(script) if isinstance(form, list) and form[0] == "declare-sort"]
    declared, asserted = [], []
    for place, sort in enumerate(sorts):
        values = [symbol("size", place, number) for number in range(size)]
        declared += [f"(declare-fun {value} () {sort})" for value in values]
        any_value = symbol("bound", "x", 0)
        equal = " ".join(f"(= {any_value} {value})" for value in values)
        one_of = f"(or {equal})" if size > 1 else equal
        asserted.append(f"(assert (forall (({any_value} {sort})) {one_of}))")
    first = next(place for place, line in enumerate(commands) if line.startswith("(assert"))
    return "\n".join([*commands[:first], *declared, *commands[first:], *asserted])
