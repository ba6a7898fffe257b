"""Random protocols have the same states, levels and violations in the text that is exported."""

from __future__ import annotations

import re

import pytest

from tests.fuzz.comparing import built
from tests.fuzz.generating import protocol
from tests.tla import syntax
from tests.tla.evaluate import Module, Search, search
from verifier import api
from verifier.kernel.errors import ModelError, UsageError
from verifier.semantics.tla.module import Exported, module

MOST = 300


def compared(seed: int) -> bool:
    """Whether a random protocol could be compared: it has initial states, but not many states, and a form as a module."""
    given = built(protocol(seed))
    if not given.variables:
        return False
    try:
        ours = api.explore(given, in_process=True, max_states=MOST)
        written = module(given.model(), {}, [])
    except (ModelError, UsageError):
        return False
    syntax.check(syntax.tree(written.module))
    violated = {re.sub(r"\W", "_", one.published_name): one.steps for one in ours.violations}
    if not ours.complete or any(name.startswith(("Defined", "Range_")) for name in violated):
        # Where something has no value, or leaves a range, the module means something else in other properties.
        return False
    assert found(written) == Search(ours.distinct, ours.diameter, violated), seed
    return True


def found(written: Exported) -> Search:
    """What a search of the module finds; the level of states that are all outside the constraint counts."""
    result = search(Module(*written))
    return result if result.distinct else Search(0, 1, result.violated)


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.nightly) for n in range(4, 298, 49))])
def test_random_protocols_mean_the_same_as_modules(first: int) -> None:
    seeds = range(first, first + (4 if first == 0 else 49))
    assert sum(map(compared, seeds)) > len(seeds) // 4
