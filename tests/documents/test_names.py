"""The package of the documents hands out its names from the modules that define them, one module at a time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from verifier import documents


@pytest.mark.parametrize("name", documents.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(documents, name) is not None
    assert name in dir(documents)


def test_no_other_is() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        _ = documents.Nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("program", "unwanted"),
    [
        ("import verifier.report.text", ["verifier.documents.nightly", "verifier.documents.gaps", "verifier.kernel.sorts"]),
        ("import verifier.cli.app", ["verifier.documents.base", "verifier.kernel.sorts", "rich.console"]),
        ("import verifier.jobs.handlers", ["verifier.wire", "pydantic", "typer"]),
    ],
)
def test_a_command_loads_what_it_needs(program: str, unwanted: list[str]) -> None:
    """Each of these takes milliseconds of every start."""
    code = f"import sys; {program}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert sorted(set(unwanted) & set(run.stdout.split())) == []


def test_little_is_loaded_before_the_worker_is_started() -> None:
    """The worker's clock is the user's: what the parent does first, both wait for."""
    code = (
        "import sys; sys.argv = ['verify', 'prove', 'p'];"
        "import verifier.jobs.launch as launch;"
        "launch.start = lambda *words, **given: (print(*sys.modules), sys.exit());"
        "from verifier.cli import main; main()"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert {"verifier.cli", "verifier.jobs.launch"} <= set(run.stdout.split())
    assert {"typing", "re", "dataclasses", "enum"} & set(run.stdout.split()) == set()
