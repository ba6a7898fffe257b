"""How fast explicit search is: seconds to lower a model, to search it, to count orbits; states a second, peak memory.

Usage: python benchmarks/explore.py [RUNS]. Prints the medians of RUNS runs (default 5) for the published model, for one
with more states, and for one whose states take two words.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from verifier.catalog import load
from verifier.proof.engines.explicit import explore
from verifier.proof.engines.exploration import Exploration
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.orbits import count_orbits
from verifier.semantics.scope import finite_scope

CASES: tuple[dict[str, str | int], ...] = (
    {},
    {"TxnIds": 3, "MaxOps": 5, "MaxTs": 6},
    {"Keys": 3, "Groups": 3, "TxnIds": 3, "MaxVersions": 3},
)


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """What a call takes, in seconds, and what it returns."""
    started = time.perf_counter()
    result = function()
    return time.perf_counter() - started, result


def lowered(settings: dict[str, str | int]) -> Ground:
    """The model with everything lowered that a search reads."""
    ground = Ground(finite_scope(load("composed").model(), settings))
    _ = ground.instances, ground.initial, ground.constraint
    return ground


def measure(settings: dict[str, str | int], runs: int) -> str:
    """One row of the table."""
    seconds: dict[str, list[float]] = {"lower": [], "search": [], "orbits": []}
    found: Exploration | None = None
    orbits = 0
    for _ in range(runs):
        taken, ground = timed(lambda: lowered(settings))
        seconds["lower"].append(taken)
        taken, found = timed(lambda: explore(ground))  # noqa: B023
        seconds["search"].append(taken)
        reached = found.reached
        taken, orbits = timed(
            lambda: count_orbits(ground.layout, reached.packing, reached.states, reached.index)  # noqa: B023
        )
        seconds["orbits"].append(taken)
    assert found is not None
    medians = [statistics.median(values) for values in seconds.values()]
    name = ",".join(f"{key}={value}" for key, value in settings.items()) or "published"
    rate, memory = found.distinct / medians[1], found.peak_bytes / 2**20
    times = "".join(f"{value:9.3f}" for value in medians)
    return f"{name:44}{found.distinct:9}{orbits:9}{times}{rate:12,.0f}{memory:8.1f}"


def main() -> None:
    """Prints the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    columns = ("lower s", "search s", "orbits s")
    print(f"{'scope':44}{'distinct':>9}{'orbits':>9}{''.join(f'{c:>9}' for c in columns)}{'states/s':>12}{'MiB':>8}")
    for settings in CASES:
        print(measure(settings, runs))


if __name__ == "__main__":
    main()
