"""What is known of Alpenglow from end to end: the figures of each search, latencies, and what progress needs."""

from __future__ import annotations

import pytest

from tests.protocols.figures import Drop, Search, check_expectations, names
from tests.protocols.plain_alpenglow import Plain
from verifier.catalog import load
from verifier.proof.strategy import ProveRequest, prove

SEARCHES = [
    Search("alpenglow", "safe", 23_364, 22, None),
    Search("alpenglow", "equivocating-leader", 10_278, 18, None),
    Search("alpenglow", "byz20", 16_671, 18, None, {"NoConflictingFinalization": 9, "FastFinalExcludesSkip": 7}),
    Search("alpenglow", "vote-without-block", 3_173, 16, None, {"Glow-1": 1, "Glow-2": 2}),
    Search("alpenglow", "few-relays", 2_007, 16, None),
    Search("alpenglow", "lossy", 1_966, 20, None, {"Glow-3d": 13}),
    Search("alpenglow", "retransmit", 956, 17, None),
    Search("alpenglow", "relaxed", 1_673, 13, None, {"FastFinalExcludesSkip": 6}),
    Search("alpenglow", "timely", 363, 14, None),
]

# The same as plain programs. With the leader's shreds among Byzantine relays, its receivers are chosen by these.
LEADERLESS = frozenset({"leader"})
PLAIN = {
    "safe": Plain((1,) * 5),
    "equivocating-leader": Plain((27,) * 3, 19, 2, disseminated=False, timed=False, lacks=LEADERLESS),
    "byz20": Plain((40, 20, 20), 20, 2, disseminated=False, timed=False, lacks=LEADERLESS),
    "vote-without-block": Plain((2, 2, 1), lacks=frozenset({"decoded"})),
    "few-relays": Plain((2, 2, 1), disseminated=False),
    "lossy": Plain((2, 2, 1), gst=1, timeout=4, last=6, loses=True, lacks=frozenset({"retransmission"})),
    "retransmit": Plain((2, 2, 1), gst=1, timeout=4, last=6, loses=True),
    "timely": Plain((2, 2), blocks=2, gst=1, timeout=4, last=6, loses=True, lacks=frozenset({"safe to notar"})),
    "relaxed": Plain(
        (41, 40), 19, 2, disseminated=False, timed=False,
        lacks=LEADERLESS | {"safe to notar", "safe to skip", "notarized"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("search", SEARCHES, ids=names)
def test_searches_find_what_is_known(search: Search) -> None:
    search.check()


@pytest.mark.parametrize(
    "search", [pytest.param(one, marks=() if one.distinct < 5_000 else pytest.mark.nightly) for one in SEARCHES], ids=names
)
def test_a_plain_program_finds_the_same(search: Search) -> None:
    # The plain programs know nothing of SlowWithFewByzantine.
    known = {name: steps for name, steps in search.violated.items() if name != "Glow-3d"}
    assert PLAIN[search.variant].explore() == (search.distinct, search.diameter, known)


# What is late where time goes on without what was due, and what is skipped where nobody waits.
LATE = [
    Drop("alpenglow", ("Tick.sent",), {"Glow-3a": 3, "Glow-3b": 3, "Glow-3c": 9, "Glow-3d": 9}),
    Drop("alpenglow", ("Tick.delivered",), {"Glow-3a": 4, "Glow-3b": 4, "Glow-3c": 10, "Glow-3d": 10}),
    Drop("alpenglow", ("Tick.voted",), {"Glow-3b": 9, "Glow-3c": 10, "Glow-3d": 10}),
    Drop("alpenglow", ("SkipVote.timeout",), {"Glow-3b": 14, "Glow-3c": 15, "Glow-3d": 15}),
]


@pytest.mark.full
@pytest.mark.parametrize("drop", LATE, ids=names)
def test_latency_rests_on_what_is_due(drop: Drop) -> None:
    drop.check()


def test_what_the_model_announces() -> None:
    check_expectations("alpenglow", SEARCHES)


@pytest.mark.parametrize(
    ("variant", "settings", "holds"),
    [
        pytest.param("safe", (), True, marks=pytest.mark.full),
        pytest.param("safe", ("Timeout=1",), False, marks=pytest.mark.nightly),
        pytest.param("safe", ("Timeout=2",), False, marks=pytest.mark.nightly),
        pytest.param("few-relays", (), False, marks=pytest.mark.full),
        pytest.param("lossy", (), False, marks=pytest.mark.full),
        pytest.param("retransmit", (), True, marks=pytest.mark.full),
        # Four of six: 66 %, so that nothing is finalized fast.
        pytest.param("safe", ("Validators=4", "Offline=1"), True, marks=pytest.mark.nightly),
        # Half the stake.
        pytest.param("safe", ("Validators=3", "Offline=2"), False, marks=pytest.mark.nightly),
    ],
)
def test_progress_from_end_to_end(variant: str, settings: tuple[str, ...], holds: bool) -> None:
    wanted = ("EndToEndProgress", "Glow-3a", "Glow-3b", "Glow-3c")
    request = ProveRequest(load("alpenglow"), variant, settings=settings, properties=wanted, engine="explicit")
    found = {entry["published_name"]: entry["verdict"] for entry in prove(request, lambda event: None)["properties"]}
    assert found.pop("EndToEndProgress") == ("proved" if holds else "violated")
    assert set(found.values()) == {"proved"}


def test_the_slot_of_a_crashed_leader_is_skipped() -> None:
    request = ProveRequest(
        load("alpenglow"), settings=("Leader=2",), properties=("SkipOnCrash",), engine="explicit"
    )  # fmt: skip
    assert [entry["verdict"] for entry in prove(request, lambda event: None)["properties"]] == ["proved"]


AVAILABLE = ("NotarRequiresBlock", "Availability")
TIMES = ("DecodedByTwoDelta", "FastByThreeDelta", "SlowWithFewByzantine", "FourDeltaPass", "SkipWithQuorum")


@pytest.mark.nightly
@pytest.mark.parametrize(("variant", "wanted"), [("relaxed", AVAILABLE), ("timely", (*AVAILABLE, *TIMES))])
def test_for_any_stakes(variant: str, wanted: tuple[str, ...]) -> None:
    request = ProveRequest(load("alpenglow"), variant, scope="unbounded", liveness=True)
    verdicts = {entry["published_name"]: entry["verdict"] for entry in prove(request, lambda event: None)["properties"]}
    assert verdicts == verdicts | dict.fromkeys(wanted, "proved")
