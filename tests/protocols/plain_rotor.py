"""Rotor once more, as a plain program over tuples that shares nothing with the verifier: what there is to be found."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

LEADER = 1
T = TypeVar("T")
Shreds = tuple[int, ...]


class State(NamedTuple):
    """What the nodes have; 0 is nothing, shreds and slices are named by their roots."""

    signed: frozenset[int]
    at: Shreds
    got: tuple[Shreds, ...]
    root: Shreds
    dec: Shreds
    failed: frozenset[int]
    sent: frozenset[tuple[int, int]]
    certified: frozenset[int] = frozenset()
    repaired: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True)
class Plain:
    """An instance, and the rules that are left out; every receiver has its place among `receivers`."""

    nodes: int
    relay: Shreds
    byzantine: frozenset[int]
    roots: int = 2
    gamma: int = 2
    malformed: frozenset[int] = frozenset()
    lacks: frozenset[str] = frozenset()
    repairs: bool = False

    @property
    def receivers(self) -> list[int]:
        return [v for v in range(1, self.nodes + 1) if v not in self.byzantine and v != LEADER]

    def accepts(self, s: State, v: int, i: int, r: int) -> bool:
        at = self.receivers.index(v)
        return s.got[at][i] == 0 and ("root lock" in self.lacks or s.root[at] in (0, r))

    def store(self, s: State, v: int, i: int, r: int) -> State:
        at = self.receivers.index(v)
        got = put(s.got, at, put(s.got[at], i, r))
        return s._replace(got=got, root=put(s.root, at, s.root[at] or r))

    def signs(self, s: State) -> Iterator[State]:
        if LEADER in self.byzantine:
            yield from (s._replace(signed=s.signed | {r}) for r in range(1, self.roots + 1))
        elif not s.signed:
            yield s._replace(signed=frozenset({1}))

    def sends(self, s: State) -> Iterator[State]:
        for i, v in enumerate(self.relay):
            for r in s.signed if v not in self.byzantine else ():
                accepts = v != LEADER and self.accepts(s, v, i, r)
                if "once" in self.lacks or (s.at[i] == 0 and (accepts or v == LEADER)):
                    after = s._replace(at=put(s.at, i, r))
                    yield self.store(after, v, i, r) if accepts else after

    def forwards(self, s: State) -> Iterator[State]:
        for i, relay in enumerate(self.relay):
            for v in self.receivers if s.at[i] else ():
                if v != relay:
                    after = s._replace(sent=s.sent | {(i, s.at[i])})
                    yield self.store(after, v, i, s.at[i]) if self.accepts(s, v, i, s.at[i]) else after

    def cheats(self, s: State) -> Iterator[State]:
        roots = range(1, self.roots + 1) if "signatures" in self.lacks else s.signed
        for i, relay in enumerate(self.relay):
            if self.byzantine & {LEADER, relay}:
                for v in self.receivers:
                    yield from (self.store(s, v, i, r) for r in roots if self.accepts(s, v, i, r))

    def decodes(self, s: State) -> Iterator[State]:
        for at, v in enumerate(self.receivers):
            r = s.root[at]
            have = sum(q != 0 if "root lock" in self.lacks else q == r for q in s.got[at])
            if r and not s.dec[at] and v not in s.failed and have >= self.gamma - ("one" in self.lacks):
                if r in self.malformed and "re-encoding" not in self.lacks:
                    yield s._replace(failed=s.failed | {v})
                else:
                    yield s._replace(dec=put(s.dec, at, r))

    def helps(self, s: State) -> Iterator[State]:
        """Certificates form over what somebody has decoded, and nodes get what is certified from each other."""
        have = {(at, r) for at, r in enumerate(s.dec) if r} | s.repaired
        for r in {r for r in s.dec if r} if self.repairs else ():
            yield s._replace(certified=s.certified | {r})
        for at, _ in enumerate(s.dec):
            for r in {q for _, q in have if self.repairs and (q in s.certified or "certificates" in self.lacks)}:
                if (at, r) not in have:
                    yield s._replace(repaired=s.repaired | {(at, r)})

    def honest(self, s: State) -> Iterator[State]:
        """The steps that somebody honest takes sooner or later."""
        yield from self.signs(s)
        yield from self.sends(s)
        yield from self.forwards(s)
        yield from self.decodes(s)

    def broken(self, s: State) -> Iterator[str]:
        leads = LEADER not in self.byzantine
        decoded = [(at, r) for at, r in enumerate(s.dec) if r]
        if any(sum(q == r for q in s.got[at]) < self.gamma for at, r in decoded):
            yield "Rotor-1"
        if any(r not in s.signed or (leads and r != 1) for _, r in decoded):
            yield "Rotor-2"
        if len({r for _, r in decoded}) > 1:
            yield from ["Rotor-3", "Rotor-8"] if leads else ["Rotor-8"]
        if any(r in self.malformed for _, r in decoded):
            yield "Rotor-4"
        if len({i for i, _ in s.sent}) < len(s.sent):
            yield "Rotor-5"
        if any(r not in s.certified for _, r in s.repaired):
            yield "Rotor-10"
        if any(q not in (0, root) for row, root in zip(s.got, s.root, strict=True) for q in row):
            yield "Rotor-6b"
        if leads and len(s.signed) > 1:
            yield "Rotor-7"
        if leads and any(r != 1 for r in s.dec) and all(after == s for after in self.honest(s)):
            yield "stuck"

    def explore(self) -> tuple[int, int, dict[str, int]]:
        """The number of states, how many levels they are on, and what is violated in how many steps."""
        many, none = len(self.receivers), (0,) * len(self.relay)
        first = State(frozenset(), none, (none,) * many, (0,) * many, (0,) * many, frozenset(), frozenset())
        distance, queue, violated = {first: 0}, deque([first]), dict[str, int]()
        while queue:
            s = queue.popleft()
            for name in self.broken(s):
                violated.setdefault(name, distance[s])
            for after in (*self.honest(s), *self.cheats(s), *self.helps(s)):
                if after not in distance:
                    distance[after] = distance[s] + 1
                    queue.append(after)
        return len(distance), max(distance.values()) + 1, violated


def put(row: tuple[T, ...], at: int, value: T) -> tuple[T, ...]:
    """The row with another value at a place."""
    return (*row[:at], value, *row[at + 1 :])
