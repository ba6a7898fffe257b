"""The common properties of the models of gossip with copies: registers that never get older, and the lemmas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verifier.encodings._gossip import Delta, Key, Replica, Store
from verifier.kernel import Bool, Protocol, forall, forall_in, implies

Formula = Callable[[Any], Bool]

_LEMMAS: list[tuple[str, Formula]] = []


def Newest(s: Store, t: Store) -> Bool:
    """A replica's registers never get older."""
    return forall(Replica, Key, lambda r, k: implies(
        s.state[r][k].is_some, t.state[r][k].is_some & (s.state[r][k].value.stamp <= t.state[r][k].value.stamp)
    ))  # fmt: skip


def _lemma(reason: str) -> Callable[[Formula], Formula]:
    def listed(formula: Formula) -> Formula:
        _LEMMAS.append((reason, formula))
        return formula

    return listed


def declare_lemmas(p: Protocol) -> None:
    """Declares the lemmas in a model with copies."""
    for reason, formula in _LEMMAS:
        p.lemma(reason)(formula)


@_lemma("whoever makes a change has processed it before a copy is sent")
def SentWasMade(s: Store) -> Bool:
    return forall_in(s.network, lambda m: s.processed[m.delta.stamp.origin].contains(m.delta))


@_lemma("a receiver moves its clock up to the stamp, and a maker's clock is its latest stamp")
def StampsAreBehindClocks(s: Store) -> Bool:
    return forall(Replica, lambda r: forall_in(s.processed[r], lambda d: (
        (d.stamp.time > 0) & (d.stamp.time <= s.clock[r]) & (d.stamp.time <= s.clock[d.stamp.origin])
    )))  # fmt: skip


@_lemma("every change has a stamp of its own")
def StampTellsKey(s: Store) -> Bool:
    return forall(Replica, Replica, Delta, Delta, lambda r, p, d, e: implies(
        s.processed[r].contains(d) & s.processed[p].contains(e) & (d.stamp == e.stamp), d.key == e.key
    ))  # fmt: skip


@_lemma("the newest of what was processed is kept")
def StateIsNewest(s: Store) -> Bool:
    def right(r: Replica, k: Key) -> Bool:
        held = s.state[r][k]
        return implies(held.is_some, (held.value.key == k) & s.processed[r].contains(held.value))

    return forall(Replica, Key, right) & forall(Replica, lambda r: forall_in(s.processed[r], lambda d: (
        s.state[r][d.key].is_some & (d.stamp <= s.state[r][d.key].value.stamp)
    )))  # fmt: skip


@_lemma("nothing is processed that its maker has not processed")
def ProcessedWasMade(s: Store) -> Bool:
    return forall(Replica, lambda r: forall_in(s.processed[r], lambda d: s.processed[d.stamp.origin].contains(d)))
