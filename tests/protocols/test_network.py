"""What is known of the network: the figures of each search, which a plain program finds too."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.protocols.figures import Search, check_expectations
from verifier.api import prove

SEARCHES = [
    Search("network", "safe", 8_650, 14, None),
    Search("network", "lossy", 19_366, 14, None),
    Search("network", "retransmit", 19_366, 14, None),
    Search("network", "heal-forced-off", 19_265, 15, None, {"Net-3": 4, "Net-4a": 6}),
    Search("network", "forge", 58_625, 14, None, {"Net-1": 1}),
]

SRC, DST, HONEST = (0, 1, 2), (1, 0, 0), (True, True, False)
GST, DELTA, LAST = 3, 1, 7


class State(NamedTuple):
    """The network; the side of the cut is 0 for the first node."""

    now: int
    status: tuple[str, ...]
    sent_at: tuple[int, ...]
    cut: bool
    side: frozenset[int]
    sent: frozenset[int]


def steps(s: State, may: frozenset[str]) -> Iterator[State]:
    def become(m: int, status: str, *, at: int | None = None) -> State:
        times = s.sent_at if at is None else (*s.sent_at[:m], at, *s.sent_at[m + 1 :])
        return s._replace(status=(*s.status[:m], status, *s.status[m + 1 :]), sent_at=times)

    for m, status in enumerate(s.status):
        if status == "unsent":
            yield become(m, "flight", at=s.now)._replace(sent=s.sent | {m})
            if "forge" in may:
                yield become(m, "flight", at=s.now)
        if status == "flight" and not (s.cut and (SRC[m] in s.side) != (DST[m] in s.side)):
            yield become(m, "delivered")
        if status == "flight" and "lose" in may and s.now < GST:
            yield become(m, "lost")
        if status == "lost" and "retransmit" in may and s.now >= GST:
            yield become(m, "flight", at=s.now)
    if s.cut:
        yield s._replace(cut=False, side=frozenset())
    elif s.now < GST:
        for part in ({1}, {2}, {1, 2}):
            yield s._replace(cut=True, side=frozenset(part))
    due = any(
        HONEST[m] and status == "flight" and s.now >= max(GST, s.sent_at[m]) + DELTA
        for m, status in enumerate(s.status)
    )
    healed = not s.cut or s.now + 1 < GST or "stay cut" in may
    if s.now < LAST and not due and healed:
        yield s._replace(now=s.now + 1)


@pytest.mark.parametrize(
    ("search", "may"),
    [*zip(SEARCHES, ([], ["lose"], ["lose", "retransmit"], ["stay cut"], ["forge"]), strict=True)],
    ids=[row.name for row in SEARCHES],
)
def test_searches_find_what_is_known(search: Search, may: list[str]) -> None:
    search.check()
    if search.distinct < 20_000:
        first = State(0, ("unsent",) * 3, (0,) * 3, False, frozenset(), frozenset())
        distance, queue = {first: 0}, deque([first])
        while queue:
            s = queue.popleft()
            for after in steps(s, frozenset(may)):
                if after not in distance:
                    distance[after] = distance[s] + 1
                    queue.append(after)
        assert (len(distance), max(distance.values()) + 1) == (search.distinct, search.diameter)


def test_what_the_model_announces() -> None:
    check_expectations("network", SEARCHES)


@pytest.mark.nightly
@pytest.mark.parametrize("variant", ["safe", "lossy", "retransmit", "forge"])
@pytest.mark.parametrize(
    ("scope", "engine", "method"), [("published", "explicit", "exhaustive"), ("unbounded", "auto", "ranking")]
)
def test_delivery_once_the_network_is_synchronous(variant: str, scope: str, engine: str, method: str) -> None:
    result = prove("network", variant=variant, scope=scope, engine=engine, properties=["Net-6b"])
    assert (result["Net-6b"].verdict, result["Net-6b"].method) == ("proved", method)
