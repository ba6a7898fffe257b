"""A plain enumerator of Votor in one slot, written from the white paper without the language: an oracle for counts and steps.

A state is, for each honest validator, the set of its votes: `("n", b)`, `"s"`, `("f", b)`, `"sf"`, `"final"`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

Vote = tuple[str, int] | str
State = tuple[frozenset[Vote], ...]
Property = Callable[["Rules", State], bool]


@dataclass(frozen=True)
class Rules:
    """Stakes, shares and toggles; the published ones by default."""

    stakes: tuple[int, ...]
    f: int
    offline: int = 0
    blocks: int = 2
    fast: Fraction = Fraction(4, 5)
    notar: Fraction = Fraction(3, 5)
    fallback: Fraction = Fraction(3, 5)
    skip: Fraction = Fraction(3, 5)
    final: Fraction = Fraction(3, 5)
    high: Fraction = Fraction(2, 5)
    low: Fraction = Fraction(1, 5)
    safe_skip: Fraction = Fraction(2, 5)
    most_fallbacks: int = 3
    per_kind: bool = False
    toggles: frozenset[str] = field(default_factory=frozenset)

    @property
    def whole(self) -> int:
        return sum(self.stakes) + self.f + self.offline

    def stake(self, state: State, *votes: Vote) -> int:
        """The stake of the honest validators that have cast one of the votes."""
        return sum(w for w, mine in zip(self.stakes, state, strict=True) if mine.intersection(votes))

    def at(self, stake: int, share: Fraction) -> bool:
        return Fraction(stake, self.whole) >= share

    @property
    def mixed(self) -> int:
        return self.f * (2 if self.per_kind else 1)

    def notarized(self, state: State, b: int) -> bool:
        return self.at(self.stake(state, ("n", b)) + self.f, self.notar)

    def fast_final(self, state: State, b: int) -> bool:
        return self.at(self.stake(state, ("n", b)) + self.f, self.fast)

    def nf_certificate(self, state: State, b: int) -> bool:
        return self.at(self.stake(state, ("n", b), ("f", b)) + self.mixed, self.fallback)

    def skipped(self, state: State) -> bool:
        return self.at(self.stake(state, "s", "sf") + self.mixed, self.skip)

    def final_certificate(self, state: State) -> bool:
        return self.at(self.stake(state, "final") + self.f, self.final)

    def finalized(self, state: State, b: int) -> bool:
        return self.fast_final(state, b) or (self.final_certificate(state) and self.notarized(state, b))

    def safe_to_notar(self, state: State, b: int) -> bool:
        mine = self.stake(state, ("n", b))
        both = self.stake(state, ("n", b), "s")
        split = self.at(both + self.mixed, Fraction(3, 5)) and self.at(mine + self.f, self.low)
        return self.at(mine + self.f, self.high) or split

    def safe_to_skip(self, state: State) -> bool:
        sums = [self.stake(state, "s"), *(self.stake(state, ("n", b)) for b in range(self.blocks))]
        aid = self.f * (self.blocks if self.per_kind else 1)
        return self.at(sum(sums) - max(sums[1:]) + aid, self.safe_skip)

    def steps(self, state: State) -> Iterator[State]:
        """All states one vote later."""
        for i, mine in enumerate(state):
            for vote in self._votes(state, mine):
                yield (*state[:i], mine | {vote}, *state[i + 1 :])

    def _votes(self, state: State, mine: frozenset[Vote]) -> Iterator[Vote]:
        own = {vote[1] for vote in mine if vote[0] == "n"}
        supported = {vote[1] for vote in mine if vote[0] == "f"}
        voted = bool(own) or "s" in mine
        if not voted or "double vote" in self.toggles:
            yield from (("n", b) for b in range(self.blocks) if b not in own)
            yield from ["s"] * ("s" not in mine)
        if voted and ("final" not in mine or "fallback after final" in self.toggles):
            for b in range(self.blocks):
                if b not in own | supported and len(supported) < self.most_fallbacks and self.safe_to_notar(state, b):
                    yield ("f", b)
            if not {"s", "sf"} & mine and self.safe_to_skip(state):
                yield "sf"
        supports = bool(supported) or "sf" in mine
        doubtful = "s" in mine or (supports and "final after fallback" not in self.toggles)
        if "final" not in mine and not doubtful and any(self.notarized(state, b) for b in own):
            yield "final"


def pairs(rules: Rules, holds: Callable[[int, int], bool]) -> bool:
    return all(holds(a, b) for a in range(rules.blocks) for b in range(rules.blocks) if a != b)


PROPERTIES: dict[str, Property] = {
    "NoConflictingFinalization": lambda r, s: pairs(r, lambda a, b: not (r.finalized(s, a) and r.finalized(s, b))),
    "NotarizationUnique": lambda r, s: pairs(r, lambda a, b: not (r.notarized(s, a) and r.notarized(s, b))),
    "FastFinalUnique": lambda r, s: pairs(r, lambda a, b: not (r.fast_final(s, a) and r.fast_final(s, b))),
    "FastFinalExcludesOtherNotar": lambda r, s: pairs(r, lambda a, b: not (r.fast_final(s, a) and r.notarized(s, b))),
    "FastFinalExcludesOtherNotarFallback": lambda r, s: pairs(
        r, lambda a, b: not (r.fast_final(s, a) and r.nf_certificate(s, b))
    ),
    "FastFinalExcludesSkip": lambda r, s: not (r.skipped(s) and any(r.fast_final(s, b) for b in range(r.blocks))),
    "SlowFinalExcludesOtherNotarFallback": lambda r, s: pairs(
        r, lambda a, b: not (r.final_certificate(s) and r.notarized(s, a) and r.nf_certificate(s, b))
    ),
    "SlowFinalExcludesSkip": lambda r, s: not (
        r.skipped(s) and r.final_certificate(s) and any(r.notarized(s, b) for b in range(r.blocks))
    ),
    "FinalCertHasNotarCert": lambda r, s: not r.final_certificate(s) or any(r.notarized(s, b) for b in range(r.blocks)),
    "CertifiedHasHonestNotar": lambda r, s: all(
        r.stake(s, ("n", b)) > 0 or not (r.notarized(s, b) or r.nf_certificate(s, b)) for b in range(r.blocks)
    ),
    "HonestInitialVoteUnique": lambda r, s: all(sum(v == "s" or v[0] == "n" for v in mine) <= 1 for mine in s),
    "FinalVoteExclusive": lambda r, s: not any(
        "final" in mine and any(v in ("s", "sf") or v[0] == "f" for v in mine - {"final"}) for mine in s
    ),
}


@dataclass(frozen=True)
class Enumerated:
    """What a breadth-first search finds: the steps are those of shortest violations."""

    states: int
    diameter: int
    violated: dict[str, int]


def enumerate_all(rules: Rules) -> Enumerated:
    """All states that votes lead to, one vote in each step."""
    level: set[State] = {tuple(frozenset() for _ in rules.stakes)}
    seen, depth, violated = set(level), 0, dict[str, int]()
    while level:
        for name, holds in PROPERTIES.items():
            if name not in violated and not all(holds(rules, state) for state in level):
                violated[name] = depth
        level = {after for state in level for after in rules.steps(state)} - seen
        seen |= level
        depth += bool(level)
    return Enumerated(len(seen), depth, violated)


Pool = tuple[frozenset[int], Vote | None]
"""The validators whose initial votes have reached one, and the vote of the Byzantine validator that it received first."""


def enumerate_pools(rules: Rules) -> tuple[set[State], set[str]]:
    """All states that honest validators reach who act on their own pools of votes, and the properties that these violate.

    A Byzantine validator, with all the stake `f`, sends each of them any initial vote, one of them to each.
    """
    everyone = range(len(rules.stakes))
    start = (tuple(frozenset[Vote]() for _ in everyone), tuple((frozenset({i}), None) for i in everyone))
    seen: set[tuple[State, tuple[Pool, ...]]] = {start}
    todo = [start]
    while todo:
        state, pools = todo.pop()
        after = [(state, changed) for changed in _arrivals(rules, state, pools)]
        after += [(voted, pools) for i in everyone for voted in _acts(rules, state, pools[i], i)]
        todo += [found for found in after if found not in seen]
        seen.update(after)
    states = {state for state, _ in seen}
    return states, {name for name, holds in PROPERTIES.items() if not all(holds(rules, state) for state in states)}


def _arrivals(rules: Rules, state: State, pools: tuple[Pool, ...]) -> Iterator[tuple[Pool, ...]]:
    for i, (heard, said) in enumerate(pools):
        new: list[Pool] = [(heard | {j}, said) for j in range(len(state)) if j not in heard and state[j]]
        if said is None and rules.f:
            new += [(heard, vote) for vote in ("s", *(("n", b) for b in range(rules.blocks)))]
        for pool in new:
            yield (*pools[:i], pool, *pools[i + 1 :])


def _acts(rules: Rules, state: State, pool: Pool, i: int) -> Iterator[State]:
    """The votes that a validator may cast on what it has received: as if the Byzantine one were an honest one."""
    heard, said = pool
    known = tuple(mine if j in heard else frozenset[Vote]() for j, mine in enumerate(state))
    received = frozenset[Vote]() if said is None else frozenset({said})
    seen = Rules((*rules.stakes, rules.f), 0, rules.offline, rules.blocks)
    for after in seen.steps((*known, received)):
        if after[i] != state[i] and after[-1] == received:
            yield (*state[:i], after[i], *state[i + 1 :])
