"""Writes docs/language.md, the matrix of constructs, scopes and back ends, from the table of operators.

`python -m tests.docs.language` (`make language`) writes the page.
"""

from __future__ import annotations

from pathlib import Path

from verifier.kernel.operators import OPERATORS, Operator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "language.md"

HEAD = """# Language reference

Every operator of the language, how a model writes it, and which scopes and back ends have it. `make language` writes this page
from the table in `verifier/kernel/operators.py`; [modelling.md](modelling.md) teaches the language, and
[semantics.md](semantics.md) gives its exact meaning.

- *concrete* is the semantics that replays traces, samples and explains. *circuit* is the published scope: z3, the explicit search
  over columns and the certificates are interpreters of one circuit, so they have the same constructs.
- *unbounded* is first-order logic, with its solvers and certificates. Where it does not have a construct, a property that uses it
  is *not stated* there, and a model whose behaviour uses it is refused with the line; both give the reason.
- *symmetry*: what makes the members of a scalarset distinguishable. Where that is used, states are not merged.
- *undefined*: why there may be no value. A use that is looked at and has none is a violation of `Defined`.

| construct | meaning | undefined | concrete | circuit | unbounded | symmetry |
|---|---|---|---|---|---|---|
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _undefined(operator: Operator) -> str:
    shown = operator.undefined
    for place, word in enumerate(("the first argument", "the second argument")):
        shown = shown.replace(f"{{{place}}}", word)
    return shown


def _symmetry(operator: Operator) -> str:
    return "lost over names" if operator.ordered or operator.counts else "kept"


def _row(operator: Operator) -> str:
    # What a variant decides is replaced before any semantics sees it, so that every semantics has it.
    unbounded = f"no: {operator.refused}" if operator.refused else "yes"
    cells = [f"`{operator.written}`", operator.meaning, _undefined(operator), "yes", "yes", unbounded, _symmetry(operator)]
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def page() -> str:
    """The page as it should be."""
    return HEAD + "\n".join(_row(operator) for operator in OPERATORS.values()) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
