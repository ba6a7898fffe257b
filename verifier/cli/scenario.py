"""`verify scenario`: the published scenarios, alone or several of them for a profile."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from verifier.cli import exitcodes, screen, streams
from verifier.cli.messages import lines_of, say
from verifier.jobs.arguments import check_choice, check_number, usage


def scenario(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A scenario, such as safety; run: several for a profile.")],
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="The JSON configuration; with run, a profile.")
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", metavar="FILE", help="The report; with run, the folder of the results.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Report progress on stderr.")] = False,
    timeout: Annotated[
        int | None, typer.Option("--timeout", metavar="SEC", help="Seconds for a scenario: 300, with run 1800.")
    ] = None,
    depth: Annotated[int | None, typer.Option("--depth", metavar="N", help="In place of exploration_depth.")] = None,
    cross_validate: Annotated[
        bool, typer.Option("--cross-validate", "--cross_validate", help="Decide everything twice, independently.")
    ] = False,
    external: Annotated[
        bool, typer.Option("--external_stateright", "--external-stateright", help="Use the second engine: the same.")
    ] = False,
    thresholds: Annotated[
        str, typer.Option("--thresholds", metavar="guide|published", help="Those of the configuration, or 80 % and 60 %.")
    ] = "guide",
    offline: Annotated[
        str, typer.Option("--offline", metavar="silent|may-crash", help="Whether offline validators ever vote.")
    ] = "silent",
    byzantine: Annotated[
        str, typer.Option("--byzantine", metavar="first|largest", help="Which validators are Byzantine.")
    ] = "first",
    scenarios: Annotated[
        str | None, typer.Option("--scenarios", metavar="A,B,C", help="With run: safety,liveness,byzantine.")
    ] = None,
    parallel: Annotated[bool, typer.Option("--parallel", help="With run: all scenarios at once.")] = False,
    report: Annotated[bool, typer.Option("--report", help="With run: an HTML page too.")] = False,
    no_cleanup: Annotated[bool, typer.Option("--no-cleanup", help="With run: delete nothing, as ever.")] = False,
) -> int:
    """Run a published scenario of Alpenglow on a JSON configuration, or several on a profile."""
    from verifier.scenario.names import RESERVED, SCENARIOS, scenario_of
    from verifier.scenario.reading import BYZANTINE, OFFLINE, THRESHOLDS

    check_choice("thresholds", thresholds, THRESHOLDS)
    offline = offline.replace("_", "-")
    check_choice("offline", offline, OFFLINE)
    check_choice("byzantine", byzantine, BYZANTINE)
    check_number("timeout", timeout, 1)
    check_number("depth", depth, 1)
    compare = cross_validate or external
    if name == RESERVED:
        if depth is not None:
            raise usage("--depth goes with one scenario", "leave it out, or name a scenario in place of run")
        from verifier.scenario.wrapper import Wanted, run_all

        wanted = Wanted(
            profile="small" if config is None else config,
            scenarios=tuple(filter(None, (scenarios or "").split(","))),
            folder=output,
            timeout=timeout,
            compare=compare,
            parallel=parallel,
            page=report,
            thresholds=thresholds,
            offline=offline,
            byzantine=byzantine,
        )
        return _guarded(lambda: run_all(wanted, streams.out))
    for option, given in (
        ("--scenarios", scenarios is not None), ("--parallel", parallel), ("--report", report), ("--no-cleanup", no_cleanup)
    ):  # fmt: skip
        if given:
            raise usage(f"{option} goes with run", f"try: verify scenario run {option}")
    known = scenario_of(name)
    if known is None:
        raise usage(f"there is no scenario {name}", f"known: {RESERVED}, {', '.join([*SCENARIOS, *SCENARIOS.values()])}")
    for option, value in (("--config", config), ("--output", output)):
        if value is None:
            raise usage(f"{option} is missing", f"verify scenario {name} --config FILE --output FILE")
    source, target = str(config), str(output)
    return _guarded(
        lambda: _one(known, source, target, (thresholds, offline, byzantine), timeout, depth, compare=compare, verbose=verbose)
    )


def _guarded(work: object) -> int:
    """Do the work; a mistake in configuration, profile or files is reported in one line, with exit code 1."""
    from verifier.documents.scenario import BadConfig
    from verifier.kernel.errors import VerifyError

    try:
        return int(work())  # type: ignore[operator]
    except BadConfig as error:
        say(str(error))
    except VerifyError as error:
        say(lines_of(error)[0])
    return exitcodes.VIOLATED


def _one(
    name: str,
    source: str,
    target: str,
    reading: tuple[str, str, str],
    timeout: int | None,
    depth: int | None,
    *,
    compare: bool,
    verbose: bool,
) -> int:
    from verifier.files.writing import check_writable, prepare_folder, write
    from verifier.scenario.reading import Reading
    from verifier.scenario.run import load_config, run

    read = Reading(load_config(source), *reading)
    folder = target.rpartition("/")[0]
    if folder:
        prepare_folder(folder, "--output", parents=True)
    check_writable(target, "--output")
    for warning in read.warnings():
        say(f"warning: {warning}")
    result = run(name, read, timeout=timeout, depth=depth, compare=compare, log=say if verbose else lambda line: None)
    write(target, result.to_json())
    from verifier.report.scenario import scenario_text

    streams.out(screen.written(scenario_text(result), sys.stdout))
    return exitcodes.SUCCESS if result.success else exitcodes.VIOLATED
