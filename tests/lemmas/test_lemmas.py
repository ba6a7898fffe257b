"""The lemma workbench: each lemma and each invariant by name, and what shows that something is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.command import run
from tests.lemmas.concrete import check, read
from tests.lemmas.sources import ELECTION, FALSE_FUTURE, FIELD, LOCK, RIGHT, UNDEFINED, WRONG, election, write
from verifier.catalog import load
from verifier.documents import Lemmas
from verifier.evidence.replay import replay
from verifier.kernel.errors import UsageError
from verifier.semantics.obligations.statements import statements

SCOPES = ("published", "unbounded")


def found(source: str, folder: Path, scope: str, **options: Any) -> tuple[str, Lemmas]:
    path = write(folder, source)
    return path, verifier.lemmas(path, scope=scope, in_process=True, **options)


def statuses(result: Lemmas) -> dict[str, str]:
    return {entry.name: entry.status for entry in result.lemmas}


@pytest.mark.parametrize("scope", SCOPES)
def test_a_wrong_lemma_is_false_with_its_trace(scope: str, tmp_path: Path) -> None:
    path, result = found(LOCK + WRONG, tmp_path, scope)
    assert statuses(result) == {"HolderHasLock": "false", "MutualExclusion": "not preserved"}
    assert result["HolderHasLock"].steps == 2
    assert result["MutualExclusion"].action == "Grant"
    check(path, result)


@pytest.mark.parametrize("scope", SCOPES)
def test_good_lemmas_are_inductive_with_what_they_need(scope: str, tmp_path: Path) -> None:
    _, result = found(LOCK + RIGHT, tmp_path, scope)
    assert statuses(result) == {"HolderHasLock": "inductive", "MutualExclusion": "inductive"}
    assert set(result["HolderHasLock"].with_ or ()) <= {"MutualExclusion"}
    assert result["MutualExclusion"].with_ == ("HolderHasLock",)
    assert result.next == f"verify prove {tmp_path}/model.py" + (" --scope unbounded" if scope == "unbounded" else "")


@pytest.mark.parametrize("scope", SCOPES)
def test_what_rests_on_a_false_lemma_says_so(scope: str, tmp_path: Path) -> None:
    source = election("LeaderHasQuorum", "VotesWereSent", "VoteRemembered") + FALSE_FUTURE
    path, result = found(source, tmp_path, scope)
    assert {entry.name for entry in result.false} == {"NoFutureVotes"}
    assert result["NoFutureVotes"].steps == 1
    for entry in result.lemmas:
        assert entry.name == "NoFutureVotes" or (entry.status, entry.rests_on) == ("inductive", ("NoFutureVotes",))
    check(path, result)


@pytest.mark.parametrize("scope", SCOPES)
def test_where_a_lemma_is_missing_the_others_are_not_preserved(scope: str, tmp_path: Path) -> None:
    path, result = found(election("LeaderHasQuorum", "VotesWereSent", "VoteRemembered"), tmp_path, scope)
    broken = {entry.name: entry.action for entry in result.lemmas if entry.status == "not preserved"}
    assert broken == {"LeaderHasQuorum": "Timeout", "VotesWereSent": "Timeout", "VoteRemembered": "StepDown"}
    assert result["ElectionSafety"].rests_on == ("LeaderHasQuorum", "VotesWereSent")
    check(path, result)


@pytest.mark.parametrize("lemmas", [(), ("VoteRemembered", "NoFutureVotes")])
@pytest.mark.parametrize("scope", SCOPES)
def test_an_invariant_is_not_preserved_under_the_lemmas_as_written(
    scope: str, lemmas: tuple[str, ...], tmp_path: Path
) -> None:
    path, result = found(election(*lemmas), tmp_path, scope)
    assert statuses(result) == {**dict.fromkeys(lemmas, "inductive"), "ElectionSafety": "not preserved"}
    assert result["ElectionSafety"].action == "Win"
    check(path, result)


def test_all_lemmas_of_the_election_are_inductive_for_any_number_of_servers(tmp_path: Path) -> None:
    source = election("LeaderHasQuorum", "VotesWereSent", "VoteRemembered", "NoFutureVotes")
    _, result = found(source, tmp_path, "unbounded")
    assert set(statuses(result).values()) == {"inductive"}
    assert all(not entry.rests_on for entry in result.lemmas)


def test_a_counterexample_for_any_size_is_one_of_the_smallest_instance(tmp_path: Path) -> None:
    path, result = found(ELECTION, tmp_path, "unbounded")
    entry = result["ElectionSafety"]
    assert entry.parameters is not None
    assert entry.parameters["Nodes"] == 2
    for smaller in ({"Nodes": 1, "MaxTerm": 2},):
        fewer = verifier.lemmas(path, settings=smaller, in_process=True)
        assert fewer["ElectionSafety"].status == "inductive"
    cti = entry.cti
    assert cti is not None
    assert cti.fewest
    assert cti.first_state is not None
    assert cti.first_state.reachable is False
    # Nothing is away from an initial state but what the step needs: two servers that are not followers, and votes.
    machine, _, steps = read(cti.trace, load(path))
    [initial] = machine.initial_states()
    differing = [name for name in initial if initial[name] != steps[0][2][name]]
    assert differing == ["role", "votes"]


FAR = '''
from verifier.kernel import *

p = Protocol("far", "nobody searches so far")


class Count(Range, low=0, high=50):
    """A count."""


class Place(Range, low=1, high=5):
    """Where something is counted."""


@p.state
class State:
    x: Fn[Place, Count] = var(0)
    y: Count = var(0)


@p.action
def Up(s: State, i: Place) -> None:
    guard("room", s.x[i] < 50)
    s.x[i] += 1


@p.action
def Spend(s: State) -> None:
    guard("much", forall(Place, lambda i: s.x[i] == 50) & (s.y == 0))
    s.y = 7


@p.invariant()
def Little(s: State) -> Bool:
    return s.y < 5
'''


def test_the_first_state_may_be_far_away(tmp_path: Path) -> None:
    path, result = found(FAR, tmp_path, "published")
    entry = result["Little"]
    assert entry.status == "not preserved"
    assert entry.cti is not None
    assert entry.cti.first_state is not None
    assert entry.cti.first_state.reachable is None
    assert (entry.cti.first_state.steps or 0) >= 8
    check(path, result)


# -- conjunctions --------------------------------------------------------------------------------------------------------


CONJUNCTION = LOCK + '''

@p.lemma("three things at once")
def Several(s: State) -> Bool:
    return forall(
        Client,
        lambda c: implies(s.phase[c] == Phase.Holding, (s.lock == some(c)) & (s.lock != none)),
    ) & implies(s.lock == none, forall(Client, lambda c: s.phase[c] != Phase.Holding))
'''


@pytest.mark.parametrize("scope", SCOPES)
def test_a_conjunction_is_told_by_its_parts(scope: str, tmp_path: Path) -> None:
    path, result = found(CONJUNCTION, tmp_path, scope)
    entry = result["Several"]
    assert entry.status == "inductive"
    assert [part.number for part in entry.parts] == [1, 2, 3]
    assert "none" in entry.parts[1].formula
    assert "some" in entry.parts[0].formula
    broken = CONJUNCTION.replace("s.lock != none", "s.phase[c] == Phase.Idle")
    path, result = found(broken, tmp_path, scope)
    entry = result["Several"]
    assert (entry.status, entry.part) == ("false", 2)
    check(path, result)


def test_what_may_be_undefined_stays_whole(tmp_path: Path) -> None:
    source = LOCK + '''

@p.lemma("the lock is somebody's, who holds it")
def Held(s: State) -> Bool:
    return implies(s.lock.is_some, s.phase[s.lock.value] == Phase.Holding) & (s.token >= 0)
'''
    protocol = load(write(tmp_path, source))
    [held] = [one for one in statements(protocol.model(None, ())) if one.name == "Held"]
    assert held.parts == (held.whole,)


# -- what else can be asked ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", SCOPES)
def test_initiation_alone(scope: str, tmp_path: Path) -> None:
    path, result = found(LOCK + WRONG, tmp_path, scope, initially=True)
    assert statuses(result) == {"HolderHasLock": "initial", "MutualExclusion": "initial"}
    source = LOCK + '''

@p.lemma("the lock is out")
def LockIsOut(s: State) -> Bool:
    return s.lock != none
'''
    path, result = found(source, tmp_path, scope, initially=True)
    assert statuses(result)["LockIsOut"] == "false"
    assert result["LockIsOut"].steps == 0
    check(path, result)


@pytest.mark.parametrize("scope", SCOPES)
def test_consecution_alone_action_by_action(scope: str, tmp_path: Path) -> None:
    _, result = found(election("VoteRemembered", "NoFutureVotes"), tmp_path, scope, preserved=True)
    entry = result["ElectionSafety"]
    assert {step.action: step.status for step in entry.by_action} == {
        "Timeout": "preserved",
        "Grant": "preserved",
        "StepDown": "preserved",
        "Collect": "preserved",
        "Win": "not preserved",
    }
    _, result = found(election("VoteRemembered"), tmp_path, scope, preserved="Grant")
    assert statuses(result) == {"VoteRemembered": "preserved", "ElectionSafety": "preserved"}
    with pytest.raises(UsageError, match="no action Gramt"):
        found(ELECTION, tmp_path, scope, preserved="Gramt")


def test_a_lemma_that_reads_like_a_guard(tmp_path: Path) -> None:
    _, result = found(FIELD, tmp_path, "published")
    assert statuses(result) == {"Held": "inductive", "Good": "inductive"}
    assert result["Good"].with_ == ("Held",)


@pytest.mark.parametrize(
    ("source", "options", "code"),
    [
        (LOCK + RIGHT, [], 0),
        (LOCK + WRONG, [], 1),
        (LOCK, [], 3),
        (LOCK + RIGHT, ["--preserved", "Grant"], 0),
        (LOCK + RIGHT, ["--preserved"], 0),
        (LOCK + RIGHT, ["--initially"], 0),
        (LOCK + RIGHT, ["Grant"], 2),
        (LOCK + RIGHT, ["--preserved", "Nothing"], 2),
        (LOCK + RIGHT, ["--preserved", "--initially"], 2),
        (LOCK + RIGHT, ["--scope", "unbounded", "--set", "Clients=2"], 2),
    ],
)
def test_exit_codes(
    source: str, options: list[str], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, source)
    assert run(["lemmas", path, *options, "--json", "-"]) == code
    printed = capsys.readouterr()
    if code != 2:
        document = json.loads(printed.out)
        assert document["schema"] == "verify.lemmas/1"
        assert Lemmas.from_document(document).to_document() == document
    else:
        assert printed.out == ""
        assert len(printed.err.splitlines()) <= 3


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    def told() -> str:
        _, result = found(election("VoteRemembered"), tmp_path, "unbounded")
        document = result.to_document()
        del document["seconds"]
        for entry in document["lemmas"]:
            entry["seconds"] = None
        return json.dumps(document)

    assert told() == told()


@pytest.mark.parametrize("scope", SCOPES)
def test_a_lemma_without_a_value_in_some_run_is_not_inductive(scope: str, tmp_path: Path) -> None:
    path, result = found(UNDEFINED, tmp_path, scope)
    assert statuses(result) == {"Early": "false", "Same": "inductive"}
    entry = result["Early"]
    assert entry.steps == 0
    assert entry.trace is not None
    assert "no value" in (entry.reason or "")
    outcome = replay(entry.trace.to_document(), load(path))
    assert (outcome.valid, outcome.violated, outcome.property) == (True, True, "Defined@Early")


@pytest.mark.parametrize("scope", SCOPES)
def test_what_is_false_is_only_needed_where_nothing_else_will_do(scope: str, tmp_path: Path) -> None:
    never = '''

@p.lemma("never")
def Never(s: State) -> Bool:
    return s.lock != s.lock
'''
    _, result = found(LOCK + RIGHT + never, tmp_path, scope)
    assert statuses(result)["Never"] == "false"
    assert result["MutualExclusion"].with_ == ("HolderHasLock",)
    assert result["MutualExclusion"].rests_on == ()


def test_an_end_that_is_dropped_makes_nothing_false(tmp_path: Path) -> None:
    source = '''
from verifier.kernel import *

p = Protocol("ends", "false at any finite end, and true for any size")
Most = p.search_bound("Most", 3, "largest number")


class N(Range, low=0, high=Most):
    """A number."""


@p.state
class State:
    x: N = var(0)
    y: N = var(0)


@p.action
def Up(s: State) -> None:
    budget("bound", s.x < Most)
    s.x += 1


@p.action
def Copy(s: State) -> None:
    s.y = s.x


@p.invariant()
def Behind(s: State) -> Bool:
    return s.y <= s.x


@p.lemma("there is always a larger number")
def Larger(s: State) -> Bool:
    return exists(N, lambda n: n > s.x)
'''
    _, result = found(source, tmp_path, "published")
    assert statuses(result)["Larger"] == "false"
    _, result = found(source, tmp_path, "unbounded")
    assert statuses(result) == {"Larger": "inductive", "Behind": "inductive"}
