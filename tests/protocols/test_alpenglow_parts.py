"""What is known of the parts around Votor and Rotor. Plain programs find the same figures."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from fractions import Fraction
from math import comb, exp
from typing import TypeVar

import pytest

from tests.protocols.figures import Drop, Search, check_expectations, names, violations
from verifier.catalog import load
from verifier.proof.strategy import ProveRequest, prove

S = TypeVar("S", bound=Hashable)


def levels(first: S, steps: Callable[[S], Iterable[S]]) -> tuple[int, int]:
    """The number of states that steps lead to, and how many levels they are on."""
    distance, queue = {first: 1}, deque([first])
    while queue:
        state = queue.popleft()
        for after in steps(state):
            if after not in distance:
                distance[after] = distance[state] + 1
                queue.append(after)
    return len(distance), max(distance.values())


PUBLISHED = {"Eco-1p": 1, "Eco-4p": 2}
SEARCHES = [
    Search("timeouts", "safe", 4_131, 92, None),
    # After five windows of five slots the node stands still, to the millisecond.
    Search("timeouts", "safe", 3_075, 82, None, settings={"Win": 5}),
    Search("timeouts", "cap-too-low", 4_131, 92, None),
    Search("timeouts", "no-reset", 55_585, 54, None, {"Time-4": 8}),
    Search("timeouts", "negative-step", 4_131, 92, None, {"Time-6": 1}),
    Search("timeouts", "floor-growth", 153, 52, None, {"Time-3": 7}),
    Search("timeouts", "safe", 4_641, 102, None, {"Time-8": 0}, settings={"T0": 800}),
    Search("economics", "safe", 155, 8, None, PUBLISHED),
    Search("economics", "epochs", 1_018, 11, None, PUBLISHED),
    Search("economics", "free-reward", 198, 8, None, {"Eco-1": 1} | PUBLISHED),
    Search("economics", "free-fee", 254, 9, None, {"Eco-1": 1} | PUBLISHED),
    Search("economics", "overslash", 355, 9, None, {"Eco-1": 3, "Eco-3": 3, "Eco-4": 3} | PUBLISHED),
    Search("economics", "slash-without-evidence", 350, 8, None, {"Eco-5": 2, "Eco-1p": 1, "Eco-4p": 1}),
    Search("economics", "double-credit", 138, 7, None, {"Eco-1": 1, "Eco-3": 1, "Eco-4": 3} | PUBLISHED),
    # Draws and picks, times what two nodes can know and have accepted of windows of four slots and of one.
    Search("leader-schedule", "safe", 4 * 4 * ((1 + 2**4) * (1 + 2)) ** 2, 2 * (2 + 5) + 1, None),
    Search("leader-schedule", "malleable-vrf", 848, 7, None, {"Lead-1": 2, "Lead-2": 4, "Lead-4": 2}),
    Search("leader-schedule", "rotate-by-view", 41_616, 15, None, {"Lead-2": 3, "Lead-3": 3, "Lead-4": 2}),
    # The first window has three slots, the second one the other two.
    Search("leader-schedule", "off-by-one", 4 * 4 * ((1 + 2**3) * (1 + 2**2)) ** 2, 2 * (2 + 5) + 1, None),
    Search("leader-schedule", "no-leader-check", 2 * 4 * (1 + 3**2) ** 2, 2 * (1 + 2) + 1, None, {
        "Lead-2": 3, "Lead-3": 3, "Lead-4": 2
    }),
    # One window of two slots: of the second block the parent may be known.
    Search("leader-schedule", "parents", 2 * 4 * (1 + 2 * 3) ** 2, 2 * (2 + 2) + 1, None),
    Search(
        "leader-schedule", "parents", 2 * 4 * (1 + 4 * 4) ** 2, 2 * (3 + 2) + 1, None, {"Lead-9": 3}, drops=("Attach.earlier",)
    ),
    Search("rotor-block", "safe", 25, 7, None),
    Search("rotor-block", "one-slice-enough", 49, 7, None, {"Block-1": 2}),
    Search("rotor-block", "slice-key", 84, 7, None, {"Block-1": 3, "Block-2": 3}),
]
DROPS = [
    Drop("timeouts", ("WindowNoFinal.alarm",), {"Time-5": 1}),
]
# What breaks where a single payer is missing, beside the published statements.
PAYERS = {
    "RewardFromFees.payer": {"Eco-1": 2},
    "MintReward.issuer": {"Eco-1": 1},
    "MintReward.once": {"Eco-1": 1, "Eco-3": 1, "Eco-4": 3},
    "MintReward.issuance": {"Eco-6": 1},
    "Slash.has": {"Eco-2": 2, "Eco-4": 2},
}


@pytest.mark.parametrize("search", SEARCHES, ids=names)
def test_searches_find_what_is_known(search: Search) -> None:
    search.check()


@pytest.mark.parametrize("drop", DROPS, ids=names)
def test_what_single_rules_are_good_for(drop: Drop) -> None:
    drop.check()


@pytest.mark.parametrize("dropped", PAYERS)
def test_every_account_needs_another(dropped: str) -> None:
    found = violations("economics", dropped)
    assert {name: steps for name, steps in found.items() if not name.startswith("Range@")} == PAYERS[dropped] | PUBLISHED


@pytest.mark.parametrize("name", ["timeouts", "economics", "leader-schedule", "rotor-block"])
def test_what_the_models_announce(name: str) -> None:
    check_expectations(name, SEARCHES)


@pytest.mark.parametrize(
    ("resets", "window", "known"), [(True, 1_600, (4_131, 92)), (False, 1_600, (55_585, 54)), (True, 2_000, (3_075, 82))]
)
def test_timers_by_a_plain_program(resets: bool, window: int, known: tuple[int, int]) -> None:
    Timers = tuple[int, int, tuple[int, int] | None]

    def steps(state: Timers) -> Iterable[Timers]:
        timeout, idle, timers = state
        yield 1_200 if resets else timeout, 0, timers
        yield from ((timeout, idle, (timeout, now)) for now in (0, 1))
        if idle + window <= 80_000:
            grows = idle + window >= 10_000
            yield min(8_000, -(-21 * timeout // 20)) if grows else timeout, idle + window, timers

    assert levels((1_200, 0, None), steps) == known
    growing, timeout = 0, 1_200
    while timeout < 8_000:
        timeout, growing = min(8_000, -(-21 * timeout // 20)), growing + 1
    assert growing == 39


@pytest.mark.parametrize(
    ("dropped", "found"),
    [("MintInEpoch.issuance", {"Eco-6a": 1, "Eco-6b": 1}), ("AdmitForEpoch.once", {"Eco-9": 3})],
)
def test_what_begins_again_in_an_epoch(dropped: str, found: dict[str, int]) -> None:
    broken = violations("economics", dropped, variant="epochs")
    assert {name: steps for name, steps in broken.items() if not name.startswith("Range@")} == found | PUBLISHED


def test_accounts_of_epochs_by_a_plain_program() -> None:
    """Stakes of 1 and 0, a user with 1, two epochs; in each at most 1 is minted, and each validator pays for one ticket."""
    Ledger = tuple[tuple[int, ...], ...]

    def steps(state: Ledger) -> Iterable[Ledger]:
        (user, fee, treasury, burned, minted, epoch, now), bal, rw, sl, paid, admitted, offended = state
        yield state[0], bal, rw, sl, paid, admitted, (1,)
        if epoch == 1:
            yield (user, fee, treasury, burned, minted, 2, 0), bal, rw, sl, paid, (0, 0), offended
        for a in range(1, user + 1):
            yield (user - a, fee + a, treasury, burned, minted, epoch, now), bal, rw, sl, paid, admitted, offended
        for v in (0, 1):
            for a in range(1, fee + 1):
                common = (user, fee - a, treasury, burned, minted, epoch, now)
                yield common, add(bal, v, a), add(rw, v, a), sl, paid, admitted, offended
            if now == 0:
                common = (user, fee, treasury, burned, minted + 1, epoch, 1)
                yield common, add(bal, v, 1), add(rw, v, 1), sl, paid, admitted, offended
            if bal[v] >= 1 and not admitted[v]:
                common = (user, fee, treasury, burned + 1, minted, epoch, now)
                yield common, add(bal, v, -1), rw, sl, add(paid, v, 1), add(admitted, v, 1), offended
            for a in range(1, bal[v] + 1 if offended == (1,) and v == 0 else 1):
                for q in range(a + 1):
                    common = (user, fee, treasury + a - q, burned + q, minted, epoch, now)
                    yield common, add(bal, v, -a), rw, add(sl, v, a), paid, admitted, offended

    assert levels(((1, 0, 0, 0, 0, 1, 0), (1, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0,)), steps) == (1_018, 11)


def add(row: tuple[int, ...], at: int, amount: int) -> tuple[int, ...]:
    return tuple(x + amount if i == at else x for i, x in enumerate(row))


@pytest.mark.parametrize(
    ("lacks", "known"),
    [
        ("", (155, 8)), ("payers of rewards", (198, 8)), ("payers of fees", (254, 9)), ("a bound of slashing", (355, 9)),
        ("evidence", (350, 8)), ("single credits", (138, 7)),
    ],
)  # fmt: skip
def test_accounts_by_a_plain_program(lacks: str, known: tuple[int, int]) -> None:
    """Stakes of 1 and 0, a user with 1; states with more than 4 in all are not looked at."""
    Accounts = tuple[tuple[int, ...], ...]
    times = 2 if lacks == "single credits" else 1

    def moves(state: Accounts) -> Iterable[Accounts]:
        (user, fee, treasury, burned, minted), bal, rw, sl, paid, offended = state
        yield (user, fee, treasury, burned, minted), bal, rw, sl, paid, (1,)
        for a in range(1, user + 1):
            left = user if lacks == "payers of fees" else user - a
            yield (left, fee + a, treasury, burned, minted), bal, rw, sl, paid, offended
        for v in (0, 1):
            for a in range(1, fee + 1):
                left = fee if lacks == "payers of rewards" else fee - a
                yield (user, left, treasury, burned, minted), add(bal, v, times * a), add(rw, v, a), sl, paid, offended
            for a in range(1, 2 - minted):
                new = minted if lacks == "payers of rewards" else minted + a
                yield (user, fee, treasury, burned, new), add(bal, v, times * a), add(rw, v, a), sl, paid, offended
            if bal[v] >= 1:
                yield (user, fee, treasury, burned + 1, minted), add(bal, v, -1), rw, sl, add(paid, v, 1), offended
            guilty = lacks == "evidence" or (offended == (1,) and v == 0)
            most = (1, 0)[v] + rw[v] if lacks == "a bound of slashing" else bal[v]
            for a in range(1, most + 1 if guilty else 1):
                for q in range(a + 1):
                    common = (user, fee, treasury + a - q, burned + q, minted)
                    yield common, add(bal, v, -min(a, bal[v])), rw, add(sl, v, a), paid, offended

    def steps(state: Accounts) -> Iterable[Accounts]:
        return (after for after in moves(state) if sum(after[0][:4]) + sum(after[1]) <= 4)

    assert levels(((1, 0, 0, 0, 0), (1, 0), (0, 0), (0, 0), (0, 0), (0,)), steps) == known


@pytest.mark.parametrize(
    ("lacks", "known"), [("", (25, 7)), ("all slices", (49, 7)), ("own slot", (84, 7))], ids=["safe", "one", "any slot"]
)
def test_blocks_of_two_slices_by_a_plain_program(lacks: str, known: tuple[int, int]) -> None:
    Blocks = tuple[frozenset[tuple[int, int]], tuple[tuple[int, int] | None, ...]]

    def steps(state: Blocks) -> Iterable[Blocks]:
        dec, emitted = state
        for n in (0, 1):
            for k in (0, 1):
                yield dec | {(n, k)}, emitted
            for source in ((0, 0), (0, 1), (1, 0), (1, 1)) if emitted[n] is None else ():
                have = [(slot, k) in dec for k, slot in enumerate(source)]
                enough = any(have) if lacks == "all slices" else all(have)
                if enough and (lacks == "own slot" or source == (n, n)):
                    yield dec, (*emitted[:n], source, *emitted[n + 1 :])

    assert levels((frozenset(), (None, None)), steps) == known


@pytest.mark.parametrize(
    ("name", "variant", "laws"),
    [
        ("leader-schedule", "safe", {"PublishedWindowSize"}),
        ("leader-schedule", "off-by-one", {"PublishedWindowSize", "WindowSize", "WindowsTile"}),
        ("economics", "safe", set()),
        ("rotor-sampling", "safe", set()),
    ],
)
def test_laws(name: str, variant: str, laws: set[str]) -> None:
    wanted = tuple(law.name for law in load(name).model().laws if law.kind == "law")
    document = prove(ProveRequest(load(name), variant, properties=wanted), lambda event: None)
    assert {entry["published_name"] for entry in document["properties"] if entry["verdict"] != "proved"} == laws


def test_the_tables_of_sampling() -> None:
    """What the findings page says of shreds, in exact arithmetic."""
    pairs = [(64, 32), (6, 3), (4, 2), (5, 3), (3, 2)]
    assert [3 * shreds > 5 * enough for shreds, enough in pairs] == [True, True, True, False, False]

    def failing(shreds: int, enough: int) -> Fraction:
        return sum(
            (comb(shreds, j) * Fraction(3, 5) ** j * Fraction(2, 5) ** (shreds - j) for j in range(enough)), Fraction(0)
        )

    def hoeffding(shreds: int, enough: int) -> float:
        return exp(-2 * shreds * (0.6 - enough / shreds) ** 2)

    exact = {(64, 32): 0.0402, (128, 64): 0.00868, (256, 128): 4.86e-4, (96, 32): 3.8e-8}
    bounds = {(64, 32): 0.278, (128, 64): 0.0773, (256, 128): 0.00598, (96, 32): 1.2e-6}
    for pair, known in exact.items():
        assert float(failing(*pair)) == pytest.approx(known, rel=0.02)
        assert hoeffding(*pair) == pytest.approx(bounds[pair], rel=0.03)
        assert failing(*pair) <= hoeffding(*pair)
    assert failing(128, 64) < failing(64, 32)
    assert [sum(64 * share // 100 + 2 for share in shares) for shares in ([40], [10] * 4, [5] * 8)] == [27, 32, 40]
