"""Which built-in protocols the tests that go over all of them take by day: a suite has tests of its own besides."""

from __future__ import annotations

import pytest

DAILY = frozenset({
    "composed", "composed-reads", "hlc", "hlc-ceiling", "hlc-lagging", "multi-paxos", "mvcc", "mvcc-ceiling", "mvcc-replicas",
    "occ", "occ-resolver", "routes", "routes-ranges", "routes-records",
    "crdts", "economics", "gossip-copies", "rotor-block", "wal-torn",
})  # fmt: skip
"""Those of the suites that came first, and a small one of each other suite."""


def by_day(name: str, *, tier: pytest.MarkDecorator | None = None) -> list[pytest.MarkDecorator]:
    """The marks of a test of a built-in protocol: `tier` by day, for the others the night."""
    if name not in DAILY:
        return [pytest.mark.nightly]
    return [] if tier is None else [tier]


