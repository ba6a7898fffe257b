"""Random progress under random fairness: the product agrees with brute force, and the comparison notices when it is wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fuzz.__main__ import examine, failure
from tests.fuzz.brute import TooLarge, Unordered
from tests.fuzz.progressing import Behaviours, progress, progressing
from tests.fuzz.spec import FORMS
from verifier.semantics.ground import liveness

TELLING = 0
"""A protocol in which something is enabled that changes nothing, and that some condition of fairness is about."""


def test_every_form_is_generated_and_both_verdicts_are() -> None:
    seen: Counter[str] = Counter()
    for seed in range(120):
        spec = progressing(seed)
        seen.update(prop.form for prop in spec.progress)
        for fair in spec.fairness:
            seen["strong" if fair.strong else "weak"] += 1
            kinds = {"all": not fair.parts, "group": len(fair.parts) > 1, "bound": bool(fair.bound)}
            seen.update(name for name, has in kinds.items() if has)
        try:
            behaviours = Behaviours(spec, 15)
            seen.update("violated" if behaviours.lassos(prop).violated() else "holds" for prop in spec.progress)
        except (TooLarge, Unordered):
            continue
    wanted = (*FORMS, "strong", "weak", "all", "group", "bound", "violated", "holds")
    assert {name: seen[name] for name in wanted if seen[name] < 5} == {}


def test_the_product_agrees_with_brute_force() -> None:
    # The last one has a formula of steps that reads a rigid variable alone.
    assert [what for seed in (0, 1, 910_739) if (what := examine(seed, progress, None, progressing))] == []


@pytest.mark.nightly
def test_the_product_agrees_with_brute_force_on_more(tmp_path: Path) -> None:
    assert [what for seed in range(100, 130) if (what := examine(seed, progress, tmp_path, progressing))] == []


@pytest.mark.nightly
def test_the_product_agrees_with_brute_force_on_many(tmp_path: Path) -> None:
    assert [what for seed in range(1000, 3000) if (what := examine(seed, progress, tmp_path, progressing))] == []


def test_a_step_that_changes_nothing_and_keeps_its_action_enabled_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "changing", lambda ground, instance: instance.storable)
    assert failure(progressing(TELLING), progress)
