"""What people read: values as TLA+ writes them, only what changed, and no word beyond the verdict."""

from __future__ import annotations

from typing import Any

import pytest

from tests import workers
from verifier.documents import Exploration, Replayed, Result, Results
from verifier.report.text import exploration_text, render, replay_text, result_text
from verifier.report.values import arguments, changes, text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "TRUE"),
        (3, "3"),
        ("g1", "g1"),
        ({"#bigint": "12345678901234567890"}, "12345678901234567890"),
        ({"#set": ["k1", "k2"]}, "{k1, k2}"),
        ({"#set": []}, "{}"),
        ({"#tup": [1, "a"]}, "<<1, a>>"),
        ([1, 2], "<<1, 2>>"),
        ({"#map": [["k1", "g1"], ["k2", "g2"]]}, "[k1 -> g1, k2 -> g2]"),
        ({"#map": [["k1", "g1"], ["k2", "g1"]]}, "[all -> g1]"),
        ({"#map": [["k1", "g1"]]}, "[k1 -> g1]"),
        ({"tag": "None", "value": {"tag": "UNIT", "value": {}}}, "none"),
        ({"tag": "None", "value": {"#tup": []}}, "none"),
        ({"tag": "Some", "value": "g1"}, "some(g1)"),
        ({"round": 1, "value": "v"}, "[round |-> 1, value |-> v]"),
    ],
)
def test_values(value: Any, written: str) -> None:
    assert text(value) == written


def test_only_what_changed_is_told() -> None:
    old = {"#map": [[0, {"#map": [["k1", "g1"], ["k2", "g1"]]}], [1, {"#map": [["k1", "g1"], ["k2", "g1"]]}]]}
    new = {"#map": [[0, {"#map": [["k1", "g1"], ["k2", "g1"]]}], [1, {"#map": [["k1", "g2"], ["k2", "g1"]]}]]}
    assert list(changes("routes", old, new)) == [("routes[1][k1]", "g1", "g2")]
    assert list(changes("routes", old, old)) == []
    assert list(changes("lease", {"owner": "a", "until": 1}, {"owner": "a", "until": 2})) == [
        ("lease.until", "1", "2")
    ]
    assert list(changes("issued", {"#map": []}, {"#map": [[1, "a"]]})) == [("issued[1]", "absent", "a")]


def test_arguments_that_were_not_picked_are_left_out() -> None:
    picks = {"t": {"tag": "Some", "value": "t1"}, "k": {"tag": "None", "value": {"tag": "UNIT"}}, "n": 3}
    assert arguments(picks) == {"t": "t1", "n": "3"}


def shown(*properties: workers.Event, explain: bool = False, show_cti: bool = False, **fields: Any) -> str:
    result = Result.from_document(workers.result(*properties, **fields))
    return render(result_text(result, explain=explain, show_cti=show_cti))


def test_a_violation_is_told_step_by_step() -> None:
    out = shown({**workers.violated("P"), "doc": "The counter\n    stays."})
    assert "P is VIOLATED in 1 step, shortest\n  The counter stays.\n    0  init\n" in out
    assert "x = 0" in out
    assert "x : 0 -> 1" in out
    assert "  x <= 0, for x = 1" in out
    assert "1 violated" in out


def test_bounded_is_never_told_as_proved() -> None:
    out = shown(workers.unknown("P", "bounded"))
    assert "BOUNDED" in out
    assert "not proved beyond" in out or "gave up" in out
    assert "PROVED" not in out


def test_a_vacuous_property_says_so_beside_its_verdict() -> None:
    entry = {
        **workers.proved("P"),
        "method": "trivial",
        "vacuous": {"kind": "constant", "reason": "it is TRUE"},
    }
    line = next(line for line in shown(entry).splitlines() if line.startswith("P "))
    assert "PROVED" in line
    assert "vacuous (constant): it is TRUE" in line


def test_lemmas_name_what_they_serve() -> None:
    entries = [
        {**workers.proved(name), "lemmas": ["x[t] <= y", "z"][:count]} for name, count in (("P", 1), ("Q", 2))
    ]
    lines = shown(*entries).splitlines()
    assert any("x[t] <= y" in line and "P, Q" in line for line in lines)
    assert "  z          Q     inferred" in lines


def test_explain_tells_the_statistics() -> None:
    statistics = {
        "phases": {"encode": 0.01, "solve": 0.2, "replay": 0.0},
        "queries": 12,
        "engines": {"P": ["bmc", "k-induction"]},
        "lemmas": {"x <= y": ["P"]},
    }
    out = shown(workers.proved("P"), statistics=statistics, explain=True)
    assert "encode 0.010 s, solve 0.200 s, replay 0.000 s" in out
    assert "queries: 12" in out
    assert "P: bmc, k-induction" in out
    assert "lemma x <= y serves P" in out
    assert "queries" not in shown(workers.proved("P"), statistics=statistics)


def test_a_counterexample_to_induction_is_not_called_a_violation() -> None:
    cti = {"property": "P", "trace": workers.trace({"x": 5}, {"x": 6}), "explanation": ["x <= 5"]}
    out = shown(workers.unknown("P"), statistics={"cti": [cti]}, show_cti=True)
    assert "counterexample to induction for P" in out
    assert "VIOLATED" not in out
    assert "x : 5 -> 6" in out
    assert "  x <= 5" in out
    assert "some state" in out
    assert "counterexample" not in shown(workers.unknown("P"), statistics={"cti": [cti]})
    assert "no counterexample to induction" in shown(workers.proved("P"), show_cti=True)


def test_brackets_in_names_are_not_markup() -> None:
    entry = {**workers.proved("P"), "lemmas": ["[bold]a[t] <= b[/bold]"]}
    assert "[bold]a[t] <= b[/bold]" in shown(entry)


def test_several_results_are_told_in_order() -> None:
    results = Results.from_document(
        {"results": [workers.result(workers.proved("P"), protocol=name) for name in ("first", "second")]}
    )
    out = render(result_text(results))
    assert out.index("first:safe") < out.index("second:safe")


@pytest.mark.parametrize(
    ("valid", "violated", "says"),
    [
        (True, True, "P is violated as claimed"),
        (True, False, "P holds in it"),
        (False, False, "not a run of the protocol: step 1: Step is forbidden by guard busy"),
    ],
)
def test_replays(valid: bool, violated: bool, says: str) -> None:
    document = {
        "protocol": "toy",
        "property": "P",
        "valid": valid,
        "violated": violated,
        "failure": None if valid else "step 1: Step is forbidden by guard busy",
        "steps": [
            {"index": 0, "action": "init", "changes": {"x": [None, "0"]}},
            {"index": 1, "action": "Step", "arguments": {"n": "n1"}, "changes": {"x": ["0", "1"]}},
        ],
    }
    replayed = Replayed.from_document(document)
    out = render(replay_text(replayed))
    assert says in out
    assert "Step(n = n1)" in out
    assert "x : 0 -> 1" in out


def test_documents_survive_a_round_trip() -> None:
    document = workers.result(workers.violated("P"), workers.proved("Q"))
    result = Result.from_document(document)
    again = Result.model_validate_json(result.to_json())
    assert again == result
    assert again.to_json() == result.to_json()
    trace = result.to_document()["properties"][0]["trace"]
    assert "loop" not in trace
    assert trace["#meta"]["protocol"] == "toy"
    assert result["q"].proved
    assert result["P"].violated


def test_a_column_without_content_is_not_shown() -> None:
    entries = [workers.violated("P"), workers.violated("Q")]
    out = shown(*({**entry, "published_name": entry["name"]} for entry in entries))
    assert next(line.split() for line in out.splitlines() if "verdict" in line) == ["property", "verdict", "how"]
    out = shown({**entries[0], "published_name": "NothingIsWrong"}, entries[1])
    assert "property  full name       verdict   how" in out


def test_a_scope_is_called_by_its_sizes() -> None:
    assert "toy:safe  for Nodes=3, Keys={a,b}\n" in shown(workers.proved("P"), parameters={"Nodes": 3, "Keys": ["a", "b"]})
    assert "toy:safe  for any sizes\n" in shown(workers.proved("P"), parameters={}, scope="unbounded")
    assert "toy:safe  for any sizes with Cap=3\n" in shown(workers.proved("P"), parameters={"Cap": 3}, scope="unbounded")
    assert shown(workers.proved("P"), parameters={}).startswith("toy:safe\n")


def test_a_search_without_orbits_says_why() -> None:
    document = {"protocol": "toy", "distinct": 8, "complete": True, "orbits_reason": "a choice is not known to be unique"}
    out = render(exploration_text(Exploration.from_document(document)))
    assert "\norbits are not counted: a choice is not known to be unique\n" in out
