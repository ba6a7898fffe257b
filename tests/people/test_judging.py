"""Verdicts against expectations in the pytest plugin: what passes, what is skipped, and what fails with which words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from verifier.documents import NotStated, Property, Result
from verifier.documents.listing import ListedProperty
from verifier.pytest_plugin.collecting import Options
from verifier.pytest_plugin.judging import Unmet, judge


def asked(kind: str = "state", expected: str = "proved", scope: str = "published", may_be_open: tuple[str, ...] = ()) -> Any:
    """A test of property `P` in variant `v` of protocol `p`."""
    prop = ListedProperty.model_validate(
        {"name": "P", "published_name": "Published", "kind": kind, "expected": {"v": expected}}
    )
    parent = SimpleNamespace(name="v", protocol=SimpleNamespace(name="p"))
    options = Options(8, scope, None, None, may_be_open)
    return SimpleNamespace(name="P", prop=prop, parent=parent, options=options)


def answer(verdict: str | None, ended: str = "complete", **fields: Any) -> Result:
    entries = [] if verdict is None else [Property.model_validate({"name": "P", "verdict": verdict, **fields})]
    others = [Property(name="Q", verdict="proved", method="trivial")]
    return Result.model_validate({"protocol": "p", "properties": [*entries, *others], "ended": ended})


def test_a_proof_passes_and_is_no_violation() -> None:
    proved = answer("proved", method="k-induction")
    judge(asked(), proved)
    with pytest.raises(Unmet, match="P is PROVED by k-induction, but violated is expected"):
        judge(asked(expected="violated"), proved)


@pytest.mark.parametrize("found", [answer("bounded", k=8), answer("unknown", reason="the time ran out"), answer(None, "timeout")])
@pytest.mark.parametrize("expected", ["proved", "violated"])
def test_what_is_open_fails_unless_it_may_be(found: Result, expected: str) -> None:
    with pytest.raises(Unmet, match=r"P is (BOUNDED|UNKNOWN).*, but"):
        judge(asked(expected=expected), found)
    for name in ("p:v:P", "p:*:Published", "*"):
        judge(asked(expected=expected, may_be_open=(name,)), found)
    with pytest.raises(Unmet):
        judge(asked(expected=expected, may_be_open=("p:other:P", "q:*")), found)


def test_what_may_be_open_may_not_be_wrong() -> None:
    with pytest.raises(Unmet):
        judge(asked(expected="violated", may_be_open=("*",)), answer("proved", method="trivial"))


def test_definedness_is_proved_where_a_complete_run_does_not_list_it() -> None:
    judge(asked(kind="defined"), answer(None))
    nothing = Result.model_validate({"protocol": "p", "properties": []})
    for kind, result in (("state", answer(None)), ("defined", answer(None, "timeout")), ("defined", nothing)):
        with pytest.raises(Unmet, match="P is UNKNOWN"):
            judge(asked(kind=kind), result)


def test_what_a_scope_does_not_state_is_skipped() -> None:
    missing = NotStated(name="P", published_name="Published", reason="it speaks of a budget")
    result = Result(protocol="p", scope="unbounded", not_stated=(missing,))
    with pytest.raises(pytest.skip.Exception, match="not stated at unbounded scope: it speaks of a budget"):
        judge(asked(scope="unbounded"), result)


def test_a_report_says_what_the_property_means_where_it_stands_and_which_command_shows_it() -> None:
    found = answer("bounded", k=3, doc="Says so.", formula="x = 1", at={"file": "p.py", "line": 3}, command="verify prove p.py:v")
    with pytest.raises(Unmet) as failed:
        judge(asked(), found)
    assert failed.value.report.splitlines() == [
        "P is BOUNDED to depth 3, but proved is expected",
        "  Says so.",
        "  x = 1",
        "  verify prove p.py:v",
        "  p.py:3",
    ]
