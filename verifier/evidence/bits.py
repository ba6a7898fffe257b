"""Questions at published scope: the answers of z3, and of cvc5, which is asked those of several certificates together.

The certificates of a model have most definitions in common, so each is read once, under a name of its own. If the disjunction of
all formulas expected to be unsatisfiable is unsatisfiable, so is each: one question. If it is not, each is asked about by itself.
A formula expected to be satisfiable has values for its constants, with which cvc5 evaluates it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from verifier.evidence.grammar import Printed
from verifier.evidence.remembered import Remembered, Said
from verifier.evidence.solvers import cvc5_answer, cvc5_run, cvc5_script, failed_to, told
from verifier.semantics.answers import Answer

_NAMES = re.compile(r"\|[^|]*\|")
_DEFINED = re.compile(r"\((?:define|declare)-fun (\|[^|]*\|)")

_EAGER = {"bitblast": "eager"}
"""With this option cvc5 hands a whole question to a SAT solver, up to 20 times faster, but such a solver takes only one
question.
"""


class Posed(NamedTuple):
    """Formulas that are asserted, each alone, after the same declarations and definitions, without quantifiers.

    `expected` are the likely answers: they decide how a solver is asked, never the result.
    """

    prelude: Sequence[Printed]
    asserts: Sequence[Printed]
    expected: Sequence[str]


def ask_all(
    solver: str,
    prelude: Sequence[Printed],
    asserts: Sequence[Printed],
    expected: Sequence[str] = (),
    known: Remembered | None = None,
) -> Iterator[Said]:
    """The answer of a solver to each of the asserts alone; see `Posed`. A `known` question is not asked again."""
    if solver == "z3":
        yield from _z3_all(prelude, asserts)
    else:
        posed = Posed(prelude, asserts, expected or ["unsat"] * len(asserts))
        yield from _cvc5_all(posed, Remembered() if known is None else known)


def _z3_all(prelude: Sequence[Printed], asserts: Sequence[Printed]) -> Iterator[Said]:
    import z3

    context = z3.Context()
    try:
        formulas = z3.parse_smt2_string("\n".join(("(set-logic QF_BV)", *prelude, *asserts)), ctx=context)
    except z3.Z3Exception as error:
        yield from (failed_to(told(error)) for _ in asserts)
        return
    if len(formulas) != len(asserts):
        yield from (failed_to(f"{len(formulas)} formulas were read, not {len(asserts)}") for _ in asserts)
        return
    for number in range(len(asserts)):
        solver = z3.SolverFor("QF_FD", ctx=context)
        solver.add(formulas[number])
        answer = Answer.of(solver.check())
        yield Said(answer, solver.reason_unknown() if answer is Answer.UNKNOWN else "")


def _cvc5_all(posed: Posed, known: Remembered) -> Iterator[Said]:
    answer([posed], known)
    for script in _scripts(posed):
        said = known.said("cvc5", script, patient=True)
        if said is None:
            said = cvc5_script(script, _EAGER)
            known.keep("cvc5", script, said, patient=True)
        yield said


def _scripts(posed: Posed) -> list[str]:
    """Each question as a script of its own.

    Reading takes long, so a question gets only the definitions that it uses. Definitions use no others, and each constant is
    declared once.
    """
    commands = [(_named(command), command) for command in posed.prelude]
    scripts = []
    for formula in posed.asserts:
        used = {None, *_NAMES.findall(formula)}
        kept = [command for name, command in commands if name in used]
        scripts.append("\n".join(("(set-logic QF_BV)", *kept, formula)))
    return scripts


def _asserted(command: str) -> str:
    """The formula of an assert command."""
    return command.removeprefix("(assert ").removesuffix(")")


def _named(command: str) -> str | None:
    """The quoted name that a command defines or declares; None if it does neither."""
    match = _DEFINED.match(command)
    return match[1] if match else None


def answer(asked: Sequence[Posed], known: Remembered) -> None:
    """Adds to what is `known` the expected answers to the formulas of several certificates, as far as cvc5 gives them here."""
    shared = _Shared()
    places: dict[tuple[str, str], list[str]] = {}
    """The scripts of each formula, by the answer that is expected and its text."""
    for posed in asked:
        scripts = _scripts(posed)
        wanted = [place for place, script in enumerate(scripts) if known.said("cvc5", script, patient=True) is None]
        names = shared.names(posed) if wanted else None
        if names is not None:
            for place in wanted:
                formula = _renamed(_asserted(posed.asserts[place]), names)
                places.setdefault((posed.expected[place], formula), []).append(scripts[place])
    if places:
        for one, said in _said(list(shared.commands), list(places)):
            for script in places[one]:
                known.keep("cvc5", script, said, patient=True)


def _renamed(text: str, names: dict[str, str]) -> str:
    """A text with other names in it."""
    return _NAMES.sub(lambda match: names.get(match[0], match[0]), text)


class _Shared:
    """Declarations and definitions of several certificates, without repetition; `commands` are all of them."""

    def __init__(self) -> None:
        self.commands: dict[str, None] = {}
        self._declared: dict[str, str] = {}
        self._defined: dict[str, str] = {}

    def names(self, posed: Posed) -> dict[str, str] | None:
        """The names of a certificate's definitions here; None if it declares a constant of another sort than one before it."""
        commands = [(name, command) for command in posed.prelude if (name := _named(command)) is not None]
        declared = {name: command for name, command in commands if command.startswith("(declare-fun")}
        if len(commands) < len(posed.prelude) or any(self._declared.get(n, c) != c for n, c in declared.items()):
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


def _said(commands: Sequence[str], formulas: Sequence[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], Said]]:
    """Those of the formulas, each with the expected answer, to which cvc5 gives that answer."""
    import cvc5

    manager = cvc5.TermManager()
    reader, symbols = cvc5.Solver(manager), cvc5.SymbolManager(manager)
    try:
        reader.setOption("incremental", "true")
        cvc5_run(reader, symbols, "\n".join(("(set-logic QF_BV)", *commands)))
        parser = cvc5.InputParser(reader, symbols)
        terms: dict[tuple[str, str], Any] = {}
        for one in formulas:
            parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, one[1], "certificate")
            terms[one] = parser.nextTerm()
        refuted = {one: term for one, term in terms.items() if one[0] == "unsat"}
        if refuted:
            some = list(refuted.values())
            solver = cvc5.Solver(manager)
            solver.setLogic("QF_BV")
            for name, value in _EAGER.items():
                solver.setOption(name, value)
            # Only the reader knows the definitions, so they are written out; it knows nothing else by now.
            solver.assertFormula(reader.simplify(some[0] if len(some) == 1 else manager.mkTerm(cvc5.Kind.OR, *some), True))
            if cvc5_answer(solver).answer is Answer.UNSAT:
                yield from ((one, Said(Answer.UNSAT)) for one in refuted)
        for one in terms.keys() - refuted.keys():
            if _satisfied(reader, terms[one]):
                yield one, Said(Answer.SAT)
    except (RuntimeError, ValueError):
        return  # What cannot be read, or breaks the solver, is reported when each is asked about alone.


def _satisfied(reader: Any, formula: Any) -> bool:
    """Whether a conjunction is true where its constants have the values that its equations give them, as cvc5 evaluates it."""
    import cvc5

    equations = [part for part in formula if part.getKind() == cvc5.Kind.EQUAL]
    equations = [part for part in equations if part[0].getKind() == cvc5.Kind.CONSTANT and _is_value(part[1])]
    known = formula.substitute([part[0] for part in equations], [part[1] for part in equations])
    value = reader.simplify(known, True)
    return bool(value.isBooleanValue() and value.getBooleanValue())


def _is_value(term: Any) -> bool:
    return bool(term.isBitVectorValue() or term.isBooleanValue())
