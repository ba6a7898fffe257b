"""A small model around a snippet, as a user would write it, loaded from a file as the command line does."""

from __future__ import annotations

import textwrap
from pathlib import Path

from verifier.catalog import load
from verifier.kernel.protocol import Protocol

HEAD = '''\
from __future__ import annotations
from verifier.kernel import *

p = Protocol("p", "test")
Max = p.search_bound("Max", 3)

class Key(Scalarset, parameter="Keys", size=2, prefix="k"):
    First = constant()

class Phase(Enumeration):
    Idle, Active, Done = labels(3)

class Version(Range, low=0, high=Max):
    pass

class Stamp(Record, ordered=True):
    wall: Version
    logical: Version

class Pair(Record):
    key: Key
    version: Version

class Log(Sequence[Version], capacity=3):
    pass

class Issued(KeyedSet[Pair], key="key"):
    pass

class Quorum(Quorums[Key]):
    pass

@p.state
class State:
    version: Version = var(0)
    flag: Bool = var(False)
    phase: Fn[Key, Phase] = var(Phase.Idle)
    owned: Set[Key] = var(set())
    leader: Option[Key] = var(none)
    stamp: Stamp = var(Stamp(wall=0, logical=0))
    log: Log = var(empty)
    issued: Issued = var(set())
    seen: Fn[Key, Fn[Key, Version]] = var(0)
'''

REST = '''
@p.action
def Step(s: State, k: Key) -> None:
    """Does nothing of interest."""
    guard("ready", s.flag, other=~s.flag)
    s.flag = ~s.flag

@p.invariant()
def Inv(s: State) -> Bool:
    """Versions are natural numbers."""
    return s.version >= 0
'''


def in_module(snippet: str) -> str:
    """The model with `snippet` as further top-level lines."""
    return HEAD + REST + textwrap.dedent(snippet).strip("\n") + "\n"


def in_action(snippet: str) -> str:
    """The model with `snippet` as the body of one more action of the state `s` and a key `k`."""
    body = textwrap.indent(textwrap.dedent(snippet).strip("\n"), "    ")
    return in_module(f"@p.action\ndef Other(s: State, k: Key) -> None:\n{body}")


def in_property(snippet: str) -> str:
    """The model with `snippet` as the body of one more invariant of the state `s`."""
    body = textwrap.indent(textwrap.dedent(snippet).strip("\n"), "    ")
    return in_module(f"@p.invariant()\ndef Other(s: State) -> Bool:\n{body}")


def build(source: str, folder: Path) -> Protocol:
    """The protocol that the source text describes."""
    path = folder / "model.py"
    path.write_text(source, encoding="utf-8")
    return load(str(path))


def line_of(source: str, text: str) -> int:
    """The number of the last line that contains `text`."""
    lines = source.split("\n")
    return max(number for number, line in enumerate(lines, 1) if text in line)
