"""One command's part in a run: where its output goes, its progress line, its JSON file, its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, NoReturn, TextIO, TypeVar, cast

from verifier.api import InternalError, Interrupted, NotWritten, Session
from verifier.cli import exitcodes, streams
from verifier.cli.messages import lines_of, say
from verifier.cli.options import LOG_LEVELS
from verifier.files.writing import check_writable, write
from verifier.jobs.arguments import usage
from verifier.kernel.characters import clean_lines, one_line, printable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from verifier.documents import Document, Listing
    from verifier.jobs.launch import Worker
    from verifier.kernel.errors import VerifyError
    from verifier.wire.events import Event

D = TypeVar("D", bound="Document")

_WIDE = 120  # columns; a narrower terminal shows short names only
_PROGRESS_AFTER = 1.0  # seconds; shorter work shows no progress line


@dataclass(slots=True)
class Caller:
    """What the process has ready for a command: a worker started ahead, and whether the user has interrupted the run.

    The exception that an interrupt raises is lost if it falls into a callback of the interpreter, so it is remembered here.
    """

    worker: Worker | None = None
    interrupted: bool = False

    def interrupt(self, number: int, frame: FrameType | None) -> NoReturn:
        """The handler of a signal to end."""
        self.interrupted = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raises KeyboardInterrupt if there was a signal."""
        if self.interrupted:
            self.interrupted = False  # a second interrupt counts anew
            raise KeyboardInterrupt


class Front:
    """What the common options of a command decide. Constructing it checks them, before any work is done."""

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
        self.no_color = no_color or bool(os.environ.get("NO_COLOR"))
        self.verbose = LOG_LEVELS.index(_known_level(log_level)) < LOG_LEVELS.index("warning")
        self._show_progress = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._terminal = sys.stdout.isatty()
        self.wide = not self._terminal or _columns(sys.stdout) >= _WIDE
        self._on_line = False
        self._at = ""
        self.check_interrupt = caller.check
        self.session = Session(caller.worker, on_event=self._on_event, on_tick=self._on_tick, meanwhile=_load_report)
        if json_file is not None and json_file != "-":
            check_writable(json_file, "--json")

    @property
    def report(self) -> ModuleType:
        """The module `verifier.report.text`, imported no earlier than it is used."""
        from verifier.report import text

        return text

    def listing_text(self, listing: Listing, *, details: bool) -> Iterator[RenderableType]:
        """The protocols at hand, for people."""
        from verifier.report.listing import listing_text

        return listing_text(listing, details=details)

    def run(
        self,
        call: Callable[[Session], D],
        *,
        code: Callable[[D], int],
        text: Callable[[D], Iterator[RenderableType]],
        brief: Callable[[D], Iterator[RenderableType]] | None = None,
        also: Sequence[Callable[[D], None]] = (),
    ) -> int:
        """Make the call, write its document and its text, and return the exit code.

        Args:
            call: the call of the API.
            code: the exit code of a result.
            text: the result for people.
            brief: the result for people under `--quiet`.
            also: what else is to be done with the result, such as writing trace files; one that fails keeps no other from it.
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
        text: Callable[[D], Iterator[RenderableType]],
        also: Sequence[Callable[[D], None]],
    ) -> list[VerifyError | NotWritten]:
        """Hand out a result in every form that was asked for, the verdicts first; what could not be written."""
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

    def print(self, lines: Iterator[RenderableType]) -> None:
        """Print to standard output, in colour on terminals only."""
        from rich.console import Console

        console = Console(
            file=sys.stdout,
            color_system="auto" if self._terminal and not self.no_color else None,
            no_color=self.no_color,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=True,
            width=None if self._terminal else 200,
        )
        with console.capture() as capture:
            for line in lines:
                console.print(line)
        streams.out("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))

    def forward_output(self) -> None:
        """Pass on to standard error what a model or a library printed."""
        if self.session.output and not self.quiet:
            streams.note(clean_lines(self.session.output))

    def _on_event(self, event: Event) -> None:
        if event["event"] == "progress":
            depth = f" at depth {event['k']}" if event["k"] is not None else ""
            engine = f"{event['engine']}{depth}: " if event["engine"] else ""
            self._at = f"{engine}{event['text']}"
            if self.verbose:
                self._clear()
                say(self._at)
        elif event["event"] == "property" and self.verbose:
            entry = event["property"]
            self._clear()
            say(f"{entry['name']} is {entry['verdict']}")

    def _on_tick(self, seconds: float) -> None:
        self.check_interrupt()
        if not self._show_progress or seconds < _PROGRESS_AFTER:
            return
        width = max(20, _columns(sys.stderr) - 1)
        streams.note(f"\r\x1b[2K{one_line(f'{seconds:5.0f} s  {self._at}')[:width]}")
        self._on_line = True

    def _clear(self) -> None:
        if self._on_line:
            streams.note("\r\x1b[2K")
            self._on_line = False


def _has_verdicts(document: Document) -> bool:
    """Whether a run that failed finished anything that is worth telling."""
    results = getattr(document, "results", ())
    return any(entry.verdict != "unknown" for result in results for entry in result.properties)


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80


def _load_report() -> None:
    """Load what the report needs while the worker works."""
    from verifier.report.text import warm_up

    warm_up()


def _known_level(level: str) -> str:
    if level not in LOG_LEVELS:
        raise usage(f"--log-level {level}: there is no such level", f"allowed: {', '.join(LOG_LEVELS)}")
    return level
