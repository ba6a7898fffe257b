"""mypy reports an ill-typed comparison in a user's model, and nothing that is right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

HEAD = """\
from __future__ import annotations

from verifier.kernel import *

p = Protocol("p", "t")
Max = p.parameter("Max", 3)


class Key(Scalarset, parameter="Keys", size=2):
    First = constant()


class Node(Scalarset, parameter="Nodes", size=2):
    pass


class Phase(Enumeration):
    Idle, Active = labels(2)


class Other(Enumeration):
    Idle, Active = labels(2)


class Version(Range, low=0, high=Max):
    pass


class Round(Ordered, parameter="Rounds", size=2):
    pass


class Pair(Record):
    key: Key
    term: Version
    sort: Phase


class Log(Sequence[Pair], capacity=2):
    pass


class Table(KeyedSet[Pair], key="key"):
    pass


class Quorum(Quorums[Node]):
    pass


@p.state
class State:
    phase: Fn[Key, Phase] = var(Phase.Idle)
    version: Version = var(0)
    leader: Option[Key] = var(none)
    owned: Set[Key] = var(set())
    pair: Pair = var(empty)
    log: Log = var(empty)
    table: Table = var(empty)
    round: Round = var(0)


def formulas(s: State, k: Key, n: Node, q: Quorum, b: Bool) -> list[Bool]:
    return [
"""

RIGHT = [
    "s.phase[k] == Phase.Idle",
    "Phase.Idle == s.phase[k]",
    "Phase.Idle != Phase.Active",
    "k == Key.First",
    "s.version == 3",
    "s.version == Max",
    "s.version == s.round",
    "s.version + 1 == s.round",
    "Version(3) == s.version",
    "s.leader == none",
    "s.leader == some(k)",
    "s.leader == k",
    "k == s.leader",
    "s.owned == {k}",
    "s.owned == set()",
    "s.owned == empty",
    "s.pair == Pair(key=k, term=Version(1), sort=Phase.Idle)",
    "s.pair.term == 1",
    "s.pair.sort == Phase.Idle",
    "s.log == empty",
    "s.log == [s.pair]",
    "s.table == empty",
    "s.table == s.table",
    "b == True",
    "b == (s.version == 1)",
    "s.phase == s.phase",
    "s.phase[k] != Phase.Active",
    "Phase.size == 2",
    "Key.size - 1 == Max",
    "s.leader.value == k",
    "s.log.at(1).key == Key.First",
    "s.table.get(k).term == s.version",
    "Phase.Idle == ite(b, Phase.Idle, Phase.Active)",
    "one_of(s.phase[k], Phase.Idle, Phase.Active)",
]

WRONG = [
    "s.phase[k] == Other.Idle",
    "Other.Idle == s.phase[k]",
    "Phase.Idle == Other.Idle",
    "k == n",
    "k == Phase.Idle",
    "n == Key.First",
    "s.version == Phase.Idle",
    "Phase.Idle == 1",
    's.phase[k] == "Idle"',
    "s.leader == n",
    "n == s.leader",
    "s.leader == some(n)",
    "s.owned == {n}",
    "s.owned == k",
    "s.pair == k",
    "s.pair.sort == Other.Idle",
    "s.log == s.table",
    "s.table == s.pair",
    "b == 1",
    "b == k",
    "s.phase == Phase.Idle",
    "s.phase[k] != Other.Active",
    "s.version != k",
    "q == n",
    "s.leader.value == n",
    "s.log.at(1).key == Phase.Idle",
    "s.table.get(k).term == k",
    "s.table.get(k).sort == s.version",
    "Other.Idle == ite(b, Phase.Idle, Phase.Active)",
]


@pytest.mark.nightly
def test_mypy_tells_ill_typed_comparisons_from_others(tmp_path: Path) -> None:
    model = tmp_path / "model.py"
    model.write_text(HEAD + "".join(f"        {line},\n" for line in (*RIGHT, *WRONG)) + "    ]\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(model)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    errors = [line for line in found.stdout.splitlines() if ": error: " in line]
    start = HEAD.count("\n") + 1
    reported = {int(line.split(":")[1]) - start for line in errors}
    assert [line for number, line in enumerate(RIGHT) if number in reported] == [], found.stdout
    missed = [line for number, line in enumerate(WRONG, len(RIGHT)) if number not in reported]
    assert missed == [], found.stdout + found.stderr
    assert all(number >= 0 for number in reported), found.stdout
