"""What breaks without which guard: exact where all states are searched, and honest where they are not."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests import workers
from tests.command import run
from verifier.catalog import load
from verifier.cli import exitcodes
from verifier.documents import Gaps
from verifier.evidence.replay import replay
from verifier.jobs.collect import Collector
from verifier.kernel import (
    Bool,
    Fn,
    Protocol,
    Range,
    Scalarset,
    budget,
    choice,
    forall,
    guard,
    implies,
    var,
)
from verifier.kernel.errors import ModelError, UsageError
from verifier.kernel.model import Model
from verifier.proof.strategy import GapsRequest, find_gaps
from verifier.proof.strategy import gaps as strategy
from verifier.report.gaps import gaps_text
from verifier.report.text import render


def tickets() -> Protocol:
    """Takes tickets in turn. One guard matters, one is implied by another, one only slows things down."""
    p = Protocol("tickets", "takes tickets in turn")
    Most = p.search_bound("Most", 3)

    class Who(Scalarset, parameter="Whos", size=2):
        pass

    class Number(Range, low=0, high=Most):
        pass

    @p.state
    class State:
        last: Number = var(0)
        mine: Fn[Who, Number] = var(0)

    @p.action
    def Take(s: State, w: Who) -> None:
        guard("none-yet", s.mine[w] == 0)
        guard("not-mine", (s.mine[w] == 0) | (s.mine[w] != s.last))
        budget("most", s.last < Most)
        now = s.last + 1
        s.last = choice("fresh", now, s.last)
        s.mine[w] = choice("fresh-too", now, now)

    @p.action
    def Leave(s: State, w: Who) -> None:
        guard("has-one", s.mine[w] != 0)
        s.mine[w] = 0

    @p.invariant(short="T-1")
    def Distinct(s: State) -> Bool:
        return forall(Who, Who, lambda v, w: implies((v != w) & (s.mine[v] != 0), s.mine[v] != s.mine[w]))

    @p.action_property(short="T-2")
    def Kept(s: State, after: State) -> Bool:
        return forall(Who, lambda w: implies((s.mine[w] != 0) & (after.mine[w] != 0), s.mine[w] == after.mine[w]))

    p.type_ok(variables=["last", "mine"])
    p.variant("stale", drops=["Take.fresh"])
    return p


def document(protocol: Protocol, **options: Any) -> Gaps:
    events: list[dict[str, Any]] = []
    found = Gaps.from_document(find_gaps(GapsRequest(protocol, **options), events.append))
    planned = events[0]["document"]["drops"]
    assert [(entry["action"], entry["name"], entry["kind"]) for entry in planned] == [
        (drop.action, drop.name, drop.kind) for drop in found.drops
    ]
    assert [event["drop"]["name"] for event in events if event["event"] == "drop"] == [d.name for d in found.drops]
    return found


def broken(found: Gaps) -> dict[str, dict[str, int]]:
    return {d.full_name: {b.property: b.steps for b in d.breaks} for d in found.drops}


@pytest.fixture(scope="module")
def found() -> Gaps:
    return document(tickets())


def test_every_guard_and_choice_is_left_out_alone(found: Gaps) -> None:
    assert {drop.full_name: drop.kind for drop in found.drops} == {
        "Take.none-yet": "guard",
        "Take.not-mine": "guard",
        "Take.fresh": "choice",
        "Take.fresh-too": "choice",
        "Leave.has-one": "guard",
    }
    assert found.baseline.complete
    assert not found.baseline.violated


def test_what_breaks_breaks_in_the_fewest_steps(found: Gaps) -> None:
    assert broken(found) == {
        "Take.none-yet": {"T-2": 3},
        "Take.not-mine": {},
        "Take.fresh": {"T-1": 2},
        "Take.fresh-too": {},
        "Leave.has-one": {},
    }
    assert {drop.full_name for drop in found.inert} == {"Take.not-mine", "Take.fresh-too", "Leave.has-one"}


def test_whether_the_reachable_states_change_is_told(found: Gaps) -> None:
    same = {drop.full_name: drop.same_states for drop in found.drops}
    assert same["Take.not-mine"] is True
    assert same["Take.none-yet"] is True
    assert same["Take.fresh"] is False


def test_bounds_are_left_out_on_request_only() -> None:
    with_bounds = document(tickets(), include_bounds=True)
    assert with_bounds["Take.most"].kind == "bound"
    assert broken(with_bounds)["Take.most"] == {"TypeOK": 6}


def test_what_fails_already_is_not_said_to_break() -> None:
    stale = document(tickets(), variant="stale")
    assert stale.baseline.violated == ("T-1",)
    assert "Take.fresh" not in broken(stale)
    assert all("T-1" not in steps for steps in broken(stale).values())


@pytest.mark.parametrize("name", ["tickets", "composed"])
def test_every_trace_replays_under_its_drop(name: str, found: Gaps) -> None:
    protocol = tickets() if name == "tickets" else load(name)
    shown = found if name == "tickets" else document(protocol)
    traces = [(drop, broken) for drop in shown.drops for broken in drop.breaks]
    assert traces
    for drop, entry in traces:
        written = entry.trace.to_document()
        assert written["#meta"]["dropped"] == [drop.full_name]
        outcome = replay(written, protocol)
        assert outcome.valid
        assert outcome.violated
        assert len(outcome.steps) == entry.steps + 1


def test_without_a_complete_search_nothing_is_called_inert(monkeypatch: pytest.MonkeyPatch, found: Gaps) -> None:
    monkeypatch.setattr(strategy, "SEARCHED_STATES", 1)
    bounded = document(tickets(), k=4)
    assert broken(bounded) == broken(found)
    assert not any(drop.complete for drop in bounded.drops)
    assert [drop.inert for drop in bounded.drops] == [False if drop.breaks else None for drop in bounded.drops]
    assert {(drop.method, drop.k) for drop in bounded.drops} == {("bounded unrolling", 4)}
    assert "nothing within 4 steps" in render(gaps_text(bounded))


def test_a_violation_beyond_the_depth_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy, "SEARCHED_STATES", 1)
    assert broken(document(tickets(), k=2))["Take.none-yet"] == {}


def test_a_search_that_grows_too_large_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    states = document(load("composed")).baseline.distinct
    assert states is not None
    monkeypatch.setattr(strategy, "SEARCHED_STATES", states)
    found = document(load("composed"), k=2)
    larger = found["Commit.active"]
    assert (larger.complete, larger.inert, larger.same_states) == (False, None, None)
    assert (larger.k or 0) >= 2


def test_the_text_names_what_nothing_depends_on(found: Gaps) -> None:
    text = render(gaps_text(found))
    assert re.search(r"^Take\.fresh +choice +\d+  T-1 in 2 steps$", text, re.MULTILINE)
    listed = text.partition("no property depends on")[2]
    assert "Take.not-mine, and without it the same states are reachable" in listed
    assert "Take.none-yet" not in listed
    assert "tickets:safe: 2 break something, 3 inert" in text


def test_the_text_ends_with_a_command_that_shows_one_break(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.search(r"^to see one break: verify (.+)$", render(gaps_text(document(load("routes")))), re.MULTILINE)
    assert shown is not None
    assert run(shlex.split(shown[1])) == 1
    assert "VIOLATED" in capsys.readouterr().out


def test_progress_names_what_is_left_out() -> None:
    events: list[dict[str, Any]] = []
    find_gaps(GapsRequest(tickets()), events.append)
    told = [event["text"] for event in events if event["event"] == "progress"]
    assert "as it is" in told
    assert "without Take.fresh (3 of 5)" in told


def test_what_was_finished_before_the_limit_is_kept() -> None:
    job: dict[str, Any] = {"command": "gaps", "protocol": "tickets", "variant": None}
    collector = Collector(job)
    plan = {"schema": "verify.gaps/1", "protocol": "tickets", "variant": "safe"}
    targets = [{"action": "Take", "name": name, "kind": "guard"} for name in ("a", "b")]
    collector.take({"event": "plan", "index": 0, "document": {**plan, "drops": targets}})
    collector.take({"event": "drop", "index": 0, "drop": {**targets[0], "inert": True, "complete": True}})
    (partial,) = collector.documents("timeout", seconds=1.0, limit="1 s")
    found = Gaps.from_document(partial)
    assert [(drop.inert, drop.complete) for drop in found.drops] == [(True, True), (None, False)]
    assert found["Take.b"].reason == "the time limit ran out (1 s)"
    assert exitcodes.of_gaps(found) == exitcodes.TIMEOUT


@pytest.mark.parametrize(("ended", "code"), [("complete", 0), ("timeout", 124), ("interrupted", 130), ("memory", 3)])
def test_exit_codes(ended: Any, code: int) -> None:
    assert exitcodes.of_gaps(Gaps(protocol="tickets", ended=ended)) == code


def test_a_depth_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(UsageError, match="--k -1"):
        find_gaps(GapsRequest(tickets(), k=-1), lambda event: None)


PAXOS = {"Rounds": 1, "Attempts": 2}

# Everything that breaks, and in how many steps, for each guard and choice of the published protocols.
PUBLISHED: dict[str, Mapping[str, Mapping[str, int]]] = {
    "composed": {
        "BeginTxn.idle": {},
        "WriteIntent.active": {"Composed-1": 3, "Composed-1a": 3},
        "WriteIntent.new-key": {},
        "Commit.active": {},
        "Commit.observed-owner": {"Composed-1": 4},
        "Commit.current-owner": {"Composed-1a": 4},
        "Abort.active": {},
    },
    "routes": {
        "CatalogWatcherSync.published": {"Routes-L1": 1},
        "CatalogWatcherSync.no-regression": {"Routes-4": 3},
        "CatalogWatcherSyncLatest.behind": {},
        "fairness.CatalogWatcherSyncLatest": {"Routes-L1": 1, "Routes-L1u": 1},
    },
    "mvcc": {
        "Compact.advances": {"MVCC-4": 5},
        "Compact.not-ahead-of-clock": {},
        "Compact.retain-latest-below": {"MVCC-4": 3},
    },
    "occ": {
        "BeginTxn.idle": {"OCC-5-step": 2, "CommitTsAssignedOnce": 7, "OCC-3": 9},
        "ReadKey.active": {},
        "ReadKey.not-read": {},
        "ReadKey.no-conflicting-lock": {},
        "WriteIntent.active": {"OCC-2": 9},
        "WriteIntent.new-key": {},
        "Prepare.active": {"OCC-L1": 3},
        "Prepare.writes-something": {},
        "Prepare.unlocked": {"OCC-2": 8},
        "Prepare.no-newer-version": {"OCC-2": 8},
        "Commit.prepared": {"CommitTsAssignedOnce": 2, "OCC-2": 6},
        "Commit.fresh-commit-ts": {"OCC-1": 4, "OCC-2": 8, "OCC-3": 9},
        "Abort.active-or-prepared": {},
        "fairness.Abort": {"OCC-L1": 1, "OCC-L1u": 1},
    },
    "hlc": {
        "BecomeLeader_HLC.handoff": {"HLC-4": 5},
        "ApplyCeiling.is-leader": {},
        "IssueTimestamp.is-leader": {"HLC-3": 3, "HLC-4": 5},
        "IssueTimestamp.ceiling-fence": {},
        "TickWall.skew-ahead": {},
        "TickWall.skew-behind": {},
    },
    "multi-paxos": {
        "Promise.ge-promised": {"Paxos-L": 1, "PromisesRise": 2, "Paxos-1": 11},
        "Promise.ge-accepted": {},
        "Accept.ge-promised": {"Paxos-L": 3, "PromisesRise": 4},
        "Accept.ge-accepted": {},
        "Accept.one-value-per-proposal": {"Paxos-L": 3, "Paxos-1": 8},
        "Accept.quorum-promised": {"Paxos-1": 6},
        "Accept.value-rule": {"Paxos-1": 10},
        "Learn.quorum-accepted": {"Paxos-1": 2},
        "fairness.Next": {"Paxos-L": 0},
    },
}
SLOW = {"hlc", "multi-paxos", "occ"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.nightly if name in SLOW else ()) for name in PUBLISHED]
)
def test_the_published_protocols(name: str) -> None:
    settings = tuple(f"{key}={value}" for key, value in PAXOS.items()) if name == "multi-paxos" else ()
    found = document(load(name), settings=settings)
    assert all(drop.complete for drop in found.drops)
    assert broken(found) == PUBLISHED[name]
    if name == "multi-paxos":
        # Whoever accepted has promised as much, so looking at what was accepted adds nothing.
        assert [drop.full_name for drop in found.inert if drop.same_states] == [
            "Promise.ge-accepted",
            "Accept.ge-accepted",
        ]


def test_the_command_writes_its_document() -> None:
    import json

    from tests.command import verify

    done = verify("gaps", "routes", "--json", "-")
    assert done.returncode == 0
    written = Gaps.from_document(json.loads(done.stdout))
    assert broken(written) == PUBLISHED["routes"]
    assert (written.k, written.variant) == (8, "safe")


def test_a_limit_ends_the_command_with_its_own_code() -> None:
    from tests.command import run

    assert run(["gaps", "tickets", "--timeout", "0.5"], workers.worker(then=workers.LOOPS)) == exitcodes.TIMEOUT


def test_what_cannot_be_left_out_is_named_and_nothing_is_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Protocol.model

    def refusing(self: Protocol, variant: str | None = None, drops: Sequence[str] = ()) -> Model:
        if list(drops) == ["Take.none-yet"]:
            raise ModelError("Take needs it")
        return original(self, variant, drops)

    monkeypatch.setattr(Protocol, "model", refusing)
    document = find_gaps(GapsRequest(tickets()), lambda event: None)
    [refused] = [drop for drop in document["drops"] if drop["name"] == "none-yet"]
    assert (refused["breaks"], refused["inert"], refused["complete"]) == ([], None, False)
    assert refused["reason"] == "it cannot be left out: Take needs it"
