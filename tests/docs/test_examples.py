"""Every block and every command of the README and the documentation does what the page says."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.docs import examples
from tests.docs.markdown import Block, blocks, commands, matches, offer_examples, run, write_file
from tests.kernel.snippets import build, in_action
from tests.source import ROOT
from verifier.catalog import digest, load
from verifier.kernel.errors import ModelError

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

# What is written for people and not run: each block with the reason why not.
NOT_RUN = {
    "make prove": "sets up an environment",
    "make test": "runs these tests",
    "pip install": "installs",
    "git clone": "fetches",
    "verify nightly": "takes minutes; tests/nightly runs it",
    "pytest --verify": "tests/people runs it",
    "pytest -m": "tests/people runs it",
    "docker": "needs what CI does not have; tests/people reads the file",
    "dask": "starts a cluster; tests/nightly does",
}
# Pages that run provers for more than five seconds; of most of them a test of the area shows the same.
LONG = {
    "docs/certificates.md",
    "docs/cheatsheet.md",
    "docs/examples.md",
    "docs/findings/alpenglow.md",
    "docs/findings/redis-rust.md",
    "docs/coming-from-apalache.md",
    "docs/coming-from-ivy.md",
    "docs/coming-from-mypyvy.md",
    "docs/coming-from-quint.md",
    "docs/coming-from-tlc.md",
    "docs/idioms.md",
    "docs/index.md",
    "docs/library.md",
    "docs/modelling.md",
    "docs/reports.md",
    "docs/start.md",
    "docs/stuck.md",
    "docs/unbounded.md",
    "docs/tutorial-induction.md",
}
LANGUAGES = {"python", "console", "sh", "text", "toml", "json", "yaml", "tla", "rust", "{toctree}", "{eval-rst}", ""}


def identity(path: Path) -> str:
    return str(path.relative_to(ROOT))


def by_length(path: Path) -> Any:
    long = identity(path) in LONG or path.parent.name == "errors"
    tier = pytest.mark.nightly if long else pytest.mark.full
    return pytest.param(path, marks=tier, id=identity(path))


@pytest.mark.parametrize("path", [by_length(path) for path in PAGES])
def test_a_page_does_what_it_says(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    offer_examples(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(path.read_text(encoding="utf-8")):
        if block.language == "python" and block.file:
            write_file(block, tmp_path)
        elif block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.body, str(path), "exec"), names)
        elif block.language == "console":
            check(path, block, tmp_path)


def check(path: Path, block: Block, folder: Path) -> None:
    for command in commands(block):
        printed = run(command.text, folder)
        where = f"{identity(path)}:{command.line}: $ {command.text}"
        assert matches(command.expected, printed), f"{where}\n--- prints ---\n{printed}--- not ---\n{command.expected}"


@pytest.mark.parametrize("path", PAGES, ids=identity)
def test_every_block_is_run_or_excused(path: Path) -> None:
    for block in blocks(path.read_text(encoding="utf-8")):
        assert block.language in LANGUAGES, f"{identity(path)}:{block.line}"
        if block.language == "console":
            assert block.body.startswith("$ "), f"{identity(path)}:{block.line}"
        if block.language == "sh":
            for line in block.body.strip().split("\n"):
                assert line.startswith(tuple(NOT_RUN)), f"{identity(path)}:{block.line}: {line}"


@pytest.mark.parametrize("path", PAGES, ids=identity)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (path.parent / target).exists(), f"{identity(path)}: {target}"


def test_targets_of_make_that_the_pages_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for path in PAGES:
        for target in re.findall(r"^make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{identity(path)}: make {target}"


def test_the_tutorial_builds_the_example(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "modelling.md").read_text(encoding="utf-8")
    for block in blocks(page):
        if block.file == "two_phase_commit.py":
            write_file(block, tmp_path)
    taught = load(str(tmp_path / "two_phase_commit.py"))
    example = load(str(ROOT / "examples" / "two_phase_commit.py"))
    assert digest(taught) == digest(example)
    assert list(taught.lemmas) == list(example.lemmas)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=identity)
def test_an_example_is_complete(path: Path) -> None:
    protocol = load(str(path))
    assert len(protocol.variants) > 1
    assert any(found.expected for found in protocol.properties.values())


def test_the_page_of_examples_is_what_would_be_written_now() -> None:
    now = examples.page(examples.known_answers())
    assert examples.PAGE.read_text(encoding="utf-8") == now, "run `make examples` and commit what it writes"


# The comparison itself


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a\n", "a\n", True),
        ("a\n", "b\n", False),
        ("a\n", "a\nb\n", False),
        ("a  b 0.12 s\n", "a b  3.45 s\n", True),
        ("a\n...\nb\n", "a\nx\ny\nb\n", True),
        ("a\n...\nb\n", "a\nb\n", True),
        ("a\n...\n", "b\na\n", False),
        ("a\n", "a\n[1]\n", False),
        ("a\n[1]\n", "a\n[1]\n", True),
        ("a.c\n", "abc\n", False),
    ],
)
def test_output_is_compared_as_the_pages_say(expected: str, printed: str, same: bool) -> None:
    assert matches(expected, printed) is same


def test_a_wrong_page_is_noticed(tmp_path: Path) -> None:
    page = "```console\n$ verify show nonesuch\nall is well\n```\n"
    (block,) = blocks(page)
    (command,) = commands(block)
    printed = run(command.text, tmp_path)
    assert printed.endswith("[2]\n")
    assert not matches(command.expected, printed)
    assert os.listdir(tmp_path) == []


def rows(page: str, heading: str) -> list[list[str]]:
    """The code in each cell of the rows of the table below a heading."""
    section = page.partition(heading)[2].partition("\n#")[0]
    lines = [line for line in section.split("\n") if line.startswith("| `")]
    cells = [line.replace("\\|", "\0").strip("| ").split(" | ") for line in lines]
    return [[code.replace("\0", "|") for code in re.findall(r"`([^`]+)`", cell)] for row in cells for cell in row]


def test_what_the_page_of_messages_calls_wrong_is_refused(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "errors" / "V101.md").read_text(encoding="utf-8")
    cells = rows(page, "## What to write instead")
    assert len(cells) > 20
    for wrong, right in zip(cells[::2], cells[1::2], strict=True):
        with pytest.raises(ModelError):
            build(in_action(f'guard("a", ({wrong[0]}) == ({wrong[0]}))\nguard("b", {wrong[0]})'), tmp_path)
        if "(" in right[0] or "=" in right[0] or "~" in right[0]:
            build(in_action(f"x = {right[0]}"), tmp_path)
