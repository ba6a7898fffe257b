"""The mistakes that are planted are mistakes: each changes the text of its file, and the file stays a program."""

from __future__ import annotations

from pathlib import Path

from tests.mutants.__main__ import ROOT, TESTS
from tests.mutants.mutating import mutant, places


def test_each_mutant_is_another_program(tmp_path: Path) -> None:
    source = (
        "def f(a, b):\n"
        '    """Text."""\n'
        "    found = []\n"
        "    for x in a:\n"
        "        if x is None or x == 1:\n"
        "            continue\n"
        "        found.append(x)\n"
        "    if not all(found):\n"
        "        raise ValueError('none' if b == 0 else 'some')\n"
        "    return True\n"
    )
    (tmp_path / "m.py").write_text(source, encoding="utf-8")
    found = [mutant(Path("m.py"), tmp_path, place) for place in places(Path("m.py"), tmp_path)]
    texts = [planted.text for planted in found]
    assert len(set(texts)) == len(texts)
    for text in texts:
        compile(text, "m.py", "exec")
        assert "raise ValueError('none' if b == 0 else 'some')" in text
    changes = [planted.change for planted in found]
    assert "the statement is left out" in changes
    assert "all becomes any" in changes
    assert "not is left out" in changes
    assert "and in place of or" in changes


def test_every_package_has_its_tests() -> None:
    for folder in ("semantics", "proof", "evidence"):
        for file in (ROOT / "verifier" / folder).rglob("*.py"):
            name = str(file.relative_to(ROOT))
            assert any(name.startswith(package) for package in TESTS), name
    assert all((ROOT / folder).is_dir() for folders in TESTS.values() for folder in folders)
