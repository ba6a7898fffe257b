"""Properties of every ledger of Votor that honest rules allow, for validators in groups of equal stake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from verifier.encodings._votor import SAFETY, Slot
from verifier.encodings.votor_classes import BLOCKS, CAST, NAMES, label, with_fallback
from verifier.encodings.votor_groups import Group, Ledger, members_of, slot, votor_groups
from verifier.kernel import Bool, Int, all_of, any_of, exists, forall, implies


def _members(cast_by: Ledger, g: Group, names: list[str]) -> Int:
    return cast(Int, sum(cast_by[g][label(name)] for name in names))


def _some(cast_by: Ledger, which: Callable[[str], Any]) -> Bool:
    """Some validator has cast such votes."""
    names = [name for name in NAMES if which(name)]
    return exists(Group, lambda g: _members(cast_by, g, names) > 0)


def _finished(block: int) -> Callable[[str], Any]:
    return lambda name: CAST.final(name) and CAST.notar(name, block)


def _supports(block: int) -> Callable[[str], Any]:
    return lambda name: CAST.fallback(name, block)


def allowed(cast_by: Ledger, s: Slot) -> Bool:
    """Every validator is in one class, and every vote is justified."""
    rests = [implies(_some(cast_by, CAST.skip_fallback), s.safe_to_skip())]
    for block in BLOCKS:
        rests.append(implies(_some(cast_by, _supports(block)), s.safe_to_notar(block)))
        rests.append(implies(_some(cast_by, _finished(block)), s.notar(block)))
    return all_of(forall(Group, lambda g: _members(cast_by, g, list(NAMES)) == members_of(g)), *rests)


def _law(name: str, holds: Callable[[Slot], Bool]) -> None:
    def stated(cast_by: Ledger) -> Bool:
        votes = slot(cast_by)
        return implies(allowed(cast_by, votes), holds(votes))

    stated.__doc__, stated.__name__ = holds.__doc__, name
    votor_groups.law()(stated)


for _name, _holds in SAFETY.items():
    _law(_name, _holds)


# Progress, as in the model with steps: votes of honest validators arrive, what Byzantine ones may add does not have to.


def _seen(cast_by: Ledger, delivered: Slot, block: int) -> Bool:
    """Everyone knows that a block is notarized: by honest votes, or because a final vote was cast on it."""
    return delivered.notar(block) | _some(cast_by, _finished(block))


def _settled(cast_by: Ledger, delivered: Slot) -> Bool:
    """Every validator has voted, and no vote is left that has to be cast."""
    waiting = [
        _some(cast_by, lambda name: name == "U"),
        _some(cast_by, with_fallback("K").__contains__) & delivered.safe_to_skip(),
    ]
    for block, letter in zip(BLOCKS, "AB", strict=True):
        waiting.append(_some(cast_by, with_fallback(letter).__contains__) & delivered.safe_to_notar(block))
        waiting.append(_some(cast_by, f"N{block}".__eq__) & _seen(cast_by, delivered, block))
    return ~any_of(*waiting)


def _progress(cast_by: Ledger, reached: Bool, *also: Bool) -> Bool:
    votes, delivered = slot(cast_by), slot(cast_by, 0)
    return implies(all_of(allowed(cast_by, votes), _settled(cast_by, delivered), *also), reached)


@votor_groups.law()
def SettledIsDecided(cast_by: Ledger) -> Bool:
    """Where no vote is left that has to be cast, a block is certified or the slot is skipped, for everyone."""
    delivered = slot(cast_by, 0)
    certified = any_of(*(delivered.fallback(b) | _seen(cast_by, delivered, b) for b in BLOCKS))
    return _progress(cast_by, delivered.skip() | certified)


@votor_groups.law()
def CorrectLeaderIsFinal(cast_by: Ledger) -> Bool:
    """Where no vote is left that has to be cast, the only block of a correct leader, which came in time, is finalized."""
    other = _some(cast_by, lambda name: CAST.skip(name) or CAST.notar(name, 2) or CAST.fallback(name, 2))
    return _progress(cast_by, slot(cast_by, 0).finalized(1), ~other)
