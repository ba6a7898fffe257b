"""Documents in `print` and in notebooks: their reports as text, and as HTML that leaves the rest of the page unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from verifier.documents.result import Property, Result, Results
from verifier.documents.trace import Trace
from verifier.kernel.characters import printable
from verifier.report.html.matrix import how
from verifier.report.phrases import named, scope
from verifier.report.text import render

if TYPE_CHECKING:
    from verifier.documents.base import Readable
    from verifier.report.layout import Item

# The module and the function of each report, loaded on first use.
REPORTS = {
    "verify.check/1": ("check", "check_text"),
    "verify.explore/1": ("text", "exploration_text"),
    "verify.gaps/1": ("gaps", "gaps_text"),
    "verify.lemmas/1": ("lemmas", "lemmas_text"),
    "verify.list/1": ("listing", "shown_text"),
    "verify.litmus/1": ("litmus", "litmus_text"),
    "verify.nightly/1": ("nightly", "nightly_text"),
    "verify.replay/1": ("text", "replay_text"),
    "verify.result/1": ("text", "result_text"),
    "verify.results/1": ("text", "result_text"),
    "verify.run/1": ("run", "run_text"),
    "verify.threshold/1": ("thresholds", "thresholds_text"),
}
_FRAME_HEIGHT = 560  # pixels; a longer trace scrolls within its frame

# Colours that are readable on light and dark pages alike, and under white letters.
_BADGES = {"proved": "#1a7f37", "bounded": "#8a5a00", "violated": "#b42318", "unknown": "#6e40aa"}
_CELL = "text-align:left;vertical-align:top;padding:2px 12px 2px 0"


def text_of(shown: Readable) -> str:
    """The report of a document, or of a part of one, as text without colours."""
    return _rendered(printable(shown))


def html_of(shown: Readable) -> Markup:
    """The report as HTML for a notebook.

    Styles are set on the elements themselves, and a trace has its own frame, so the rest of the page looks the same. Nothing is
    loaded from elsewhere.
    """
    shown = printable(shown)
    if isinstance(shown, (Result, Results)):
        parts = [part for result in shown.results for part in _result(result)]
    elif isinstance(shown, Property):
        parts = [*_verdicts([shown]), *_violations([shown])]
    elif isinstance(shown, Trace):
        parts = [_frame(shown)]
    else:
        parts = [_plain(_rendered(shown))]
    return Markup('<div style="max-width:100%;overflow-x:auto">{}</div>').format(Markup("").join(parts))


def _rendered(shown: Any) -> str:
    return render(_lines(shown)).strip("\n")


def _lines(shown: Any) -> Iterator[Item]:
    """The report of a document or part of any kind."""
    from rich.text import Text

    from verifier.report.trace import trace_lines

    if isinstance(shown, Trace):
        yield from trace_lines(shown)
    elif isinstance(shown, Property):
        yield Text(shown.said)
        yield from (Text(f"  {line}") for line in (shown.doc, shown.formula) if line)
        if shown.trace is not None:
            yield from trace_lines(shown.trace, shown.explanation or ())
        yield from (Text(f"  {line}") for line in (shown.command, shown.at and shown.at.text) if line)
    elif shown.kind in REPORTS:
        module, function = REPORTS[shown.kind]
        yield from getattr(import_module(f"verifier.report.{module}"), function)(shown)
    else:
        yield Text(shown.to_json())


def _result(result: Result) -> Iterator[Markup]:
    yield Markup('<p style="margin:0.6em 0"><b>{}</b> {}</p>').format(
        named(result.called, result.variant), scope(result.scope, result.parameters)
    )
    yield from _verdicts(result.properties)
    yield from _violations(result.properties)
    fold = '<details style="margin:0.4em 0"><summary>The report as text</summary>{}</details>'
    yield Markup(fold).format(_plain(_rendered(result)))


def _verdicts(entries: Sequence[Property]) -> Iterator[Markup]:
    """The verdicts as a table, with remarks if there are any."""
    remarks = [_remark(entry) for entry in entries]
    shown = 4 if any(remarks) else 3
    rows = [
        Markup("<tr>{}</tr>").format(_cells("td", (entry.name, _badge(entry.verdict), how(entry), remark)[:shown]))
        for entry, remark in zip(entries, remarks, strict=True)
    ]
    table = '<table style="border-collapse:collapse;margin:0.4em 0"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    yield Markup(table).format(_cells("th", ("property", "verdict", "how", "remark")[:shown]), Markup("").join(rows))


def _remark(entry: Property) -> str:
    vacuous = "" if entry.vacuous is None else f"vacuous ({entry.vacuous.kind}): {entry.vacuous.reason}"
    return "; ".join(filter(None, (vacuous, entry.reason)))


def _cells(tag: str, texts: Sequence[str]) -> Markup:
    cell = Markup(f'<{tag} style="{_CELL}">{{}}</{tag}>')
    return Markup("").join(cell.format(text) for text in texts)


def _badge(verdict: str) -> Markup:
    style = f"background:{_BADGES[verdict]};color:#fff;border-radius:3px;padding:0 6px;font-weight:600"
    return Markup('<span style="{}">{}</span>').format(style, verdict.upper())


def _violations(entries: Sequence[Property]) -> Iterator[Markup]:
    """The counterexamples, each in the explorer; the first one is open."""
    shown = [(entry, entry.trace) for entry in entries if entry.trace is not None]
    for number, (entry, trace) in enumerate(shown):
        fold = '<details{} style="margin:0.4em 0"><summary>{}</summary>{}</details>'
        opened = Markup("" if number else " open")
        yield Markup(fold).format(opened, entry.said, _frame(trace, entry.explanation or ()))


def _frame(trace: Trace, explanation: Sequence[str] = ()) -> Markup:
    """The page of a trace in its own frame; the page may run its own script and load nothing."""
    from verifier.report.html.page import trace_page

    page = escape(trace_page(trace, explanation))
    style = f"display:block;box-sizing:border-box;width:100%;height:{_FRAME_HEIGHT}px;border:1px solid #8888;border-radius:4px"
    return Markup('<iframe title="{}" sandbox="allow-scripts" loading="lazy" style="{}" srcdoc="{}"></iframe>').format(
        f"Trace of {trace.meta.property or trace.meta.protocol}", style, page
    )


def _plain(text: str) -> Markup:
    return Markup('<pre style="white-space:pre-wrap;margin:0.4em 0">{}</pre>').format(text)
