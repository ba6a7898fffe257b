"""The kinds of documents by name, and their JSON Schemas."""

from __future__ import annotations

from typing import Any

from verifier.documents.base import Document
from verifier.documents.certificate import Certificate, Check
from verifier.documents.gaps import Gaps
from verifier.documents.lemmas import Lemmas
from verifier.documents.listing import Listing
from verifier.documents.litmus import Litmus
from verifier.documents.nightly import Nightly
from verifier.documents.result import Result, Results
from verifier.documents.scenario import ScenarioConfig, ScenarioReport
from verifier.documents.search import Exploration, Replayed, Run
from verifier.documents.structure import Structure
from verifier.documents.suite import Suite
from verifier.documents.threshold import Thresholds
from verifier.documents.trace import Trace

DOCUMENTS: dict[str, type[Document]] = {
    "certificate": Certificate,
    "check": Check,
    "explore": Exploration,
    "gaps": Gaps,
    "lemmas": Lemmas,
    "list": Listing,
    "litmus": Litmus,
    "model": Structure,
    "nightly": Nightly,
    "replay": Replayed,
    "result": Result,
    "results": Results,
    "run": Run,
    "scenario": ScenarioReport,
    "scenario-config": ScenarioConfig,
    "suite": Suite,
    "threshold": Thresholds,
    "trace": Trace,
}


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a document.

    Args:
        name: a key of `DOCUMENTS`, such as `result`; also with the prefix `verify.` and a version, as the documents' own
            `schema` field has it.

    Raises:
        KeyError: there is no such document.
    """
    short = name.removeprefix("verify.").removesuffix("/1")
    # People write some documents; this tool writes all others.
    written = short in ("suite", "scenario-config")
    generated = DOCUMENTS[short].model_json_schema(mode="validation" if written else "serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"verify.{short}/1",
        **generated,
    }
