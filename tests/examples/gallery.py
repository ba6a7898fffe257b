"""The gallery: what is known of each example, and how long its source is."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.source import ROOT

FOLDER = ROOT / "examples"


@dataclass(frozen=True)
class Count:
    """Distinct states and levels of a search, TLC's where there is a published module; `tier` is that of the test."""

    distinct: int
    levels: int
    settings: Mapping[str, int] = field(default_factory=dict)
    variant: str | None = None
    tier: str = "fast"


@dataclass(frozen=True)
class Example:
    """An example: its counts, the lines of the published module, what is proved for any sizes, tiers of verdicts and proofs."""

    name: str
    counts: tuple[Count, ...]
    tla_lines: int | None = None
    unbounded: tuple[str, ...] = ()
    tier: str = "full"
    proofs: str = "full"

    @property
    def path(self) -> Path:
        """The file."""
        return FOLDER / f"{self.name}.py"


_CAN = ("EventuallyTerminates", "TerminationHypothesis")

GALLERY = (
    Example("two_phase_commit", (Count(288, 11),), None, ("TC", "CommitNeedsAll", "DecisionsAreFinal")),
    Example("die_hard", (Count(16, 8),), 30),
    Example("cigarette_smokers", (Count(6, 2),), 28, ("AtMostOne",)),
    Example("coffee_can", (Count(5_150, 1),), 42, ("NeverEmpty", "MonotonicDecrease", "LoopInvariant", *_CAN)),
    Example("chameneos", (Count(34_534, 13),), 42, ("SumMet",)),
    Example("majority", (Count(2_733, 6),), 44, ("Correct", "Ahead", "Others"), proofs="nightly"),
    Example("peterson", (Count(42, 11),), 60, ("Mutex",)),
    Example("bakery", (Count(2_303, 39), Count(655_200, 1, variant="inductive", tier="full")), 128, ("MutualExclusion",)),
    Example("lamport_mutex", (Count(724_274, 61, tier="nightly"),), 87, tier="nightly"),
    Example("readers_writers", (Count(21_527, 13),), 73, ("Safety",)),
    Example("ewd840", (Count(302, 9), Count(1_566, 12, {"N": 4})), 67, ("TerminationDetection", "Liveness")),
    Example("prisoners", (Count(214, 14),), 57),
    Example("dining_philosophers", (Count(67, 29),), 69),
    Example("chang_roberts", (Count(137, 10),), 58),
    Example("ewd998", (Count(1_520_618, 59, tier="nightly"),), 106, tier="nightly"),
    Example("ring_leader", (Count(300, 8),), None, ("OneLeader",)),
    Example("raft_election", (Count(1_853, 10),), None, ("ElectionSafety",)),
    Example("lockserv", (Count(80, 8),), None, ("Mutex",)),
    Example("toy_consensus", (Count(41, 5),), None, ("Agreement",)),
    Example("paxos", (Count(3_921, 17), Count(25, 9, {"Acceptors": 1, "Values": 1})), 79),
    Example("weighted_voting", (Count(292, 3),), None, ("NewestIsWidespread",)),
    Example("sharded_kv", (Count(121, 5),), None, ("KeysUnique",)),
    Example(
        "key_value_store",
        (Count(3_409_605, 23, tier="nightly"), Count(28_305, 17, {"TxIds": 2})),
        83,
        ("NoLostUpdates", "TxLifecycle"),
    ),
)


def length(source: str) -> int:
    """Lines of a module that are neither blank nor comments nor docstrings."""
    counted = {number for number, line in enumerate(source.splitlines(), 1) if line.strip() and line.strip()[0] != "#"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            text = node.body[0]
            counted -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(counted)
