"""Writes docs/examples.md: `python -m tests.docs.examples` (`make examples`) runs its commands and writes what they print."""

from __future__ import annotations

import inspect
import tempfile
from pathlib import Path

from tests.docs.markdown import blocks, commands, matches, offer_examples, run
from tests.examples.gallery import GALLERY, Count, Example, length
from tests.source import ROOT
from verifier.catalog import load
from verifier.kernel import Protocol

PAGE = ROOT / "docs" / "examples.md"
LONGEST = 40  # lines of output that are shown as they are

HEAD = """# Examples

Each of these files holds a protocol, its properties, a variant that breaks it, and the lemmas that a proof for every size
needs. They follow published descriptions, most of them modules of [tlaplus/Examples](https://github.com/tlaplus/Examples),
whose numbers of states they have. Liveness properties are decided with `--liveness`, or where they are named. This page is
written from the files by `make examples`.

States are distinct ones, and levels are TLC's depth, as `verify explore` counts them with the sizes in the file unless others
are given. Lines are those that are neither blank nor comments nor docstrings; in parentheses those of the TLA+ module,
without liveness and refinement.

| example | protocol | states | levels | lines | proved for every size |
| --- | --- | --- | --- | --- | --- |
"""


def paragraphs(protocol: Protocol, example: Example) -> str:
    """What the file says of itself, without the commands."""
    text = inspect.cleandoc(compile_docstring(example.path))
    return "\n\n".join(part for part in text.split("\n\n") if not part.startswith("    "))


def compile_docstring(path: Path) -> str:
    """The docstring of a file."""
    return compile(path.read_text(encoding="utf-8"), str(path), "exec").co_consts[0] or ""


def row(example: Example, protocol: Protocol) -> str:
    """What the table at the top says of an example."""
    first, lines = example.counts[0], str(length(example.path.read_text(encoding="utf-8")))
    published = f" ({example.tla_lines})" if example.tla_lines else ""
    proved = ", ".join(f"`{name}`" for name in example.unbounded)
    cells = [f"[{example.name}](#{example.name})", protocol.title, f"{first.distinct:,}", str(first.levels)]
    return "| " + " | ".join([*cells, lines + published, proved]) + " |\n"


def searched(example: Example, count: Count) -> str:
    """The command of a search, and how much it visits."""
    variant = f":{count.variant}" if count.variant else ""
    sizes = "".join(f" --set {name}={value}" for name, value in count.settings.items())
    levels = "1 level" if count.levels == 1 else f"{count.levels} levels"
    return f"- `verify explore examples/{example.name}.py{variant}{sizes}`: {count.distinct:,} states, {levels}\n"


def properties(example: Example, protocol: Protocol) -> str:
    """The properties of an example with their verdicts."""
    text = "| property | what it says | with these sizes | with every size |\n| --- | --- | --- | --- |\n"
    for one in protocol.properties.values():
        expected = one.expectation(protocol.default_variant)
        lasso = f"by a lasso of stem {expected.steps}, loop {expected.loop}"
        how = lasso if expected.loop is not None else f"in {expected.steps} steps"
        verdict = "proved" if expected.verdict == "proved" else f"**violated** {how}"
        name = one.short or one.name
        says = (one.doc or "The type invariant.").replace("\n", " ")
        text += f"| `{name}` | {says} | {verdict} | {'proved' if name in example.unbounded else ''} |\n"
    return text


def broken(protocol: Protocol) -> tuple[str, str]:
    """A variant that is expected to fail, and the property that it violates."""
    for variant in protocol.variants:
        for one in protocol.properties.values():
            if variant != protocol.default_variant and one.expectation(variant).verdict == "violated":
                return variant, one.short or one.name
    raise AssertionError(f"{protocol.name} has no variant that breaks it")


def shortened(printed: str) -> str:
    """The output of a command, without its middle if it is long: what is violated, and the end."""
    lines = printed.split("\n")
    if len(lines) <= LONGEST:
        return printed
    start = next(number for number, line in enumerate(lines) if " is VIOLATED in " in line) + 1
    end = max(number for number, line in enumerate(lines) if line[:5].strip().isdigit())
    return "\n".join([*lines[:start], "...", *lines[end:]])


def section(example: Example, known: dict[str, str]) -> str:
    """What the page says of an example; the output of its command is the known one, or is asked for."""
    protocol = load(str(example.path))
    text = f"## {example.name}\n\n{paragraphs(protocol, example)}\n\n"
    text += f"[examples/{example.name}.py](../examples/{example.name}.py), after {protocol.source}.\n\n"
    text += properties(example, protocol) + "\n" + "".join(searched(example, count) for count in example.counts)
    variant, name = broken(protocol)
    command = f"verify prove examples/{example.name}.py:{variant} --property {name} --no-lemmas"
    output = known.get(command) or answer(command)
    return f"{text}\nThe variant `{variant}`: {protocol.variants[variant].doc}.\n\n```console\n$ {command}\n{output}```\n"


def answer(command: str) -> str:
    """What a command of the page prints."""
    with tempfile.TemporaryDirectory() as name:
        offer_examples(Path(name))
        return shortened(run(command, Path(name)))


def known_answers() -> dict[str, str]:
    """The commands of the page as it is, and what they print."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    return {one.text: one.expected for block in blocks(page) if block.language == "console" for one in commands(block)}


def page(known: dict[str, str]) -> str:
    """The page, with known outputs of commands."""
    rows = "".join(row(example, load(str(example.path))) for example in GALLERY)
    return HEAD + rows + "\n" + "\n".join(section(example, known) for example in GALLERY)


def write() -> None:
    """Runs the commands, and writes the page; what they print is kept where nothing but times has changed."""
    known = known_answers()
    for command, printed in known.items():
        now = answer(command)
        known[command] = printed if matches(printed, now) else now
    PAGE.write_text(page(known), encoding="utf-8")


if __name__ == "__main__":
    write()
