"""The page of protocols: for each its actions, guards, properties, verdicts, and findings about its published form.

The contents of the models come from the document `verify.list/1`, the verdicts from a record that is kept with the page, so the
page can be rewritten without proving everything again.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence

from pydantic import Field

from verifier.documents import Gaps, Listing, Result
from verifier.documents.base import Part, absent
from verifier.documents.listing import ListedProperty, ListedProtocol
from verifier.documents.places import ListedAction
from verifier.report.listing import value

SCOPES = {"published": "At the published scope", "unbounded": "For any number of everything"}


class RecordedVerdict(Part):
    """The verdict on one property, without its evidence. `vacuous` is the kind; `reason` is that of an open verdict."""

    verdict: str
    steps: int | None = None
    loop: int | None = Field(default=None, exclude_if=absent)
    vacuous: str | None = None
    reason: str | None = None


class RecordedRun(Part):
    """The verdicts on one variant at one scope, by property; `not_stated` has the reasons."""

    variant: str
    scope: str
    verdicts: dict[str, RecordedVerdict] = Field(default_factory=dict)
    not_stated: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, result: Result) -> RecordedRun:
        """The parts of a result that the page needs."""
        verdicts = {
            entry.name: RecordedVerdict(
                verdict=entry.verdict,
                steps=entry.steps,
                loop=entry.loop,
                vacuous=None if entry.vacuous is None else entry.vacuous.kind,
                reason=None if entry.verdict in ("proved", "violated") else entry.reason,
            )
            for entry in result.properties
        }
        not_stated = {entry.name: entry.reason for entry in result.not_stated}
        return cls(variant=result.variant or "", scope=result.scope, verdicts=verdicts, not_stated=not_stated)


class RecordedDrop(Part):
    """The properties that break without one guard or choice, and in how many steps; as in the document `verify.gaps/1`.

    For liveness, the steps lead to a loop of the length given by `loops`.
    """

    breaks: dict[str, int] = Field(default_factory=dict)
    loops: dict[str, int] = Field(default_factory=dict, exclude_if=operator.not_)
    inert: bool | None = None
    same_states: bool | None = None
    depth: int | None = None


class RecordedGaps(Part):
    """The properties that break without each guard and choice, and the settings used."""

    settings: tuple[str, ...] = ()
    drops: dict[str, RecordedDrop] = Field(default_factory=dict)

    @classmethod
    def of(cls, gaps: Gaps, settings: Sequence[str]) -> RecordedGaps:
        """The parts of the document that the page needs."""
        drops = {
            drop.full_name: RecordedDrop(
                breaks={broken.property: broken.steps for broken in drop.breaks},
                loops={b.property: b.trace.steps - b.trace.loop for b in drop.breaks if b.trace.loop is not None},
                inert=drop.inert,
                same_states=drop.same_states,
                depth=None if drop.complete else drop.k,
            )
            for drop in gaps.drops
        }
        return cls(settings=tuple(settings), drops=drops)


class RecordedProtocol(Part):
    """The recorded outcomes for one protocol; `digest` is that of its model."""

    digest: str
    runs: tuple[RecordedRun, ...] = ()
    gaps: RecordedGaps = Field(default_factory=RecordedGaps)


class Record(Part):
    """The recorded outcomes for all protocols, by name."""

    protocols: dict[str, RecordedProtocol] = Field(default_factory=dict)


INTRODUCTION = """\
# The built-in protocols

Written by `make protocols` from the models in `encodings/` and `properties/`; a test checks that it is up to date. Every
verdict is that of the command beside it. *Steps* counts the transitions of a shortest counterexample, *stem* those up to the
*loop* that an infinite one repeats forever (0: it stays in one state). [semantics.md](semantics.md) explains the kinds of
vacuity, [trusted-base.md](trusted-base.md) the assumptions of a proof."""


def page(listing: Listing, record: Record) -> str:
    """The whole page, in Markdown."""
    known = [protocol for protocol in listing.protocols if protocol.error is None]
    names = [f"- [{protocol.name}](#{protocol.name}): {protocol.description}" for protocol in known]
    parts = [INTRODUCTION, "\n".join(names)]
    for protocol in known:
        parts += _protocol(protocol, record.protocols.get(protocol.name, RecordedProtocol(digest="")))
    return "\n\n".join(parts) + "\n"


def _protocol(protocol: ListedProtocol, recorded: RecordedProtocol) -> Iterator[str]:
    yield f"## {protocol.name}"
    source = f" Source: {protocol.source}." if protocol.source else ""
    description = protocol.description or ""
    yield f"{description[:1].upper()}{description[1:]}.{source}"
    yield _table(
        ("parameter", "published", "meaning"),
        [
            (f"`{p.name}`", f"{value(p.published)}" + (", search bound" if p.bound else ""), p.doc)
            for p in protocol.parameters
        ],
    )
    yield "### Actions"
    yield _table(("action", "what it does"), [(_called(action), _line(action.doc)) for action in protocol.actions])
    yield from _guards(protocol, recorded.gaps)
    if protocol.fairness:
        yield "### Fairness"
        yield "\n".join(f"- {one.name}: " + ", ".join(f"`{said}`" for said in one.conditions) for one in protocol.fairness)
    yield "### Properties"
    yield _table(("property", "published name", "kind", "what it says", "vacuous"), _properties(protocol, recorded))
    yield "### Verdicts"
    yield _table(("variant", "what it changes"), [(f"`{v.name}`", _line(v.doc)) for v in protocol.variant_details])
    for scope in SCOPES:
        yield from _verdicts(protocol, scope, recorded)
    if protocol.findings:
        yield "### What is known of the published material"
        yield "\n".join(f"- **{_sentence(f.title)}** {_line(f.text)} `{f.command}`" for f in protocol.findings)


def _called(action: ListedAction) -> str:
    return f"`{action.name}({', '.join(f'{name}: {sort}' for name, sort in action.arguments.items())})`"


def _guards(protocol: ListedProtocol, gaps: RecordedGaps) -> Iterator[str]:
    rows = []
    for action in protocol.actions:
        for guard in action.guards:
            drop = gaps.drops.get(f"{action.name}.{guard.name}")
            rows.append((f"`{action.name}.{guard.name}`", guard.kind, "" if drop is None else _without(drop)))
    known = {name for name, _, _ in rows}
    rows += [(f"`{name}`", "fairness", _without(drop)) for name, drop in gaps.drops.items() if f"`{name}`" not in known]
    if rows:
        settings = "".join(f" --set {setting}" for setting in gaps.settings)
        yield f"Guards and choices, and what breaks when one of them is left out (`verify gaps {protocol.name}{settings}`):"
        yield _table(("guard or choice", "kind", "without it"), rows)


def _without(drop: RecordedDrop) -> str:
    if drop.breaks:
        return ", ".join(f"**{name}** {_length(steps, drop.loops.get(name))}" for name, steps in drop.breaks.items())
    if drop.inert:
        return "nothing breaks" + (", and the same states are reachable" if drop.same_states else "")
    return "not decided" if drop.depth is None else f"nothing breaks within {_steps(drop.depth)}"


def _properties(protocol: ListedProtocol, recorded: RecordedProtocol) -> Iterator[tuple[str, ...]]:
    for entry in protocol.properties:
        if entry.kind == "defined":
            continue
        published = "" if entry.published_name in (None, entry.name) else f"`{entry.published_name}`"
        kind = "steps" if entry.kind == "action" else entry.kind
        yield f"`{entry.name}`", published, kind, _line(entry.doc), _vacuity(entry, recorded)


def _vacuity(entry: ListedProperty, recorded: RecordedProtocol) -> str:
    kinds = [run.verdicts[entry.name].vacuous for run in recorded.runs if entry.name in run.verdicts]
    kind = next((kind for kind in kinds if kind is not None), None)
    reason = entry.vacuous.reason if entry.vacuous else None
    return ": ".join(part for part in (kind, reason) if part)


def _verdicts(protocol: ListedProtocol, scope: str, recorded: RecordedProtocol) -> Iterator[str]:
    runs = [run for run in recorded.runs if run.scope == scope]
    if not runs:
        return
    option = "" if scope == "published" else f" --scope {scope}"
    if any(entry.kind == "liveness" for entry in protocol.properties):
        option = f" --liveness{option}"
    yield f"{SCOPES[scope]} (`verify prove {protocol.name}:VARIANT{option}`):"
    names = [entry.name for entry in protocol.properties]
    shown = [name for name in names if any(name in run.verdicts or name in run.not_stated for run in runs)]
    yield _table(
        ("property", *(f"`{run.variant}`" for run in runs)),
        [(f"`{name}`", *(_cell(run, name) for run in runs)) for name in shown],
    )
    reasons = {name: reason for run in runs for name, reason in run.not_stated.items()}
    if reasons:
        yield "\n".join(f"- `{name}` is not stated at this scope: {reason}." for name, reason in reasons.items())


def _cell(run: RecordedRun, name: str) -> str:
    if name in run.not_stated:
        return "not stated"
    if name not in run.verdicts:
        return ""
    entry = run.verdicts[name]
    if entry.loop is not None:
        return f"**violated**, stem {entry.steps}, loop {entry.loop}"
    if entry.verdict == "violated":
        return f"**violated**, {_steps(entry.steps or 0)}"
    return entry.verdict


def _length(steps: int, loop: int | None) -> str:
    return f"in {_steps(steps)}" if loop is None else f"(stem {steps}, loop {loop})"


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _sentence(text: str) -> str:
    line = _line(text)
    return line if line.endswith((".", "?", "!")) else f"{line}."


def _line(text: str) -> str:
    """A text on one line, safe in a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
