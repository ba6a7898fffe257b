"""Problems for other programs: SARIF that fits OASIS's schema, JUnit XML, and lines as compilers write them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import junitparser
import pytest
import xmlschema

from tests.report import nights
from verifier import api
from verifier.documents import Result, Results
from verifier.report.junit import junit_of_results
from verifier.report.problems import problems
from verifier.report.sarif import sarif_of_night, sarif_of_results

HERE = Path(__file__).parent
SARIF = jsonschema.Draft7Validator(json.loads((HERE / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")))
JUNIT = xmlschema.XMLSchema(HERE / "junit.xsd")

# Everything that can be wrong with a model, under names that mean something to shells, XML, HTML and URIs.
MODEL = '''\
from verifier.kernel import (
    Bool, Fn, Option, Protocol, Range, Scalarset, Temporal, eventually, forall, guard, implies, none, var,
)

other = Protocol("other", "not this one")
protocol = Protocol("odd", "names <&\\"> and ünïcode")


class Count(Range, low=0, high=3):
    pass


class Node(Scalarset, parameter="Nodes", size=2):
    pass


@protocol.state
class State:
    x: Count = var(0)
    y: Count = var(0)
    holds: Fn[Node, Bool] = var(False)
    when: Option[Count] = var(none)


@protocol.action
def Up(s: State, n: Node) -> None:
    """Counts <up>."""
    guard("below", s.x < 3)
    s.x += 1
    s.holds[n] = True


@protocol.action
def Leave(s: State) -> None:
    guard("late", s.x == 2)
    s.y = s.y + 2


@protocol.action
def Use(s: State) -> None:
    guard("three", s.x == 3)
    s.y = s.when.value


@protocol.invariant(short="Size-1")
def Small(s: State) -> Bool:
    """No node holds, "ever"; <b>&amp;</b> ]]> ünïcode.

    \\x1b[31mred\\x00\\u202e
    """
    return forall(Node, lambda n: implies(s.holds[n], s.x < 1))


@protocol.liveness("Live")
def Goes(s: State) -> Temporal:
    return eventually(s.x == 3)


@protocol.law()
def Commutes(a: Count, b: Count) -> Bool:
    """a minus b."""
    return a >= b
'''


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The verdicts on it: violations by traces, values, a lasso, a deadlock, an undefined use; and open properties."""
    folder = tmp_path_factory.mktemp("a folder")
    (folder / "my models").mkdir()
    (folder / "my models" / "odd <&>'.py").write_text(MODEL, encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        found = api.prove("my models/odd <&>'.py", liveness=True, deadlock=True, in_process=True)
    finally:
        os.chdir(before)
    return found.results[0]


def line(text: str) -> int:
    """The number of the first line of the model that begins with a text."""
    return next(number for number, one in enumerate(MODEL.splitlines(), 1) if one.strip().startswith(text))


def log(written: str) -> dict[str, Any]:
    """The run of a SARIF file that fits the schema."""
    document = json.loads(written)
    assert [error.message for error in SARIF.iter_errors(document)] == []
    [run] = document["runs"]
    return dict(run)


def by_rule(run: dict[str, Any]) -> dict[str, Any]:
    """The results by the names of their properties."""
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    return {one["ruleId"].partition("/")[2]: one for one in run["results"]}


def start(location: dict[str, Any]) -> int:
    return int(location["physicalLocation"]["region"]["startLine"])


def test_sarif_has_a_result_for_each_property_that_is_not_proved(result: Result) -> None:
    run = log(sarif_of_results(result))
    assert sarif_of_results(result) == sarif_of_results(result)
    assert run["tool"]["driver"]["semanticVersion"] == result.versions["verify"]
    found = by_rule(run)
    assert {name: (one["kind"], one["level"]) for name, one in found.items()} == {
        "Small": ("fail", "error"),
        "Range@x": ("open", "none"),
        "Range@y": ("fail", "error"),
        "Range@when": ("open", "none"),
        "Deadlock": ("fail", "error"),
        "Commutes": ("fail", "error"),
        "Goes": ("fail", "error"),
        "Defined": ("fail", "error"),
    }
    places = {name: start(one["locations"][0]) for name, one in found.items()}
    assert places == {
        "Small": line("@protocol.invariant"),
        "Range@x": line("x: Count"),
        "Range@y": line("y: Count"),
        "Range@when": line("when: Option"),
        "Deadlock": line('protocol = Protocol("odd"'),
        "Commutes": line("@protocol.law"),
        "Goes": line("@protocol.liveness"),
        "Defined": line("s.y = s.when.value"),
    }
    uris = set(re.findall(r'"uri": "([^"]*)"', json.dumps(run)))
    assert uris == {"my%20models/odd%20%3C%26%3E%27.py"}
    assert len({one["partialFingerprints"]["verify/1"] for one in run["results"]}) == 8


def test_sarif_says_the_sentence_and_why(result: Result) -> None:
    run = log(sarif_of_results(result))
    lines = by_rule(run)["Small"]["message"]["text"].splitlines()
    assert lines[0] == "Size-1 of odd:safe for Nodes=2 is violated in 1 step"
    assert lines[1].startswith('No node holds, "ever"; <b>&amp;</b> ]]> ünïcode.')
    assert lines[2] == "Small fails for n = n1: x < 1 is false: left 1, right 1"
    assert lines[3] == """To see it: verify prove 'my models/odd <&>'"'"'.py' --property Size-1"""
    rule = next(one for one in run["tool"]["driver"]["rules"] if one["id"] == "odd/Small")
    assert rule["help"]["text"] == "\\A n \\in Node : holds[n] => x < 1"
    text = json.dumps(run, ensure_ascii=False)
    assert not {"\x1b", "\x00", "\u202e"} & set(text)
    assert "\\u001b" not in text


def test_sarif_follows_the_trace_with_actions_and_guards(result: Result) -> None:
    found = by_rule(log(sarif_of_results(result)))
    [flow] = found["Small"]["codeFlows"]
    steps = [
        (step["nestingLevel"], start(step["location"]), step["location"]["message"]["text"])
        for step in flow["threadFlows"][0]["locations"]
    ]
    own = line("@protocol.invariant")
    assert steps == [
        (0, own, "0: the initial state"),
        (0, line("@protocol.action"), "1: Up(n = n1)"),
        (1, line('guard("below"'), "guard below"),
        (0, own, "Small fails for n = n1: x < 1 is false: left 1, right 1"),
    ]
    states = [step.get("state", {}) for step in flow["threadFlows"][0]["locations"]]
    assert states[1] == {"x": {"text": "1"}, "holds[n1]": {"text": "TRUE"}}
    texts = {
        name: [step["location"]["message"]["text"] for step in one["codeFlows"][0]["threadFlows"][0]["locations"]]
        for name, one in found.items()
        if "codeFlows" in one
    }
    assert "stays in state 0, forever" in texts["Goes"]
    assert texts["Commutes"][0] == "0: these values"
    assert texts["Defined"][-3:-1] == ["4: Use has no value", "guard three"]


def test_a_proof_that_is_missing_for_any_size_has_no_trace(result: Result) -> None:
    facts = {"verdict": "unknown", "trace": None, "steps": None, "explanation": None, "reason": "no lemma was found"}
    missing = result["Size-1"].model_copy(update=facts)
    alone = result.model_copy(update={"scope": "unbounded", "parameters": {}, "properties": (missing,)})
    [one] = log(sarif_of_results(alone))["results"]
    assert (one["kind"], one["level"]) == ("open", "none")
    assert "codeFlows" not in one
    assert one["message"]["text"].splitlines()[0] == "Size-1 of odd:safe for any sizes is not decided"
    assert start(one["locations"][0]) == line("@protocol.invariant")


def test_what_cannot_be_reached_is_a_result_without_a_trace(result: Result) -> None:
    facts = {"kind": "reachable", "trace": None, "steps": None, "explanation": None, "method": "kinduction"}
    never = result["Size-1"].model_copy(update=facts)
    [one] = log(sarif_of_results(result.model_copy(update={"properties": (never,)})))["results"]
    assert (one["kind"], one["level"]) == ("fail", "error")
    first = one["message"]["text"].splitlines()[0]
    assert first == "Size-1 of odd:safe for Nodes=2 is violated: no run comes to such a state"
    assert "codeFlows" not in one


def test_a_run_that_was_cut_off_is_not_successful(result: Result) -> None:
    cut = result.model_copy(update={"ended": "timeout"})
    [invocation] = log(sarif_of_results(cut))["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "the run did not end: timeout"


def test_two_protocols_are_two_suites_and_one_run(result: Result) -> None:
    other = result.model_copy(
        update={"protocol": "other", "label": "other(2)", "variant": "gap", "dropped": ("Up.below",)}
    )
    both = Results(results=(result, other))
    run = log(sarif_of_results(both))
    assert len(run["results"]) == 16
    assert len(run["tool"]["driver"]["rules"]) == 16
    written = junit_of_results(both)
    JUNIT.validate(written)
    suites = list(junitparser.JUnitXml.fromstring(written.encode()))
    assert [suite.name for suite in suites] == ["odd:safe", "other(2):gap without Up.below"]


@pytest.mark.parametrize("report", [nights.eventful(), nights.hostile(), nights.nightly()])
def test_sarif_of_a_night_has_what_is_not_as_expected(report: Any) -> None:
    run = log(sarif_of_night(report))
    assert len(run["results"]) == sum(len(entry.differences) for entry in report.obligations)


def test_junit_has_a_case_for_each_property(result: Result) -> None:
    written = junit_of_results(result)
    JUNIT.validate(written)
    assert written == junit_of_results(result)
    document = junitparser.JUnitXml.fromstring(written.encode())
    [suite] = document
    cases = {case.name: case for case in suite}
    outcomes = {name: [type(item).__name__ for item in case.result] for name, case in cases.items()}
    assert outcomes["Size-1"] == outcomes["Commutes"] == outcomes["Live"] == outcomes["Defined"] == ["Failure"]
    assert outcomes["Range@x"] == ["Skipped"]
    assert (document.tests, document.failures, document.skipped) == (8, 6, 2)
    assert cases["Commutes"].result[0].message == "Commutes is violated by some values: a minus b."
    assert "Small fails for n = n1: x < 1 is false: left 1, right 1" in cases["Size-1"].result[0].text.splitlines()
    assert {case.classname for case in cases.values()} == {"odd:safe"}


def test_a_proved_property_passes() -> None:
    found = api.prove("hlc", properties=["HLC-1"], engine="explicit", in_process=True)
    written = junit_of_results(found)
    JUNIT.validate(written)
    [case] = next(iter(junitparser.JUnitXml.fromstring(written.encode())))
    assert case.result == []
    assert case.system_out.startswith("is proved by exhaustive\n")


def test_a_problem_is_one_line_for_editors(result: Result) -> None:
    lines = {problem.name: problem.line for problem in problems(result)}
    place = re.escape(f"my models/odd <&>'.py:{line('@protocol.invariant')}")
    assert re.fullmatch(
        f"{place}: error: Size-1 of odd:safe is violated in 1 step: No node .* left 1, right 1", lines["Size-1"]
    )
    assert re.match(r"my models/odd <&>'\.py:\d+: warning: Range@x of odd:safe is not decided: ", lines["Range@x"])
    assert all(one.isprintable() for one in lines.values())
