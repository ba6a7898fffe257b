"""The JSON documents: one pydantic model each, from which `schema` generates the published JSON Schema."""

from __future__ import annotations

from typing import Any

from verifier.documents.base import Document
from verifier.documents.certificate import Certificate, CertificateCheck, Check, Checked
from verifier.documents.gaps import Gaps
from verifier.documents.lemmas import InductionCounterexample, LemmaEntry, Lemmas
from verifier.documents.listing import ListedProtocol, Listing
from verifier.documents.nightly import (
    Change,
    CheckedCertificate,
    Difference,
    Duration,
    Expectation,
    Nightly,
    Obligation,
)
from verifier.documents.result import NotStated, Property, Result, Results, Vacuity
from verifier.documents.search import Exploration, Found, Replayed, ReplayStep, SimulatedViolation, Simulation
from verifier.documents.suite import Suite, SuiteDefaults, SuiteEntry
from verifier.documents.trace import Trace, TraceMeta
from verifier.wire.documents import Ended, Verdict

__all__ = [
    "DOCUMENTS",
    "Certificate",
    "CertificateCheck",
    "Change",
    "Check",
    "Checked",
    "CheckedCertificate",
    "Difference",
    "Document",
    "Duration",
    "Ended",
    "Expectation",
    "Exploration",
    "Found",
    "Gaps",
    "InductionCounterexample",
    "LemmaEntry",
    "Lemmas",
    "ListedProtocol",
    "Listing",
    "Nightly",
    "NotStated",
    "Obligation",
    "Property",
    "ReplayStep",
    "Replayed",
    "Result",
    "Results",
    "SimulatedViolation",
    "Simulation",
    "Suite",
    "SuiteDefaults",
    "SuiteEntry",
    "Trace",
    "TraceMeta",
    "Vacuity",
    "Verdict",
    "schema",
]

DOCUMENTS: dict[str, type[Document]] = {
    "certificate": Certificate,
    "check": Check,
    "explore": Exploration,
    "gaps": Gaps,
    "lemmas": Lemmas,
    "list": Listing,
    "nightly": Nightly,
    "replay": Replayed,
    "result": Result,
    "results": Results,
    "simulate": Simulation,
    "suite": Suite,
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
    # A suite is written by people, every other document by this tool.
    generated = DOCUMENTS[short].model_json_schema(mode="validation" if short == "suite" else "serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"verify.{short}/1",
        **generated,
    }
