"""Plan a suite: its protocols are loaded in processes of their own, whose limits hold from the first byte of a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from verifier.jobs.arguments import usage
from verifier.jobs.launch import start
from verifier.jobs.nightly.execute import Start
from verifier.jobs.nightly.files import is_path, read_suite
from verifier.jobs.nightly.plan import Planned, plan, references
from verifier.jobs.nightly.survey import fault_of
from verifier.jobs.session import CutOff, InternalError, Session, run

if TYPE_CHECKING:
    from verifier.documents import Suite
    from verifier.wire.jobs import SurveyedSetting, SurveyJob
    from verifier.wire.listings import Fault, Survey, Surveyed

LOADING = 60.0  # seconds that a protocol's file may take to be loaded


def read_plan(
    path: Path,
    deadline: float | None = None,
    on_tick: Callable[[], None] = lambda: None,
    serve: Callable[[Iterable[str]], Start] = lambda references: start,
) -> tuple[Suite, list[Planned], Start]:
    """A suite file, which is read only here, its obligations, with every name and setting in it resolved, and the result of
    `serve`.

    A model that cannot be loaded, whatever it does to its process, affects only its own obligations.

    Args:
        path: of the suite.
        deadline: on `time.monotonic`.
        on_tick: called about four times a second.
        serve: called with the protocols of the suite; its result starts the workers that load the built-in ones.

    Raises:
        UsageError: the suite is wrong; the message names the file and the key.
        CutOff: the deadline has passed.
        KeyboardInterrupt: the user interrupted the planning.
    """
    from verifier.catalog import builtins

    suite = read_suite(path)
    names = builtins.names()
    result = references(suite, path.resolve().parent, names)
    served = serve(result.values())
    surveys = _Surveys(_memory(suite), deadline, on_tick, served)
    surveyed = surveys.protocols(list(dict.fromkeys(result.values())))
    planned = plan(suite, path, result, surveyed, names)
    for one, fault in surveys.settings([one for one in planned if one.settings]):
        if fault is not None:
            raise usage(f"{one.where}.parameters: {fault['message']}", fault["hint"])
    return suite, planned, served


def _memory(suite: Suite) -> int:
    """MiB for loading a model: the whole memory of the most generous obligation."""
    return max(suite.defaults.memory if entry.memory is None else entry.memory for entry in suite.obligation)


class _Surveys:
    """Asks workers about protocols and settings, see `survey.survey`."""

    def __init__(self, memory: int, deadline: float | None, on_tick: Callable[[], None], start: Start) -> None:
        self._memory = memory
        self._deadline = deadline
        self._on_tick = on_tick
        self._start = start

    def protocols(self, result: Sequence[str]) -> dict[str, Surveyed]:
        """The description of each reference, or its `error`."""
        surveyed: dict[str, Surveyed] = {}
        for group in _groups(result):
            surveyed.update(self._group(group))
        return surveyed

    def _group(self, group: list[str]) -> dict[str, Surveyed]:
        answer = self._ask({"command": "survey", "references": group, "settings": []})
        if "protocols" in answer:
            return dict(zip(group, answer["protocols"], strict=True))
        if len(group) == 1:
            return {group[0]: {"error": answer}}
        # One of them is the cause; the others are tried again alone.
        return {reference: known for one in group for reference, known in self._group([one]).items()}

    def settings(self, planned: Sequence[Planned]) -> Iterator[tuple[Planned, Fault | None]]:
        """Each obligation with the mistake in its settings, if any."""
        for group in _groups(list(dict.fromkeys(one.reference for one in planned))):
            asked = [one for one in planned if one.reference in group]
            settings: list[SurveyedSetting] = [
                {"reference": one.reference, "variant": one.variant, "settings": list(one.settings)} for one in asked
            ]
            answer = self._ask({"command": "survey", "references": [], "settings": settings})
            yield from zip(asked, answer["settings"] if "settings" in answer else [answer] * len(asked), strict=True)

    def _ask(self, job: SurveyJob) -> Survey | Fault:
        """The answer, or the reason why there is none."""
        from verifier.kernel.errors import VerifyError

        left = LOADING if self._deadline is None else min(LOADING, self._deadline - time.monotonic())
        if left <= 0:
            raise CutOff("the time limit ran out while the models of the suite were being loaded", "timeout")
        try:
            # A user's file is loaded in a process that has loaded nothing else.
            starting = start if any(map(is_path, _references(job))) else self._start
            session = Session(starting("survey"), on_tick=lambda _: self._on_tick())
            answer = run(job, session, timeout=left, memory=self._memory)
        except VerifyError as error:
            return fault_of(error)
        if answer.ended == "interrupted":
            raise KeyboardInterrupt
        if answer.documents:
            return cast("Survey", answer.documents[0])
        if isinstance(answer.errors, InternalError):
            return _error("internal", answer.errors.message)
        return _error("model", answer.reason)


def _references(job: SurveyJob) -> list[str]:
    return [*job["references"], *(asked["reference"] for asked in job["settings"])]


def _error(kind: str, message: str) -> Fault:
    return {"kind": kind, "message": message, "hint": None, "file": None, "line": None}


def _groups(result: Sequence[str]) -> list[list[str]]:
    """Names together, each user file alone: it may do anything when it is loaded."""
    named = [reference for reference in result if not is_path(reference)]
    return ([named] if named else []) + [[reference] for reference in result if is_path(reference)]
