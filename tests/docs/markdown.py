"""Markdown pages whose examples run: `python NAME.py` blocks make files, `console` blocks hold commands and output.

    ```python model.py        appended to model.py in the page's folder
    ```python                 executed in that folder; names are kept from block to block
    ```console                `$ command` lines, each followed by what it prints; `[1]` is an exit status other than 0

In expected output a line `...` stands for any lines; times and runs of spaces are not compared. After a change of what
the tool prints, `python -m tests.docs.markdown PAGE...` writes the new output into the pages: read the difference
before you commit it.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.source import ROOT

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_TIME = re.compile(r"\d+\.\d+ s\b")
_COLUMNS = 100  # of the terminal whose output a page shows
_LIMIT = 120  # seconds that a command of a page may take


@dataclass(frozen=True)
class Block:
    """A fenced block: the words behind its fence, its text, and the line of the page where the text begins."""

    info: str
    body: str
    line: int

    @property
    def language(self) -> str:
        return self.info.split(" ")[0]

    @property
    def file(self) -> str | None:
        """The file that the block is part of."""
        _, _, name = self.info.partition(" ")
        return name or None


@dataclass(frozen=True)
class Command:
    """A command of a console block, and what it is expected to print; the last line may be its exit status."""

    text: str
    expected: str
    line: int


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page."""
    return [
        Block(found["info"].strip(), found["body"], page.count("\n", 0, found.start("body")) + 1)
        for found in _FENCE.finditer(page)
    ]


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block."""
    parts = re.split(r"^\$ ", block.body, flags=re.MULTILINE)
    line = block.line + parts[0].count("\n")
    for part in parts[1:]:
        text, _, expected = part.partition("\n")
        yield Command(text, expected, line)
        line += part.count("\n")


def _expanded(word: str, folder: Path) -> list[str]:
    """The files that a pattern stands for, as a shell expands it."""
    found = sorted(str(path.relative_to(folder)) for path in folder.glob(word)) if "*" in word else []
    return found or [word]


def run(command: str, folder: Path) -> str:
    """What a command prints in a folder, and a line with its status where that is not 0.

    Only `verify`, `python` and `cat` are commands; no shell is involved but for the names of files.
    """
    words = [name for word in shlex.split(command, comments=True) for name in _expanded(word, folder)]
    python = {"verify": ["-m", "verifier.cli"], "python": []}
    if words[0] == "cat":
        return "".join((folder / name).read_text(encoding="utf-8") for name in words[1:])
    arguments = [sys.executable, *python[words[0]], *words[1:]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": str(_COLUMNS)}
    done = subprocess.run(
        arguments,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_LIMIT,
    )
    printed = "\n".join(line.rstrip() for line in done.stdout.rstrip("\n").split("\n"))
    status = f"[{done.returncode}]\n" if done.returncode else ""
    return (f"{printed}\n" if printed else "") + status


def offer_examples(folder: Path) -> None:
    """Lets the commands that run in a folder name the examples as one does in a checkout."""
    (folder / "examples").symlink_to(ROOT / "examples")


def matches(expected: str, printed: str) -> bool:
    """Whether the output is the expected one, times and runs of spaces apart."""
    pieces = []
    for line in expected.rstrip("\n").split("\n"):
        pieces.append(r"(?:.*\n)*" if line.strip() == "..." else re.escape(_plain(line)) + r"\n")
    lines = printed.rstrip("\n").split("\n")
    return re.fullmatch("".join(pieces), "".join(f"{_plain(line)}\n" for line in lines)) is not None


def _plain(line: str) -> str:
    return re.sub(r"\s+", " ", _TIME.sub("0.0 s", line)).strip()


def write_file(block: Block, folder: Path) -> None:
    """Appends a block to the file that it is part of."""
    assert block.file is not None
    path = folder / block.file
    before = path.read_text(encoding="utf-8") + "\n\n" if path.exists() else ""
    path.write_text(before + block.body, encoding="utf-8")


def promote(path: Path) -> None:
    """Writes what the commands of a page print now into the page; blocks with `...` are left to be edited by hand."""
    page = path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        offer_examples(folder)
        for block in blocks(page):
            if block.language == "python" and block.file:
                write_file(block, folder)
            if block.language != "console":
                continue
            new = ""
            for command in commands(block):
                printed = run(command.text, folder)
                kept = matches(command.expected, printed)
                new += f"$ {command.text}\n{command.expected if kept else printed}"
            page = page.replace(f"```console\n{block.body}```", f"```console\n{new}```")
    path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        promote(Path(argument))
