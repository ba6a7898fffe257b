"""The ring behind a store buffer: measured states and diameters, and what each pair of fences is good for.

The measured diameters count steps from the initial state; a search counts levels, which are one more.
"""

from __future__ import annotations

import pytest

from tests.protocols.figures import Search, check_expectations, names


def machine(variant: str, distinct: int, steps: int, torn: int | None = None, **settings: int) -> Search:
    violated = {} if torn is None else {"TornFree": torn}
    return Search("ring-buffered", variant, distinct, steps + 1, None, violated, settings=settings)


VARIANTS = [
    machine("safe", 704, 34),
    machine("pso", 9_429, 34, torn=8),
    machine("pso-after-odd", 1_674, 37, torn=9),
    machine("pso-before-even", 1_035, 37, torn=22),
    machine("pso-fenced", 678, 40),
]
SIZES = [
    machine("safe", 385, 34, Capacity=1),
    machine("safe", 517, 34, Capacity=2),
    machine("safe", 1_065, 43, Words=2),
    machine("safe", 1_817, 44, MaxSeq=3),
    machine("pso-fenced", 1_002, 49, Words=2),
]


@pytest.mark.parametrize("row", [*VARIANTS, *SIZES], ids=names)
def test_figures_and_violations(row: Search) -> None:
    row.check()


def test_every_variant_is_searched_and_expects_what_is_found() -> None:
    check_expectations("ring-buffered", VARIANTS)
