"""The answers of z3 and cvc5 about text that was read and printed again: only declarations, definitions and assertions.

Every option is set here. No text of a certificate holds a command that could set another, or write anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verifier.evidence.grammar import Printed, Script
from verifier.evidence.remembered import Remembered, Said
from verifier.semantics.answers import Answer

SOLVERS = ("z3", "cvc5")

_ROUNDS = (2_000_000, 40_000_000)
_BRIEF = (400_000,)
_CVC5_MILLISECONDS = 10_000
"""Budgets of a question with quantifiers, in z3's own steps, and for cvc5, which has no reproducible ones, in time."""

Setting = Mapping[str, bool | int]
SETTINGS: tuple[Setting, ...] = ({}, {"mbqi": False}, {"random_seed": 7}, {"relevancy": 0})
"""The ways to ask z3 with patience, the usual one first. Without `mbqi` it finds no model of a formula with quantifiers."""

NAMES = re.compile(r"\|[^|]*\|")
_DEFINED = re.compile(r"\((?:define|declare)-fun (\|[^|]*\|)")


def _failed(reason: str) -> Said:
    return Said(Answer.UNKNOWN, reason, failed=True)



def versions(names: Sequence[str]) -> dict[str, str]:
    """The versions of solvers."""
    result = {}
    if "z3" in names:
        import z3

        result["z3"] = z3.get_version_string()
    if "cvc5" in names:
        import cvc5

        result["cvc5"] = cvc5.__version__
    return result


def ask_all(
    solver: str,
    prelude: Sequence[Printed],
    asserts: Sequence[Printed],
    expected: Sequence[str] = (),
    known: Remembered | None = None,
) -> Iterator[Said]:
    """The answer of a solver to each of the asserts alone, after the same declarations and definitions, without quantifiers.

    `expected` is the likely answer: it decides how the solver is asked, never the result. A `known` question is not asked
    again.
    """
    if solver == "z3":
        yield from _z3_all(prelude, asserts)
    else:
        yield from _cvc5_all(prelude, asserts, expected or ["unsat"] * len(asserts), known or Remembered())


class Asker:
    """Asks about scripts of declarations and asserts, which may have quantifiers, one after the other.

    z3's context is kept from one script to the next: making one takes longer than most answers. The cost of an answer can
    depend on the scripts before it, so scripts that should not affect each other get an asker each. Answers that are `known` are
    not asked for again.
    `rounds` and `settings` are z3's budgets and ways where it is asked with patience.
    """

    def __init__(
        self, known: Remembered | None = None, rounds: Sequence[int] = _ROUNDS, settings: Sequence[Setting] = SETTINGS
    ) -> None:
        self._rounds = rounds
        self._settings = settings
        self._context: Any = None
        self._known = Remembered() if known is None else known

    def ask(self, solver: str, script: Script, *, patient: bool = True, expected: str = "unsat") -> Said:
        """The answer of a solver to one script within its budget.

        Without patience the budget is a small part of it, for questions to which UNKNOWN is as good an answer as any. `expected`
        is the likely answer: it decides how cvc5 is asked first, never the result.
        """
        said = self._known.said(solver, script.text, patient=patient)
        if said is None:
            said = self._z3(script.text, patient) if solver == "z3" else _cvc5_one(script.text, patient, expected)
            self._known.keep(solver, script.text, said, patient=patient)
        return said

    def _z3(self, script: Printed, patient: bool) -> Said:
        import z3

        if self._context is None:
            self._context = z3.Context()
        reason = ""
        for budget in self._rounds if patient else _BRIEF:
            for setting in self._settings if patient else self._settings[:1]:
                solver = z3.SimpleSolver(ctx=self._context)
                solver.set(rlimit=budget, **setting)
                try:
                    solver.from_string(script)
                except z3.Z3Exception as error:
                    return _failed(_told(error))
                answer = Answer.of(solver.check())
                if answer is not Answer.UNKNOWN:
                    return Said(answer)
                reason = reason or solver.reason_unknown()
        return Said(Answer.UNKNOWN, reason)


# -- z3 ------------------------------------------------------------------------------------------------------------------


def _z3_all(prelude: Sequence[Printed], asserts: Sequence[Printed]) -> Iterator[Said]:
    import z3

    context = z3.Context()
    try:
        formulas = z3.parse_smt2_string("\n".join(("(set-logic QF_BV)", *prelude, *asserts)), ctx=context)
    except z3.Z3Exception as error:
        yield from (_failed(_told(error)) for _ in asserts)
        return
    if len(formulas) != len(asserts):
        yield from (_failed(f"{len(formulas)} formulas were read, not {len(asserts)}") for _ in asserts)
        return
    for number in range(len(asserts)):
        solver = z3.SolverFor("QF_FD", ctx=context)
        solver.add(formulas[number])
        answer = Answer.of(solver.check())
        yield Said(answer, solver.reason_unknown() if answer is Answer.UNKNOWN else "")


def _told(error: Any) -> str:
    value = error.value if hasattr(error, "value") else error
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return (text.strip().splitlines() or ["it cannot be read"])[0]


# -- cvc5 ----------------------------------------------------------------------------------------------------------------


EAGER = {"bitblast": "eager"}
"""With this option cvc5 hands a whole question to a SAT solver, up to 20 times faster, but such a solver takes only one
question.
"""


def _cvc5_all(
    prelude: Sequence[Printed], asserts: Sequence[Printed], expected: Sequence[str], known: Remembered
) -> Iterator[Said]:
    scripts = scripts_of(prelude, asserts)
    fresh = [place for place, script in enumerate(scripts) if known.said("cvc5", script, patient=True) is None]
    together = _cvc5_together(prelude, asserts, {place: expected[place] for place in fresh})
    for place, script in enumerate(scripts):
        said = known.said("cvc5", script, patient=True)
        if said is None:
            said = together[place] if place in together else _cvc5_script(script, EAGER)
            known.keep("cvc5", script, said, patient=True)
        yield said


def scripts_of(prelude: Sequence[Printed], asserts: Sequence[Printed]) -> list[str]:
    """Each question as a script of its own.

    Reading takes long, so a question gets only the definitions that it uses. Definitions use no others, and each constant is
    declared once.
    """
    commands = [(named(command), command) for command in prelude]
    scripts = []
    for formula in asserts:
        used = {None, *NAMES.findall(formula)}
        kept = [command for name, command in commands if name in used]
        scripts.append("\n".join(("(set-logic QF_BV)", *kept, formula)))
    return scripts


def _cvc5_together(prelude: Sequence[Printed], asserts: Sequence[Printed], expected: Mapping[int, str]) -> dict[int, Said]:
    """The expected answers among those to the asserts at the places of `expected`; any other assert has to be asked alone.

    If the disjunction of all formulas expected to be unsatisfiable is unsatisfiable, so is each of them: one question. A
    formula expected to be satisfiable has values for its constants, which another solver checks one after the other.
    """
    if not expected:
        return {}
    import cvc5

    manager = cvc5.TermManager()
    reader, symbols = cvc5.Solver(manager), cvc5.SymbolManager(manager)
    result: dict[int, Said] = {}
    try:
        reader.setOption("incremental", "true")
        cvc5_run(reader, symbols, "\n".join(("(set-logic QF_BV)", *prelude)))
        parser = cvc5.InputParser(reader, symbols)
        formulas = {}
        for place in expected:
            parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, asserted(asserts[place]), "certificate")
            formulas[place] = parser.nextTerm()
        refuted = [place for place, answer in expected.items() if answer == "unsat"]
        if refuted:
            some = [formulas[place] for place in refuted]
            solver = cvc5.Solver(manager)
            solver.setLogic("QF_BV")
            for name, value in EAGER.items():
                solver.setOption(name, value)
            # Only the reader knows the definitions, so they are written out; it knows nothing else by now.
            solver.assertFormula(reader.simplify(some[0] if len(some) == 1 else manager.mkTerm(cvc5.Kind.OR, *some), True))
            if cvc5_answer(solver).answer is Answer.UNSAT:
                result |= dict.fromkeys(refuted, Said(Answer.UNSAT))
        for place in expected.keys() - refuted:
            reader.push()
            reader.assertFormula(formulas[place])
            said = cvc5_answer(reader)
            reader.pop()
            if said.answer is Answer.SAT:
                result[place] = said
    except (RuntimeError, ValueError):
        # A question that cannot be read, or breaks the solver, is reported when each is asked alone.
        return result
    return result


def asserted(command: str) -> str:
    """The formula of an assert command."""
    return command.removeprefix("(assert ").removesuffix(")")


def named(command: str) -> str | None:
    """The quoted name that a command defines or declares; None if it does neither."""
    match = _DEFINED.match(command)
    return match[1] if match else None


def _cvc5_script(script: str, options: Mapping[str, str]) -> Said:
    import cvc5

    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    try:
        for name, value in options.items():
            solver.setOption(name, value)
        cvc5_run(solver, cvc5.SymbolManager(manager), script)
        return cvc5_answer(solver)
    except (RuntimeError, ValueError) as error:
        return _failed(_told(error))


def _cvc5_one(script: Printed, patient: bool, expected: str) -> Said:
    said = Said(Answer.UNKNOWN)
    # Models of formulas with quantifiers and integers are found by instantiation from candidate models, or not at all.
    options: list[dict[str, str]] = [{}, {"mbqi": "true"}]
    if expected == "sat":
        options.reverse()
    if patient:
        options.append({"finite-model-find": "true"})
    limit = _CVC5_MILLISECONDS if patient else _CVC5_MILLISECONDS // 20
    for given in options:
        said = _cvc5_script(f"(set-logic ALL)\n{script}", {"tlimit-per": str(limit), **given})
        if said.failed or said.answer is not Answer.UNKNOWN:
            return said
    return said


def cvc5_run(solver: Any, symbols: Any, text: str) -> None:
    """Reads the commands of a text and executes them. Raises ValueError where one fails."""
    import cvc5

    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "certificate")
    command = parser.nextCommand()
    while not command.isNull():
        known = str(command.invoke(solver, symbols))
        if known.startswith("(error"):
            raise ValueError(known)
        command = parser.nextCommand()


def cvc5_answer(solver: Any) -> Said:
    """The answer to what a solver of cvc5 was given."""
    result = solver.checkSat()
    if result.isSat():
        return Said(Answer.SAT)
    if result.isUnsat():
        return Said(Answer.UNSAT)
    return Said(Answer.UNKNOWN, str(result.getUnknownExplanation()).rpartition(".")[2].lower().replace("_", " "))
