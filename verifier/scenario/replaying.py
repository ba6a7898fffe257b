"""Counterexamples executed once more, step by step, in a model other than the one that found them.

A law has no steps: what contradicts it are the votes of one slot. Any such votes that the rules allow can be cast in the order of
their strata, initial votes first, then fallback votes, then final votes; so `votor` casts them one by one, or `votor-classes`
where the validators are too many, and the guards and the property are evaluated there. A trace is executed by the evaluator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from verifier import api
from verifier.documents.values import python_value
from verifier.kernel.errors import UsageError, VerifyError

if TYPE_CHECKING:
    from verifier.documents import Property, Trace
    from verifier.jobs.session import Session
    from verifier.session.walk import Walk

SEATS = 10  # validators that the model with steps has room for
_STEPS, _CLASSES = "votor", "votor-classes:any-share"
_TWICE = ("NotarVote.not-voted", "SkipVote.not-voted")
_PUBLISHED = {"fast": (4, 5), "safe_high": (2, 5), "safe_low": (1, 5), "safe_skip": (2, 5)} | dict.fromkeys(
    ("notar", "fallback", "skip", "final", "safe_sum"), (3, 5)
)
_OTHER = {"A": 1, "B": 2}
_LIVE = {"SettledIsDecided": ("live", "SettledIsDecided"), "CorrectLeaderIsFinal": ("correct-leader", "SettledIsFinal")}
"""The variant of `votor` in which a question about settled votes is one about states, and its property there."""

Step = tuple[Any, ...]
"""An action and its arguments."""


@dataclass(frozen=True)
class Replay:
    """The model that executed a counterexample, its steps there, and why it does not show the violation, if it does not."""

    model: str
    steps: int
    failure: str | None = None


@dataclass(frozen=True)
class _Instance:
    """A model with a variant, values of its parameters, and guards that are dropped."""

    model: str
    settings: tuple[str, ...]
    drops: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Run:
    """Steps of an instance that should end in a violation of a property."""

    instance: _Instance
    property: str
    steps: tuple[Step, ...]


@dataclass
class _Validator:
    """The votes of one validator."""

    stake: int
    notar: list[str] = field(default_factory=list)
    skip: bool = False
    fallback: list[str] = field(default_factory=list)
    skip_fallback: bool = False
    final: bool = False


def replays(
    entries: Mapping[str, Property], left: Callable[[], float], session: Callable[[str], Session]
) -> dict[str, Replay]:
    """The counterexamples of some entries, executed in other models; without those that have nothing to execute, or no model.

    Args:
        entries: violated properties, by any name.
        left: the seconds that are left; nothing is executed after that.
        session: gives one for each call of a command.
    """
    found: dict[str, Replay] = {}
    runs: dict[_Instance, list[tuple[str, _Run]]] = {}
    for name, entry in entries.items():
        if entry.kind != "law":
            done = _trace(entry.trace, left(), session) if entry.trace is not None and left() > 0 else None
            if done is not None:
                found[name] = done
        elif entry.values is not None and (run := _run(entry.name, entry.values)) is not None:
            runs.setdefault(run.instance, []).append((name, run))
    for instance, some in runs.items():
        if left() > 0:
            found |= _walked(instance, some, left(), session)
    return found


def _walked(
    instance: _Instance, runs: list[tuple[str, _Run]], seconds: float, session: Callable[[str], Session]
) -> dict[str, Replay]:
    """The runs of one instance, one after the other."""
    model, _, variant = instance.model.partition(":")
    found: dict[str, Replay] = {}
    try:
        with api.walk(
            model,
            variant=variant or None,
            drop=instance.drops,
            settings=instance.settings,
            timeout=seconds,
            session=session("step"),
        ) as walk:
            for name, run in runs:
                found[name] = Replay(instance.model, len(run.steps), _failure(walk, run))
    except api.CutOff:
        pass  # The others were not executed, which says nothing about them.
    except VerifyError as error:
        reason = _line(error)
        found |= {name: Replay(instance.model, len(run.steps), reason) for name, run in runs if name not in found}
    return found


def _failure(walk: Walk, run: _Run) -> str | None:
    """Why a run does not show its violation; None if it does."""
    try:
        violated = walk.init().violated
        for action, *arguments in run.steps:
            violated = walk.step(action, *arguments).violated
    except UsageError as error:
        return _line(error)
    return None if run.property in violated else f"its last state does not violate {run.property}"


def _line(error: VerifyError) -> str:
    return (str(error).splitlines() or ["refused"])[0]


def _trace(trace: Trace, seconds: float, session: Callable[[str], Session]) -> Replay | None:
    name = str(trace.meta.protocol)
    try:
        done = api.replay(trace.to_document(), timeout=seconds, session=session("replay"))
    except api.CutOff:
        return None
    except VerifyError as error:
        return Replay(name, trace.steps, _line(error))
    return Replay(name, trace.steps, None if done.valid and done.violated else done.failure or "it violates nothing")


def _run(name: str, votes: Trace) -> _Run | None:
    given = {key: value for key, value in votes.meta.parameters.items() if isinstance(value, int)}
    values = {key: python_value(value) for key, value in votes.states[0].items() if not key.startswith("#")}
    match votes.meta.protocol:
        case "votor-ledger":
            return _single(name, given, _of_ledger(given, values))
        case "votor-groups":
            counts = values["cast_by"]
            everyone = sum(given[f"members_{group}"] for group in counts)
            return _single(name, given, _of_groups(given, counts)) if everyone <= SEATS else _by_class(name, given, counts)
    return None


def _of_ledger(given: Mapping[str, int], votes: Mapping[str, Any]) -> list[_Validator]:
    return [
        _Validator(
            given[f"stake_{i}"],
            sorted(votes["notar"][i]),
            i in votes["skip"],
            sorted(votes["fallback"][i]),
            i in votes["skip_fallback"],
            i in votes["final"],
        )
        for i in range(1, given["Validators"] + 1)
    ]


def _of_groups(given: Mapping[str, int], counts: Mapping[int, Mapping[str, int]]) -> list[_Validator]:
    return [
        _Validator(
            given[f"stake_{group}"],
            [f"b{name[1]}"] if name.startswith("N") else [],
            name.startswith("S"),
            [f"b{block}" for letter, block in _OTHER.items() if letter in name],
            "K" in name,
            name.endswith("F"),
        )
        for group, of in counts.items()
        for name, count in of.items()
        for _ in range(count)
    ]


def _single(name: str, given: Mapping[str, int], voters: list[_Validator]) -> _Run | None:
    """The run in which each validator casts its votes."""
    variant, prop = _LIVE.get(name, ("", name))
    kept = {"F", "Offline", "MaxFallbacks", "PerKind", *(f"{share}_{part}" for share in _PUBLISHED for part in (1, 2))}
    settings = {key: value for key, value in given.items() if key in kept}
    settings |= {"Validators": len(voters), "Blocks": 1 if variant == "correct-leader" else 2}
    settings |= {f"stake_{i}": voters[i - 1].stake if i <= len(voters) else 0 for i in range(1, SEATS + 1)}
    numbered = list(enumerate(voters, 1))
    steps: list[Step] = [("NotarVote", i, block) for i, votes in numbered for block in votes.notar]
    steps += [("SkipVote", i) for i, votes in numbered if votes.skip]
    steps += [("NotarFallbackVote", i, block) for i, votes in numbered for block in votes.fallback]
    steps += [("SkipFallbackVote", i) for i, votes in numbered if votes.skip_fallback]
    steps += [("FinalVote", i) for i, votes in numbered if votes.final]
    steps += [("Stabilize",)] if variant else []
    drops = _TWICE if given.get("AnyVotes") else ()
    lines = tuple(f"{key}={value}" for key, value in settings.items())
    return _Run(_Instance(f"{_STEPS}:{variant}" if variant else _STEPS, lines, drops), prop, tuple(steps))


def _by_class(name: str, given: Mapping[str, int], counts: Mapping[int, Mapping[str, int]]) -> _Run | None:
    """The run in which all stake that has cast the same votes moves together."""
    if name in _LIVE:
        return None
    held: dict[str, int] = {}
    for group, of in counts.items():
        for votes, count in of.items():
            held[votes] = held.get(votes, 0) + count * given[f"stake_{group}"]
    cast = {votes: stake for votes, stake in held.items() if stake and votes != "U"}
    paths = [list(_path(votes, stake)) for votes, stake in cast.items()]
    longest = max(map(len, paths), default=0)
    finals = [path[-1] for path in paths if path[-1][0].startswith("Final")]
    others = [path[at] for at in range(longest) for path in paths if at < len(path) and path[at] not in finals]
    needs = {share: (given[f"{share}_1"], given[f"{share}_2"]) for share in _PUBLISHED}
    other = [f"{share}=[{part},{whole}]" for share, (part, whole) in needs.items() if (part, whole) != _PUBLISHED[share]]
    settings = (f"Honest={sum(held.values()) + given['Offline']}", f"Byzantine={given['F']}", *other)
    return _Run(_Instance(_CLASSES, settings), name, (*others, *finals))


def _path(votes: str, stake: int) -> Iterable[Step]:
    """The moves of a stake from no votes to these."""
    head, letters = (votes[:2], votes[2:]) if votes.startswith("N") else (votes[:1], votes[1:])
    yield (f"NotarVote{head[1]}" if head.startswith("N") else "SkipVote", stake)
    for at, letter in enumerate(letters):
        if letter == "F":
            yield (f"FinalVote{head[1]}", stake)
        else:
            action = "SkipFallback" if letter == "K" else f"NotarFallback{_OTHER[letter]}"
            yield (action, head + letters[:at], stake)
