"""Obligations at unbounded scope as scripts of SMT-LIB, each in a form in which z3 shows it.

The certificates of a model share most obligations, each with assumptions of its own. The form in which one was shown serves all
of them: it proves nothing, and whoever checks a certificate finds out whether its scripts are unsatisfiable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from verifier.evidence.sexpr import SyntaxFault, read, write
from verifier.kernel.terms import Term
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Outcome, check
from verifier.semantics.quantified.checking import PORTFOLIO, ROUNDS, Setting
from verifier.semantics.quantified.instantiating import instantiated
from verifier.semantics.quantified.ordering import ordered

_FRAME = (";", "(set-info", "(set-logic", "(check-sat")
"""Lines that z3 prints around the declarations and assertions of a script."""

_COMMAND = re.compile(r"\n(?=\()")

_SETTINGS = {setting.name: setting for setting in PORTFOLIO}

_CHANGES = ordered, instantiated
"""The changes to an obligation that its script may have."""

EASY = 10_000
"""An obligation that took no more of z3's steps with other assumptions is not asked again with those of a certificate."""

Answered = Mapping[tuple[str, tuple[Term, ...]], Outcome]
"""The last answers to obligations, by their names and goals, whatever was assumed."""


class Scripts:
    """The scripts of the obligations of one model, whichever certificate asks for them; `answered` is what a proof knows."""

    def __init__(self, answered: Answered) -> None:
        self._answered = answered
        self._forms: dict[tuple[str, tuple[Term, ...]], Setting | None] = {}

    def of(self, obligation: Obligation) -> str:
        """The obligation as a script, in the form in which it was shown."""
        setting = self._form(obligation)
        version = None
        if setting is not None and (setting.ordered or setting.instances):
            version = (ordered if setting.ordered else instantiated)(obligation)
        asked = obligation if version is None else version
        return commands(asked, asked.negated())

    def _form(self, obligation: Obligation) -> Setting | None:
        """The setting in which the obligation was shown; None if no single one has shown it.

        The one that has shown it with other assumptions is asked first.
        """
        key = obligation.name, tuple(goal.term for goal in obligation.goals)
        known = self._answered.get(key)
        before = None if known is None or known.answer is not Answer.UNSAT else _SETTINGS.get(known.setting)
        if before is not None and known is not None and known.effort <= EASY:
            return before
        first = self._forms.get(key, before)
        if first is None or check(obligation, rounds=ROUNDS[:1], portfolio=(first,)).answer is not Answer.UNSAT:
            first = _SETTINGS.get(check(obligation).setting)
        self._forms[key] = first
        return first


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
    printed = obligation.lowering.smt.benchmark([*formulas, *goals])
    plain = "\n".join(line for line in printed.splitlines() if not line.startswith(_FRAME))
    try:
        result = [line for command in _COMMAND.split(plain) for line in _lines(command)]
    except SyntaxFault:
        # A command went on at the beginning of a line.
        result = _lines(plain)
    if not any(command.startswith("(assert") for command in result):
        result = [*result, "(assert true)"]
    return "\n".join(result)
