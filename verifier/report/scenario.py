"""The report of a scenario, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from verifier.report.layout import Column, Grid, Item

if TYPE_CHECKING:
    from verifier.documents.scenario import ScenarioReport


def scenario_text(result: ScenarioReport) -> Iterator[Item]:
    """The interpretation of the configuration, each entry, and the total."""
    read = result.assumptions
    yield (
        f"{result.scenario}: {result.config.validators} validators, {read['byzantine']} {result.config.byzantine_count} "
        f"Byzantine with {read['byzantine_stake']} of {read['total_stake']} stake, {result.config.offline_count} offline "
        f"({read['offline']}); thresholds {read['fast']} and {read['slow']} ({read['thresholds']})"
    )
    grid = Grid("", Column(beside_title=True), Column(beside_title=True), free="note", header=False)
    for entry in result.property_results:
        wanted = "  as expected" if entry.passed and entry.expected == "violated" else ""
        note = entry.error or (f"vacuous: {entry.vacuous}" if entry.vacuous else "")
        grid.add("passed" if entry.passed else "FAILED", entry.name, f"{entry.verdict}{wanted}", free=note)
    yield grid
    if result.not_modelled:
        yield f"not modelled: {', '.join(result.not_modelled)}"
    checked, wrong = result.properties_checked, result.violations
    yield f"{result.scenario}: {checked - wrong} of {checked} passed in {result.duration_ms / 1000:.1f} s"
