"""The tools of `verify mcp`: each calls the Python interface once, in a thread, and answers with the report as text.

Every call has the limits of the server, whatever the client asks for. If the client gives a call up, or does not wait for it,
the call ends together with its worker process. Mistakes come back as the lines that the command would print.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from verifier import api
from verifier._version import __version__
from verifier.cli import exitcodes
from verifier.cli.messages import error_text
from verifier.cli.reach import Reach
from verifier.documents.base import Document
from verifier.jobs.arguments import usage

R = TypeVar("R")
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Word = Literal["success", "violated", "open", "timeout"]

_WORDS: dict[int, Word] = {
    exitcodes.SUCCESS: "success",
    exitcodes.VIOLATED: "violated",
    exitcodes.OPEN: "open",
    exitcodes.TIMEOUT: "timeout",
}
_COMMANDS = 200  # in one call of `step`
_AT_A_TIME = 2  # calls that run at once; others wait

INSTRUCTIONS = """\
Verifies models of distributed protocols. `list` names the available protocols; a file of the folder is a protocol too.
`prove` decides properties: PROVED means every reachable state, VIOLATED comes with a shortest run, re-executed first,
BOUNDED and UNKNOWN are neither. `explore` counts states, `gaps` says which guard protects what, `lemmas` helps with
inductions, `step` walks through a model.
"""

COMMANDS = """\
Carried out in order, from the initial state: state, enabled, disabled, why ACTION ARGUMENTS, step ACTION ARGUMENTS, undo, goto N,
path, holds FORMULA, until FORMULA; help explains them.\
"""

Protocol = Annotated[str, Field(description="a name from `list`, or the path of a Python file, with an optional :VARIANT")]
Names = Annotated[list[str] | None, Field(description="properties, by short or published name; by default all of safety")]
Commands = Annotated[list[str], Field(description=COMMANDS, max_length=_COMMANDS)]
Drop = Annotated[list[str] | None, Field(description="named guards and choices to leave out, as ACTION.NAME")]
Settings = Annotated[list[str] | None, Field(description="sizes and other parameters, as NAME=VALUE")]
Seconds = Annotated[float | None, Field(description="time limit in seconds, at most the server's", gt=0)]


class Answer(BaseModel):
    """The outcome of a call, in addition to its report.

    `outcome` corresponds to the exit code of the command: success, violated, open (neither proved nor violated), timeout.
    `verdicts` are those of properties or lemmas, by name. `traces`, if requested, are the counterexamples, in the form that
    `replay` takes.
    """

    outcome: Word
    verdicts: dict[str, str] = {}
    traces: dict[str, dict[str, Any]] = {}
    truncated: bool = False


Reported = Annotated[CallToolResult, Answer]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of every call: seconds, MiB of memory, characters of a report."""

    timeout: float = 120.0
    memory: int = 4096
    output: int = 40_000


class _GivenUp(Exception):
    """The client no longer waits."""


class Tools:
    """The tools, with the limits and the folder that bound them."""

    def __init__(self, reach: Reach, limits: Limits) -> None:
        self.reach = reach
        self.limits = limits
        self._turns: anyio.CapacityLimiter | None = None

    async def protocols(self, protocol: Protocol | None = None) -> Reported:
        """The available protocols, or one of them with its variants, parameters, actions, guards and properties."""
        named = None if protocol is None else self.reach_protocol(protocol)[0]
        found = await self._call(partial(api.list_protocols, named), None)
        return self._answer(found, exitcodes.SUCCESS)

    async def prove(
        self,
        protocol: Protocol,
        properties: Names = None,
        scope: Literal["published", "unbounded"] = "published",
        k: Annotated[int, Field(description="bound for unrolling and k-induction", ge=0)] = 8,
        drop: Drop = None,
        settings: Settings = None,
        liveness: Annotated[bool, Field(description="decide liveness properties too")] = False,
        traces: Annotated[bool, Field(description="return the counterexamples as documents, too")] = False,
        timeout: Seconds = None,
    ) -> Reported:
        """Prove the properties of a protocol, or refute each with a shortest run that violates it."""
        name, variant = self.reach_protocol(protocol)
        call = partial(
            api.prove,
            name,
            variant=variant,
            properties=properties or (),
            scope=scope,
            k=k,
            drop=drop or (),
            settings=settings or (),
            liveness=liveness,
        )
        result = await self._call(call, timeout)
        verdicts = {entry.name: entry.verdict for entry in result.properties}
        found = {entry.name: entry.trace.to_document() for entry in result.properties if traces and entry.trace is not None}
        if len(json.dumps(found)) > self.limits.output:
            raise ToolError(f"the traces have more than {self.limits.output} characters; name one property, or leave out traces")
        return self._answer(result, exitcodes.of_result(result), verdicts=verdicts, traces=found)

    async def explore(
        self,
        protocol: Protocol,
        drop: Drop = None,
        settings: Settings = None,
        symmetry: Annotated[bool, Field(description="count the orbits of states, too")] = False,
        max_states: Annotated[int | None, Field(description="stop at this many distinct states", ge=1)] = None,
        timeout: Seconds = None,
    ) -> Reported:
        """Visit every reachable state, breadth first: count the states, and report which actions fire and which properties
        fail.
        """
        name, variant = self.reach_protocol(protocol)
        call = partial(
            api.explore,
            name,
            variant=variant,
            drop=drop or (),
            settings=settings or (),
            symmetry=symmetry,
            max_states=max_states,
        )
        result = await self._call(call, timeout)
        return self._answer(result, exitcodes.of_search(result))

    async def gaps(
        self,
        protocol: Protocol,
        k: Annotated[int, Field(description="depth, where not all states can be searched", ge=0)] = 8,
        settings: Settings = None,
        timeout: Seconds = None,
    ) -> Reported:
        """Leave out each guard and choice alone: which properties break, and on which guards no property depends."""
        name, variant = self.reach_protocol(protocol)
        result = await self._call(partial(api.gaps, name, variant=variant, k=k, settings=settings or ()), timeout)
        return self._answer(result, exitcodes.of_gaps(result))

    async def lemmas(
        self,
        protocol: Protocol,
        scope: Literal["published", "unbounded"] = "published",
        settings: Settings = None,
        timeout: Seconds = None,
    ) -> Reported:
        """Check each hand-written lemma and invariant: inductive, false (with a run), or not preserved, and by which action."""
        name, variant = self.reach_protocol(protocol)
        result = await self._call(partial(api.lemmas, name, variant=variant, scope=scope, settings=settings or ()), timeout)
        verdicts = {entry.name: str(entry.status) for entry in result.lemmas}
        return self._answer(result, exitcodes.of_lemmas(result), verdicts=verdicts)

    async def replay(
        self,
        trace: Annotated[str | dict[str, Any], Field(description="the path of a trace document, or the document itself")],
        protocol: Annotated[str | None, Field(description="its model, if that is not one of `list`")] = None,
        timeout: Seconds = None,
    ) -> Reported:
        """Execute a trace again: whether each step is allowed, and whether the property fails as the trace claims."""
        source = self._checked(self.reach.file, trace) if isinstance(trace, str) else trace
        model = None if protocol is None else self.reach_protocol(protocol)[0]
        result = await self._call(partial(api.replay, source, protocol=model), timeout)
        return self._answer(result, exitcodes.of_replay(result))

    async def step(
        self,
        protocol: Protocol,
        commands: Commands,
        drop: Drop = None,
        settings: Settings = None,
        timeout: Seconds = None,
    ) -> Reported:
        """Walk through a protocol: enabled steps, why others are disabled, a path to a state in which a formula is true."""
        name, variant = self.reach_protocol(protocol)
        work = partial(_walked, commands, name, variant=variant, drop=drop or (), settings=settings or ())
        lines, missed = await self._call(work, timeout)
        return self._said("\n".join(lines), exitcodes.OPEN if missed else exitcodes.SUCCESS)

    def reach_protocol(self, reference: str) -> tuple[str, str | None]:
        """The protocol and variant that a client names. Raises ToolError if it may not."""
        return self._checked(self.reach.protocol, reference)

    def _checked(self, find: Callable[[str], R], name: str) -> R:
        try:
            return find(name)
        except api.Error as error:
            raise ToolError(error_text(error)) from None

    async def _call(self, work: Callable[..., R], timeout: float | None) -> R:
        """Do the work in a thread, within the limits. Raises ToolError if anything goes wrong."""
        given_up = threading.Event()

        def tick(seconds: float) -> None:
            if given_up.is_set():
                raise _GivenUp

        def working() -> R:
            limit = min(timeout or self.limits.timeout, self.limits.timeout)
            return work(timeout=limit, memory=self.limits.memory, session=api.Session(on_tick=tick))

        if self._turns is None:
            self._turns = anyio.CapacityLimiter(_AT_A_TIME)
        try:
            return await anyio.to_thread.run_sync(working, abandon_on_cancel=True, limiter=self._turns)
        except api.Error as error:
            raise ToolError(error_text(error)) from None
        finally:
            given_up.set()

    def _answer(self, document: Document, code: int, **fields: Any) -> CallToolResult:
        return self._said(str(document), code, **fields)

    def _said(self, text: str, code: int, **fields: Any) -> CallToolResult:
        """The report, cut off at the end of a line where it is too long, and its outcome."""
        truncated = len(text) > self.limits.output
        if truncated:
            shown = text[: self.limits.output].rpartition("\n")[0]
            text = f"{shown}\n... cut off: {len(text) - len(shown):,} of {len(text):,} characters are left out"
        answer = Answer(outcome=_WORDS.get(code, "open"), truncated=truncated, **fields)
        return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=answer.model_dump(mode="json"))


def _walked(
    commands: list[str], name: str, *, timeout: float, memory: int, session: api.Session, **options: Any
) -> tuple[list[str], bool]:
    """The output of commands of `verify step`, and whether an `until` has found nothing."""
    import time

    from verifier.session.script import Commands as Script

    ends = time.monotonic() + timeout
    shown: list[str] = []
    with api.walk(name, timeout=timeout, memory=memory, session=session, **options) as walk:
        script = Script(walk)
        for line in commands:
            if line.split()[:1] == ["save"]:
                raise usage("save would write a file, which this server does not", "path shows the steps")
            if time.monotonic() > ends:
                raise api.CutOff(f"the time limit ran out ({timeout:g} s) before {line}", "timeout")
            shown += [f"> {line.strip()}", *script.run(line)]
            if script.done:
                break
    return shown, script.missed


def server(reach: Reach, limits: Limits, *, log_level: Level = "WARNING") -> MCPServer[Any]:
    """The server with its tools; `run` serves it over standard input and output."""
    found = MCPServer[Any]("verify", version=__version__, instructions=INSTRUCTIONS, log_level=log_level)
    tools = Tools(reach, limits)
    # Nothing is changed. A model's file is executed, so only files of one folder are accepted.
    hints = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    found.add_tool(tools.protocols, "list", annotations=hints)
    for tool in (tools.prove, tools.explore, tools.gaps, tools.lemmas, tools.step, tools.replay):
        found.add_tool(tool, annotations=hints)
    return found
