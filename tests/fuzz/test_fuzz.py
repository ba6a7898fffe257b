"""The product and brute force agree on random protocols, and the comparison notices when the product is wrong."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.fuzz.__main__ import examine, failure
from tests.fuzz.comparing import built, cheap, thorough
from tests.fuzz.coverage import used, wanted, written
from tests.fuzz.generating import protocol
from tests.fuzz.spec import Spec
from verifier.kernel.properties import Property
from verifier.kernel.terms import Term
from verifier.semantics.concrete.machine import Machine

STRIDE = 1_000_000
"""Seeds that belong to one night; a night uses far fewer."""


def _agree(first: int, models: int, comparison: Callable[[Spec], None], folder: Path, seconds: float = 1e9) -> int:
    """Compares protocols from a seed on, until the budget of CPU seconds is used; the number that was compared."""
    started, wrong = time.process_time(), []
    seed = first
    for seed in range(first, first + models):
        if time.process_time() - started > seconds:
            break
        what = examine(seed, comparison, folder)
        if what:
            wrong.append(f"seed {seed}: {what}")
    print(f"seeds {first} to {seed}")
    assert not wrong, f"the protocols, made small, are in {folder}:\n" + "\n".join(wrong)
    return seed - first


def test_every_operator_and_sort_is_generated_often_enough() -> None:
    seen: Counter[str] = Counter()
    models = 250
    for seed in range(models):
        spec = protocol(seed)
        made = built(spec)
        names = written(spec)
        for variant in made.variants:
            names |= used(made.model(variant))
        seen.update(names)
    rare = {name: seen[name] for name in wanted() if seen[name] < 0.02 * models}
    assert not rare


@pytest.mark.parametrize(
    "count", [pytest.param(8, marks=pytest.mark.full), pytest.param(30, marks=pytest.mark.nightly)]
)
def test_cheap_comparison(count: int, tmp_path: Path) -> None:
    _agree(0, count, cheap, tmp_path)


@pytest.mark.nightly
@pytest.mark.full
def test_thorough_comparison(tmp_path: Path) -> None:
    _agree(500_000, 3, thorough, tmp_path)


@pytest.mark.nightly
def test_a_nights_worth(tmp_path: Path) -> None:
    """Half an hour of processor time, on seeds that no other night has: those of VERIFY_FUZZ_SEED, or of the date."""
    first = int(os.environ.get("VERIFY_FUZZ_SEED", date.today().toordinal() * STRIDE))
    _agree(first, STRIDE // 2, cheap, tmp_path, seconds=900)
    _agree(first + STRIDE // 2, STRIDE // 2, thorough, tmp_path, seconds=900)


# -- the comparison itself ---------------------------------------------------------------------------------------------


def _noticed(comparison: Callable[[Spec], None], models: int = 60) -> bool:
    return any(failure(protocol(seed), comparison) for seed in range(models))


def test_a_wrong_evaluator_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.semantics.concrete import evaluate, operations

    monkeypatch.setitem(evaluate.EVALUATED, "le", lambda evaluator, term, args: evaluate.EVALUATED["lt"](
        evaluator, Term("lt", term.args, term.sort), args
    ))
    monkeypatch.setitem(operations.OPERATIONS, "some", operations.OPERATIONS["none"])
    assert _noticed(cheap)


def test_a_property_that_is_not_judged_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Machine.holds

    def holds(self: Machine, found: Property, *states: object) -> bool:
        return found.kind == "state" or real(self, found, *states)  # type: ignore[arg-type]

    monkeypatch.setattr(Machine, "holds", holds)
    assert _noticed(cheap)
