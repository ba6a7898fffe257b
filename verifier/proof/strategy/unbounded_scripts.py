"""Obligations at unbounded scope as scripts of SMT-LIB, each in a form in which z3 shows it.

The certificates of a model share most obligations. Each states the assumptions that its refutation used, in the form in which it
was shown: that proves nothing, and whoever checks a certificate finds out whether its scripts are unsatisfiable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from verifier.evidence.sexpr import read, write
from verifier.kernel.terms import Term
from verifier.proof.strategy.unbounded_questions import Question
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Outcome, check
from verifier.semantics.quantified.checking import PORTFOLIO, ROUNDS, Setting
from verifier.semantics.quantified.instantiating import instantiated
from verifier.semantics.quantified.ordering import ordered
from verifier.semantics.quantified.smt import Ast, Smt
from verifier.semantics.symbols import Step

_FRAME = (";", "(set-info", "(set-logic", "(check-sat")
"""Lines that z3 prints around the declarations and assertions of a script."""

_COMMAND = re.compile(r"\n(?=\((?:assert|declare-[a-z]+)[ \n])")
"""Where a command begins: z3 begins lines with parentheses inside commands, too."""

_SHARED = re.compile(r"(?<=[\s(])([?$]x)[0-9]+(?=[\s)])")
"""How z3 names a part of a formula that it prints once: with a number that depends on what it has printed before."""

_LENGTH = re.compile(rf"\(declare-fun (\S*{re.escape(Step.LENGTH.value)}|\|[^|]*{re.escape(Step.LENGTH.value)}\|) ")
"""The declaration of the length of a sequence."""

_SETTINGS = {setting.name: setting for setting in PORTFOLIO}

_CHANGES = ordered, instantiated
"""The changes to an obligation that its script may have."""

EASY = 30_000
"""An obligation that took no more of z3's steps with other assumptions is not asked again with those of a certificate."""

Known = Callable[[Obligation], Outcome | None]
"""The last answer to an obligation with these goals, whatever was assumed; None if there is none."""


def nothing(obligation: Obligation) -> None:
    """No answer is known."""


class Scripts:
    """The scripts of the obligations of one model, whichever certificate asks for them; `known` are the answers of its proofs."""

    def __init__(self, known: Known = nothing) -> None:
        self._known = known
        self._made: dict[tuple[str, tuple[Term, ...], tuple[Term | None, ...]], str | None] = {}

    def of(self, question: Question) -> tuple[str, list[int] | None]:
        """An obligation as a script, in the form in which it was shown, and the numbers of the assumptions that it states.

        They are those that its last refutation used, if all of these may be assumed and are enough; otherwise None, for all.
        """
        known = self._known(question.ask(()))
        before = known if known is not None and known.answer is Answer.UNSAT else None
        if before is not None and set(before.used) < set(question.assumptions):
            numbers = question.numbers(before.used)
            text = self._text(question.numbered(numbers), before)
            if text is not None:
                return text, numbers
        whole = question.ask(question.assumptions)
        text = self._text(whole, before)
        return commands(whole, whole.negated()) if text is None else text, None

    def _text(self, obligation: Obligation, before: Outcome | None) -> str | None:
        """The obligation in the form in which it was shown; None if no single one has shown it."""
        key = obligation.name, tuple(goal.term for goal in obligation.goals), tuple(p.term for p in obligation.premises)
        if key not in self._made:
            setting = _form(obligation, before)
            self._made[key] = None if setting is None else _formed(obligation, setting)
        return self._made[key]


def _form(obligation: Obligation, before: Outcome | None) -> Setting | None:
    """The setting in which an obligation is shown; None if none shows it.

    The one that has shown it `before`, with other assumptions perhaps, is asked first.
    """
    first = None if before is None else _SETTINGS.get(before.setting)
    if first is not None and before is not None and before.alone <= EASY and first.is_form:
        return first
    if first is not None and check(obligation, rounds=ROUNDS[:1], portfolio=(first,)).answer is Answer.UNSAT:
        return first
    outcome = check(obligation)
    return _SETTINGS.get(outcome.setting) if outcome.answer is Answer.UNSAT else None


def _formed(obligation: Obligation, setting: Setting) -> str:
    """The script of an obligation as a setting asks it."""
    version = None
    if setting.ordered or setting.instances:
        version = (ordered if setting.ordered else instantiated)(obligation)
    asked = obligation if version is None else version
    return commands(asked, asked.negated())


def forms(obligation: Obligation) -> Iterator[str]:
    """The scripts that may stand for an obligation: each proves it if it is unsatisfiable.

    As it is, over ordered sorts, and with instances of its premises written out.
    """
    yield commands(obligation, obligation.negated())
    for changed in _CHANGES:
        version = changed(obligation)
        if version is not None:
            yield commands(version, version.negated())


@lru_cache(maxsize=8192)  # scripts of one model share most of their premises
def _lines(text: str) -> list[str]:
    """The commands of a text, one on each line. Raises SyntaxFault where one is not whole."""
    return [write(command) for command in read(text)]


def commands(obligation: Obligation, *goals: Any) -> str:
    """The declarations of an obligation, and assertions of its premises and goals, one on each line."""
    formulas = [*obligation.given, *(premise.formula for premise in obligation.premises)]
    return _joined(_without_other_lengths(_script(obligation.lowering.smt, [*formulas, *goals])))


def script_of(smt: Smt, formulas: Sequence[Ast]) -> str:
    """The declarations of formulas, and their assertions, one on each line."""
    return _joined(_script(smt, formulas))


def _script(smt: Smt, formulas: Sequence[Ast]) -> list[str]:
    printed = smt.benchmark(formulas)
    plain = "\n".join(line for line in printed.splitlines() if not line.startswith(_FRAME))
    return [line for command in _COMMAND.split(plain) for line in _lines(_numbered(command))]


def _joined(lines: list[str]) -> str:
    """The commands as a script, which asserts something."""
    return "\n".join(lines if any(line.startswith("(assert") for line in lines) else [*lines, "(assert true)"])


def _numbered(command: str) -> str:
    """The command with its shared parts numbered as they come, so that its text depends on nothing else."""
    names: dict[str, str] = {}
    return _SHARED.sub(lambda match: names.setdefault(match[0], f"{match[1]}{len(names)}"), command)


def _without_other_lengths(lines: list[str]) -> list[str]:
    """The commands except those about lengths of sequences that nothing else reads: earlier obligations have declared them.

    Fewer assumptions make no obligation easier to refute.
    """
    lengths = [match[1] for line in lines if (match := _LENGTH.match(line))]
    unread = {name for name in lengths if sum(name in line for line in lines) == 2}
    return [line for line in lines if not any(name in line for name in unread)] if unread else lines
