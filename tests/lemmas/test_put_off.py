"""Lemmas that a budget puts off: nothing is proved with them, nothing is lost, and the solvers are left without a limit."""

from __future__ import annotations

from collections.abc import Iterable

from verifier.catalog import load
from verifier.proof.engines.engine import Budget, Decided, Event, Proved
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import FirstStep, LockStep
from verifier.proof.lemmas.inference import CheapLemmas, HarderLemmas, SampledLemmas, WrittenLemmas, are_put_off
from verifier.proof.strategy.published_stages import PUBLISHED
from verifier.proof.strategy.requests import ProveRequest
from verifier.semantics.answers import Answer
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope


def task_of(name: str, prop: str) -> FiniteTask:
    """One property of a built-in protocol, after the first induction."""
    model = load(name).model()
    wanted = {prop: model.find_property(prop)}
    task = FiniteTask(Ground(finite_scope(model)), wanted, lambda: wanted)
    list(FirstStep().run(task, Budget(depth=1)))
    return task


def proved(events: Iterable[Event]) -> set[str]:
    return {event.name for event in events if isinstance(event, Decided) and isinstance(event.outcome, Proved)}


def test_what_a_budget_puts_off_is_asked_later() -> None:
    wanted = "Composed-3"
    assert proved(CheapLemmas().run(task_of("composed", wanted), Budget(depth=1))) == {wanted}
    task = task_of("composed", wanted)
    assert proved(CheapLemmas().run(task, Budget(depth=1, steps=1))) == set()
    assert not task.lemmas
    # Without the limit again, and with the family that was put off.
    assert proved(SampledLemmas().run(task, Budget(depth=1))) == {wanted}


def test_a_stage_that_is_left_early_leaves_no_limit() -> None:
    task = task_of("composed", "Composed-3")
    stage = CheapLemmas().run(task, Budget(depth=1, steps=1))
    next(stage)
    stage.close()
    shared = task.kept(LockStep, lambda: LockStep(task.encoding))
    assert shared.step.check() is Answer.SAT


def test_a_larger_budget_takes_up_what_a_small_one_put_off() -> None:
    wanted = "Composed-3"
    task = task_of("composed", wanted)
    assert proved(CheapLemmas().run(task, Budget(depth=1, steps=1))) == set()
    assert are_put_off(task)
    assert proved(HarderLemmas().run(task, Budget(depth=1, steps=5_000_000))) == {wanted}
    assert not are_put_off(task)
    # What has not been asked at all is asked then, too.
    assert proved(HarderLemmas().run(task_of("composed", wanted), Budget(depth=1, steps=5_000_000))) == {wanted}


def test_cheap_lemmas_wait_where_those_of_the_model_are_put_off() -> None:
    [cheap] = [stage for stage in PUBLISHED if stage.name == "cheap lemmas"]
    task = task_of("mpmc", "NoTornReadC")
    assert not cheap.skipped(task, ProveRequest(load("mpmc")))
    list(WrittenLemmas().run(task, Budget(depth=1, steps=1)))
    assert cheap.skipped(task, ProveRequest(load("mpmc")))
