"""Results as text for a terminal or a log: tables of verdicts, lemmas, traces, and the details for `--explain`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rich.text import Text

from verifier.documents.induction import InductionCounterexample
from verifier.documents.result import Result
from verifier.report.layout import Column, Grid, Item, laid_out
from verifier.report.lemmas import cti_lines, lemma_details, lemma_table, next_line
from verifier.report.phrases import named, not_stated, scope, steps
from verifier.report.trace import explanation_lines, replay_lines, trace_lines

if TYPE_CHECKING:
    from verifier.documents.result import Property, Results
    from verifier.documents.search import Exploration, Replayed

STYLES = {"proved": "green", "bounded": "yellow", "violated": "bold red", "unknown": "magenta"}


def render(items: Iterable[Item], *, width: int | None = None) -> str:
    """Any report below as plain text, without colours, in `width` columns or, by default, in as many as needed."""
    return "".join(f"{line.plain.rstrip()}\n" for line in laid_out(items, width))


def warm_up() -> None:
    """Load everything needed for reporting a result, by reporting an empty one."""
    entry = {"name": "P", "verdict": "unknown", "reason": ""}
    render(result_text(Result.from_document({"protocol": "p", "properties": [entry]})))


def result_text(result: Result | Results, *, explain: bool = False, show_cti: bool = False) -> Iterator[Item]:
    """The verdicts on each protocol, their lemmas and traces."""
    for number, one in enumerate(result.results):
        if number:
            yield Text("")
        yield _title(one)
        yield _verdicts(one)
        yield from _not_stated(one)
        yield from _warnings(one)
        yield from _lemmas(one)
        for entry in one.properties:
            if entry.verdict == "violated" or (entry.kind == "reachable" and entry.trace is not None):
                yield from _violation(entry)
        if explain:
            yield from _explanation(one)
        if show_cti:
            yield from _ctis(one)
        yield summary(one)
        if one.next is not None:
            yield next_line(one.next)


def summary(result: Result) -> Text:
    """One line: the number of properties with each verdict."""
    counts = {verdict: sum(entry.verdict == verdict for entry in result.properties) for verdict in STYLES}
    line = Text()
    for verdict, count in counts.items():
        if count:
            line.append(", " if line else "").append(f"{count} {verdict}", style=STYLES[verdict])
    if not line:
        line.append("no property has a verdict")
    if result.ended != "complete":
        line.append(f" ({result.ended})", style="magenta")
    if result.seconds is not None:
        line.append(f" in {result.seconds:.2f} s")
    return Text.assemble(f"{named(result.called, result.variant)}: ", line)


def _title(result: Result) -> Text:
    line = Text.assemble((named(result.called, result.variant), "bold"))
    about = scope(result.scope, result.parameters)
    if about:
        line.append(f"  {about}")
    if result.dropped:
        line.append(f"  without {', '.join(result.dropped)}", style="yellow")
    if any(entry.kind == "liveness" for entry in result.properties):
        unbounded = ", without search bounds" if result.scope == "unbounded" else ""
        line.append(f"  liveness of behaviours inside the constraints{unbounded}", style="dim")
    return line


def _verdicts(result: Result) -> Grid:
    grid = Grid(
        "property",
        Column("full name", optional=True),
        Column("verdict", beside_title=True),
        "how",
        Column("k", right=True),
        Column("time", right=True),
        free="remark",
    )
    for entry in result.properties:
        published = entry.published_name if entry.published_name != entry.name else None
        grid.add(
            entry.name,
            Text(published or "", style="dim"),
            Text(entry.verdict.upper(), style=STYLES[entry.verdict]),
            _how(entry),
            "" if entry.k is None else str(entry.k),
            Text("" if entry.seconds is None else f"{entry.seconds:.2f} s", style="dim"),
            free=_remark(entry),
        )
    return grid


def _how(entry: Property) -> str:
    if entry.values is not None:
        return "by these values"
    if entry.verdict == "violated" and entry.kind != "reachable":
        length = steps(entry.steps or 0)
        if entry.loop is not None:
            length = f"a lasso of stem {entry.steps}, loop {entry.loop}"
        return f"{'in' if entry.loop is None else 'by'} {length}" + (", shortest" if entry.shortest else "")
    return entry.method or ""


def _remark(entry: Property) -> Text:
    remark = Text()
    if entry.vacuous is not None:
        remark.append(f"vacuous ({entry.vacuous.kind}): {entry.vacuous.reason}", style="yellow")
    if entry.left_out:
        remark.append("; " if remark else "").append(f"searched without {', '.join(entry.left_out)}")
    if entry.reason is not None:
        remark.append("; " if remark else "").append(entry.reason)
    elif entry.verdict == "bounded":
        remark.append("; " if remark else "").append("no violation up to this depth, not proved beyond")
    return remark


def _not_stated(result: Result) -> Iterator[Text]:
    for entry in result.not_stated:
        yield Text(not_stated(entry.name, result.scope, entry.reason), style="dim")


def _warnings(result: Result) -> Iterator[Text]:
    outcome = (result.statistics or {}).get("warnings")
    for warning in outcome or ():
        yield Text(f"warning: {warning}", style="yellow")


def _lemmas(result: Result) -> Iterator[Item]:
    """The lemmas that served a proof, those of the model by their names; then the faults of others."""
    served: dict[str, list[str]] = {}
    for entry in result.properties:
        for lemma in entry.lemmas or ():
            served.setdefault(lemma, []).append(entry.name)
    if served:
        yield Text("\nlemmas, proved together with the properties they serve")
        grid = Grid("lemma", "serves", free="origin", header=False, indent=2)
        for lemma, names in served.items():
            grid.add(Text(lemma, style="green"), Text(", ".join(names)), free=Text(_origin(result, lemma), style="dim"))
        yield grid
    violated = {entry.published_name for entry in result.violations}
    wrong = [outcome for outcome in result.lemma_report if outcome.published_name not in violated and not outcome.good]
    if wrong:
        yield Text("\nlemmas and invariants as they are written")
        yield lemma_table(result.lemma_report)
    for outcome in wrong:
        if outcome.status == "false":
            yield from lemma_details(outcome)


def _origin(result: Result, lemma: str) -> str:
    """The origin of a lemma: written, with its name and its reason, or inferred."""
    for entry in result.lemma_report:
        if lemma in (entry.name, entry.formula, *(part.formula for part in entry.parts)):
            return f"{entry.name}: {entry.doc}" if entry.kind == "lemma" else ""
    return "inferred"


def _violation(entry: Property) -> Iterator[Item]:
    yield Text("")
    if entry.kind == "reachable":
        verdict = ("UNREACHABLE", STYLES["violated"]), f", {_how(entry)}"
        if entry.verdict == "proved":
            verdict = ("reached", STYLES["proved"]), f" in {steps(entry.steps or 0)}"
        yield Text.assemble((entry.name, "bold"), " is ", *verdict)
        if entry.trace is not None:
            yield from trace_lines(entry.trace, entry.explanation or (), style="green")
        return
    yield Text.assemble((entry.name, "bold"), (" is "), ("VIOLATED", STYLES["violated"]), (f" {_how(entry)}", ""))
    if entry.doc:
        yield Text(f"  {' '.join(entry.doc.split())}")
    if entry.trace is not None:
        yield from trace_lines(entry.trace, entry.explanation or ())


def _explanation(result: Result) -> Iterator[Text]:
    """The output of `--explain`; the figures are those of the document's `statistics`."""
    statistics: dict[str, Any] = dict(result.statistics or {})
    yield Text("\nhow the verdicts were reached")
    phases = statistics.pop("phases", None)
    if isinstance(phases, dict):
        yield Text("  " + ", ".join(f"{phase} {_seconds(value)}" for phase, value in phases.items()))
    lemmas = statistics.pop("lemmas", None)
    if isinstance(lemmas, dict):
        for lemma, serves in lemmas.items():
            names = ", ".join(map(str, serves)) if isinstance(serves, list) else str(serves)
            yield Text(f"  lemma {lemma} serves {names or 'no property'}")
    yield from _blame(result)
    yield from _obligations(statistics.pop("obligations", None) or [])
    stopped = statistics.pop("stopped", None)
    if stopped:
        yield Text(f"  budgets that stop actions assumed fair: {', '.join(stopped)}")
    for shown_elsewhere in ("cti", "warnings"):
        statistics.pop(shown_elsewhere, None)
    for name, value in statistics.items():
        yield from _statistic(name, value, "  ")


def _called(result: Result, lemma: str) -> str:
    """The name of a lemma of the model, or the formula of an inferred one."""
    for entry in result.lemma_report:
        if lemma in (entry.name, entry.formula, *(part.formula for part in entry.parts)):
            return entry.name
    return lemma


def _obligations(answered: Any) -> Iterator[Text]:
    """Each obligation, the engine that answered it and its time; obligations that block a proof stand out."""
    for entry in answered:
        about = f" for {entry['about']}" if entry["about"] else ""
        by = f" by {entry['by']}, {_seconds(entry['seconds'])}" if entry["by"] else ""
        style = "" if entry["answer"] == "proved" else "magenta"
        yield Text.assemble(f"  {entry['obligation']}{about}: ", (entry["answer"], style), by)


def _blame(result: Result) -> Iterator[Text]:
    """The basis of each proof by induction: guards and choices by name, lemmas by name or, if inferred, by formula."""
    for entry in result.properties:
        if entry.blamed is None:
            continue
        parts, lemmas = [*entry.blamed.guards], entry.blamed.lemmas
        if lemmas:
            names = dict.fromkeys(_called(result, lemma) for lemma in lemmas)
            parts.append(("lemma " if len(names) == 1 else "lemmas ") + ", ".join(names))
        yield Text(f"  {entry.name} rests on {', '.join(parts) or 'the updates alone'}")


def _statistic(name: str, value: Any, indent: str) -> Iterator[Text]:
    label = name.replace("_", " ")
    if isinstance(value, dict):
        yield Text(f"{indent}{label}")
        for inner, item in value.items():
            yield from _statistic(str(inner), item, indent + "  ")
    elif isinstance(value, list):
        yield Text(f"{indent}{label}: {', '.join(map(str, value)) or 'none'}")
    elif value is not None:
        yield Text(f"{indent}{label}: {value}")


def _seconds(value: Any) -> str:
    return f"{value:.3f} s" if isinstance(value, (int, float)) else str(value)


def _ctis(result: Result) -> Iterator[Item]:
    """The counterexamples to induction of properties, then those of lemmas."""
    ctis = [InductionCounterexample.model_validate(cti) for cti in (result.statistics or {}).get("cti", [])]
    for cti in ctis:
        yield Text("")
        yield from cti_lines(cti)
    lemmas = [ctis for ctis in result.lemma_report if ctis.kind == "lemma" and ctis.cti is not None]
    for entry in lemmas:
        yield from lemma_details(entry)
    if not ctis and not lemmas:
        yield Text("")
        yield Text("no counterexample to induction: induction is not what failed", style="dim")


def exploration_text(exploration: Exploration) -> Iterator[Item]:
    """The counts of an explicit search and the violations it found."""
    line = Text.assemble((named(exploration.protocol, exploration.variant), "bold"), "  explicit search")
    line.append(f" {about}" if (about := scope(None, exploration.parameters)) else "")
    if exploration.dropped:
        line.append(f"  without {', '.join(exploration.dropped)}", style="yellow")
    yield line
    counts = Grid("", Column(right=True), header=False)
    rows = [
        ("distinct states", exploration.distinct),
        ("generated states", exploration.generated),
        ("diameter", exploration.diameter),
        ("orbits", exploration.orbits),
    ]
    for label, count in rows:
        if count is not None:
            counts.add(label, f"{count:,}")
    yield counts
    if exploration.orbits_reason is not None:
        yield Text(f"orbits are not counted: {exploration.orbits_reason}", style="yellow")
    if exploration.actions:
        yield _action_figures(exploration)
    if exploration.never_false:
        yield Text(f"never false: {', '.join(exploration.never_false)}", style="yellow")
    for finding in exploration.violations:
        found = f" in {steps(finding.steps)}, shortest"
        yield Text.assemble((finding.property, "bold"), " is ", ("VIOLATED", STYLES["violated"]), found)
    verdict = "complete" if exploration.complete else f"not complete ({exploration.ended})"
    if not exploration.complete and exploration.ended == "complete":
        stopped = exploration.stopped == "memory"
        verdict = f"not complete: stopped {'before memory ran out' if stopped else 'at the limit of states'}"
    seconds = "" if exploration.seconds is None else f" in {exploration.seconds:.2f} s"
    yield Text(f"{verdict}{seconds}", style="green" if exploration.complete else "magenta")


def _action_figures(exploration: Exploration) -> Grid:
    """The number of times each action fired, and the number of new states it gave."""
    grid = Grid("action", Column("fired", right=True), Column("new states", right=True))
    for one in exploration.actions:
        grid.add(one.action, f"{one.fired:,}", f"{one.new:,}", style="" if one.fired else "yellow")
    return grid


def replay_text(replayed: Replayed, *, steps: bool = True) -> Iterator[Item]:
    """A re-executed trace, its steps if requested, and whether its claim is confirmed."""
    of = replayed.property or "a run"
    yield Text.assemble((named(replayed.protocol, replayed.variant), "bold"), (f"  replay of {of}", ""))
    if steps:
        yield from replay_lines(replayed)
    if not replayed.valid:
        yield Text.assemble(("not a run of the protocol: ", "bold red"), (replayed.failure or "", ""))
    elif replayed.property is None:
        yield Text.assemble(("valid", "green"), ": it is a run of the protocol")
    elif not replayed.violated:
        said = f"{replayed.property} is not reached" if replayed.verdict == "proved" else f"{replayed.property} holds in it"
        yield Text(f"the run is valid, but {said}", style="bold red")
    else:
        yield from explanation_lines(replayed.explanation)
        claimed = "reached" if replayed.verdict == "proved" else "violated"
        yield Text.assemble(("valid", "green"), (f": {replayed.property} is {claimed} as claimed", ""))
