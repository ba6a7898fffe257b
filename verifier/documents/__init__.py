"""The JSON documents: one pydantic model each, from which `schema` generates the published JSON Schema.

A module is imported when the first of its names is used: classes of pydantic take a millisecond or two each, and most commands
write one kind of document.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verifier.documents.base import Document
    from verifier.documents.certificate import Certificate, CertificateCheck, Check, Checked
    from verifier.documents.gaps import Gaps
    from verifier.documents.induction import InductionCounterexample, LemmaEntry
    from verifier.documents.lemmas import Lemmas
    from verifier.documents.listing import ListedProtocol, Listing
    from verifier.documents.litmus import Litmus, LitmusModel, LitmusTest
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
    from verifier.documents.schemas import DOCUMENTS, schema
    from verifier.documents.search import Exploration, Found, Replayed, ReplayStep, Run, SimulatedViolation
    from verifier.documents.structure import Structure
    from verifier.documents.suite import Suite, SuiteDefaults, SuiteEntry
    from verifier.documents.threshold import Threshold, Thresholds
    from verifier.documents.trace import Trace, TraceMeta
    from verifier.documents.values import Some
    from verifier.wire.parts import Ended, Verdict

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
    "Litmus",
    "LitmusModel",
    "LitmusTest",
    "Nightly",
    "NotStated",
    "Obligation",
    "Property",
    "ReplayStep",
    "Replayed",
    "Result",
    "Results",
    "Run",
    "SimulatedViolation",
    "Some",
    "Structure",
    "Suite",
    "SuiteDefaults",
    "SuiteEntry",
    "Threshold",
    "Thresholds",
    "Trace",
    "TraceMeta",
    "Vacuity",
    "Verdict",
    "schema",
]

_PLACES = {
    "documents.base": ("Document",),
    "documents.certificate": ("Certificate", "CertificateCheck", "Check", "Checked"),
    "documents.gaps": ("Gaps",),
    "documents.induction": ("InductionCounterexample", "LemmaEntry"),
    "documents.lemmas": ("Lemmas",),
    "documents.listing": ("ListedProtocol", "Listing"),
    "documents.litmus": ("Litmus", "LitmusModel", "LitmusTest"),
    "documents.nightly": ("Change", "CheckedCertificate", "Difference", "Duration", "Expectation", "Nightly", "Obligation"),
    "documents.result": ("NotStated", "Property", "Result", "Results", "Vacuity"),
    "documents.search": ("Exploration", "Found", "Replayed", "ReplayStep", "SimulatedViolation", "Run"),
    "documents.structure": ("Structure",),
    "documents.suite": ("Suite", "SuiteDefaults", "SuiteEntry"),
    "documents.threshold": ("Threshold", "Thresholds"),
    "documents.trace": ("Trace", "TraceMeta"),
    "documents.values": ("Some",),
    "wire.parts": ("Ended", "Verdict"),
    "documents.schemas": ("DOCUMENTS", "schema"),
}


def __getattr__(name: str) -> Any:
    """A name of this package (PEP 562). Raises AttributeError if it has no such name."""
    for module, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"verifier.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
