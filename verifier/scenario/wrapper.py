"""Runs several scenarios for a profile, and sums them up in the files of the published wrapper."""

from __future__ import annotations

import platform
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from verifier.documents.scenario import BadConfig, ScenarioConfig, ScenarioReport
from verifier.files.writing import prepare_folder, to_json, write
from verifier.report.layout import laid_out
from verifier.report.scenario import scenario_text
from verifier.scenario.names import ALIASES, DEFAULT, PROFILES, SCENARIOS, TLA_CONFIGURATIONS, scenario_of
from verifier.scenario.plan import instances
from verifier.scenario.reading import Reading
from verifier.scenario.report import timestamp
from verifier.scenario.run import run
from verifier.scenario.workers import Common

TOTAL = 1800
"""The seconds that the wrapper gives each scenario by default."""

MAPPING_VERSION = "1"


@dataclass(frozen=True)
class Wanted:
    """A request to the wrapper; `thresholds`, `offline` and `byzantine` say how the profile is read."""

    profile: str
    scenarios: tuple[str, ...] = ()
    folder: str | None = None
    timeout: int | None = None
    compare: bool = False
    parallel: bool = False
    page: bool = False
    thresholds: str = "guide"
    offline: str = "silent"
    byzantine: str = "first"


@dataclass(frozen=True)
class Ran:
    """A scenario that was run: PASS, FAIL or TIMEOUT, and its report if it wrote one."""

    name: str
    outcome: str
    seconds: float
    report: ScenarioReport | None


def run_all(wanted: Wanted, out: Callable[[str], None]) -> int:
    """Run the scenarios and write the files; 0 if all passed, else 1.

    Raises:
        BadConfig: there is no such profile.
        UsageError: the folder cannot be written.
    """
    if wanted.profile not in PROFILES:
        raise BadConfig(f"--config is {wanted.profile}: must be a profile, one of {', '.join(PROFILES)}")
    config = ScenarioConfig.model_validate(PROFILES[wanted.profile])
    # A scenario that is named twice is run once.
    names = tuple(dict.fromkeys(_short(name.strip()) for name in wanted.scenarios if name.strip())) or DEFAULT
    started, when = time.monotonic(), timestamp()
    folder = prepare_folder(wanted.folder or f"scenario-{wanted.profile}-{when.replace(':', '')}", "--output", parents=True)
    write(folder / "stateright_config.json", config.to_json())

    reading = Reading(config, wanted.thresholds, wanted.offline, wanted.byzantine)
    with Common(instances(filter(None, map(scenario_of, names)), reading)) as common:
        ran = _run_each(names, wanted, reading, folder, common)
    seconds = round(time.monotonic() - started, 3)
    files = _files(wanted, config, ran, when, seconds)
    for name, content in files.items():
        write(folder / name, content if isinstance(content, str) else to_json(content))
    out(str(files["summary.txt"]))
    out(f"results: {folder}\n")
    return 0 if all(one.outcome == "PASS" for one in ran) else 1


def _short(name: str) -> str:
    """The short name of a scenario; another name is passed on."""
    return {long: short for short, long in SCENARIOS.items()}.get(name, name)


def _run_each(names: tuple[str, ...], wanted: Wanted, reading: Reading, folder: Path, common: Common) -> list[Ran]:
    def one(name: str) -> Ran:
        return _run(name, wanted, reading, folder, common)

    if not wanted.parallel:
        return list(map(one, names))
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        try:
            return list(pool.map(one, names))
        except BaseException:
            common.stop()  # the pool waits for the others
            raise


def _run(name: str, wanted: Wanted, reading: Reading, folder: Path, common: Common) -> Ran:
    """One scenario, with its report and its log. A failure of one scenario is in its log; the others go on."""
    target = folder / f"stateright_{Path(name).name}.json"
    started = time.monotonic()
    target.unlink(missing_ok=True)  # a report that an earlier run left would be taken for this one's
    report = None
    with (folder / f"stateright_{Path(name).name}.log").open("w", encoding="utf-8") as log:

        def say(line: str) -> None:
            print(f"verify: {line}", file=log, flush=True)

        known = scenario_of(name)
        if known is None:
            say(f"there is no scenario {name}")
        else:
            for warning in reading.warnings():
                say(f"warning: {warning}")
            try:
                found = run(known, reading, common, timeout=wanted.timeout, compare=wanted.compare, log=say)
                write(target, found.to_json())
                report = found
                log.writelines(f"{line.plain.rstrip()}\n" for line in laid_out(scenario_text(found), None))
            except Exception:
                traceback.print_exc(file=log)
    return Ran(name, _outcome(report), round(time.monotonic() - started, 3), report)


def _outcome(report: ScenarioReport | None) -> str:
    if report is None:
        return "FAIL"
    if report.success:
        return "PASS"
    late = report.metrics.timeouts
    return "TIMEOUT" if late > 0 and report.violations == late else "FAIL"


def _files(wanted: Wanted, config: ScenarioConfig, ran: list[Ran], when: str, seconds: float) -> dict[str, Any]:
    """The aggregated files by name."""
    reports = [one.report for one in ran if one.report is not None]
    outcomes = {one.name: one.outcome for one in ran}
    counted = [list(outcomes.values()).count(outcome) for outcome in ("PASS", "FAIL", "TIMEOUT")]
    metrics = {
        "total_states_explored": sum(report.states_explored for report in reports),
        "total_properties_checked": sum(report.properties_checked for report in reports),
        "total_violations_found": sum(report.violations for report in reports),
        "verification_time_seconds": seconds,
        "scenarios_passed": counted[0],
        "scenarios_failed": counted[1],
        "scenarios_timeout": counted[2],
    }
    summary = {
        "timestamp": when,
        "config": wanted.profile,
        "timeout": TOTAL if wanted.timeout is None else wanted.timeout,
        "scenarios_tested": list(outcomes),
        "results": outcomes,
        "metrics": metrics,
        "configuration_details": config.to_document(),
        "environment": {"rust_version": "n/a", "cargo_version": "n/a", "hostname": platform.node(), "timestamp": when},
    }
    files: dict[str, Any] = {
        "stateright_summary.json": summary,
        "tla_summary.json": _tla(wanted.profile, when),
        "cross_validation.json": _cross_validation(wanted, ran, when),
        "property_mapping_report.json": {"timestamp": when, "version": MAPPING_VERSION, "mappings": _mappings(ran)},
        "summary.txt": _text(wanted, ran, metrics),
    }
    failed = [line for one in ran if one.outcome != "PASS" for line in _errors(one)]
    if failed:
        files["error_report.txt"] = "".join(f"{line}\n" for line in failed)
    if wanted.page:
        files["verification_report.html"] = _page(wanted, ran)
    return files


def _tla(profile: str, when: str) -> dict[str, Any]:
    """No TLA+ model is run, so nothing is known about one."""
    nothing = dict.fromkeys(("states_generated", "distinct_states", "violations_found", "duration_seconds"))
    return {
        "timestamp": when,
        "config": TLA_CONFIGURATIONS[profile],
        "exit_code": None,
        "metrics": nothing,
        "properties_verified": [],
        "success": None,
        "log_file": None,
        "available": False,
    }


def _cross_validation(wanted: Wanted, ran: list[Ran], when: str) -> dict[str, Any]:
    """Two decisions are consistent where both are known and equal, whether they are that a property holds or not."""
    outcome = {one.name: one.outcome for one in ran}
    own = {
        name: {"PASS": "PASS", "FAIL": "FAIL"}.get(outcome.get(name, ""), "UNKNOWN")
        for name in ("safety", "liveness", "byzantine", "integration")
    }
    wrong: dict[str, list[str]] = {
        one.name: [
            f"{one.name}: {entry.name}: {entry.cross_validation.details.strip()}"
            for entry in one.report.property_results
            if entry.cross_validation is not None and not entry.cross_validation.consistent
        ]
        for one in ran
        if one.report is not None
    }
    compared = {
        one.name: any(
            entry.cross_validation is not None and entry.cross_validation.external_result is not None
            for entry in one.report.property_results
        )
        for one in ran
        if one.report is not None
    }
    consistent = {f"{name}_consistent": (not wrong[name] if compared.get(name) else None) for name in DEFAULT}
    violations = sum(one.report.violations for one in ran if one.report is not None)
    found = [line for lines in wrong.values() for line in lines]
    unknown = [name for name in DEFAULT if consistent[f"{name}_consistent"] is None]
    advice = ["see the details of each inconsistency in the reports"] if found else []
    if unknown:
        advice.append(f"not compared: {', '.join(unknown)}; run with --cross-validate")
    known = [value for value in consistent.values() if value is not None]
    return {
        "timestamp": when,
        "config": wanted.profile,
        "property_mapping_version": MAPPING_VERSION,
        "stateright": {**own, "violations": violations},
        "tla": {"safety": "UNKNOWN", "liveness": "UNKNOWN", "byzantine": "UNKNOWN", "violations": None, "available": False},
        "property_mappings": _mappings(ran),
        "consistency": {**consistent, "no_violations": violations == 0, "overall": not found if known else None},
        "recommendations": advice,
        "inconsistencies": found,
        "property_mapping_used": True,
    }


def _mappings(ran: list[Ran]) -> dict[str, dict[str, str | None]]:
    """For each scenario, the published names and the properties that they stand for."""
    found: dict[str, dict[str, str | None]] = {}
    for one in ran:
        known = scenario_of(one.name)
        if known is not None:
            found[one.name] = dict(ALIASES[known])
    return found


def _errors(one: Ran) -> list[str]:
    if one.report is None:
        return [f"{one.name}: {one.outcome}: there is no report; see stateright_{one.name}.log"]
    return [f"{one.name}: {entry.name}: {entry.error}" for entry in one.report.property_results if not entry.passed]


def _text(wanted: Wanted, ran: list[Ran], metrics: dict[str, Any]) -> str:
    reading = f"--thresholds {wanted.thresholds} --offline {wanted.offline} --byzantine {wanted.byzantine}"
    lines = [f"profile {wanted.profile}, {reading}"]
    for one in ran:
        lines.append(f"{one.outcome.ljust(7)}  {one.name}  {one.seconds:.1f} s")
        if one.outcome != "PASS":
            lines += [f"         {line}" for line in _errors(one)]
    if ran and ran[0].report is not None:
        lines += [f"warning: {line}" for line in ran[0].report.warnings]
    checked, wrong = metrics["total_properties_checked"], metrics["total_violations_found"]
    lines.append(f"{checked - wrong} of {checked} properties passed")
    return "".join(f"{line}\n" for line in lines)


def _page(wanted: Wanted, ran: list[Ran]) -> str:
    rows = [
        f"<tr><td>{escape(one.name)}</td><td>{escape(entry.name)}</td><td>{'passed' if entry.passed else 'failed'}</td>"
        f"<td>{escape(entry.verdict)}</td><td>{escape(entry.error or '')}</td></tr>"
        for one in ran
        if one.report is not None
        for entry in one.report.property_results
    ]
    outcomes = "".join(f"<li>{escape(one.name)}: {one.outcome}</li>" for one in ran)
    title = escape(f"Scenarios, profile {wanted.profile}")
    head = "<tr><th>Scenario</th><th>Property</th><th>Result</th><th>Verdict</th><th>Reason</th></tr>"
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body><h1>{title}</h1><ul>{outcomes}</ul>\n<table>{head}\n{chr(10).join(rows)}\n</table></body>\n</html>\n"
    )
