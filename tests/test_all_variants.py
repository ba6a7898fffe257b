"""`prove 'FILE:*'` proves every variant of a protocol."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import workers
from tests.command import run
from tests.test_cli_completion import MODEL
from verifier import prove
from verifier.documents import Result
from verifier.jobs.collect import Collector
from verifier.kernel.errors import ModelError, UsageError


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "toy.py"
    path.write_text(MODEL, encoding="utf-8")
    return str(path)


def test_each_variant_has_its_result(model: str) -> None:
    results = prove([f"{model}:*"], in_process=True).results
    assert [(one.protocol, one.variant, one["Fine"].verdict) for one in results] == [
        ("toy", "safe", "proved"),
        ("toy", "loose", "proved"),
    ]


def test_all_variants_of_one_protocol_may_stand_beside_others(model: str) -> None:
    results = prove([f"{model}:loose", f"{model}:*"], in_process=True, properties=["Fine"]).results
    assert [one.variant for one in results] == ["loose", "safe", "loose"]


def test_a_variant_beside_all_of_them_is_refused(model: str) -> None:
    with pytest.raises(UsageError, match=r"\* and --variant loose name different variants"):
        prove([f"{model}:*"], variant="loose", in_process=True)


def test_one_result_is_not_that_of_several_variants(model: str) -> None:
    with pytest.raises(UsageError, match="names several variants") as raised:
        prove(f"{model}:*", in_process=True)
    assert f'prove(["{model}:*"])' in str(raised.value.hint)


def test_what_cannot_be_loaded_is_said_as_ever(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(ModelError, match="the file defines no protocol"):
        prove([f"{tmp_path / 'bad.py'}:*"], in_process=True)
    with pytest.raises(UsageError, match="unknown protocol nonesuch"):
        prove(["nonesuch:*"], in_process=True)


def test_the_command_line_gives_a_list_of_results(capsys: pytest.CaptureFixture[str]) -> None:
    events = [
        {"event": "references", "references": ["toy:safe", "toy:loose"]},
        workers.finished(workers.proved("P"), index=0),
        workers.finished(workers.violated("P"), index=1, variant="loose"),
        workers.DONE,
    ]
    assert run(["prove", "toy:*", "--json", "-"], workers.worker(*events)) == 1
    assert '"schema": "verify.results/1"' in capsys.readouterr().out
    assert run(["prove", "toy:*", "--quiet"], workers.worker(*events)) == 1
    assert [line.partition(":")[2][:6] for line in capsys.readouterr().out.splitlines()] == ["safe: ", "loose:"]


def test_variants_that_were_not_reached_are_unknown() -> None:
    options = {"variant": None, "drops": [], "scope": "published", "k": 8, "properties": ["P"]}
    job = {"command": "prove", "protocols": ["toy:*"], **options}
    collector = Collector(job)
    collector.take({"event": "references", "references": ["toy:safe", "toy:loose"]})
    collector.take(workers.finished(workers.proved("P"), index=0))
    first, second = (Result.from_document(one) for one in collector.documents("timeout", seconds=1.0, limit="1 s"))
    assert (first.variant, first["P"].verdict) == ("safe", "proved")
    assert (second.variant, second["P"].verdict) == ("loose", "unknown")
