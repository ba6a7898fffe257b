"""Parts of pages that the build writes from the code: a line `% generated: NAME ARGUMENTS` in a page stands for the text."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_MARK = re.compile(r"^% generated: ([a-z]+)(?: (.*))?$", re.MULTILINE)
_TOP = re.compile(r"\]\((?:\.\./)*(CHANGELOG|CONTRIBUTING|SECURITY)\.md")  # pages of the site that lie outside docs/


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def commands() -> str:
    """Every command with its help, arguments, options and examples, as typer prints them."""
    import click
    import typer

    from verifier.cli.app import application

    root = typer.main.get_command(application())
    assert isinstance(root, click.Group) or hasattr(root, "commands")
    parts = []
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        parts.append(f"(command-{name})=\n\n## verify {name}\n")
        parts.append(f"{_prose(command.help)}\n")
        context = command.make_context(name, [], resilient_parsing=True)
        usage = " ".join(["verify", name, *command.collect_usage_pieces(context)])
        parts.append(f"```text\n{usage}\n```\n")
        rows = []
        for parameter in command.params:
            record = parameter.get_help_record(context)
            if record is None and parameter.param_type_name == "argument" and getattr(parameter, "help", None):
                record = ("", parameter.help)
            if record is not None and parameter.param_type_name == "argument":
                record = (parameter.metavar or parameter.name.upper(), record[1])
            if record is not None:
                rows.append(f"| `{_cell(record[0])}` | {_cell(record[1])} |")
        if rows:
            parts.append("| argument or option | meaning |\n|---|---|\n" + "\n".join(rows) + "\n")
        examples = [line.strip() for line in (command.epilog or "").split("\n") if line.strip().startswith("verify ")]
        if examples:
            parts.append("```text\n" + "\n".join(f"$ {line}" for line in examples) + "\n```\n")
    return "\n".join(parts)


def _prose(text: str | None) -> str:
    return re.sub(r"(?m)^\f|\b\b\n", "", text or "").strip()


@functools.cache
def _templates() -> list[tuple[str | None, str]]:
    """Every message with its code, `...` in place of what the verifier fills in."""
    found = []
    from verifier.kernel import codes

    for path in sorted((ROOT / "verifier").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not any(f"{name}(" in text for name in ("ModelError", "UsageError", "usage")):
            continue
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        tables = {"ModelError": codes.MODEL, "UsageError": codes.USAGE, "usage": codes.USAGE}
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in tables and node.args:
                own = [
                    getattr(codes, getattr(word.value, "id", ""), None) for word in node.keywords if word.arg == "code"
                ]
                said = _template(node.args[0])
                if said.strip(". "):
                    found.append((own[0] if own else codes.of_module(module, tables[node.func.id]), said))
    return found


def _template(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "..." for part in node.values)
    return ""


def messages(code: str) -> str:
    """The list of messages with a code."""
    lines = sorted({text for own, text in _templates() if own == code}, key=str.lower)
    listed = "\n".join(f"- `{line.replace('`', chr(39))}`" for line in lines)
    return (
        f"## Messages\n\nThese messages have this code; `...` stands for a part that depends on the input.\n\n{listed}\n"
        if lines
        else ""
    )


def codes() -> str:
    """The table of codes."""
    from verifier.kernel.codes import TITLES

    return "| code | kind |\n|---|---|\n" + "\n".join(
        f"| [{code}](errors/{code}.md) | {title} |" for code, title in TITLES.items()
    )


def root(name: str) -> str:
    """A page that lies at the top of the repository, with its links as they are from here."""
    text = _TOP.sub(lambda found: f"]({found[1].lower()}.md", (ROOT / name).read_text(encoding="utf-8"))
    return text.replace("](docs/", "](").replace("](LICENSE)", "](../LICENSE)")


GENERATED = {"root": root, "commands": commands, "messages": messages, "codes": codes}


def _insert(app: Any, name: str, source: list[str]) -> None:
    up = "../" * name.count("/")
    source[0] = _TOP.sub(lambda found: f"]({up}{found[1].lower()}.md", source[0])
    source[0] = _MARK.sub(lambda found: GENERATED[found[1]](*(found[2] or "").split()), source[0])


def setup(app: Any) -> dict[str, Any]:
    """Connects the generators; Sphinx calls this."""
    app.connect("source-read", _insert)
    return {"parallel_read_safe": True}
