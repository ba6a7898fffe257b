"""Liveness properties through `prove`: verdicts, lassos that replay, what they say, and what a proof waits for."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.snippets import build
from tests.liveness.sources import COUNTERS, QUIET
from verifier.catalog import load
from verifier.evidence.replay import replay
from verifier.kernel.protocol import Protocol
from verifier.proof.strategy import ProveRequest, prove


def run(protocol: Protocol, *names: str, **options: Any) -> dict[str, dict[str, Any]]:
    request = ProveRequest(protocol, properties=names, liveness=not names, **options)
    return {entry["name"]: dict(entry) for entry in prove(request, lambda event: None)["properties"]}


def lasso(entry: dict[str, Any]) -> tuple[Any, ...]:
    return entry["verdict"], entry["steps"], entry["loop"]


def counters(folder: Path, formula: str, *, more: str = "", options: str = "", views: str = "s: State") -> Protocol:
    stated = f'\n@p.liveness("L"{options})\ndef Live({views}) -> Temporal:\n    return {formula}\n'
    return build(COUNTERS + more + stated, folder)


def test_steps_that_change_nothing_do_not_keep_an_action_enabled(tmp_path: Path) -> None:
    entries = run(build(QUIET, tmp_path))
    assert entries["All"]["verdict"] == "proved"
    assert entries["Each"]["verdict"] == "proved"
    assert lasso(entries["Unfair"]) == ("violated", 0, 0)
    assert entries["QuietIsDone"]["verdict"] == "proved"


def test_steps_that_change_nothing_do_not_count_as_taken(tmp_path: Path) -> None:
    # Skip can be done forever, but is never a step of fairness: the group is met only by Inc.
    more = "p.fairness(weak(steps(Inc) | steps(Skip)))\n"
    goal = "eventually(exists(Node, lambda n: s.at[n] == 1))"
    assert run(counters(tmp_path, goal, more=more), "L")["L"]["verdict"] == "proved"
    assert lasso(run(counters(tmp_path, goal, more="p.fairness(weak(Skip))\n"), "L")["L"]) == ("violated", 0, 0)


def test_fairness_of_instances_is_more_than_fairness_of_an_action(tmp_path: Path) -> None:
    goal = "forall(Node, lambda n: eventually(s.at[n] == 1))"
    each, some = "p.fairness(forall(Node, lambda n: weak(Inc, n)))\n", "p.fairness(weak(Inc))\n"
    assert run(counters(tmp_path, goal, more=each), "L")["L"]["verdict"] == "proved"
    found = run(counters(tmp_path, goal, more=some), "L")["L"]
    assert lasso(found) == ("violated", 0, 2)
    assert any("WF(Inc) is met: taken at step" in line for line in found["explanation"])


def test_strong_fairness_is_more_than_weak(tmp_path: Path) -> None:
    # The guard of Leave holds again and again, but not forever.
    model = '''
from __future__ import annotations
from verifier.kernel import *
p = Protocol("door", "a door that opens and shuts")
@p.state
class State:
    open: Bool = var(False, "")
    out: Bool = var(False, "")
@p.action
def Turn(s: State) -> None:
    """."""
    s.open = ~s.open
@p.action
def Leave(s: State) -> None:
    """."""
    guard("open", s.open)
    s.out = Bool(True)
weakly = p.assume_fair("weakly", weak(Turn), weak(Leave))
strongly = p.assume_fair("strongly", weak(Turn), strong(Leave))
@p.liveness("Weak", under=weakly)
def W(s: State) -> Temporal:
    return eventually(s.out)
@p.liveness("Strong", under=strongly)
def S(s: State) -> Temporal:
    return eventually(s.out)
'''
    entries = run(build(model, tmp_path), "Weak", "Strong")
    assert entries["Strong"]["verdict"] == "proved"
    assert lasso(entries["Weak"]) == ("violated", 0, 2)
    said = " ".join(entries["Weak"]["explanation"])
    assert "WF(Leave) is met: disabled in state 0" in said
    assert "for lack of fairness: under SF(Leave) too it holds" in said


def test_only_behaviours_inside_the_constraints_count(tmp_path: Path) -> None:
    # Inc is enabled forever where the constraint forbids what it leads to, so no behaviour that stays there is fair.
    more = (
        "p.fairness(forall(Node, lambda n: weak(Inc, n)))\n"
        "@p.constraint\ndef Low(s: State) -> Bool:\n    return forall(Node, lambda n: s.at[n] <= 1)\n"
    )
    goal = "always(eventually(forall(Node, lambda n: s.at[n] == 0)))"
    assert run(counters(tmp_path, goal, more=more), "L")["L"]["verdict"] == "violated"
    stays = "eventually(always(forall(Node, lambda n: s.at[n] <= 1)))"
    assert run(counters(tmp_path, stays, more=more), "L")["L"]["verdict"] == "proved"


def test_where_runs_end_progress_is_that_no_quiet_state_violates_it(tmp_path: Path) -> None:
    """The two agree, and so do the steps: the stem of the lasso ends in the quiet state."""
    goal = "forall(Node, lambda n: s.got.contains(n))"
    safety = f"@p.invariant()\ndef Quiet(s: State) -> Bool:\n    return implies(~can_change(Send), {goal})\n"
    for guard, wanted in (("s.got.size() < 2", "proved"), ("s.got.size() < 1", "violated")):
        source = QUIET.replace("    s.got |= {n}", f'    guard("some", {guard})\n    s.got |= {{n}}') + safety
        entries = run(build(source, tmp_path), "All", "Quiet")
        assert entries["All"]["verdict"] == entries["Quiet"]["verdict"] == wanted
        assert entries["All"]["steps"] == entries["Quiet"]["steps"]
        assert entries["All"]["loop"] == (None if wanted == "proved" else 0)


def test_what_never_begins_and_what_no_behaviour_meets_is_vacuous(tmp_path: Path) -> None:
    each = "p.fairness(forall(Node, lambda n: weak(Inc, n)))\n"
    entry = run(counters(tmp_path, "leads_to(s.at == fn(Node, lambda n: 3), s.at == s.at)", more=each), "L")["L"]
    assert entry["verdict"] == "proved"
    assert "what it waits from" in entry["vacuous"]["reason"]
    # From where Inc is stopped by the constraint alone, no behaviour is fair to it.
    stuck = (
        "p.fairness(forall(Node, lambda n: weak(Inc, n)))\n"
        'p.variant("stuck", without=["Reset", "Skip"])\n'
        "@p.constraint\ndef Low(s: State) -> Bool:\n    return forall(Node, lambda n: s.at[n] <= 1)\n"
    )
    entry = run(counters(tmp_path, "eventually(s.at != s.at)", more=stuck), "L", variant="stuck")["L"]
    assert entry["verdict"] == "proved"
    assert "no behaviour inside the constraints" in entry["vacuous"]["reason"]
    entry = run(counters(tmp_path, "forall(Node, lambda n: eventually(s.at[n] == 1))", more=each), "L")["L"]
    assert entry["vacuous"] is None


@pytest.mark.parametrize("engine", ["auto", "explicit"])
def test_where_no_state_is_inside_the_constraints_there_is_no_behaviour(tmp_path: Path, engine: str) -> None:
    outside = "@p.constraint\ndef Never(s: State) -> Bool:\n    return forall(Node, lambda n: s.at[n] == 1)\n"
    entry = run(counters(tmp_path, "eventually(s.at != s.at)", more=outside), "L", engine=engine)["L"]
    assert entry["verdict"] == "proved"
    assert entry["vacuous"] is not None


def test_nothing_is_proved_beside_a_range_that_is_left(tmp_path: Path) -> None:
    leaving = COUNTERS.replace('    guard("room", s.at[n] < 2)\n', "")
    stated = '@p.liveness("L")\ndef Live(s: State) -> Temporal:\n    return '
    goal = "eventually(always(forall(Node, lambda n: s.at[n] >= 0)))\n"
    entries = run(build(leaving + stated + goal, tmp_path), "L")
    assert entries["L"]["verdict"] != "proved"
    assert "Range@at is violated in 3 steps" in entries["L"]["reason"]


def test_nothing_is_proved_while_its_text_may_have_no_value(tmp_path: Path) -> None:
    goal = "eventually(choose(Node, lambda n: s.at[n] == 1) == choose(Node, lambda n: s.at[n] == 1))"
    entries = run(counters(tmp_path, goal, more="p.fairness(weak(Inc))\n"), "L")
    assert entries["Defined@L"]["verdict"] == "violated"
    assert entries["L"]["verdict"] != "proved"


def test_liveness_is_decided_where_it_is_asked_for(tmp_path: Path) -> None:
    protocol = build(QUIET, tmp_path)
    plain = prove(ProveRequest(protocol), lambda event: None)["properties"]
    assert [entry["name"] for entry in plain] == ["QuietIsDone"]
    asked = prove(ProveRequest(protocol, properties=("each",)), lambda event: None)["properties"]
    assert [entry["name"] for entry in asked] == ["Each"]


def test_a_lasso_replays_and_a_false_one_does_not(tmp_path: Path) -> None:
    protocol = counters(tmp_path, "forall(Node, lambda n: eventually(s.at[n] == 1))", more="p.fairness(weak(Inc))\n")
    document = run(protocol, "L")["L"]["trace"]
    assert (len(document["states"]), document["loop"]) == (3, 0)
    again = replay(document, protocol)
    assert again.valid
    assert again.violated
    assert any("WF(Inc) is met" in line for line in again.explanation)
    for change, said in (
        (lambda d: d.update(loop=2), "not fair"),
        (lambda d: d.update(loop=1), "does not return"),
        (lambda d: d.pop("loop"), "has no loop"),
        (lambda d: (d["states"].pop(), d.update(loop=1)), "not fair"),
    ):
        false = copy.deepcopy(document)
        change(false)
        outcome = replay(false, protocol)
        assert not (outcome.valid and outcome.violated)
        assert said in (outcome.failure or ""), outcome.failure


@pytest.mark.parametrize(
    ("name", "variant", "drops", "settings", "wanted"),
    [
        ("routes", "live", (), (), ("proved", None, None)),
        ("routes", "gap", (), ("MaxVersions=2",), ("proved", None, None)),
        ("routes", "unfair", (), (), ("violated", 1, 0)),
        ("routes", "live", ("fairness.CatalogWatcherSyncLatest",), (), ("violated", 1, 0)),
        ("occ", "live", (), (), ("proved", None, None)),
        ("occ", "unfair", (), (), ("violated", 1, 0)),
        ("multi-paxos", "safe", (), ("Rounds=1", "Attempts=1"), ("proved", None, None)),
        ("multi-paxos", "unfair", (), ("Rounds=1", "Attempts=1"), ("violated", 0, 0)),
        ("multi-paxos", "composite", (), ("Rounds=1", "Attempts=1"), ("violated", 4, 2)),
    ],
)
def test_published_progress(
    name: str, variant: str, drops: tuple[str, ...], settings: tuple[str, ...], wanted: tuple[Any, ...]
) -> None:
    short = {"routes": "Routes-L1", "occ": "OCC-L1", "multi-paxos": "Paxos-L"}[name]
    request = ProveRequest(load(name), variant, drops, settings=settings, properties=(short,), engine="explicit")
    [entry] = prove(request, lambda event: None)["properties"]
    assert lasso(dict(entry)) == wanted


def test_with_fairness_of_the_other_watcher_alone_the_budget_must_be_used_up_first() -> None:
    """Published beside Routes-L1: stale syncs until the operations are spent, then stuttering."""
    from verifier.encodings.routes import CatalogWatcherSync, Node, routes
    from verifier.kernel import forall, weak
    from verifier.kernel.fairness import DECLARED, assumption

    parent = forall(Node, lambda n: weak(CatalogWatcherSync, n, ...))
    protocol = Protocol.of(
        replace(load("routes").declarations(), fair={DECLARED: assumption(DECLARED, (parent,), routes.actions, "routes")})
    )
    request = ProveRequest(protocol, "live", properties=("Routes-L1",), engine="explicit")
    [entry] = prove(request, lambda event: None)["properties"]
    assert lasso(dict(entry)) == ("violated", 4, 0)
