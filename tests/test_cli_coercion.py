"""Options that are read without typer's adapters are what the adapters make of them, and what is wrong has their messages."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import typer

from verifier.cli.app import application
from verifier.cli.coercion import read_plainly

NUMBERS = ["8", "-8", "0", "-0", "007", "+8", " 8", "8 ", "8.0", "1_000", "0x8", "\u0663", "", "1" * 15, "1" * 16, "9" * 400]
DECIMALS = [*NUMBERS, "2.5", "-2.5", "1.", ".5", "1e3", "1e400", "nan", "inf", "0.1234567891", "1,5"]
CALLS = [
    ("prove", ["a", "b:gap", "--property", "P", "--property", "Q", "--drop", "A.g", "--json", "-"]),
    ("prove", ["a"]),
    ("prove", []),
    ("prove", ["a", "--engine", "pdr", "--scope", "", "--quiet", "--no-quiet"]),
    ("prove", ["a", "--set", "K={a,b}", "--explain", "--certificates", "x y"]),
    ("explore", ["a", "b"]),
    ("check", ["a", "b", "--solver", "z3"]),
    ("replay", ["t.json", "--protocol", "f.py"]),
    *(("prove", ["a", f"--k={text}"]) for text in NUMBERS),
    *(("prove", ["a", f"--timeout={text}", "--memory", "64"]) for text in DECIMALS),
    *(("explore", ["a", f"--max-states={text}"]) for text in NUMBERS),
]


def outcome(name: str, arguments: list[str], *, plainly: bool) -> Any:
    """What the command gets, with the types, or what is said of the arguments."""
    group: Any = typer.main.get_command(application(None))
    if plainly:
        read_plainly(group)
    try:
        with group.commands[name].make_context(name, list(arguments)) as context:
            return {key: (type(value), value) for key, value in context.params.items()}
    except Exception as error:
        return type(error).__name__, str(error)


@pytest.mark.parametrize(("name", "arguments"), CALLS, ids=lambda one: one if isinstance(one, str) else " ".join(one)[:40])
def test_a_call_is_read_alike(name: str, arguments: list[str]) -> None:
    assert repr(outcome(name, arguments, plainly=True)) == repr(outcome(name, arguments, plainly=False))


def test_a_plain_call_loads_no_pydantic() -> None:
    """Loading it takes longer than anything else that is done before the worker has its job."""
    program = (
        "import sys, typer; from verifier.cli.app import application; from verifier.cli.coercion import read_plainly;"
        "group = typer.main.get_command(application('prove')); read_plainly(group);"
        "group.commands['prove'].make_context('prove', ['p', '--k', '8', '--timeout', '2.5', '--quiet']);"
        "print('pydantic' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "False"
