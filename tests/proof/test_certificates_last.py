"""The search for what a certificate needs takes no verdict away: all of them are out before it begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.proof import models
from verifier.jobs.collect import Collector
from verifier.proof.strategy import ProveRequest, prove
from verifier.proof.strategy.unbounded_witnesses import UnboundedWitnesses
from verifier.proof.strategy.witnesses import Witnesses


class Ended(BaseException):
    """Whatever ends a run from outside: a clock, a limit, a person."""


def end(*given: object, **named: object) -> Any:
    raise Ended


SCOPES = ["published", "unbounded"]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("written", [0, 1])
def test_a_run_that_ends_while_certificates_are_written_keeps_its_verdicts(
    scope: str, written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request: Any = ProveRequest(models.counter(), scope=scope, certificates=str(tmp_path))  # type: ignore[arg-type]
    whole = prove(request, lambda event: None)
    verdicts = {entry["name"]: entry["verdict"] for entry in whole["properties"]}
    assert "proved" in verdicts.values()
    calls: list[object] = []

    def search(right: Any) -> Any:
        def limited(*given: Any) -> Any:
            calls.append(given)
            return end() if len(calls) > written else right(*given)

        return limited

    monkeypatch.setattr(Witnesses, "of", search(Witnesses.of))
    monkeypatch.setattr(UnboundedWitnesses, "of", search(UnboundedWitnesses.of))
    collector = Collector({"command": "prove", "protocols": ["counter"]})
    with pytest.raises(Ended):
        prove(request, collector.take)
    [found] = collector.documents("timeout", seconds=1.0, limit="1 s")
    assert {entry["name"]: entry["verdict"] for entry in found["properties"]} == verdicts
    [warning] = [text for text in found["statistics"]["warnings"] if "certificates" in text]
    assert warning.startswith("the run ended before there were certificates of ")
    paths = [entry["certificate"] for entry in found["properties"] if entry["certificate"]]
    assert len(paths) <= written
    assert all(Path(path).exists() for path in paths)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_run_that_was_not_ended_says_nothing_of_it(scope: str, tmp_path: Path) -> None:
    request: Any = ProveRequest(models.counter(), scope=scope, certificates=str(tmp_path))  # type: ignore[arg-type]
    found = prove(request, lambda event: None)
    assert not found["statistics"].get("warnings")
    proved = [entry for entry in found["properties"] if entry["verdict"] == "proved"]
    assert proved
    assert all(Path(entry["certificate"]).exists() for entry in proved)
