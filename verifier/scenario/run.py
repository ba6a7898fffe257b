"""Runs one scenario from its configuration to its report."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from verifier.api import InternalError
from verifier.documents.scenario import BadConfig, ScenarioConfig, ScenarioReport, read_config
from verifier.files.reading import MEBIBYTE, read_bytes
from verifier.kernel.errors import VerifyError
from verifier.proof.strategy.requests import LARGEST_K
from verifier.scenario.ask import Limits, ask
from verifier.scenario.plan import instances, questions
from verifier.scenario.reading import Reading
from verifier.scenario.report import Clock, failed, report
from verifier.scenario.workers import Common, Crew

_LARGEST = 16 * MEBIBYTE
TOTAL = 300
"""The seconds that a scenario may take by default."""
STRESS = 4
"""A property has so many times the time of the configuration under stress."""


def load_config(path: str) -> ScenarioConfig:
    """The configuration in a file.

    Raises:
        BadConfig: it cannot be read, or is rejected; one line.
    """
    try:
        return read_config(read_bytes(path, largest=_LARGEST).decode("utf-8"))
    except UnicodeDecodeError:
        raise BadConfig(f"{path}: not UTF-8") from None
    except VerifyError as error:
        raise BadConfig(str(error).splitlines()[0]) from None
    except BadConfig as error:
        raise BadConfig(f"{path}: {error}") from None


def run(
    scenario: str,
    reading: Reading,
    common: Common | None = None,
    *,
    timeout: int | None = None,
    depth: int | None = None,
    compare: bool = False,
    log: Callable[[str], None] = lambda line: None,
) -> ScenarioReport:
    """The report of a scenario.

    Args:
        scenario: its long name.
        reading: the configuration and its interpretation.
        common: shared with the other scenarios of a run, if there are any.
        timeout: seconds for the whole run, which every property may use; by default 300, and `timeout_ms` for each property.
        depth: the greatest depth, in place of `exploration_depth`; no unrolling is deeper than the engines allow.
        compare: decide each property a second time, independently.
        log: called with a line about the work in progress.
    """
    config, clock = reading.config, Clock()
    limits = Limits(
        total=TOTAL if timeout is None else timeout,
        each=(STRESS if config.stress_test else 1) * config.timeout_ms / 1000 if timeout is None else None,
        depth=min(LARGEST_K, config.exploration_depth if depth is None else depth),
    )
    try:
        with Common(instances([scenario], reading)) if common is None else nullcontext(common) as shared:
            answers = ask(questions(scenario, reading), limits, Crew(shared, clock.workers), compare=compare, log=log)
    except (ValueError, LookupError, InternalError, OSError) as error:
        return failed(scenario, reading, (str(error).splitlines() or [type(error).__name__])[0], clock)
    return report(scenario, reading, answers, clock, compared=compare)
