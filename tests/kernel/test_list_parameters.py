"""Parameters that are lists: each number is a parameter of its own, and one setting gives all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import command
from tests.kernel.snippets import build
from verifier.kernel.errors import ModelError, UsageError
from verifier.proof.engines.explicit import explore
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope

SOURCE = """
from __future__ import annotations

from verifier.kernel import Bool, Int, Protocol, Scalarset, Set, guard, sum_of, table, var

p = Protocol("council", "votes that weigh differently")
stake = p.parameter("stake", [3, 1, 1], "what a vote weighs")
p.assume("some-stake", stake[0] + stake[1] + stake[2] > 0)


class Node(Scalarset, parameter="Nodes", size=3, prefix="n"):
    pass


def weight(nodes: Set[Node]) -> Int:
    weights = table(Node, stake)
    return sum_of(nodes, lambda n: weights[n])


@p.state
class State:
    voted: Set[Node] = var(set(), "who has voted")


@p.action
def Vote(s: State, n: Node) -> None:
    guard("open", 2 * weight(s.voted) <= sum_of(Node, lambda m: table(Node, stake)[m]))
    s.voted = s.voted | {n}


@p.invariant()
def FewVote(s: State) -> Bool:
    return s.voted.size() < 3


p.variant("equal", settings={"stake": [1, 1, 1]}, doc="every vote weighs the same")
"""


def brute(stake: tuple[int, ...]) -> int:
    """The sets of voters that are reached, counted without the verifier."""
    seen, waiting = {frozenset[int]()}, [frozenset[int]()]
    while waiting:
        voted = waiting.pop()
        if 2 * sum(stake[n] for n in voted) <= sum(stake):
            for new in (voted | {n} for n in range(3)):
                if new not in seen:
                    seen.add(new)
                    waiting.append(new)
    return len(seen)


@pytest.mark.parametrize("stake", [(3, 1, 1), (1, 1, 1), (0, 5, 2), (2, 0, 0)])
def test_as_many_states_as_by_brute_force(stake: tuple[int, ...], tmp_path: Path) -> None:
    settings: dict[str, int | str] = {"stake": f"[{', '.join(map(str, stake))}]"}
    found = explore(Ground(finite_scope(build(SOURCE, tmp_path).model(), settings)))
    assert found.distinct == brute(stake)


def test_a_variant_sets_a_list(tmp_path: Path) -> None:
    protocol = build(SOURCE, tmp_path)
    assert dict(finite_scope(protocol.model("equal")).parameters) == {"stake_1": 1, "stake_2": 1, "stake_3": 1, "Nodes": 3}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("[3,1]", "must be a list of 3 numbers"),
        ("3", "must be a list of 3 numbers"),
        ("[]", "must be a list of 3 numbers"),
        ("[3,x,1]", "stake_2=x: the value must be a number"),
        ("[0,0,0]", "violate the assumption some-stake"),
    ],
)
def test_other_settings_are_refused(setting: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        finite_scope(build(SOURCE, tmp_path).model(), {"stake": setting})


def test_a_number_takes_no_list(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Nodes takes a number, not a list"):
        finite_scope(build(SOURCE, tmp_path).model(), {"Nodes": "[1,2]"})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[3, 1, 1]", "[]", "parameter stake is a list without numbers"),
        ("[3, 1, 1]", "[3, -1, 1]", "parameter stake_2 needs a natural number, not -1"),
        ("[1, 1, 1]", "[1, 1]", "variant equal sets stake to a list that is too short"),
        ("[1, 1, 1]", "[1, 1, 1, 1]", "has no parameter stake_4"),
    ],
)
def test_misuse_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        build(SOURCE.replace(old, new), tmp_path)


@pytest.mark.full
def test_a_certificate_holds_for_the_list_it_was_made_for(tmp_path: Path) -> None:
    build(SOURCE, tmp_path)
    arguments = ("prove", "model.py", "--set", "stake=[1,1,1]", "--certificates", "proofs")
    made = command.verify(*arguments, cwd=tmp_path)
    assert "FewVote" in made.stdout
    certificates = sorted((tmp_path / "proofs").glob("*.json"))
    assert certificates
    checked = command.verify("check", *map(str, certificates), "--rederive", "--protocol", "model.py", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
