"""Alpenglow from end to end as a plain program, written without the language: an oracle for counts and steps.

Votes are those of `votor_enumeration`. Without times, votes are heard by nobody, and nothing waits for anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from tests.protocols.votor_enumeration import PROPERTIES, Rules, Vote

Names = frozenset[int]


class Glow(NamedTuple):
    """Blocks and validators are numbers from 0; `votes` are those of each validator, `lost` those whose votes are lost."""

    now: int
    sent: Names
    dec: tuple[Names, ...]
    votes: tuple[frozenset[Vote], ...]
    heard_notar: tuple[Names, ...]
    heard_skip: Names
    heard_final: Names
    lost: Names


def put(row: tuple[Names, ...], at: int, item: int) -> tuple[Names, ...]:
    return tuple(old | {item} if i == at else old for i, old in enumerate(row))


@dataclass(frozen=True)
class Plain:
    """Stakes and constants of an instance, and the rules that it lacks."""

    stakes: tuple[int, ...]
    f: int = 1
    blocks: int = 1
    disseminated: bool = True
    gst: int = 0
    timeout: int = 3
    last: int = 5
    timed: bool = True
    loses: bool = False
    lacks: frozenset[str] = field(default_factory=frozenset)

    @property
    def rules(self) -> Rules:
        return Rules(self.stakes, self.f, blocks=self.blocks)

    def steps(self, s: Glow) -> Iterator[Glow]:
        """All states one step later."""
        everyone, rules = range(len(self.stakes)), self.rules
        certified = [rules.notarized(s.votes, b) or rules.nf_certificate(s.votes, b) for b in range(self.blocks)]
        for b in range(self.blocks):
            if "leader" in self.lacks or (not s.sent and s.now == 0):
                yield s._replace(sent=s.sent | {b})
            for i in everyone if b in s.sent else ():
                if (self.timed and self.disseminated) or not self.disseminated or certified[b]:
                    yield s._replace(dec=put(s.dec, i, b))
        for i in everyone:
            for vote in self._votes(s, i):
                yield s._replace(votes=(*s.votes[:i], s.votes[i] | {vote}, *s.votes[i + 1 :]))
            if self.loses and s.now < self.gst and s.votes[i]:
                yield s._replace(lost=s.lost | {i})
            if self.loses and s.now >= self.gst and "retransmission" not in self.lacks:
                yield s._replace(lost=s.lost - {i})
        if self.timed and self._may_tick(s):
            yield self._tick(s)

    def _votes(self, s: Glow, i: int) -> Iterator[Vote]:
        mine, rules = s.votes[i], self.rules
        own = {vote[1] for vote in mine if vote[0] == "n"}
        supported = {vote[1] for vote in mine if vote[0] == "f"}
        if not own and "s" not in mine:
            yield from (("n", b) for b in range(self.blocks) if b in s.dec[i] or "decoded" in self.lacks)
            if not self.timed or s.now >= self.timeout:
                yield "s"
        elif "final" not in mine:
            for b in range(self.blocks):
                safe = rules.safe_to_notar(s.votes, b) or "safe to notar" in self.lacks
                if b not in own | supported and b in s.dec[i] and safe:
                    yield ("f", b)
            if not {"s", "sf"} & mine and (rules.safe_to_skip(s.votes) or "safe to skip" in self.lacks):
                yield "sf"
        notarized = any(rules.notarized(s.votes, b) for b in own) or "notarized" in self.lacks
        if not {"s", "sf", "final"} & mine and not supported and notarized:
            yield "final"

    def _heard(self, s: Glow, b: int) -> int:
        return sum(w for w, blocks in zip(self.stakes, s.heard_notar, strict=True) if b in blocks)

    def _may_tick(self, s: Glow) -> bool:
        def may_wait(i: int) -> bool:
            mine = s.votes[i]
            voted = "s" in mine or any(vote[0] == "n" for vote in mine)
            doubtful = any(vote in ("s", "sf") or vote[0] == "f" for vote in mine - {"final"})
            ready = any(self.rules.at(self._heard(s, b), Fraction(3, 5)) for b in s.heard_notar[i])
            return (voted or (not s.dec[i] and s.now < self.timeout)) and ("final" in mine or doubtful or not ready)

        arrived = not self.disseminated or s.now < self.gst + 2 or all(s.sent <= blocks for blocks in s.dec)
        resent = "retransmission" in self.lacks or s.now < self.gst or not s.lost
        leads = bool(s.sent) or "leader" in self.lacks
        return s.now < self.last and leads and arrived and resent and all(map(may_wait, range(len(self.stakes))))

    def _tick(self, s: Glow) -> Glow:
        after = s._replace(now=s.now + 1)
        if s.now < self.gst:
            return after
        notar = tuple(
            old if i in s.lost else frozenset(vote[1] for vote in mine if vote[0] == "n")
            for i, (old, mine) in enumerate(zip(s.heard_notar, s.votes, strict=True))
        )
        skip = frozenset(i for i, mine in enumerate(s.votes) if {"s", "sf"} & mine) - s.lost
        final = frozenset(i for i, mine in enumerate(s.votes) if "final" in mine) - s.lost
        return after._replace(heard_notar=notar, heard_skip=skip, heard_final=final)

    def _holds(self, name: str, s: Glow) -> bool:
        rules, blocks = self.rules, range(self.blocks)
        if name == "Glow-1":
            return all(vote[1] in s.dec[i] & s.sent for i, mine in enumerate(s.votes) for vote in mine if vote[0] == "n")
        if name == "Glow-2":
            have = [sum(w for w, dec in zip(self.stakes, s.dec, strict=True) if b in dec) for b in blocks]
            return all(rules.at(have[b] + self.f, Fraction(3, 5)) for b in blocks if rules.finalized(s.votes, b))
        return PROPERTIES[name](rules, s.votes)

    def explore(self) -> tuple[int, int, dict[str, int]]:
        """How many states there are, on how many levels, and the steps to each violation."""
        nobody: tuple[Names, ...] = (frozenset(),) * len(self.stakes)
        votes = tuple(frozenset[Vote]() for _ in self.stakes)
        level = {Glow(0, frozenset(), nobody, votes, nobody, frozenset(), frozenset(), frozenset())}
        seen, depth, violated = set(level), 0, dict[str, int]()
        while level:
            for name in ("Glow-1", "Glow-2", "NoConflictingFinalization", "FastFinalExcludesSkip"):
                if name not in violated and not all(self._holds(name, s) for s in level):
                    violated[name] = depth
            level = {after for s in level for after in self.steps(s)} - seen
            seen |= level
            depth += bool(level)
        return len(seen), depth + 1, violated
