"""Models that end their process, read what is not theirs, or never end: their fault, told in a line, and within every limit."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests import workers
from tests.command import run
from tests.nightly.toys import counter
from verifier.jobs.session import Session
from verifier.jobs.session import run as run_job
from verifier.kernel.errors import ModelError

LOADING = {"event": "loading", "reference": "m.py"}
LOADED = {"event": "loading", "reference": None}
JOB = {"command": "show", "protocol": "m.py", "variant": None}


def model(folder: Path, program: str, *, inside: str = "") -> str:
    """A file whose last lines are `program`, and whose action begins with `inside`."""
    path = counter(folder, "m")
    text = path.read_text().replace('    guard("below"', f'    {inside or "pass"}\n    guard("below"')
    path.write_text(f"{text}\n{program}\n")
    return str(path)


# -- what the parent makes of it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("death", "says"), [(workers.EXITS, "status 7"), ("os.abort()", "signal 6"), ("pass", "status 0")]
)
def test_a_process_that_ends_while_a_model_is_loaded(death: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "m.py"], workers.worker(LOADING, then=death)) == 2
    told = capsys.readouterr().err
    assert told.startswith("verify: m.py: the process ended while it was being loaded, ")
    assert says in told
    assert len(told.splitlines()) == 1


def test_a_process_that_ends_later_is_the_tools_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "m.py"], workers.worker(LOADING, LOADED, then=workers.EXITS)) == 70
    Path(capsys.readouterr().err.splitlines()[1].removeprefix("report: ")).unlink()


@pytest.mark.parametrize("arguments", [["prove", "m.py"], ["list", "m.py"], ["show", "m.py"], ["explore", "m.py"]])
def test_a_model_that_is_loaded_without_end(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    worker = workers.worker(LOADING, then=workers.LOOPS)
    assert run([*arguments, "--timeout", "0.5"], worker) == 124
    told = capsys.readouterr()
    assert "the time limit ran out (0.5 s)" in told.out + told.err or arguments[0] == "explore"


@pytest.mark.parametrize("command", ["list", "show"])
def test_what_has_nothing_to_show_says_why(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "m.py", "--timeout", "0.5"], workers.worker(LOADING, then=workers.LOOPS)) == 124
    told = capsys.readouterr()
    assert told.err == "verify: the time limit ran out (0.5 s) while m.py was being loaded\n"
    assert told.out == ""
    assert run([command, "m.py", "--memory", "120"], workers.worker(LOADING, then=workers.ALLOCATES)) == 3
    assert "memory limit" in capsys.readouterr().err
    assert run([command, "m.py"], workers.worker(LOADING, then=workers.IS_KILLED)) == 3
    assert "killed by the system" in capsys.readouterr().err
    assert run([command, "m.py"], workers.worker(then=f"os.kill({os.getpid()}, 2)\n{workers.LOOPS}")) == 130


@pytest.mark.parametrize("line", ["garbage", "[1]", '{"a": 1}', '{"event": 1}', "[" * 100_000, "\udcff"])
def test_what_is_not_an_event_is_an_error_in_a_line(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    written = line.encode("utf-8", "surrogateescape")
    assert run(["prove", "m.py"], workers.worker(then=f"os.write(1, {written!r} + bytes([10]))")) == 70
    told = capsys.readouterr().err.splitlines()
    assert "something other than an event" in told[0]
    Path(told[1].removeprefix("report: ")).unlink()


def test_a_search_that_is_cut_off_at_once_tells_what_it_knows(capsys: pytest.CaptureFixture[str]) -> None:
    run(["run", "m.py", "--timeout", "0.3", "--depth", "9"], workers.worker(then=workers.LOOPS))
    told = capsys.readouterr().out
    assert "None" not in told
    assert "sample runs of at most 9 steps, seed 0" in told
    assert "no run was finished" in told
    run(["gaps", "m.py", "--timeout", "0.3"], workers.worker(then=workers.LOOPS))
    assert "there is no guard" not in capsys.readouterr().out


def test_certificates_that_were_not_checked_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [str(tmp_path / name) for name in ("a.cert.json", "b.cert.json")]
    for name in names:
        Path(name).write_text("{}")
    document = tmp_path / "check.json"
    arguments = ["check", *names, "--timeout", "0.5", "--json", str(document)]
    assert run(arguments, workers.worker(then=workers.LOOPS)) == 124
    told = capsys.readouterr().out
    assert "0 of 2 certificates valid, 2 not checked: the time limit ran out (0.5 s)" in told
    assert json.loads(document.read_text())["unchecked"] == names


# -- what the worker makes of it ---------------------------------------------------------------------------------------------


def refusal(reference: str) -> ModelError:
    with pytest.raises(ModelError) as caught:
        run_job({**JOB, "protocol": reference}, Session(), timeout=120)
    return caught.value


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import os; os._exit(0)", "status 0"),
    ],
)
def test_a_model_that_dies(program: str, says: str, tmp_path: Path) -> None:
    assert says in str(refusal(model(tmp_path, program)))


@pytest.mark.full
@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("import os; os._exit(7)", "status 7"),
        ("import os; os.abort()", "signal 6"),
        ("import ctypes; ctypes.string_at(0)", "signal 11"),
        ("raise SystemExit(0)", "ends the program"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("raise BaseException('x')", "BaseException: x"),
        ("raise MemoryError", "MemoryError"),
        ("f = lambda: f(); f()", "calls itself without end"),
        ("input()", "EOFError"),
    ],
)
def test_a_model_that_dies_otherwise(program: str, says: str, tmp_path: Path) -> None:
    error = refusal(model(tmp_path, program))
    assert says in str(error)
    if "ended while" not in error.message:
        assert error.position is not None
        assert error.source == program.splitlines()[-1]


@pytest.mark.full
def test_a_model_that_dies_costs_a_call_its_own_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calm = str(counter(tmp_path, "calm"))
    for program in ("raise KeyboardInterrupt", "import os; os._exit(7)"):
        assert run(["prove", calm, model(tmp_path, program)]) == 2
        told = capsys.readouterr()
        assert "calm:safe: " in told.out
        assert len(told.err.splitlines()) <= 2


@pytest.mark.full
@pytest.mark.parametrize("inside", ["raise KeyboardInterrupt", "raise SystemExit", "(lambda f: f(f))(lambda f: f(f))"])
def test_an_action_that_dies(inside: str, tmp_path: Path) -> None:
    error = refusal(model(tmp_path, "", inside=inside))
    assert error.position is not None
    assert error.source == inside


DEEP = """
@p.invariant()
def Deep(s: State) -> Bool:
    formula = s.at <= 3
    for _ in range(2000):
        formula = ~(formula & (s.at <= 3))
    return formula
"""


@pytest.mark.full
@pytest.mark.parametrize("command", ["show", "list"])
def test_an_expression_without_bounds(command: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nested too deeply"):
        run_job({**JOB, "command": command, "protocol": model(tmp_path, DEEP)}, Session(), timeout=120)


def test_a_model_reads_nothing_and_starts_nothing_that_does(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys\n"
        "print(repr(sys.stdin.read()), repr(subprocess.run(['cat'], capture_output=True, text=True).stdout))"
    )
    session = Session()
    answer = run_job({**JOB, "protocol": model(tmp_path, program)}, session, timeout=120)
    assert answer.ended == "complete"
    assert session.output == "'' ''\n"
