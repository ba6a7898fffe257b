"""The JSON documents: one pydantic model each, from which `schema` generates the published JSON Schema."""

from __future__ import annotations

from typing import Any

from verifier.documents.base import Document
from verifier.documents.listing import ListedProtocol, Listing
from verifier.documents.result import Ended, NotStated, Property, Result, Results, Vacuity, Verdict
from verifier.documents.search import Exploration, Found, Replayed, ReplayStep, SimulatedViolation, Simulation
from verifier.documents.trace import Trace, TraceMeta

__all__ = [
    "DOCUMENTS",
    "Document",
    "Ended",
    "Exploration",
    "Found",
    "ListedProtocol",
    "Listing",
    "NotStated",
    "Property",
    "ReplayStep",
    "Replayed",
    "Result",
    "Results",
    "SimulatedViolation",
    "Simulation",
    "Trace",
    "TraceMeta",
    "Vacuity",
    "Verdict",
    "schema",
]

DOCUMENTS: dict[str, type[Document]] = {
    "explore": Exploration,
    "list": Listing,
    "replay": Replayed,
    "result": Result,
    "results": Results,
    "simulate": Simulation,
    "trace": Trace,
}


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a document.

    Args:
        name: `result`, `results`, `explore`, `list`, `simulate`, `replay` or `trace`; also with the prefix
            `verify.` and a version, as the documents' own `schema` field has it.

    Raises:
        KeyError: there is no such document.
    """
    short = name.removeprefix("verify.").removesuffix("/1")
    generated = DOCUMENTS[short].model_json_schema(by_alias=True, mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"verify.{short}/1",
        **generated,
    }
