"""Independent decisions and counterexamples that other models execute: what agrees, and what is noticed if it does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenario.test_report import FOR, answer, made
from verifier import api
from verifier.documents import Property, Threshold, Thresholds, Trace
from verifier.documents.scenario import AGREE, CrossValidation, ScenarioConfig
from verifier.jobs.session import Session
from verifier.scenario import ask as asking
from verifier.scenario.ask import Limits, _compare
from verifier.scenario.deciding import by_shares, of_threshold, same_length
from verifier.scenario.names import PROFILES
from verifier.scenario.plan import SAME_SLOT, questions
from verifier.scenario.reading import Reading, Stakes
from verifier.scenario.replaying import Replay, _by_class, _of_groups, replays
from verifier.scenario.workers import Common, Crew

SHARES = {"fast": 4, "notar": 3, "fallback": 3, "skip": 3, "final": 3, "safe_high": 2, "safe_sum": 3, "safe_low": 1}
GIVEN = {f"{name}_1": part for name, part in SHARES.items()} | {f"{name}_2": 5 for name in SHARES}
GIVEN |= {"safe_skip_1": 2, "safe_skip_2": 5, "F": 1, "Offline": 0, "MaxFallbacks": 3, "PerKind": 0}


def session(command: str) -> Session:
    """A session whose worker is started when it is needed."""
    return Session()


def ledger(notar: list[str], final: set[int]) -> Property:
    """A counterexample of five validators, the last of them Byzantine: who has voted for which block, and to finalize."""

    def chosen(of: list[list[str]]) -> dict[str, Any]:
        return {"#map": [[i, {"#set": blocks}] for i, blocks in enumerate(of, 1)]}

    votes = {
        "notar": chosen([[block] for block in notar]),
        "skip": {"#set": []},
        "fallback": chosen([[]] * len(notar)),
        "skip_fallback": {"#set": []},
        "final": {"#set": sorted(final)},
    }
    stakes = {f"stake_{i}": int(i <= len(notar)) for i in range(1, 11)}
    meta = {"protocol": "votor-ledger", "parameters": {**GIVEN, **stakes, "Validators": len(notar)}}
    values = Trace.from_document({"#meta": meta, "vars": list(votes), "states": [votes]})
    facts: dict[str, Any] = {"kind": "law", "steps": 0, "shortest": True, "trace": values, "values": values}
    return Property(name="NoConflictingFinalization", verdict="violated", **facts)


def test_votes_that_a_law_allows_are_cast_one_by_one() -> None:
    halves = ["b1", "b1", "b2", "b2"]
    found = replays(
        {
            "right": ledger(halves, {1, 2, 3, 4}),
            "too few": ledger(halves, {1}),
            "not notarized": ledger(["b1", "b2", "b2", "b2"], {1, 2}),
        },
        lambda: 100.0,
        session,
    )
    assert found["right"] == Replay("votor", 8)
    assert found["too few"] == Replay("votor", 5, "its last state does not violate NoConflictingFinalization")
    failed = found["not notarized"]
    assert failed.steps == 6
    assert "notarized" in str(failed.failure)


def test_nothing_is_executed_when_the_time_is_up() -> None:
    assert replays({"late": ledger(["b1"], set())}, lambda: 0.0, session) == {}
    proved = Property(name="P", verdict="proved", kind="law", method="k-induction", k=1)
    assert replays({"no values": proved}, lambda: 100.0, session) == {}


def test_a_replay_that_is_cut_off_contradicts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*given: Any, **options: Any) -> None:
        raise api.CutOff("the time is up", "timeout")

    monkeypatch.setattr(api, "walk", late)
    monkeypatch.setattr(api, "replay", late)
    trace = Trace.from_document({"#meta": {"protocol": "m"}, "vars": [], "states": [{}, {}]})
    run = Property(name="P", verdict="violated", kind="state", steps=1, shortest=True, trace=trace)
    assert replays({"votes": ledger(["b1"], set()), "run": run}, lambda: 100.0, session) == {}


def test_stake_that_has_cast_the_same_votes_moves_together() -> None:
    given = GIVEN | {"stake_1": 2, "stake_2": 3}
    counts = {1: {"U": 1, "N1F": 1, "N2AK": 2, "SB": 0}, 2: {"N2AK": 1, "S": 1}}
    run = _by_class("NotarizationUnique", given, counts)
    assert run is not None
    assert (run.instance.model, run.instance.settings) == ("votor-classes:any-share", ("Honest=14", "Byzantine=1"))
    assert run.steps == (
        ("NotarVote1", 2),
        ("NotarVote2", 7),
        ("SkipVote", 3),
        ("NotarFallback1", "N2", 7),
        ("SkipFallback", "N2A", 7),
        ("FinalVote1", 2),
    )
    other = _by_class("NotarizationUnique", given | {"fast_1": 3}, counts)
    assert other is not None
    assert other.instance.settings == ("Honest=14", "Byzantine=1", "fast=[3,5]")
    assert _by_class("SettledIsDecided", given, counts) is None
    nothing, final, *fallbacks, skipped = _of_groups(given, counts)
    assert (nothing.stake, nothing.notar, nothing.skip) == (2, [], False)
    assert (final.stake, final.notar, final.fallback, final.final) == (2, ["b1"], [], True)
    assert [(one.stake, one.notar, one.fallback, one.skip_fallback) for one in fallbacks] == [
        (stake, ["b2"], ["b1"], True) for stake in (2, 2, 3)
    ]
    assert (skipped.stake, skipped.notar, skipped.skip) == (3, [], True)


@pytest.mark.parametrize(
    ("fraction", "byzantine", "equal", "reason", "verdict"),
    [
        ("1/5", 0, True, None, "proved"),
        ("1/5", 1, True, None, "violated"),
        ("1/5", 1, False, None, None),
        ("1/5", 1, True, "no run to it was found", None),
        ("2/5", 1, False, "no run to it was found", "proved"),
        (None, 4, True, None, "proved"),
        (None, 0, True, "z3 gives up", None),
    ],
)
def test_what_a_smallest_coalition_decides(
    fraction: str | None, byzantine: int, equal: bool, reason: str | None, verdict: str | None
) -> None:
    least = Threshold(property="P", published_name="P", fraction=fraction, reason=reason)
    assert of_threshold(least, Stakes((1,) * 5, byzantine, equal)) == verdict


def test_thresholds_that_the_time_did_not_suffice_for_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    small = Reading(ScenarioConfig.model_validate(PROFILES["small"]), thresholds="published", offline="may-crash")
    asked = [question for question in questions("safety_properties", small) if question.name in SAME_SLOT]
    first = Threshold(property=SAME_SLOT[0], published_name=SAME_SLOT[0], fraction="2/5")
    cut = Thresholds(protocol="votor-classes", part="Byzantine", whole="Total", thresholds=(first,), ended="timeout")
    monkeypatch.setattr(api, "threshold", lambda *given, **options: cut)
    assert {name: one.verdict for name, one in by_shares(asked, 1.0, session).items()} == {SAME_SLOT[0]: "proved"}
    assert by_shares(asked, 0.0, session) == {}


def test_which_stakes_are_equal() -> None:
    small = Reading(ScenarioConfig.model_validate(PROFILES["small"]), thresholds="published")
    assert small.for_coalitions(silent=False) == Stakes((1,) * 5, 1, True)
    assert small.for_coalitions(silent=True) == Stakes((1,) * 5, 1, False)
    given = Reading(small.config).for_coalitions(silent=False)
    assert (given.each, given.settings[:4]) == ((1,) * 5, ("fast_1=67", "fast_2=100", "notar_1=51", "notar_2=100"))


def test_lengths_are_compared_where_both_are_the_shortest() -> None:
    def found(steps: int, *, shortest: bool = True) -> Property:
        trace = Trace.from_document({"#meta": {"protocol": "m"}, "vars": [], "states": [{}] * (steps + 1)})
        return Property(name="P", verdict="violated", kind="state", steps=steps, shortest=shortest, trace=trace)

    assert same_length(found(2), found(2)) is True
    assert same_length(found(2), found(3)) is False
    assert same_length(found(2, shortest=False), found(3)) is None
    assert same_length(None, found(3)) is None


def test_a_counterexample_that_is_none_fails_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    gap, fine = answer("P", "violated", expected="violated"), answer("Q", "violated", expected="violated")
    done = {"P": Replay("m", 2, "step 2 cannot happen"), "Q": Replay("m", 2)}
    monkeypatch.setattr(asking, "replays", lambda entries, left, session: {name: done[name] for name in entries})
    monkeypatch.setattr(asking, "decide", lambda asked, prove: {})
    _compare([gap, fine], Limits(100, None, 5), Crew(Common()), lambda line: None)
    assert (gap.passed, fine.passed) == (False, True)
    one, two = made(gap, fine, compared=True).property_results
    assert one.cross_validation is not None
    assert (one.cross_validation.consistent, one.cross_validation.details) == (False, "Trace mismatch; ")
    assert one.cross_validation.replay is not None
    assert one.cross_validation.replay.failure == "step 2 cannot happen"
    assert two.cross_validation is not None
    assert (two.cross_validation.consistent, two.cross_validation.details) == (True, AGREE)


@pytest.mark.parametrize("change", [{"replay": {"model": "m", "steps": 1, "failure": "no"}}, {"same_length": False}])
def test_what_is_not_shown_is_not_consistent(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="consistent is whether"):
        CrossValidation.model_validate({"local_result": False, "consistent": True, "details": "", **change})
    assert CrossValidation.model_validate({"local_result": False, "consistent": False, "details": "", **change})


def test_every_decider_is_in_the_report() -> None:
    (entry,) = made(answer("P", decisions=(FOR, FOR)), compared=True).property_results
    assert entry.cross_validation is not None
    assert [one.result for one in entry.cross_validation.deciders] == [True, True]


@pytest.mark.nightly
@pytest.mark.parametrize("offline", ["silent", "may-crash"])
def test_ledgers_groups_steps_and_classes_agree(offline: str) -> None:
    """The ledger, the groups, the search of all runs, and the smallest coalition whatever the number of validators."""
    of = Reading(ScenarioConfig.model_validate(PROFILES["small"]), thresholds="published", offline=offline)
    asked = [question for question in questions("safety_properties", of) if question.name in SAME_SLOT]
    above = {"FastFinalUnique", "FastFinalExcludesOtherNotar", "FinalCertHasNotarCert"}  # a fifth never suffices
    with Common() as common:
        answers = asking.ask(asked, Limits(280, None, 100), Crew(common), compare=True)
    for one in answers:
        assert one.differs == ""
        deciders = {decision.command.split()[2].split(":")[0] for decision in one.decisions}
        assert {"votor-groups", "votor"} <= deciders <= {"votor-groups", "votor", "votor-classes"}
        assert ("votor-classes" in deciders) == (offline == "may-crash" or one.question.name in above)
        assert (one.replayed == Replay("votor", one.replayed.steps)) if one.replayed else one.verdict == "proved"


@pytest.mark.nightly
def test_counterexamples_of_many_validators_and_of_progress() -> None:
    many = ("Groups=1", "Most=12", "stake_1=1", "members_1=12", "F=3")
    wanted = ["NoConflictingFinalization", "FastFinalExcludesSkip"]
    found = api.prove("votor-groups", settings=many, properties=wanted)
    halves = ("Groups=1", "Most=2", "stake_1=31", "members_1=2", "F=18", "Offline=20")
    few = ("Groups=1", "Most=2", "stake_1=29", "members_1=2", "F=20", "Offline=22")
    entries = {name: found[name] for name in wanted}
    entries["decided"] = api.prove("votor-groups", settings=halves, properties=["SettledIsDecided"])["SettledIsDecided"]
    entries["final"] = api.prove("votor-groups", settings=few, properties=["CorrectLeaderIsFinal"])["CorrectLeaderIsFinal"]
    done = replays(entries, lambda: 100.0, session)
    assert {name: (one.model, one.failure) for name, one in done.items()} == {
        "NoConflictingFinalization": ("votor-classes:any-share", None),
        "FastFinalExcludesSkip": ("votor-classes:any-share", None),
        "decided": ("votor:live", None),
        "final": ("votor:correct-leader", None),
    }
