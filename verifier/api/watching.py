"""Single runs of a protocol: samples of them, and a walk step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from verifier.api.calls import ask, one
from verifier.jobs.arguments import Settings, check_limits, check_number, drop_names, model_reference, setting_lines
from verifier.jobs.session import Session

if TYPE_CHECKING:
    from verifier.documents import Run
    from verifier.jobs.arguments import Model
    from verifier.session.walk import Walk
    from verifier.wire.jobs import RunJob, StepJob


def run(
    protocol: Model,
    *,
    until: str | None = None,
    variant: str | None = None,
    drop: Sequence[str] = (),
    settings: Settings = (),
    runs: int = 100,
    depth: int = 50,
    seed: int = 0,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> Run:
    """Sample runs of a protocol that together show each action and each label of an enumeration, as far as they reach.

    Violations are replayed and shortened. The same seed gives the same runs.

    Args:
        until: a formula (docs/watching.md); searches instead for a run to a state in which it is true, the shortest if the
            state is among the first 20,000.
        runs: the number of runs, at least 1.
        depth: the maximum number of steps in a run, at least 0.
        seed: the seed of the random choices.
        protocol, variant, drop, settings, timeout, memory, in_process, session: as for `prove`.

    Raises:
        The errors of `prove`.
    """
    check_number("runs", runs, 1)
    check_number("depth", depth, 0)
    check_limits(timeout, memory, in_process)
    job: RunJob = {
        "command": "run",
        "protocol": model_reference(protocol, in_process),
        "variant": variant,
        "drops": drop_names(drop),
        "settings": setting_lines(settings),
        "runs": runs,
        "depth": depth,
        "seed": seed,
        "until": until,
    }
    answer = ask(job, session, timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Run

    return one(Run, answer)


def simulate(protocol: Model, *, runs: int = 1000, **options: Any) -> Run:
    """The old name of `run`."""
    import warnings

    warnings.warn("simulate is called run now, and goes with the next release", DeprecationWarning, stacklevel=2)
    return run(protocol, runs=runs, **options)


def walk(
    protocol: Model,
    *,
    variant: str | None = None,
    drop: Sequence[str] = (),
    settings: Settings = (),
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> Walk:
    """Walk through a protocol step by step: enabled steps, why others are disabled, undo, a path to a state.

    Args:
        timeout: seconds for each answer.
        protocol, variant, drop, settings, memory, in_process, session: as for `prove`.

    Raises:
        The errors of `prove`.
    """
    from verifier.session.walk import open_walk

    job: StepJob = {
        "command": "step",
        "protocol": model_reference(protocol, in_process),
        "variant": variant,
        "drops": drop_names(drop),
        "settings": setting_lines(settings),
    }
    return open_walk(job, session or Session(), timeout=timeout, memory=memory, in_process=in_process)
