"""The types of the wire and the models of the border say the same of every document, field by field."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

import pydantic
import pytest
from typing_extensions import TypedDict

from verifier import documents
from verifier.documents import (
    certificate,
    gaps,
    induction,
    lemmas,
    listing,
    litmus,
    nightly,
    places,
    result,
    search,
    structure,
    threshold,
    trace,
)  # fmt: skip
from verifier.documents.base import Document, Part
from verifier.wire import certificates as wire_certificates
from verifier.wire import gaps as wire_gaps
from verifier.wire import induction as wire_induction
from verifier.wire import lemmas as wire_lemmas
from verifier.wire import listings as wire_listings
from verifier.wire import litmus as wire_litmus
from verifier.wire import model as wire_model
from verifier.wire import parts as wire_parts
from verifier.wire import results as wire_results
from verifier.wire import searches as wire_searches
from verifier.wire import thresholds as wire_thresholds
from verifier.wire import traces as wire_traces

# Each part of a document: the model of the border, and the type of what a worker builds.
PAIRS: dict[type[Part], Any] = {
    result.Vacuity: wire_results.VacuityEntry,
    result.Blamed: wire_results.BlameEntry,
    result.NotStated: wire_parts.NotStatedEntry,
    result.Property: wire_results.PropertyEntry,
    result.Result: wire_results.ResultDocument,
    trace.Attempted: wire_traces.Attempt,
    trace.Evaluated: wire_traces.EvaluatedEntry,
    trace.TraceMeta: wire_traces.TraceMetaEntry,
    trace.Trace: wire_traces.TraceDocument,
    search.Found: wire_searches.FoundEntry,
    search.ActionFigures: wire_searches.ActionFigures,
    search.SimulatedViolation: wire_searches.ViolationEntry,
    search.Exploration: wire_searches.ExplorationDocument,
    search.RunAction: wire_searches.RunActionEntry,
    search.Sample: wire_searches.SampleEntry,
    search.Run: wire_searches.RunDocument,
    search.ReplayStep: wire_traces.ReplayedStep,
    search.Replayed: wire_traces.ReplayedDocument,
    gaps.Broken: wire_searches.ViolationEntry,
    gaps.Drop: wire_gaps.DropEntry,
    gaps.Baseline: wire_gaps.BaselineEntry,
    gaps.Gaps: wire_gaps.GapsDocument,
    induction.FirstState: wire_induction.FirstStateEntry,
    induction.InductionCounterexample: wire_induction.InductionCounterexample,
    induction.LemmaPart: wire_induction.LemmaPartEntry,
    induction.LemmaStep: wire_induction.LemmaStepEntry,
    induction.LemmaEntry: wire_induction.LemmaReportEntry,
    lemmas.Lemmas: wire_lemmas.LemmasDocument,
    litmus.LitmusEvent: wire_litmus.EventEntry,
    litmus.LitmusEdge: wire_litmus.EdgeEntry,
    litmus.LitmusStep: wire_litmus.StepEntry,
    litmus.LitmusExecution: wire_litmus.ExecutionEntry,
    litmus.LitmusModel: wire_litmus.LitmusModelEntry,
    litmus.LitmusTest: wire_litmus.LitmusTestEntry,
    litmus.Litmus: wire_litmus.LitmusDocument,
    structure.Structure: wire_model.ModelDocument,
    threshold.Threshold: wire_thresholds.ThresholdEntry,
    threshold.Thresholds: wire_thresholds.ThresholdDocument,
    listing.ListedParameter: wire_listings.ParameterEntry,
    places.Place: wire_parts.PlaceEntry,
    places.ListedGuard: wire_parts.GuardEntry,
    places.ListedAction: wire_parts.ActionEntry,
    listing.ListedLemma: wire_listings.ListedLemmaEntry,
    listing.ListedProperty: wire_listings.ListedPropertyEntry,
    listing.ListedVariant: wire_listings.VariantEntry,
    listing.ListedFinding: wire_listings.FindingEntry,
    listing.ListedFairness: wire_listings.FairnessEntry,
    certificate.CertifiedField: wire_certificates.FieldEntry,
    certificate.CertifiedAction: wire_certificates.CertifiedActionEntry,
    certificate.Definition: wire_certificates.DefinitionEntry,
    certificate.CertifiedObligation: wire_certificates.ObligationEntry,
    certificate.Witness: wire_certificates.WitnessEntry,
    certificate.Exhausted: wire_certificates.CertifiedSearchEntry,
    certificate.Reduction: wire_certificates.ReductionEntry,
    certificate.CertifiedClause: wire_certificates.ClauseEntry,
    certificate.Certificate: wire_certificates.CertificateDocument,
    certificate.Checked: wire_certificates.CheckedEntry,
    certificate.CertificateCheck: wire_certificates.CertificateCheckEntry,
    certificate.Check: wire_certificates.CheckDocument,
}

# Written by the process that owns the clock, or by people; no worker builds them.
ELSEWHERE = {"nightly", "scenario", "scenario-config", "suite"}


def shape(kind: Any) -> str:
    """A type without what the two sides write differently: lists and tuples, constraints, whether a field may be left out."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Annotated, NotRequired, Required):
        return shape(arguments[0])
    if kind in (Any, pydantic.JsonValue):
        return "value"
    if kind in PAIRS:
        return str(PAIRS[kind].__name__)
    if origin in (Union, types.UnionType):
        return " | ".join(sorted(shape(one) for one in arguments))
    if origin is Literal:
        return " | ".join(sorted(map(repr, arguments)))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{{{shape(arguments[0])}: {shape(arguments[1])}}}"
    if isinstance(origin, type) and issubclass(origin, Sequence):
        several = origin is tuple and arguments[1:] != (...,)
        return f"[{', '.join(map(shape, arguments if several else arguments[:1]))}]"
    return str(kind.__name__)


def border(model: type[Part]) -> dict[str, str]:
    """The fields of a model as they are spelled in JSON."""
    parts = [part for part in reversed(model.__mro__) if issubclass(part, Part)]
    names = {name: value for part in parts for name, value in vars(inspect.getmodule(part)).items()}
    hints = get_type_hints(model, names, include_extras=True)
    return {field.alias or name: shape(hints[name]) for name, field in model.model_fields.items()}


def inside(kind: Any) -> dict[str, str]:
    """The fields of a type of the wire."""
    return {name: shape(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}


@pytest.mark.parametrize(("model", "kind"), PAIRS.items(), ids=lambda one: one.__name__)
def test_a_part_has_the_same_fields_on_both_sides(model: type[Part], kind: Any) -> None:
    found, expected, types_of = border(model), inside(kind), get_type_hints(kind)
    assert found.keys() == expected.keys()
    for name, what in expected.items():
        # What a worker always has, or leaves out, the document may say null for: it may be older, or of a run that was cut off.
        assert found[name] in (what, shape(types_of[name] | None)), name


def parts(model: type[Part]) -> Iterator[type[Part]]:
    """The models that a document consists of, itself among them."""
    yield model
    for field in model.model_fields.values():
        waiting = [field.annotation]
        while waiting:
            kind = waiting.pop()
            waiting += get_args(kind)
            if isinstance(kind, type) and issubclass(kind, Part):
                yield from parts(kind)


@pytest.mark.parametrize("name", sorted(documents.DOCUMENTS.keys() - ELSEWHERE))
def test_every_part_of_a_document_is_compared(name: str) -> None:
    document: type[Document] = documents.DOCUMENTS[name]
    assert {part for part in parts(document) if part not in PAIRS} <= {
        documents.Results,  # several results, which the parent puts together
        listing.Listing,
        listing.ListedProtocol,  # an entry, or why there is none: two types of the wire
    }


def test_an_entry_of_a_listing_has_the_fields_of_both_kinds() -> None:
    found, error = inside(wire_listings.ListedProtocolEntry), inside(wire_listings.UnlistedProtocolEntry)
    assert border(listing.ListedProtocol).keys() == found.keys() | error.keys()


def test_a_missing_field_is_noticed() -> None:
    class Short(TypedDict):
        kind: str

    class Other(TypedDict):
        kind: str
        reason: int

    assert border(result.Vacuity).keys() != inside(Short).keys()
    assert border(result.Vacuity) != inside(Other)
    assert border(result.Vacuity) == inside(wire_results.VacuityEntry)


def test_what_a_night_reads_of_an_outcome_is_what_is_sent() -> None:
    from verifier.jobs.nightly.outcome import _Outcome
    from verifier.wire.nights import CertificateOutcome, Ran

    assert _Outcome.model_fields.keys() == get_type_hints(Ran).keys()
    sent = get_type_hints(CertificateOutcome).keys() - {"file"} | {"path"}  # the file's place in the report
    assert nightly.CheckedCertificate.model_fields.keys() == sent
