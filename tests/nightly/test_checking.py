"""Certificates of a night are checked from their files, by a worker that knows nothing of the proof."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any, cast

import pytest

from tests.searches import count_only
from verifier import prove
from verifier.evidence.certificate import seal
from verifier.jobs.launch import Worker, start
from verifier.jobs.nightly import checking
from verifier.wire.nights import CertificateOutcome, Order


def written(folder: Path, **options: Any) -> list[Path]:
    assert prove("routes", certificates=folder, in_process=True, **options).proved
    return sorted(folder.glob("*.cert.json"))


def checked(paths: list[Path], scope: str, starting: Any = start) -> dict[str, CertificateOutcome]:
    order = cast("Order", {"job": {"scope": scope}, "timeout": 60.0, "wall": 60.0, "memory": 4096})
    outcomes, _ = checking.check(paths, order, None, None, starting, {})
    assert [one["file"] for one in outcomes] == [path.name for path in paths]
    return {one["property"]: one for one in outcomes}


def properties(paths: list[Path]) -> set[str]:
    return {json.loads(path.read_text(encoding="utf-8"))["property"] for path in paths}


def test_certificates_are_checked_from_their_files(tmp_path: Path) -> None:
    paths = written(tmp_path, scope="unbounded")
    outcomes = checked(paths, "unbounded")
    assert outcomes.keys() == properties(paths)
    assert {one["outcome"] for one in outcomes.values()} == {"agreed"}


def test_one_without_valid_support_is_open(tmp_path: Path) -> None:
    paths = written(tmp_path, scope="unbounded")
    forged = next(path for path in paths if json.loads(path.read_text(encoding="utf-8"))["property"] == "Defined")
    document = json.loads(forged.read_text(encoding="utf-8"))
    forged.write_text(json.dumps({**document, "protocol_text": "another"}), encoding="utf-8")
    outcomes = checked(paths, "unbounded")
    assert outcomes["Defined"]["outcome"] == "disagreed"
    others = [one for name, one in outcomes.items() if name != "Defined"]
    assert others
    assert all(one["outcome"] == "open" and "Defined" in (one["reason"] or "") for one in others)


def test_of_a_count_of_states_the_form_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count_only(monkeypatch)
    paths = written(tmp_path, engine="explicit")
    outcomes = checked(paths, "published")
    assert "unchecked" in {one["outcome"] for one in outcomes.values()}
    counted = next(path for path in paths if json.loads(path.read_text(encoding="utf-8"))["method"] == "exhaustive")
    document = json.loads(counted.read_text(encoding="utf-8"))
    counted.write_text(json.dumps(seal({**document, "logic": "QF_BV"})), encoding="utf-8")
    assert checked(paths, "published")[document["property"]]["outcome"] == "disagreed"


def test_a_check_that_ends_early_leaves_each_certificate_open_under_its_property(tmp_path: Path) -> None:
    paths = written(tmp_path, scope="unbounded")

    def dying(command: str, *hints: str) -> Worker:
        worker = start(command, *hints)
        os.kill(worker.pid, signal.SIGKILL)
        return worker

    outcomes = checked(paths, "unbounded", dying)
    assert outcomes.keys() == properties(paths)
    assert {one["outcome"] for one in outcomes.values()} == {"open"}


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 100_000, b'{"property": ["P"]}'])
def test_a_file_that_is_no_certificate_costs_no_more_than_the_check(tmp_path: Path, content: bytes) -> None:
    paths = written(tmp_path, scope="unbounded")
    wanted = properties(paths)
    strange = tmp_path / "strange.cert.json"
    strange.write_bytes(content)
    outcomes = checked([*paths, strange], "unbounded")
    assert outcomes.keys() - wanted in ({"strange.cert.json"}, {"['P']"})
    assert {one["outcome"] for one in outcomes.values()} == {"open"}


def test_without_the_second_solver_nothing_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = written(tmp_path, scope="unbounded")
    monkeypatch.setattr(checking, "versions", lambda: {"cvc5": None})
    outcomes = checked(paths, "unbounded", None)
    assert outcomes.keys() == properties(paths)
    assert {(one["outcome"], one["reason"]) for one in outcomes.values()} == {("unchecked", "cvc5 is not installed")}
