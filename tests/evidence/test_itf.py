"""Traces as ITF documents: what is written is read back equal, also by itf-py; what is malformed is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import itf_py
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.concrete.searches import small
from tests.models.constructs import ALL
from verifier.catalog import load
from verifier.evidence.itf import from_document, to_itf
from verifier.evidence.values import Malformed, decode, encode, none, some
from verifier.kernel.errors import UsageError
from verifier.kernel.sorts import BOOL, OptionSort, SetSort, Sort
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.concrete.trace import INITIAL, Trace, TraceStep, build_trace
from verifier.semantics.scope import FiniteScope, FrozenMap, Some, finite_scope

SCOPES = {name: finite_scope(protocol.model()) for name, protocol in ALL.items()}
SORTS = [(name, v.sort) for name, scope in SCOPES.items() for v in scope.model.variables]


@cache
def machine_of(name: str) -> Machine:
    return Machine(SCOPES[name])


def document(name: str, found: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(json.dumps(to_itf(small(name).traces[found], machine_of(name))))
    return result


def sorted_sets(value: Any) -> Any:
    """A JSON value with the elements of ITF sets in one order, which itf-py does not keep."""
    if isinstance(value, dict):
        inner = {key: sorted_sets(item) for key, item in value.items()}
        return {"#set": sorted(inner["#set"], key=str)} if "#set" in inner else inner
    return [sorted_sets(item) for item in value] if isinstance(value, list) else value


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
@pytest.mark.parametrize(("name", "sort"), SORTS)
def test_every_value_of_every_sort_is_read_back(name: str, sort: Sort, data: st.DataObject) -> None:
    scope = SCOPES[name]
    value = data.draw(st.sampled_from(scope.domain(sort)))
    written = json.loads(json.dumps(encode(value, sort, scope)))
    assert decode(written, sort, scope) == value
    assert sorted_sets(itf_py.value_to_json(itf_py.value_from_json(written))) == sorted_sets(written)


@pytest.mark.parametrize("name", ALL)
def test_a_trace_is_read_back_equal(name: str) -> None:
    for found, expected in small(name).traces.items():
        trace, scope = from_document(document(name, found), ALL[name])
        assert trace == expected
        assert scope.parameters == SCOPES[name].parameters


@pytest.mark.parametrize("name", ALL)
def test_itf_py_reads_every_trace(name: str) -> None:
    for found in small(name).traces:
        written = document(name, found)
        read = itf_py.trace_from_json(written)
        assert read.vars == written["vars"]
        assert sorted_sets(itf_py.trace_to_json(read)["states"]) == sorted_sets(written["states"])


def test_the_document_of_a_trace_of_composed() -> None:
    protocol = load("composed")
    machine = Machine(finite_scope(protocol.model("first-gap"), {"Keys": "{a,b}"}))
    steps = [TraceStep(INITIAL, {}, next(machine.initial_states()))]
    for action, arguments in (
        ("BeginTxn", {"t": "t1"}),
        ("WriteIntent", {"t": "t1", "k": "a"}),
        ("Commit", {"t": "t1", "g": "g2"}),
    ):
        step = machine.attempt(steps[-1].state, action, arguments)
        assert step.state is not None
        steps.append(TraceStep(action, arguments, step.state))
    found = machine.model.find_property("Composed-1")
    trace = build_trace(machine, found, steps, digest="d", shortest=True)
    written = to_itf(trace, machine, {"verify": "1"})
    meta = dict(written["#meta"])
    assert [action["name"] for action in meta.pop("actions")] == ["BeginTxn", "WriteIntent", "Commit"]
    assert meta.pop("doc").startswith("The group that accepted a commit owned every written key")
    assert meta.pop("formula").startswith("\\A t \\in Txn, k \\in Key :")
    assert meta.pop("at")["file"] == "properties/composed.py"
    assert meta == {
        "format": "ITF",
        "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
        "protocol": "composed",
        "variant": "first-gap",
        "dropped": [],
        "scope": "published",
        "parameters": {"Keys": ["a", "b"], "Groups": 2, "TxnIds": 2, "MaxVersions": 2, "MaxTs": 4, "MaxOps": 4},
        "property": "Composed1_CommitToOwningGroup",
        "verdict": "violated",
        "shortest": True,
        "model_digest": "d",
        "versions": {"verify": "1"},
    }
    assert written["params"] == ["Keys", "Groups", "TxnIds", "MaxVersions", "MaxTs", "MaxOps"]
    assert written["vars"][-2:] == ["mbt::actionTaken", "mbt::nondetPicks"]
    last = written["states"][-1]
    assert last["#meta"] == {"index": 3}
    assert last["tsCounter"] == {"#bigint": "2"}
    assert last["txnWriteSet"] == {"#map": [["t1", {"#set": ["a"]}], ["t2", {"#set": []}]]}
    assert last["txnCommitGroup"] == {"#map": [["t1", {"tag": "Some", "value": "g2"}], ["t2", none()]]}
    assert last["mbt::actionTaken"] == "Commit"
    assert last["mbt::nondetPicks"] == {"t": some("t1"), "g": some("g2"), "k": none()}
    first = written["states"][0]
    assert first["mbt::actionTaken"] == "init"
    assert first["mbt::nondetPicks"] == {"k": none(), "g": none(), "t": none()}
    assert from_document(written, protocol)[0] == trace
    assert to_itf(trace, machine, {"verify": "1"}) == written


def test_options_are_tagged_as_quint_tags_them() -> None:
    scope = SCOPES["partial"]
    mark = scope.model.variable("mark").sort
    assert encode(None, mark, scope)["tag"] == "None"
    assert encode(None, mark, scope)["value"] == {"#tup": []}
    assert encode(Some(2), mark, scope)["tag"] == "Some"
    assert encode(Some(2), mark, scope)["value"] == {"#bigint": "2"}
    # Without the field that is there for itf-py.
    assert decode({"tag": "None", "value": {"#tup": []}}, mark, scope) is None
    assert decode({"tag": "Some", "value": {"#bigint": "2"}}, mark, scope) == Some(2)


def test_plain_integers_are_read_too() -> None:
    scope = SCOPES["balance"]
    sort = scope.model.variable("sign").sort
    assert decode(-1, sort, scope) == decode({"#bigint": "-1"}, sort, scope) == -1
    assert decode({"#bigint": "12345678901234567890"}, sort, scope) == 12345678901234567890


def sort_named(name: str, variable: str) -> tuple[FiniteScope, Sort]:
    return SCOPES[name], SCOPES[name].model.variable(variable).sort


@pytest.mark.parametrize(
    ("name", "variable", "value", "message"),
    [
        ("balance", "sign", "1", "not an integer"),
        ("balance", "sign", True, "not an integer"),
        ("balance", "sign", 1.0, "not an integer"),
        ("balance", "sign", {"#bigint": "0x1"}, "not an integer"),
        ("balance", "sign", {"#bigint": 1}, "not an integer"),
        ("balance", "sign", {"#bigint": "9" * 5000}, "not an integer"),
        ("vote", "leader", "n4", "'n4' is not a value of Node"),
        ("vote", "leader", 1, "1 is not a value of Node"),
        ("vote", "ready", ["n1"], "not a set"),
        ("vote", "ready", {"#set": ["n1", "n1"]}, "twice"),
        ("vote", "ready", {"#set": [{"#set": []}]}, "not a value of Node"),
        ("vote", "ready", {"#set": "n1"}, "not a set"),
        ("vote", "voted", {"#map": []}, "no value for n1"),
        ("vote", "voted", {"#map": [["n1"]]}, "not a pair"),
        ("vote", "voted", {"#map": [["n1", none()], ["n1", none()]]}, "twice"),
        ("vote", "voted", {"#map": [["n1", None]]}, "at n1: None is not an option"),
        ("vote", "voted", {"#map": [["n1", {"tag": "Perhaps", "value": 1}]]}, "not an option"),
        ("vote", "voted", {"#map": [["n1", {"tag": "None", "value": 1}]]}, "not an option"),
        ("stamps", "clock", {"wall": 1}, "has the fields wall, logical"),
        ("stamps", "clock", {"wall": 1, "logical": 0, "x": 0}, "has the fields wall, logical"),
        ("stamps", "clock", {"wall": "a", "logical": 0}, "at wall: 'a' is not an integer"),
        ("log", "queue", {"#tup": []}, "not a sequence"),
        (
            "stamps",
            "waiting",
            {"#set": [{"wall": 1, "logical": 0}, {"wall": 1, "logical": 1}]},
            "two records have the same wall",
        ),
    ],
)
def test_what_no_value_looks_like_is_malformed(name: str, variable: str, value: Any, message: str) -> None:
    scope, sort = sort_named(name, variable)
    with pytest.raises(Malformed, match=message):
        decode(value, sort, scope)


def test_a_truth_value_is_no_number() -> None:
    with pytest.raises(Malformed, match="not a truth value"):
        decode(1, BOOL, SCOPES["grid"])


def test_only_majorities_are_quorums() -> None:
    scope = SCOPES["vote"]
    quorum = next(sort for sort in scope.model.sorts if str(sort) == "Quorum")
    assert decode({"#set": ["n1", "n3"]}, quorum, scope) == {"n1", "n3"}
    with pytest.raises(Malformed, match="not a quorum of Node"):
        decode({"#set": ["n1"]}, quorum, scope)


def test_options_may_be_nested() -> None:
    scope = SCOPES["vote"]
    sort = OptionSort(OptionSort(SetSort(scope.model.variable("leader").sort)))
    for value in (None, Some(None), Some(Some(frozenset({"n1"})))):
        written = encode(value, sort, scope)
        assert decode(written, sort, scope) == value
        assert itf_py.value_to_json(itf_py.value_from_json(written)) == written


def test_values_out_of_range_are_read() -> None:
    written = document("balance", "TypeOK")
    trace, _ = from_document(written, ALL["balance"])
    assert trace.steps[-1].state["sign"] == -2


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("#meta"), "#meta is not a JSON object"),
        (lambda d: d["#meta"].update(protocol="vote"), "is of protocol 'vote', not of partial"),
        (lambda d: d["#meta"].update(variant="unsafe"), "no variant unsafe"),
        (lambda d: d["#meta"].update(variant=3), "variant is not a name"),
        (lambda d: d["#meta"].update(dropped=["Drop.never"]), "no guard or choice never"),
        (lambda d: d["#meta"].update(dropped="Drop.early"), "not a list of names"),
        (lambda d: d["#meta"].update(property="HolderKnew"), "no property HolderKnew"),
        (lambda d: d["#meta"].pop("property"), "names no property"),
        (lambda d: d["#meta"].update(parameters={"Bund": 2}), "no parameter Bund"),
        (lambda d: d["#meta"].update(parameters={"Bound": 1.5}), "neither a number nor a list"),
        (lambda d: d["#meta"].update(parameters=[]), "parameters is not a JSON object"),
        (lambda d: d["#meta"].update(attempt={"action": "Go", "arguments": {}}), "no action Go"),
        (lambda d: d["#meta"].update(attempt=[]), "attempt is not a JSON object"),
        (lambda d: d.pop("states"), "no list of states"),
        (lambda d: d.update(states=[]), "no list of states"),
        (lambda d: d.update(loop=[]), "loop is not the number of a state"),
        (lambda d: d["states"].insert(0, 3), "state 0 is not a JSON object"),
        (lambda d: d["states"][1].pop("now"), "state 1 has no value for now"),
        (lambda d: d["states"][1].update(now=None), "state 1: now: None is not an integer"),
        (lambda d: d["states"][1].update(later=3), "state 1 has an unknown variable later"),
        (lambda d: d["states"][1].update({"mbt::actionTaken": "Took"}), "state 1.*no action Took"),
        (lambda d: d["states"][1].update({"mbt::actionTaken": 1}), "names no action"),
        (lambda d: d["states"][1].update({"mbt::nondetPicks": {}}), "Take needs a value for x"),
        (lambda d: d["states"][1].update({"mbt::nondetPicks": {"x": "s1"}}), "neither Some nor None"),
        (lambda d: d["states"][1].update({"mbt::nondetPicks": {"x": some("s9")}}), "'s9' is not a value of Slot"),
        (
            lambda d: d["states"][1].update({"mbt::nondetPicks": {"x": some("s1"), "y": some("s1")}}),
            "Take has no argument y",
        ),
    ],
)
def test_a_document_that_is_no_trace_is_refused_with_the_place(change: Change, message: str) -> None:
    changed = document("partial", "HolderKnows")
    assert changed["states"][1]["mbt::actionTaken"] == "Take"
    change(changed)
    with pytest.raises(UsageError, match=message):
        from_document(changed, ALL["partial"])


@pytest.mark.parametrize("value", [None, 3, "trace", [], {}, {"#meta": {}}])
def test_other_json_is_refused(value: Any) -> None:
    with pytest.raises(UsageError):
        from_document(value, ALL["partial"])


def test_the_attempt_of_an_undefined_use_is_kept() -> None:
    trace: Trace = replace(small("stamps").traces["Defined"])
    assert trace.attempt is not None
    action, arguments = trace.attempt
    written = document("stamps", "Defined")
    assert written["#meta"]["attempt"] == {"action": action, "arguments": {"n": {"#bigint": str(arguments["n"])}}}


def test_states_are_frozen_maps_in_the_order_of_the_variables() -> None:
    trace, _ = from_document(document("grid", "SubsetOfLevels"), ALL["grid"])
    for step in trace.steps:
        assert isinstance(step.state, FrozenMap)
        assert list(step.state) == [v.name for v in ALL["grid"].variables]
