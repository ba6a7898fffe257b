"""Checks the text of the repository: `python -m tests.prose.check [PATH...]` prints what a native editor would change.

The house rules are those of `rules.py`; beside them stand the checks of proselint that fit technical text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from proselint.checks import __register__ as general
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

from tests.prose.passages import READERS, Passage
from tests.prose.rules import RULES
from tests.source import ROOT

# Checks of proselint: those about the words of a text. Left out are typography (straight quotes are meant), spelling of
# place names, and advice for essays.
CHECKS = {
    "archaism": True,
    "cliches": True,
    "hedging": True,
    "lexical_illusions": True,
    "malapropisms": True,
    "misc.back_formations": True,
    "misc.false_plurals": True,
    "misc.inferior_superior": True,
    "misc.metadiscourse": True,
    "misc.narcissism": True,
    "misc.pretension": True,
    "mixed_metaphors": True,
    "mondegreens": True,
    "needless_variants": True,
    "nonwords": True,
    "oxymorons": True,
    "redundancy": True,
    "skunked_terms": True,
    "spelling": True,
    "uncomparables": True,
}
_BETWEEN = "\n\n\u00b6\n\n"  # so that the last word of a passage is not taken for a repetition of the first of the next

TEXTS = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs",
    "verifier",
    "encodings",
    "properties",
    "examples",
)
GENERATED = (
    "docs/protocols.md",
)  # from the texts of `encodings/` and `properties/`, which are checked where they are written


def files(paths: Iterable[str | Path]) -> Iterator[Path]:
    """The files with text below some paths, in the order of their names."""
    for path in paths:
        top = ROOT / path  # an absolute path stays as it is
        for file in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if file.suffix in READERS and "__pycache__" not in file.parts and shown(file) not in GENERATED:
                yield file


def shown(path: Path) -> str:
    """The name of a file, from the top of the repository."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def house(passage: Passage) -> Iterator[str]:
    """What the house rules say about a passage."""
    for rule in RULES:
        if passage.heading and not rule.headings:
            continue
        for found in rule.compiled.finditer(passage.text):
            yield f"“{found.group().strip()[:70]}”: {rule.advice}"


def common(passages: list[Passage]) -> Iterator[tuple[Passage, str]]:
    """What proselint says about the passages of a file, with the passage."""
    registry = CheckRegistry()
    if not registry.checks:
        registry.register_many(general)
    content = _BETWEEN.join(passage.text for passage in passages)
    starts = []
    at = 1  # the file of proselint begins with a line break
    for passage in passages:
        starts.append(at)
        at += len(passage.text) + len(_BETWEEN)
    for result in LintFile("text", content).lint({"checks": CHECKS, "max_errors": 10_000}):
        check = result.check_result
        place = max(index for index, start in enumerate(starts) if start <= max(check.span[0], 1))
        yield passages[place], f"{check.message} ({check.check_path})"


def complaints(path: Path) -> list[str]:
    """What is to be changed in a file, a line for each place."""
    passages = [passage for passage in READERS[path.suffix](path) if passage.text]
    found = [(passage, text) for passage in passages for text in house(passage)]
    if passages:
        found += common(passages)
    found.sort(key=lambda pair: pair[0].line)
    return [f"{shown(path)}:{passage.line}: {text}" for passage, text in found]


def main(arguments: list[str]) -> int:
    """Checks the paths given, by default all texts of the repository; the exit status is 1 if anything is to be changed."""
    chosen = list(files(arguments or TEXTS))
    lines = [line for path in chosen for line in complaints(path)]
    for line in lines:
        print(line)
    if lines:
        print(f"{len(lines)} places to edit; CONTRIBUTING.md has the house style")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
