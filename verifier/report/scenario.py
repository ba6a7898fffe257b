"""The report of a scenario, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.documents.scenario import ScenarioReport


def scenario_text(result: ScenarioReport) -> Iterator[str]:
    """What the configuration was read as, each entry, and the sum."""
    read = result.assumptions
    yield (
        f"{result.scenario}: {result.config.validators} validators, {read['byzantine']} {result.config.byzantine_count} "
        f"Byzantine with {read['byzantine_stake']} of {read['total_stake']} stake, {result.config.offline_count} offline "
        f"({read['offline']}); thresholds {read['fast']} and {read['slow']} ({read['thresholds']})"
    )
    width = max((len(entry.name) for entry in result.property_results), default=0)
    for entry in result.property_results:
        mark = "passed" if entry.passed else "FAILED"
        note = f"  {entry.error}" if entry.error else ""
        wanted = "  as expected" if entry.passed and entry.expected == "violated" else ""
        yield f"{mark}  {entry.name.ljust(width)}  {entry.verdict}{wanted}{note}"
    if result.not_modelled:
        yield f"not modelled: {', '.join(result.not_modelled)}"
    checked, wrong = result.properties_checked, result.violations
    yield f"{result.scenario}: {checked - wrong} of {checked} passed in {result.duration_ms / 1000:.1f} s"
