"""The answers of z3 and cvc5 about text that was read and printed again: only declarations, definitions and assertions.

Every option is set here. No text of a certificate holds a command that could set another, or write anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

_DEFINITIONS, _EXPANDED = "ufbv", 4_000_000
_CVC5_MACROS = {"macros-quant": "true", "macros-quant-mode": "all", "mbqi": "true"}
"""The ways to ask for values first: equations that give the values of a function are read as its definition. z3's is a tactic,
with a budget of its own where z3 is asked with patience: all that it replaces is simplified."""

_CVC5_INSTANCES = (
    {"enum-inst": "true", "miniscope-quant": "agg"},
    {"enum-inst": "true", "partial-triggers": "true"},
)
"""The ways to ask for a refutation where matching finds none: instances are enumerated (Reynolds, Barbosa, Fontaine: "Revisiting
Enumerative Instantiation", TACAS 2018). Each refutes scripts that the other does not, mostly in less than a tenth of a second.
"""


def failed_to(reason: str) -> Said:
    """That a solver could not read a text, or broke down."""
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
        is the likely answer: it decides how a solver is asked first, never the result.
        """
        said = self._known.said(solver, script.text, patient=patient)
        if said is None:
            said = self._z3(script.text, patient, expected) if solver == "z3" else _cvc5_one(script.text, patient, expected)
            self._known.keep(solver, script.text, said, patient=patient)
        return said

    def _z3(self, script: Printed, patient: bool, expected: str) -> Said:
        import z3

        if self._context is None:
            self._context = z3.Context()
        reason = ""
        for budget in self._rounds if patient else _BRIEF:
            settings = self._settings if patient else self._settings[:1]
            asked = [(z3.SimpleSolver(ctx=self._context), {**setting, "rlimit": budget}) for setting in settings]
            if expected == "sat":
                definitions = z3.Tactic(_DEFINITIONS, ctx=self._context).solver()
                asked.insert(0, (definitions, {"rlimit": max(budget, _EXPANDED) if patient else budget}))
            for solver, setting in asked:
                solver.set(**setting)
                try:
                    solver.from_string(script)
                except z3.Z3Exception as error:
                    return failed_to(told(error))
                answer = Answer.of(solver.check())
                if answer is not Answer.UNKNOWN:
                    return Said(answer)
                reason = reason or solver.reason_unknown()
        return Said(Answer.UNKNOWN, reason)


def told(error: Any) -> str:
    """The first line of a solver's message about an error."""
    value = error.value if hasattr(error, "value") else error
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return (text.strip().splitlines() or ["it cannot be read"])[0]


# -- cvc5 ----------------------------------------------------------------------------------------------------------------


def cvc5_script(script: str, options: Mapping[str, str]) -> Said:
    """cvc5's answer to a whole script."""
    import cvc5

    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    try:
        for name, value in options.items():
            solver.setOption(name, value)
        cvc5_run(solver, cvc5.SymbolManager(manager), script)
        return cvc5_answer(solver)
    except (RuntimeError, ValueError) as error:
        return failed_to(told(error))


def _cvc5_one(script: Printed, patient: bool, expected: str) -> Said:
    said = Said(Answer.UNKNOWN)
    # Models of formulas with quantifiers and integers are found by instantiation from candidate models, or not at all.
    models, finite = {"mbqi": "true"}, {"finite-model-find": "true"}
    options: list[dict[str, str]]
    if expected == "unsat":
        options = [{}, *_CVC5_INSTANCES, *([models] if patient else [])]
    else:
        options = [*([_CVC5_MACROS] if expected == "sat" else []), models, {}]
    if patient:
        options.append(finite)
    limit = _CVC5_MILLISECONDS if patient else _CVC5_MILLISECONDS // 20
    for given in options:
        milliseconds = limit // 2 if given in _CVC5_INSTANCES else limit
        said = cvc5_script(f"(set-logic ALL)\n{script}", {"tlimit-per": str(milliseconds), **given})
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
