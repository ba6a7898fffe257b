"""What `prove` says of lemmas beside its verdicts: warnings, counterexamples to induction, the next command to type."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.command import run
from tests.lemmas.concrete import check_cti, check_false, read
from tests.lemmas.sources import ELECTION, FALSE_FUTURE, FIELD, LOCK, RIGHT, UNDEFINED, WRONG, election, write
from verifier.catalog import load
from verifier.documents import Result
from verifier.jobs.collect import Collector
from verifier.proof.strategy import ProveRequest, prove

SCOPES = ("published", "unbounded")
GOOD = ("LeaderHasQuorum", "VotesWereSent", "VoteRemembered", "NoFutureVotes")


def proved(source: str, folder: Path, scope: str = "published", **options: Any) -> tuple[str, Result]:
    path = write(folder, source)
    return path, verifier.prove(path, scope=scope, in_process=True, **options)


def statuses(result: Result) -> dict[str, str]:
    return {entry.name: entry.status for entry in result.lemma_report}


def warnings(result: Result) -> list[str]:
    return list((result.statistics or {}).get("warnings", []))


@pytest.mark.parametrize("engine", ["auto", "explicit"])
def test_a_false_lemma_is_a_warning_with_its_trace(engine: str, tmp_path: Path) -> None:
    path, result = proved(LOCK + WRONG, tmp_path, engine=engine)
    assert result["MutualExclusion"].verdict == "proved"
    assert warnings(result) == ["lemma HolderHasLock is false: a run of 2 steps falsifies it"]
    [entry] = [entry for entry in result.lemma_report if entry.status == "false"]
    check_false(path, entry)


def test_a_false_lemma_is_a_warning_at_unbounded_scope(tmp_path: Path) -> None:
    path, result = proved(LOCK + WRONG, tmp_path, "unbounded")
    assert result["MutualExclusion"].verdict == "proved"
    assert warnings(result) == ["lemma HolderHasLock is false: a run of 2 steps falsifies it"]
    [entry] = [entry for entry in result.lemma_report if entry.status == "false"]
    check_false(path, entry)


def test_a_violated_property_asks_nothing_about_lemmas(tmp_path: Path) -> None:
    source = (LOCK + WRONG).replace('    guard("free", s.lock == none)\n', "")
    _, alone = proved(source, tmp_path, properties=["MutualExclusion"])
    assert [entry.name for entry in alone.violations] == ["MutualExclusion"]
    assert "HolderHasLock" not in statuses(alone)
    _, result = proved(source, tmp_path)
    assert statuses(result)["HolderHasLock"] == "false"


def test_where_only_verdicts_are_wanted_lemmas_are_looked_at_if_one_is_open(tmp_path: Path) -> None:
    protocol = load(write(tmp_path, LOCK + WRONG))

    def false(k: int, engine: str, *, verdicts_only: bool) -> list[str]:
        request = ProveRequest(protocol, k=k, engine=engine, verdicts_only=verdicts_only)
        return [entry["name"] for entry in prove(request, lambda event: None)["lemma_report"] if entry["status"] == "false"]

    assert false(8, "auto", verdicts_only=False) == ["HolderHasLock"]
    assert false(8, "auto", verdicts_only=True) == []
    assert false(2, "bmc", verdicts_only=True) == ["HolderHasLock"]


def test_a_lemma_without_a_value_in_some_run_is_a_warning(tmp_path: Path) -> None:
    _, result = proved(UNDEFINED, tmp_path)
    assert result["Same"].verdict == "proved"
    assert statuses(result)["Early"] == "false"
    assert warnings(result) == ["lemma Early is undefined: in an initial state its text has no value"]


@pytest.mark.full
@pytest.mark.parametrize("scope", ["published", pytest.param("unbounded", marks=pytest.mark.nightly)])
def test_a_false_lemma_among_good_ones(scope: str, tmp_path: Path) -> None:
    _, result = proved(election(*GOOD[:3]) + FALSE_FUTURE, tmp_path, scope)
    assert statuses(result) == {**dict.fromkeys(GOOD[:3], "inductive"), "NoFutureVotes": "false", "ElectionSafety": "inductive"}
    assert warnings(result) == ["lemma NoFutureVotes is false: a run of 1 step falsifies it"]
    assert result["ElectionSafety"].verdict == ("proved" if scope == "published" else "unknown")


@pytest.mark.parametrize("scope", SCOPES)
def test_good_lemmas_are_inductive_and_nothing_is_said_of_them(scope: str, tmp_path: Path) -> None:
    _, result = proved(LOCK + RIGHT, tmp_path, scope)
    assert statuses(result) == {"HolderHasLock": "inductive", "MutualExclusion": "inductive"}
    assert warnings(result) == []
    assert result.next is None


@pytest.mark.nightly
@pytest.mark.parametrize("lemmas", [(), GOOD[2:]])
def test_an_unknown_property_says_what_to_type_next(lemmas: tuple[str, ...], tmp_path: Path) -> None:
    path, result = proved(election(*lemmas), tmp_path, "unbounded")
    entry = result["ElectionSafety"]
    assert entry.verdict == "unknown"
    assert entry.next == result.next == shlex.join(["verify", "lemmas", path, "--scope", "unbounded", "--preserved", "Win"])
    assert entry.cti is not None
    [about] = [found for found in result.lemma_report if found.name == "ElectionSafety"]
    check_cti(path, about, entry.cti)
    # What it says can be typed.
    assert run([*shlex.split(entry.next)[1:], "--quiet"]) == 3


@pytest.mark.parametrize("scope", ["published", pytest.param("unbounded", marks=pytest.mark.nightly)])
def test_counterexamples_to_induction_are_shown_however_the_property_was_decided(scope: str, tmp_path: Path) -> None:
    path, result = proved(ELECTION, tmp_path, scope, show_cti=True)
    entry = result["ElectionSafety"]
    assert entry.verdict == ("proved" if scope == "published" else "unknown")
    assert entry.cti is not None
    assert entry.cti.action == "Win"
    [about] = [found for found in result.lemma_report if found.name == "ElectionSafety"]
    check_cti(path, about, entry.cti)


def test_a_step_property_has_one_too(tmp_path: Path) -> None:
    source = LOCK + '''

@p.action_property()
def Kept(s: State, after: State) -> Bool:
    return implies((s.lock != none) & (s.lock != after.lock), after.lock == none)
'''
    nobody = "forall(Client, lambda d: s.phase[d] != Phase.Holding)"
    path, result = proved(source.replace("s.lock == none)", nobody + ")", 1), tmp_path, show_cti=True, lemmas=False)
    entry = result["Kept"]
    assert (entry.verdict, (entry.k or 0) > 1) == ("proved", True)  # one step was not enough
    assert entry.cti is not None
    machine, stated, steps = read(entry.cti.trace, load(path))
    [(_, _, first), (_, _, second)] = steps
    assert all(machine.holds(one.whole, first) for one in stated)
    [kept] = [found for found in machine.model.properties if found.name == "Kept"]
    assert not machine.holds(kept, first, second)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"engine": "bmc", "k": 3}, ["--property", "ElectionSafety"]),
        ({"engine": "kinduction", "k": 1, "lemmas": False}, ["--preserved", "Win"]),
    ],
)
def test_a_bounded_property_says_what_to_type_next(options: dict[str, Any], words: list[str], tmp_path: Path) -> None:
    _, result = proved(ELECTION, tmp_path, properties=["ElectionSafety"], **options)
    entry = result["ElectionSafety"]
    assert entry.verdict == "bounded"
    assert entry.next is not None
    assert shlex.split(entry.next)[-len(words) :] == words


def test_what_ran_out_of_time_is_tried_with_more() -> None:
    job: Any = {
        "command": "prove",
        "protocols": ["./my model.py"],
        "variant": None,
        "drops": [],
        "scope": "unbounded",
        "settings": [],
        "k": 8,
        "properties": ["P"],
    }
    [document] = Collector(job).documents("timeout", seconds=2.0, limit="2 s")
    result = Result.from_document(document)
    expected = ["verify", "prove", "./my model.py", "--scope", "unbounded", "--property", "P", "--timeout", "4"]
    assert result["P"].next == result.next == shlex.join(expected)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_lemma_that_reads_like_a_guard_is_called_a_lemma(
    scope: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, FIELD)
    assert run(["prove", path, "--scope", scope, "--explain"]) == 0
    printed = capsys.readouterr().out
    assert "Good rests on lemma Held" in printed
    assert "Held: it starts held and no step gives it up" in printed
    assert "initiation" in printed
    assert "consecution" in printed
    result = verifier.prove(path, scope=scope, blame=True, in_process=True)
    blamed = result["Good"].blamed
    assert blamed is not None
    assert (blamed.guards, blamed.lemmas) == ((), ("lease.held",))
    assert result["Good"].blame == ("lease.held",)


def test_explanations_name_who_answered_and_what_blocks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, LOCK)
    assert run(["prove", path, "--scope", "unbounded", "--no-lemmas", "--explain"]) == 3
    printed = capsys.readouterr().out
    assert "initiation for MutualExclusion: proved by default" in printed
    assert "consecution of Grant for MutualExclusion: blocked" in printed
    # A command that does not fit continues after a backslash.
    assert f"next: verify lemmas {path} --scope unbounded --preserved Grant" in re.sub(r" \\\n +", " ", printed)


def test_inferred_lemmas_are_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "composed", "--property", "Composed-1"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert lines
    assert all(line.endswith("  inferred") for line in lines)


@pytest.mark.parametrize("scope", SCOPES)
def test_the_first_violation_may_end_the_run(scope: str, tmp_path: Path) -> None:
    source = (LOCK + RIGHT).replace('    guard("free", s.lock == none)\n', "")
    path = write(tmp_path, source)
    whole = verifier.prove(path, scope=scope, in_process=True)
    result = verifier.prove(path, scope=scope, fail_fast=True, in_process=True)
    assert [entry.name for entry in result.violations] == ["MutualExclusion"]
    assert {e.name: e.verdict for e in whole.properties} == {
        e.name: "proved" if e.verdict == "unknown" else e.verdict for e in result.properties
    }
    assert run(["prove", path, "--fail-fast", "--scope", scope, "--quiet"]) == 1
    several = verifier.prove([path, "hlc"], fail_fast=True, in_process=True)
    assert {entry.verdict for entry in several.results[1].properties} <= {"unknown"}
