"""Records whose fields are called as those of an option: written, read back and printed as what they are, everywhere."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import itf_py
import pytest

from verifier.evidence.itf import from_document
from verifier.evidence.values import Malformed, decode, encode, none, some
from verifier.files.notation import fields_of, is_option, marker, record
from verifier.kernel import (
    Bool,
    Enumeration,
    Option,
    Protocol,
    Range,
    Record,
    Sequence,
    empty,
    guard,
    labels,
    var,
    violated,
)
from verifier.kernel import some as wrapped
from verifier.proof.strategy import ProveRequest, prove
from verifier.report.values import arguments, changes, text
from verifier.semantics.scope import FrozenMap, finite_scope

p = Protocol("tagged", "records with fields called tag and value")


class Number(Range, low=0, high=3):
    """A number."""


class Kind(Enumeration):
    """What options are called in ITF."""

    Some, Nothing = labels(2)


class Pair(Record):
    """As an option."""

    tag: Kind
    value: Number


class Marked(Record):
    """As a record that is told from an option."""

    tag: Kind
    value: Number
    record: Bool


class Pairs(Sequence[Pair], capacity=2):
    """Several of them."""


@p.state
class State:
    pair: Pair = var(Pair(tag=Kind.Some, value=0), "a record")
    marked: Marked = var(Marked(tag=Kind.Some, value=0, record=True), "a record")
    maybe: Option[Pair] = var(wrapped(Pair(tag=Kind.Nothing, value=0)), "an option")
    several: Pairs = var(empty, "a sequence")


@p.action
def Step(s: State, tag: Number, value: Kind) -> None:
    """Its arguments are called so, too."""
    guard("larger", s.pair.value < tag)
    guard("room", s.several.length() < 2)
    s.pair = s.pair.replace(value=tag, tag=value)
    s.several = s.several.append(Pair(tag=value, value=tag))


@p.invariant(expected={"safe": violated(1)})
def Small(s: State) -> Bool:
    """Not so."""
    return s.pair.value < 1


SCOPE = finite_scope(p.model())
SORTS = {declared.name: declared.sort for declared in p.model().variables}
FIELDS = ("tag", "value", "sort", "record", "record_", "record__", "x")
SHAPES = [names for size in range(1, 7) for names in combinations(FIELDS, size)]


@pytest.mark.parametrize("names", SHAPES, ids=" ".join)
def test_a_record_is_never_taken_for_an_option(names: tuple[str, ...]) -> None:
    fields: dict[str, Any] = dict.fromkeys(names, True)
    written = record(fields)
    assert not is_option(written)
    assert fields_of(written) == fields
    assert text(written) == f"[{', '.join(f'{name} |-> TRUE' for name in names)}]"


def test_no_two_records_are_written_alike() -> None:
    written = [frozenset(record(dict.fromkeys(names, True))) for names in SHAPES]
    assert len(set(written)) == len(SHAPES)


def test_options_are_what_they_were() -> None:
    for option in (none(), some(3), some({"#bigint": "3"})):
        assert is_option(option)
    assert text(some({"#bigint": "3"})) == "some(3)"
    assert text(none()) == "none"
    assert marker(["owner", "value"]) is None


VALUES = {
    "pair": FrozenMap({"tag": "Some", "value": 2}),
    "marked": FrozenMap({"tag": "Some", "value": 2, "record": True}),
}


@pytest.mark.parametrize("name", VALUES)
def test_such_records_are_read_back(name: str) -> None:
    value, sort = VALUES[name], SORTS[name]
    written = json.loads(json.dumps(encode(value, sort, SCOPE)))
    assert decode(written, sort, SCOPE) == value
    assert not is_option(written)
    assert text(written).startswith("[tag |-> ")
    itf_py.value_from_json(written)
    plain = {field: written[field] for field in value}  # as other tools write it
    assert decode(plain, sort, SCOPE) == value
    with pytest.raises(Malformed, match="which has the fields"):
        decode({**written, "other": True}, sort, SCOPE)


def test_a_record_is_no_option_and_an_option_no_record() -> None:
    pair = encode(VALUES["pair"], SORTS["pair"], SCOPE)
    with pytest.raises(Malformed, match="is not an option"):
        decode(pair, SORTS["maybe"], SCOPE)
    with pytest.raises(Malformed):
        decode(none(), SORTS["pair"], SCOPE)


def test_a_trace_of_such_records() -> None:
    document = prove(ProveRequest(p), lambda event: None)
    (entry,) = [entry for entry in document["properties"] if entry["verdict"] == "violated"]
    trace = json.loads(json.dumps(entry["trace"]))
    read, scope = from_document(trace, p)
    assert read.steps[1].arguments["tag"] == 1
    assert scope.parameters == SCOPE.parameters
    itf_py.trace_from_json(trace)
    picked = arguments(trace["states"][1]["mbt::nondetPicks"])
    assert set(picked) == {"tag", "value"}
    assert picked["tag"] == "1"
    before, after = trace["states"]
    places = [place for place, _, _ in changes("pair", before["pair"], after["pair"])]
    assert "pair.value" in places
    assert text(before["maybe"]) == "some([tag |-> Nothing, value |-> 0])"
    assert text(after["several"]).startswith("<<[tag |-> ")
