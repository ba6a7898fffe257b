"""The models that semantics are compared on: every built-in protocol and those of `tests/models`, in every variant."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import pytest

from tests.differential.behaviour import Behaviour, Oracle, Pair, Sample
from tests.models import (
    algebra,
    batches,
    chairs,
    constructs,
    corners,
    counting,
    elements,
    library,
    ranked,
    sizes,
    weighed,
)
from tests.tiers import by_day
from verifier import catalog
from verifier.kernel.protocol import Protocol
from verifier.semantics.scope import finite_scope

OWN: dict[str, Protocol] = {
    **counting.ALL, **constructs.ALL, **corners.ALL, **elements.ALL, **chairs.ALL, **algebra.ALL, **batches.ALL, **sizes.ALL,
    **ranked.ALL, **weighed.ALL, **library.LITMUS,
}  # fmt: skip

# Too many candidates for initial states to go through them one at a time.
LARGE = {"cursor-memory", "hand-over-memory", "seqlock-memory"}


@cache
def protocol(name: str) -> Protocol:
    """A protocol of `tests/models`, or a built-in one."""
    return OWN[name] if name in OWN else catalog.load(name)


@cache
def names() -> tuple[str, ...]:
    """The protocols that have states, those of `tests/models` first; but for `LARGE`."""
    return (*OWN, *(name for name in catalog.names() if name not in LARGE and protocol(name).variables))


LATE = {"multi-paxos", "routes-ranges"}
"""Built-in protocols that take several seconds each."""


def tiered() -> list[Any]:
    """Every protocol with each of its variants: parameters of a test, with the tier that they wait for.

    Variants other than the default wait for the full tier, and for the night those of built-in protocols.
    """

    def marks(name: str, variant: str) -> list[pytest.MarkDecorator]:
        first = variant == protocol(name).default_variant
        if name in OWN:
            return [] if first else [pytest.mark.full]
        return by_day(name) if first and name not in LATE else [pytest.mark.nightly]

    return [
        pytest.param(name, variant, marks=marks(name, variant)) for name in names() for variant in protocol(name).variants
    ]


def by_night() -> list[Any]:
    """The protocols as parameters of a test; the built-in ones wait for the night."""
    return [pytest.param(name, marks=[] if name in OWN else [pytest.mark.nightly]) for name in names()]


@lru_cache(maxsize=6)  # a lowered model can take a hundred megabytes
def sample(name: str, variant: str | None = None) -> Sample:
    """The states of a model at its published scope."""
    return Sample(finite_scope(protocol(name).model(variant)))


@cache
def expected(name: str, count: int) -> tuple[list[Pair], list[Behaviour]]:
    """Some pairs of states of a protocol's default variant, and what they do by the concrete semantics."""
    found = sample(name)
    pairs = found.pairs(count, seed=7)
    oracle = Oracle(found)
    return pairs, [oracle.behaviour(pair) for pair in pairs]
