"""Other questions about a whole model: its reachable states, what its guards are for, its lemmas, its thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from verifier.api.calls import ask, one
from verifier.jobs.arguments import (
    SCOPES,
    Settings,
    check_choice,
    check_limits,
    check_number,
    drop_names,
    model_reference,
    setting_lines,
    usage,
)
from verifier.jobs.progress import Progress, following
from verifier.jobs.session import Session

if TYPE_CHECKING:
    from verifier.documents import Exploration, Gaps, Lemmas, Thresholds
    from verifier.jobs.arguments import Model
    from verifier.wire.jobs import ExploreJob, GapsJob, LemmasJob, ThresholdJob


def explore(
    protocol: Model,
    *,
    variant: str | None = None,
    drop: Sequence[str] = (),
    settings: Settings = (),
    symmetry: bool = False,
    max_states: int | None = None,
    dot: bool = False,
    deadlock: bool = False,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    progress: Progress | None = None,
    session: Session | None = None,
) -> Exploration:
    """Visit every reachable state breadth first, with TLC's counts; violating states are counted and
    expanded.

    Args:
        symmetry: also count the classes of states under permutations of interchangeable names (`orbits`).
        max_states: stop when this many distinct states are found; the result is then not complete.
        dot: also return the graph of the first 1,000 states, as text for Graphviz.
        protocol, variant, drop, settings, deadlock, timeout, memory, in_process, progress, session: as for `prove`.

    Raises:
        The errors of `prove`.
    """
    check_number("max_states", max_states, 1)
    check_limits(timeout, memory, in_process)
    job: ExploreJob = {
        "command": "explore",
        "protocol": model_reference(protocol, in_process),
        "variant": variant,
        "drops": drop_names(drop),
        "settings": setting_lines(settings),
        "symmetry": symmetry,
        "max_states": max_states,
        "dot": dot,
        "deadlock": deadlock,
    }
    answer = ask(job, following(session, progress), timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Exploration

    return one(Exploration, answer)


def gaps(
    protocol: Model,
    *,
    k: int = 8,
    include_bounds: bool = False,
    variant: str | None = None,
    settings: Settings = (),
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    progress: Progress | None = None,
    session: Session | None = None,
) -> Gaps:
    """Leave out each named guard and choice alone, and report what breaks and on which no property depends.

    Args:
        k: depth of unrolling if there are too many states to search, at least 0.
        include_bounds: also leave out guards that only enforce a search bound.
        protocol, variant, settings, timeout, memory, in_process, progress, session: as for `prove`.

    Returns:
        The properties that break, with replayed traces: exact if all states were searched, otherwise to depth `k`.

    Raises:
        The errors of `prove`.
    """
    check_number("k", k, 0)
    check_limits(timeout, memory, in_process)
    job: GapsJob = {
        "command": "gaps",
        "protocol": model_reference(protocol, in_process),
        "variant": variant,
        "settings": setting_lines(settings),
        "k": k,
        "include_bounds": include_bounds,
    }
    answer = ask(job, following(session, progress), timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Gaps

    return one(Gaps, answer)


def lemmas(
    protocol: Model,
    *,
    scope: str = "published",
    initially: bool = False,
    preserved: bool | str = False,
    k: int = 8,
    variant: str | None = None,
    drop: Sequence[str] = (),
    settings: Settings = (),
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    progress: Progress | None = None,
    session: Session | None = None,
) -> Lemmas:
    """Check each hand-written lemma and each invariant by itself, with all of them assumed as written.

    Args:
        scope: `published` or `unbounded`.
        initially: check only whether they hold in every initial state.
        preserved: check only whether the steps preserve them, action by action; the name of an action restricts this to its
            steps.
        k: depth of the search for reachable states that falsify one, if not all states can be searched; at least 0.
        protocol, variant, drop, settings, timeout, memory, in_process, progress, session: as for `prove`.

    Returns:
        For each, whether it is inductive, and with which others; false in a reachable state, with the trace; not preserved by
        an action, with the counterexample to induction; or unknown, and why.

    Raises:
        The errors of `prove`.
    """
    check_choice("scope", scope, SCOPES)
    check_number("k", k, 0)
    check_limits(timeout, memory, in_process)
    if initially and preserved is not False:
        raise usage("--initially and --preserved exclude each other", "leave out both: then both are asked")
    job: LemmasJob = {
        "command": "lemmas",
        "protocol": model_reference(protocol, in_process),
        "variant": variant,
        "drops": drop_names(drop),
        "scope": scope,
        "settings": setting_lines(settings),
        "k": k,
        "question": "initially" if initially else "inductive" if preserved is False else "preserved",
        "action": preserved if isinstance(preserved, str) else None,
    }
    answer = ask(job, following(session, progress), timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Lemmas

    return one(Lemmas, answer)


def threshold(
    protocol: Model,
    *,
    properties: Sequence[str] = (),
    settings: Settings = (),
    stakes: Mapping[str, int] | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> Thresholds:
    """Find the share of a whole at which each property begins to fail, for any sizes: exactly, with a smallest example.

    The protocol declares the share (`p.share`). A threshold is not a verdict; each comes with the command that gives one.

    Args:
        properties: names of properties of states; by default all of them.
        settings: values of parameters that have one at any size (`p.parameter(..., fixed=True)`), such as the share of a quorum.
        stakes: the stake of each holder; the result is then the smallest coalition of holders, where each holder acts as a
            whole.
        protocol, timeout, memory, in_process, session: as for `prove`.

    Raises:
        The errors of `prove`, and UsageError if the protocol declares no share.
    """
    check_limits(timeout, memory, in_process)
    job: ThresholdJob = {
        "command": "threshold",
        "protocol": model_reference(protocol, in_process),
        "properties": list(properties),
        "settings": setting_lines(settings),
        "stakes": None if stakes is None else dict(stakes),
    }
    answer = ask(job, session, timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Thresholds

    return one(Thresholds, answer)
