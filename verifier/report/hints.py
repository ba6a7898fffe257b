"""The lemmas that a run found, as a module of properties that registers them by hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from verifier.kernel.errors import UsageError
from verifier.kernel.source_text import laid_out, names_in

if TYPE_CHECKING:
    from verifier.documents.result import Result, Results

_WIDTH = 110


def hints_of_results(results: Result | Results) -> str:
    """The module of the one protocol that was proved.

    Raises:
        UsageError: there are several protocols.
    """
    if len(results.results) != 1:
        raise UsageError("--write-hints takes one protocol", hint="write a file for each")
    return "\n".join(_lines(results.results[0])) + "\n"


def _lines(result: Result) -> Iterator[str]:
    hints = [] if result.statistics is None else result.statistics.get("hints", [])
    found = [hint for hint in hints if not hint.startswith("#")]
    yield f'"""Lemmas of {result.called} that were found without help; each is proved like any other."""'
    yield ""
    yield "from __future__ import annotations"
    module, protocol = _home(result)
    if found:
        from verifier.kernel.reading import LANGUAGE

        names = frozenset().union(*map(names_in, found))
        own = sorted({*(names - LANGUAGE), "State", protocol})
        yield ""
        yield from _imported(module, own)
        yield from _imported("verifier.kernel", sorted({*(names & LANGUAGE), "Bool"}))
    for number, formula in enumerate(found, 1):
        yield from ("", "")
        yield f'@{protocol}.lemma("found by lemma inference")'
        yield f"def Found{number}(s: State) -> Bool:"
        yield f"    return {laid_out(formula, 4, _WIDTH - 7)}"
    if len(found) < len(hints):
        yield from ("", "", "# Lemmas that the proofs needed too, and that cannot be written as formulas of a model:")
        yield from (f"#   {hint[2:]}" for hint in hints if hint.startswith("#"))


def _home(result: Result) -> tuple[str, str]:
    """The module of the model, and the name of the protocol in it, by convention."""
    name = str(result.protocol).replace("-", "_")
    file = f"encodings/{name}.py" if result.at is None else result.at.file
    if file.endswith(f"encodings/{name}.py"):
        return f"verifier.encodings.{name}", name
    return os.path.splitext(os.path.basename(file))[0], "p"


def _imported(module: str, names: list[str]) -> Iterator[str]:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= _WIDTH:
        yield line
        return
    yield f"from {module} import ("
    for name in names:
        yield f"    {name},"
    yield ")"
