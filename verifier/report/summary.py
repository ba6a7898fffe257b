"""A night's run in a few lines: Markdown for chat or mail, and annotations for GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterator

from verifier.documents import Verdict
from verifier.documents.nightly import Change, Nightly
from verifier.documents.places import Place
from verifier.kernel.characters import clean
from verifier.report.nights import count, date, described, differences, drifting, grouped, headline
from verifier.report.unexpected import findings, other_changes

LINES = 20  # of each list; the page has all of them


def summary_markdown(nightly: Nightly) -> str:
    """The report as Markdown: the headline, what differs, what changed, and the verdicts of each protocol.

    Text from other sources stands in code spans, where it can neither format the message nor mention anybody.
    """
    lines = [f"## {headline(nightly)}", "", f"{_facts(nightly)}", ""]
    lines += _section(
        "Not as expected",
        [
            f"- **{one.kind}** {code(one.obligation.id)} {', '.join(map(code, one.properties))}".rstrip()
            + f": {code(one.said)}, {code(', '.join(filter(None, (one.since, one.change))))}"
            for one in findings(nightly)
        ],
    )
    since = "" if nightly.previous is None else f" ({code(date(nightly.previous))})"
    lines += _section(f"Since the last run{since}", [f"- {_change(change)}" for change in other_changes(nightly)])
    lines += _section(
        "Drifting towards their budget",
        [
            f"- {code(one.obligation)} {one.text} (budget: {one.budget:g} s of processor time)"
            for one in drifting(nightly)
        ],
    )
    lines += _section("Messages", [f"- {code(message)}" for message in nightly.messages])
    lines += _table(nightly)
    return "\n".join(lines).rstrip("\n") + "\n"


def github_annotations(nightly: Nightly) -> list[str]:
    """Workflow commands for standard output, one per line, which GitHub shows with the run.

    An outcome that contradicts its expectation is an error; an open one, or one that drifts towards its budget, is a warning.

    Source: GitHub's documentation, "Workflow commands for GitHub Actions".
    """
    lines = []
    for entry, difference in differences(nightly):
        level = "warning" if difference.kind == "open" else "error"
        subject = f"{entry.id} {difference.property}" if difference.property else entry.id
        said = "\n".join(filter(None, [described(difference), " ".join(difference.doc.split()), *(difference.explanation or ())]))
        lines.append(_annotation(level, f"{difference.kind}: {subject}", said, difference.at))
    for drift in drifting(nightly):
        title = f"drifting: {drift.obligation}"
        lines.append(_annotation("warning", title, f"{drift.text} (budget: {drift.budget:g} s of processor time)"))
    return lines


def code(text: str) -> str:
    """Text as a Markdown code span, whatever backticks and line ends it contains."""
    flat = " ".join(clean(text).split()) or " "
    longest = max((len(run) for run in re.findall("`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if flat[0] == "`" or flat[-1] == "`" else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def _facts(nightly: Nightly) -> str:
    store = f"{nightly.cached} from the store"
    return (
        f"{code(nightly.title or nightly.suite)}, {code(date(nightly.started))}: "
        f"{count(len(nightly.obligations), 'obligation')}, {store}, {nightly.seconds:.0f} s."
    )


def _section(heading: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    rest = len(lines) - LINES
    shown = lines if rest <= 0 else [*lines[:LINES], f"- and {rest} more"]
    return [f"**{heading}**", "", *shown, ""]


def _change(change: Change) -> str:
    subject = code(change.obligation) + (f" {code(change.property)}" if change.property else "")
    if change.kind == "new":
        return f"{subject} is new" + (f": {code(change.after)}" if change.after else "")
    if change.kind == "gone":
        return f"{subject} is no longer {'stated' if change.property else 'in the suite'}"
    return f"{subject} {change.kind}: {code(change.before or 'none')} → {code(change.after or 'none')}"


def _table(nightly: Nightly) -> Iterator[str]:
    """For each protocol, the number of obligations that are met, and of properties with each verdict."""
    verdicts: tuple[Verdict, ...] = ("proved", "violated", "bounded", "unknown")
    yield f"| protocol | met | {' | '.join(verdicts)} |"
    yield "|---|--:|--:|--:|--:|--:|"
    for protocol, ours in grouped(nightly):
        result = [verdict for entry in ours for verdict in entry.verdicts.values()]
        met = f"{sum(entry.met for entry in ours)} of {len(ours)}"
        numbers = " | ".join(str(result.count(verdict)) for verdict in verdicts)
        # A cell of a table ends at a bar even within a code span.
        yield f"| {code(protocol).replace('|', chr(92) + '|')} | {met} | {numbers} |"


def _annotation(level: str, title: str, message: str, at: Place | None = None) -> str:
    where = "" if at is None else f"file={_property(at.file)},line={at.line},"
    return f"::{level} {where}title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
