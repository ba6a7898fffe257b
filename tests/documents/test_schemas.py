"""Every kind of document, from real runs, against its published schema read strictly: no field that the schema does not name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.documents.strict import unnamed
from tests.nightly import toys
from tests.proof import models
from tests.source import ROOT
from verifier import api
from verifier.documents import DOCUMENTS, Check, Document, Exploration, Gaps, Lemmas, Result, Run, Thresholds
from verifier.jobs.collect import Collector

Documents = Iterator[dict[str, Any]]

PROTOCOLS = [
    *(models.counter(), models.modes(), models.constrained(), models.overflowing(), models.forgetful()),
    models.never_firing(declared=True),
]


@dataclass(frozen=True)
class Proofs:
    """The results of all these models, and the folder with the certificates of what is proved in them."""

    results: list[dict[str, Any]]
    folder: Path

    @property
    def traces(self) -> list[dict[str, Any]]:
        """The counterexamples."""
        entries = [entry for result in self.results for entry in result["properties"]]
        return [entry["trace"] for entry in entries if entry["trace"] is not None]


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> Proofs:
    """What is proved by several methods, violated, bounded, undefined or out of a range, at both scopes."""
    folder = tmp_path_factory.mktemp("certificates")
    whole: Any = {"in_process": True, "certificates": folder, "explain": True}
    found = []
    for protocol in PROTOCOLS:
        found.append(api.prove(protocol, **whole))
        found.append(api.prove(protocol, engine="kinduction", lemmas=False, k=2, show_cti=True, in_process=True))
        found.append(api.prove(protocol, engine="explicit", in_process=True))
        found.append(api.prove(protocol, scope="unbounded", **whole))
    return Proofs([result.to_document() for result in found], folder)


def cut_off(kind: type[Document], **job: Any) -> dict[str, Any]:
    """The document of a job of which nothing was heard before the time ran out."""
    call: Any = {"variant": None, "drops": [], "protocol": "p", **job}
    [document] = Collector(call).documents("timeout", seconds=1.0)
    return kind.from_document(document).to_document()


def results(proofs: Proofs) -> Documents:
    yield from proofs.results
    yield cut_off(Result, command="prove", protocols=["p"], scope="published", settings=[], k=8, properties=["P"])


def several(proofs: Proofs) -> Documents:
    yield api.prove([models.counter(), models.modes()], in_process=True).to_document()


def traces(proofs: Proofs) -> Documents:
    yield from proofs.traces


def certificates(proofs: Proofs) -> Documents:
    for file in sorted(proofs.folder.glob("*.cert.json")):
        yield json.loads(file.read_text(encoding="utf-8"))


def checks(proofs: Proofs) -> Documents:
    for file in sorted(proofs.folder.glob("counter.*.json")):
        yield api.check(file, protocol=models.counter(), rederive=True, in_process=True).to_document()
    yield cut_off(Check, command="check", certificates=[{"name": "c"}], solver="both", rederive=False)


def explorations(proofs: Proofs) -> Documents:
    for protocol in PROTOCOLS:
        yield api.explore(protocol, symmetry=True, in_process=True).to_document()
    yield cut_off(Exploration, command="explore")


def simulations(proofs: Proofs) -> Documents:
    for protocol in PROTOCOLS:
        yield api.run(protocol, runs=50, in_process=True).to_document()
    yield cut_off(Run, command="run", depth=5, seed=0)


def replays(proofs: Proofs) -> Documents:
    for trace in proofs.traces:
        [protocol] = [one for one in PROTOCOLS if one.name == trace["#meta"]["protocol"]]
        yield api.replay(trace, protocol=protocol, in_process=True).to_document()


def gaps(proofs: Proofs) -> Documents:
    for protocol in (models.counter(), models.constrained()):
        yield api.gaps(protocol, include_bounds=True, in_process=True).to_document()
    yield cut_off(Gaps, command="gaps", k=8)


def lemmas(proofs: Proofs) -> Documents:
    for protocol in (models.counter(), models.modes(), models.constrained()):
        yield api.lemmas(protocol, in_process=True).to_document()
        yield api.lemmas(protocol, preserved=True, in_process=True).to_document()
        yield api.lemmas(protocol, scope="unbounded", in_process=True).to_document()
    asked = {"scope": "published", "settings": [], "question": "inductive", "action": None, "k": 8}
    yield cut_off(Lemmas, command="lemmas", **asked)


def litmus(proofs: Proofs) -> Documents:
    for name in ("mp", "seqlock-a1"):
        yield api.litmus(ROOT / "examples" / "litmus" / f"{name}.litmus", models=["rc11", "tso"], in_process=True).to_document()


def structures(proofs: Proofs) -> Documents:
    for protocol in PROTOCOLS:
        yield json.loads(api.show(protocol, format="json", in_process=True))


def thresholds(proofs: Proofs) -> Documents:
    yield api.threshold("votor-classes", in_process=True).to_document()
    yield cut_off(Thresholds, command="threshold", properties=[])


def listings(proofs: Proofs) -> Documents:
    yield api.list_protocols(in_process=True).to_document()
    yield api.list_protocols(models.counter(), in_process=True).to_document()


KINDS: dict[str, Callable[[Proofs], Documents]] = {
    "certificate": certificates,
    "check": checks,
    "explore": explorations,
    "gaps": gaps,
    "lemmas": lemmas,
    "list": listings,
    "litmus": litmus,
    "model": structures,
    "replay": replays,
    "result": results,
    "results": several,
    "run": simulations,
    "threshold": thresholds,
    "trace": traces,
}


def test_every_kind_is_looked_at() -> None:
    assert KINDS.keys() | {"nightly", "scenario", "scenario-config", "suite"} == DOCUMENTS.keys()


@pytest.mark.parametrize("name", KINDS)
def test_a_document_has_no_field_that_its_schema_lacks(name: str, proofs: Proofs) -> None:
    schema = api.schema(name)
    found = list(KINDS[name](proofs))
    assert found
    assert {place for document in found for place in unnamed(document, schema)} == set()


@pytest.mark.nightly
def test_neither_has_the_report_of_a_night(tmp_path: Path) -> None:
    toys.suite(tmp_path, f'[[obligation]]\nprotocol = "./{toys.counter(tmp_path).name}"\n')
    run = toys.nightly(tmp_path, "--suite", "suite.toml", "--out", "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["obligations"][0]["result"]["properties"], run.stderr
    assert unnamed(report, api.schema("nightly")) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": 1}, []),
        ({"a": 1, "b": 2}, [".b"]),
        ({"a": None, "map": {"x": {"c": 1}}}, []),
        ({"a": 1, "map": {"x": {"d": 1}}}, [".map.*.d"]),
        ({"list": [{"c": 1}, {"d": 1}]}, [".list[].d"]),
        ({"a": "text"}, [".a: null"]),
    ],
)
def test_an_unnamed_field_is_noticed_at_any_depth(value: object, expected: list[str]) -> None:
    inner = {"type": "object", "properties": {"c": {"type": "integer"}}, "additionalProperties": True}
    schema = {
        "$defs": {"Inner": inner},
        "type": "object",
        "properties": {
            "a": {"anyOf": [{"type": "null"}, {"type": "integer"}]},
            "map": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Inner"}},
            "list": {"type": "array", "items": {"$ref": "#/$defs/Inner"}},
        },
    }
    assert unnamed(value, schema) == expected
