"""The commands on real protocols, from the arguments to the files they leave."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command import environment, verify
from verifier.documents import Exploration, Listing, Result, Results, Run, Trace


def written(*arguments: str, code: int) -> Any:
    """The JSON document of a command, which must end with this code and print nothing else."""
    done = verify(*arguments, "--json", "-")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def test_every_property_is_proved() -> None:
    result = Result.from_document(written("prove", "composed", "--k", "8", code=0))
    assert result.proved
    assert (result.protocol, result.variant, result.scope, result.k) == ("composed", "safe", "published", 8)
    assert result.parameters["Keys"] == 2
    assert result.versions["z3"]
    assert result.model_digest
    assert result["Composed-1"].method == "lemmas"
    assert result["composed1_committoowninggroup"].name == "Composed-1"
    assert "txnObservedVer[t] <= catalogVersion" in (result["Composed-1"].lemmas or ())
    assert result["Composed-2"].vacuous is not None


def test_the_same_call_gives_the_same_document() -> None:
    def stable(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: stable(item) for name, item in value.items() if name not in ("seconds", "phases")}
        return [stable(item) for item in value] if isinstance(value, list) else value

    first, second = (written("prove", "composed", code=0) for _ in range(2))
    assert json.dumps(stable(first)) == json.dumps(stable(second))


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "traces"
    done = verify("prove", "composed:gap", "--property", "Composed-1", "--traces", str(folder))
    assert done.returncode == 1
    assert "Composed-1 is VIOLATED in 4 steps, shortest" in done.stdout
    assert done.stderr == ""
    return folder


@pytest.fixture
def trace(traces: Path) -> dict[str, Any]:
    (file,) = traces.iterdir()
    assert file.name == "composed.gap.Composed-1.itf.json"
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def test_a_trace_is_replayed(traces: Path, trace: dict[str, Any]) -> None:
    assert Trace.from_document(trace).steps == 4
    done = verify("replay", str(next(traces.iterdir())))
    assert done.returncode == 0
    assert "is violated as claimed" in done.stdout


def test_a_changed_trace_is_refused(trace: dict[str, Any], tmp_path: Path) -> None:
    steps = [state["mbt::actionTaken"] for state in trace["states"]]
    position = steps.index("WriteIntent")
    taken = trace["states"][position]["mbt::nondetPicks"]["t"]["value"]
    other = "t1" if taken == "t2" else "t2"
    trace["states"][position]["mbt::nondetPicks"]["t"]["value"] = other
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(trace))
    done = verify("replay", str(file))
    assert done.returncode == 1
    assert f"step {position}" in done.stdout
    assert "active" in done.stdout


def test_a_trace_of_another_version_is_refused(trace: dict[str, Any], tmp_path: Path) -> None:
    trace["#meta"]["model_digest"] = "0" * 64
    file = tmp_path / "old.json"
    file.write_text(json.dumps(trace))
    done = verify("replay", str(file))
    assert done.returncode == 2
    assert "another version" in done.stderr


@pytest.mark.parametrize("name", ["./evil.py", "evil.py", "evil", "{folder}/evil.py"])
def test_a_trace_that_names_a_file_does_not_execute_it(name: str, trace: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text("open('executed', 'w').close()\n")
    trace["#meta"]["protocol"] = name.replace("{folder}", str(tmp_path))
    file = tmp_path / "trace.json"
    file.write_text(json.dumps(trace))
    done = verify("replay", "trace.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "--protocol FILE" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.py", "trace.json"]


def test_several_protocols_in_one_call() -> None:
    results = Results.from_document(written("prove", "composed", "composed:gap", "--property", "Composed-1", code=1))
    assert [(one.variant, one["Composed-1"].verdict) for one in results.results] == [
        ("safe", "proved"),
        ("gap", "violated"),
    ]


def test_dropping_a_guard_is_like_the_variant_that_drops_it() -> None:
    result = Result.from_document(
        written("prove", "composed", "--drop", "Commit.observed-owner", "--property", "Composed-1", code=1)
    )
    assert result.dropped == ("Commit.observed-owner",)
    assert result["Composed-1"].steps == 4


def test_explore_counts_as_tlc_does() -> None:
    found = Exploration.from_document(written("explore", "composed", "--symmetry", code=0))
    assert (found.distinct, found.generated, found.diameter, found.orbits) == (9629, 13315, 7, 2688)
    assert found.complete


def test_explore_goes_on_after_a_violation() -> None:
    found = Exploration.from_document(written("explore", "composed:gap", code=1))
    assert (found.distinct, found.diameter) == (9785, 7)
    assert [(entry.property, entry.steps) for entry in found.violations] == [("Composed-1", 4)]


def test_explore_stopped_early_is_not_complete() -> None:
    found = Exploration.from_document(written("explore", "composed", "--max-states", "100", code=3))
    assert not found.complete


def test_run_finds_and_shortens() -> None:
    arguments = ("run", "composed:gap", "--seed", "1")
    first, second = (Run.from_document(written(*arguments, code=1)) for _ in range(2))
    assert [entry.property for entry in first.violations] == ["Composed-1"]
    assert first.violations == second.violations


def test_list_and_show() -> None:
    listing = Listing.from_document(written("list", code=0))
    assert "composed" in [protocol.name for protocol in listing.protocols]
    (one,) = Listing.from_document(written("list", "composed", code=0)).protocols
    assert "gap" in one.variants
    assert "ProposeRouteChange" in verify("show", "composed").stdout


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (["compsed"], "composed"),
        (["composed:gep"], "gap"),
        (["composed", "--property", "Composed-11"], "Composed-1"),
        (["composed", "--drop", "Comit.observed-owner"], "Commit"),
        (["composed", "--drop", "Commit.observed-ownr"], "observed-owner"),
        (["composed", "--set", "Kes=3"], "Keys"),
        (["composed", "--set", "Keys=none"], "Keys=3"),
        (["composed:gap", "--variant", "safe"], "one of them"),
        (["no/such/file.py"], "no/such/file.py"),
    ],
)
def test_the_nearest_name_is_suggested(arguments: list[str], nearest: str) -> None:
    done = verify("prove", *arguments)
    assert done.returncode == 2
    assert 1 <= len(done.stderr.splitlines()) <= 3
    assert nearest in done.stderr


def test_a_broken_file_shows_the_users_own_line(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("from verifier.kernel import Protocol\n\np = Protocol('p', 'x'\n")
    done = verify("prove", "./broken.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "broken.py:3" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3


def test_a_new_protocol_proves_and_is_not_overwritten(tmp_path: Path) -> None:
    assert verify("new", "my_protocol", cwd=tmp_path).returncode == 0
    file = tmp_path / "my_protocol.py"
    assert "{{" not in file.read_text()
    result = Result.from_document(json.loads(verify("prove", "./my_protocol.py", "--json", "-", cwd=tmp_path).stdout))
    assert result.proved
    assert result.protocol == "my_protocol"
    file.write_text("kept")
    again = verify("new", "my_protocol", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert file.read_text() == "kept"


def test_a_trace_of_a_users_protocol_needs_its_file(tmp_path: Path) -> None:
    verify("new", "my_protocol", cwd=tmp_path)
    assert verify("prove", "my_protocol.py:hasty", "--traces", "out", cwd=tmp_path).returncode == 1
    (trace,) = (tmp_path / "out").iterdir()
    assert verify("replay", str(trace), cwd=tmp_path).returncode == 2
    assert verify("replay", str(trace), "--protocol", "my_protocol.py", cwd=tmp_path).returncode == 0
    assert verify("replay", str(trace), "--protocol", "composed", cwd=tmp_path).returncode == 2


HARD = ("composed", "--set", "Keys=4", "--set", "Groups=4", "--set", "TxnIds=6", "--set", "MaxVersions=6")
MANY = ("--set", "MaxTs=40", "--set", "MaxOps=40", "--no-lemmas", "--k", "60")


def test_a_hard_instance_ends_at_its_time_limit(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    done = verify("prove", *HARD, *MANY, "--timeout", "4", "--json", str(file))
    assert done.returncode == 124
    result = Result.from_document(json.loads(file.read_text()))
    open_ = [entry for entry in result.properties if entry.verdict == "unknown"]
    assert open_
    assert all("time limit" in (entry.reason or "") for entry in open_)
    assert result.ended == "timeout"


def test_an_interrupt_tells_what_is_known(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    command = [sys.executable, "-P", "-m", "verifier.cli", "prove", *HARD, *MANY, "--json", str(file)]
    with subprocess.Popen(
        [*command, "--log-level", "info"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert "verify: TypeOK is proved\n" in iter(process.stderr.readline, "")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "interrupted" in out
    result = Result.from_document(json.loads(file.read_text()))
    assert result.ended == "interrupted"
    assert result["TypeOK"].proved
    assert result["Composed-1"].verdict == "unknown"
