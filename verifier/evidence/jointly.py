"""The questions of several certificates at published scope, put to cvc5 as a single one.

The certificates of a model have most definitions in common, so each is read once, under a name of its own. If the disjunction of
all formulas expected to be unsatisfiable is unsatisfiable, so is each. If it is not, nothing is known, and each certificate is
asked about by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.evidence.definitions import Questions
from verifier.evidence.remembered import Remembered, Said
from verifier.evidence.solvers import EAGER, NAMES, asserted, cvc5_answer, cvc5_run, named, scripts_of
from verifier.semantics.answers import Answer


def refute(asked: Sequence[Questions], known: Remembered) -> None:
    """Adds to what is `known` that the formulas of several certificates are unsatisfiable, if they are together."""
    shared = _Shared()
    formulas: dict[str, None] = {}
    scripts: list[str] = []
    for one in asked:
        texts = scripts_of(one.prelude, one.asserts)
        wanted = [
            place
            for place, question in enumerate(one.questions)
            if question.expected == "unsat" and known.said("cvc5", texts[place], patient=True) is None
        ]
        names = shared.names(one) if wanted else None
        if names is not None:
            formulas |= dict.fromkeys(renamed(asserted(one.asserts[place]), names) for place in wanted)
            scripts += [texts[place] for place in wanted]
    if len(scripts) > 1 and _unsatisfiable(list(shared.commands), list(formulas)):
        for script in scripts:
            known.keep("cvc5", script, Said(Answer.UNSAT), patient=True)


def renamed(text: str, names: dict[str, str]) -> str:
    """A text with other names in it."""
    return NAMES.sub(lambda match: names.get(match[0], match[0]), text)


class _Shared:
    """Declarations and definitions of several certificates, without repetition; `commands` are all of them."""

    def __init__(self) -> None:
        self.commands: dict[str, None] = {}
        self._declared: dict[str, str] = {}
        self._defined: dict[str, str] = {}

    def names(self, asked: Questions) -> dict[str, str] | None:
        """The names of a certificate's definitions here; None if it declares a constant of another sort than one before it."""
        commands = [(str(named(command)), command) for command in asked.prelude]
        declared = {name: command for name, command in commands if command.startswith("(declare-fun")}
        if any(self._declared.get(name, command) != command for name, command in declared.items()):
            return None
        self._declared |= declared
        self.commands |= dict.fromkeys(declared.values())
        names = {}
        for name, command in commands:
            if name not in declared:
                unnamed = command.replace(name, "", 1)
                names[name] = self._defined.setdefault(unnamed, f"|D{len(self._defined)}|")
                self.commands[command.replace(name, names[name], 1)] = None
        return names


def _unsatisfiable(commands: Sequence[str], formulas: Sequence[str]) -> bool:
    """Whether no formula is satisfiable, as far as cvc5 finds out."""
    import cvc5

    manager = cvc5.TermManager()
    reader, symbols = cvc5.Solver(manager), cvc5.SymbolManager(manager)
    try:
        cvc5_run(reader, symbols, "\n".join(("(set-logic QF_BV)", *commands)))
        parser = cvc5.InputParser(reader, symbols)
        some = []
        for formula in formulas:
            parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, formula, "certificate")
            some.append(parser.nextTerm())
        solver = cvc5.Solver(manager)
        solver.setLogic("QF_BV")
        for name, value in EAGER.items():
            solver.setOption(name, value)
        # Only the reader knows the definitions, so they are written out; it knows nothing else.
        solver.assertFormula(reader.simplify(some[0] if len(some) == 1 else manager.mkTerm(cvc5.Kind.OR, *some), True))
        return cvc5_answer(solver).answer is Answer.UNSAT
    except (RuntimeError, ValueError):
        return False  # What cannot be read, or breaks the solver, is reported when each certificate is asked about.
