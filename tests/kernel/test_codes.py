"""Every mistake that the verifier reports has a code of its kind, and every code has a page."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.source import ROOT
from verifier.kernel import codes
from verifier.kernel.errors import ModelError, UsageError

PAGES = ROOT / "docs" / "errors"
TABLES = {"ModelError": codes.MODEL, "UsageError": codes.USAGE, "usage": codes.USAGE}


def called(path: Path) -> set[str]:
    """The names of what a module calls."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


def test_every_module_that_finds_mistakes_has_a_code() -> None:
    seen = set()
    for path in sorted((ROOT / "verifier").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for name in called(path) & set(TABLES):
            code = codes.of_module(module, TABLES[name])
            assert code in codes.TITLES, f"{module} raises {name} and has no code in verifier/kernel/codes.py"
            seen.add(code)
    assert seen | {codes.NO_START, codes.UNWRITTEN, codes.INTERNAL} == set(codes.TITLES)


@pytest.mark.parametrize("code", codes.TITLES)
def test_every_code_has_a_page_of_its_own(code: str) -> None:
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {code}: {codes.TITLES[code]}\n")


def test_no_page_is_about_another_code() -> None:
    assert {path.stem for path in PAGES.glob("V*.md")} == set(codes.TITLES)


def test_the_code_is_that_of_the_module_that_finds_the_mistake() -> None:
    assert codes.of_module("verifier.kernel.misuse", codes.MODEL) == "V101"
    assert codes.of_module("verifier.kernel.protocol", codes.MODEL) == "V103"
    assert codes.of_module("verifier.semantics.scope.unbounded", codes.MODEL) == "V107"
    assert codes.of_module("elsewhere.kernel.misuse", codes.MODEL) is None


def test_errors_of_other_code_have_none() -> None:
    assert ModelError("x").code is None
    assert UsageError("x").code is None
    assert UsageError("x", code="V203").code == "V203"
