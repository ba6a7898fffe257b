"""One command's part in a run: where its output goes, its progress line, its JSON file, its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, NoReturn, TypeVar, cast

from verifier.api import InternalError, Interrupted, NotWritten, Session
from verifier.cli import exitcodes, screen, streams
from verifier.cli.messages import lines_of, say
from verifier.cli.options import LOG_LEVELS
from verifier.files.writing import check_writable, write
from verifier.jobs.arguments import usage
from verifier.kernel.characters import clean_lines, one_line, printable

if TYPE_CHECKING:
    from verifier.documents import Document, Listing
    from verifier.jobs.launch import Worker
    from verifier.kernel.errors import VerifyError
    from verifier.report.layout import Item
    from verifier.wire.events import Event

D = TypeVar("D", bound="Document")

_PROGRESS_AFTER = 1.0  # seconds; shorter work shows no progress line


@dataclass(slots=True)
class Caller:
    """The process of a command: a worker started ahead, and whether the user has interrupted the run.

    The exception that an interrupt raises is lost if it falls into a callback of the interpreter, so it is remembered here.
    """

    worker: Worker | None = None
    interrupted: bool = False

    def interrupt(self, number: int, frame: FrameType | None) -> NoReturn:
        """The handler of a signal to end."""
        self.interrupted = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raises KeyboardInterrupt if a signal has arrived."""
        if self.interrupted:
            self.interrupted = False  # a second interrupt counts separately
            raise KeyboardInterrupt


class Front:
    """The common options of a command. Constructing it checks them, before any work is done."""

    def __init__(
        self,
        caller: Caller,
        *,
        json_file: str | None = None,
        quiet: bool = False,
        no_color: bool = False,
        log_level: str = "warning",
    ) -> None:
        self.json_file = json_file
        self.quiet = quiet
        self.no_color = no_color
        self.verbose = LOG_LEVELS.index(_known_level(log_level)) < LOG_LEVELS.index("warning")
        self._logged: set[str] = set()
        self._show_progress = not quiet and not self.verbose and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._lines_used = 0
        self._at = ""
        self.check_interrupt = caller.check
        self.session = Session(caller.worker, on_event=self._on_event, on_tick=self._on_tick, meanwhile=_load_report)
        if json_file is not None and json_file != "-":
            check_writable(json_file, "--json")

    @property
    def report(self) -> ModuleType:
        """The module `verifier.report.text`, imported on first use."""
        from verifier.report import text

        return text

    def listing_text(self, listing: Listing, *, details: bool) -> Iterator[Item]:
        """The available protocols, for people."""
        from verifier.report.listing import listing_text

        return listing_text(listing, details=details)

    def run(
        self,
        call: Callable[[Session], D],
        *,
        code: Callable[[D], int],
        text: Callable[[D], Iterator[Item]],
        brief: Callable[[D], Iterator[Item]] | None = None,
        also: Sequence[Callable[[D], None]] = (),
    ) -> int:
        """Make the call, write its document and its text, and return the exit code.

        Args:
            call: the call of the API.
            code: the exit code of a result.
            text: the result for people.
            brief: the result for people under `--quiet`.
            also: further work on the result, such as writing trace files; if one fails, the others are still done.
        """
        failure: InternalError | None = None
        problems: list[VerifyError | NotWritten] = []
        extra: int = exitcodes.SUCCESS
        result: D | None
        try:
            result = call(self.session)
        except Interrupted as interrupted:
            result, extra = interrupted.partial, exitcodes.INTERRUPTED
        except InternalError as error:
            result, extra, failure = error.partial, exitcodes.INTERNAL, error
        except NotWritten as error:
            result = error.partial
            problems.append(error)
        except Exception as error:
            # One of several protocols was refused. The class of the error is not imported for calls without one.
            result = getattr(error, "partial", None)
            if result is None:
                raise
            problems.append(cast("VerifyError", error))
        finally:
            self._clear()
        if failure is None:
            self.forward_output()
        if result is not None and (failure is None or _has_verdicts(result)):
            outcome = result
            extra = exitcodes.strongest(extra, code(outcome))
            shown = brief if self.quiet and brief is not None else text
            problems += self._publish(outcome, shown, also)
        for problem in problems:
            say(*lines_of(problem))
            extra = exitcodes.strongest(extra, exitcodes.USAGE)
        if failure is not None:
            raise failure
        return extra

    def _publish(
        self,
        result: D,
        text: Callable[[D], Iterator[Item]],
        also: Sequence[Callable[[D], None]],
    ) -> list[VerifyError | NotWritten]:
        """Write a result in every requested form, the verdicts first; returns what could not be written."""
        ways: list[Callable[[], None]] = []
        if self.json_file == "-":
            ways.append(lambda: streams.out_json(result.to_document()))
        else:
            ways.append(lambda: self.print(text(printable(result))))
            if self.json_file is not None:
                file = self.json_file
                ways.append(lambda: write(file, result.to_json()))
        ways += [partial(way, result) for way in also]
        problems: list[VerifyError | NotWritten] = []
        for way in ways:
            try:
                way()
            except Exception as error:
                from verifier.kernel.errors import VerifyError

                if not isinstance(error, VerifyError):
                    raise
                problems.append(error)
        return problems

    def print(self, items: Iterator[Item]) -> None:
        """Print to standard output."""
        streams.out(screen.written(items, sys.stdout, no_color=self.no_color))

    def forward_output(self) -> None:
        """Pass the output of a model or a library on to standard error."""
        if self.session.output and not self.quiet:
            streams.note(clean_lines(self.session.output))

    def _on_event(self, event: Event) -> None:
        if event["event"] == "progress":
            depth = f" at depth {event['k']}" if event["k"] is not None else ""
            engine = f"{event['engine']}{depth}: " if event["engine"] else ""
            self._at = f"{engine}{event['text']}"
            self._log(self._at)
        elif event["event"] == "property":
            entry = event["property"]
            self._log(f"{entry['name']} is {entry['verdict']}")

    def _log(self, line: str) -> None:
        """Log the current work if requested. A repeated line, as when an engine starts again with another goal, is printed
        once.
        """
        if self.verbose and line not in self._logged:
            self._logged.add(line)
            say(line)

    def _on_tick(self, seconds: float) -> None:
        self.check_interrupt()
        if not self._show_progress or seconds < _PROGRESS_AFTER:
            return
        from verifier.report.layout import wrapped

        width = (screen.columns(sys.stderr) or screen.DEFAULT) - 1
        lines = [line.plain for line in wrapped(one_line(f"{seconds:5.0f} s  {self._at}"), width, hang=9)]
        streams.note(self._cleared() + "\n".join(lines))
        self._lines_used = len(lines)

    def _clear(self) -> None:
        if self._lines_used:
            streams.note(self._cleared())
            self._lines_used = 0

    def _cleared(self) -> str:
        """The control sequence that removes the progress line from the terminal."""
        return "\r\x1b[2K" + "\x1b[1A\x1b[2K" * (self._lines_used - 1)


def _has_verdicts(document: Document) -> bool:
    """Whether a run that failed finished anything worth reporting."""
    results = getattr(document, "results", ())
    return any(entry.verdict != "unknown" for result in results for entry in result.properties)


def _load_report() -> None:
    """Load the modules of the report while the worker works."""
    from verifier.report.text import warm_up

    warm_up()
    screen.written([], sys.stdout)


def _known_level(level: str) -> str:
    if level not in LOG_LEVELS:
        raise usage(f"--log-level {level}: there is no such level", f"allowed: {', '.join(LOG_LEVELS)}")
    return level
