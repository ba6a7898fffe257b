"""Writes docs/language.md, the matrix of constructs, scopes and back ends, from the table of operators.

`python -m tests.docs.language` (`make language`) writes the page.
"""

from __future__ import annotations

import re
from pathlib import Path

from verifier.kernel.operators import OPERATORS, Operator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "language.md"

HEAD = """# Language reference

Every operator of the language: how a model writes it, its meaning, and the scopes that support it. `make language` writes
this page from the table in `verifier/kernel/operators.py`. The [cheat sheet](cheatsheet.md) lists sorts and declarations,
[Modelling](modelling.md) teaches the language, and [Semantics](semantics.md) defines its exact meaning.

- *finite*: the concrete semantics, which replays traces, samples and explains; and the published scope, whose back ends (z3,
  explicit search, certificates) all interpret one circuit.
- *unbounded*: first-order logic, with its solvers and certificates. A property that uses an unsupported construct is *not stated*
  there; a model whose behaviour uses one is rejected, with the offending line. Both give the reason.
- *symmetry*: whether the construct keeps the members of a scalarset interchangeable. Where it does not, states are not merged.
- *undefined*: when the construct has no value. Evaluating it in such a state is a violation of `Defined`.
"""

COLUMNS = """
| example | meaning | undefined | finite | unbounded | symmetry |
|---|---|---|---|---|---|
"""

# The operator that begins each section.
SECTIONS = {
    "literal": "Values and variables",
    "not": "Logic",
    "forall": "Quantifiers and choice",
    "lt": "Order and arithmetic",
    "apply": "Functions",
    "member": "Sets",
    "record": "Records and options",
    "fold": "Folds",
    "sequence": "Sequences",
    "keyed": "Keyed sets",
    "enabled": "Actions and variants",
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _undefined(operator: Operator) -> str:
    return re.sub(r"\{\d\}", "…", operator.undefined)


def _symmetry(operator: Operator) -> str:
    return "lost over names" if operator.ordered or operator.counts else "kept"


def _row(operator: Operator) -> str:
    # What a variant decides is replaced before any semantics sees it, so that every semantics has it.
    unbounded = f"no: {operator.refused}" if operator.refused else "yes"
    cells = [f"`{operator.written}`", operator.meaning, _undefined(operator), "yes", unbounded, _symmetry(operator)]
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def page() -> str:
    """The page as it should be."""
    parts = [HEAD]
    for name, operator in OPERATORS.items():
        if name in SECTIONS:
            parts.append(f"\n## {SECTIONS[name]}\n{COLUMNS}")
        parts.append(_row(operator) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
