"""What the engines cost on every built-in protocol and on growing sizes: measures it, and writes docs/performance.md.

`python -m benchmarks.performance measure [PART [PROTOCOL...]]` (`make measure`) measures, and keeps what it measured in
benchmarks/measurements.json; the parts are `protocols` (all, or those that are named), `growth` and `searches`.
`python -m benchmarks.performance` (`make performance`) writes the page and its plots from that file alone. Seconds are those of
the processor, of all processes of a command from its start, since a machine may be busy. ABC is measured where it is installed,
and TLC where the environment variable TLA2TOOLS names the file tla2tools.jar.
"""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.plots import Series, plot

ROOT = Path(__file__).resolve().parents[1]
MEASUREMENTS = ROOT / "benchmarks" / "measurements.json"
PAGE = ROOT / "docs" / "performance.md"
ENGINES = ("auto", "explicit", "kinduction", "pdr")
LIMIT = 10
"""Seconds of the processor that one process of a command may take."""
LONGER = 40
"""The same where sizes grow."""
TLC_LIMIT = 1200
"""The same for TLC."""

GROWTH: dict[str, tuple[str, str, list[dict[str, int]], tuple[str, ...]]] = {
    "Agreement of one round of Multi-Paxos, by the number of ballots (attempts of one proposer)": (
        "multi-paxos",
        "Agreement",
        [{"Rounds": 1, "Proposers": 1, "Attempts": ballots} for ballots in (4, 8, 12)],
        ("auto", "pdr", "kinduction", "explicit", "abc"),
    ),
    "The same with five acceptors": (
        "multi-paxos",
        "Agreement",
        [{"Rounds": 1, "Proposers": 1, "Acceptors": 5, "Attempts": ballots} for ballots in (4, 6)],
        ("auto", "pdr", "abc"),
    ),
    "Composed-1, by the number of keys, groups, transactions and versions": (
        "composed",
        "Composed-1",
        [
            {"Keys": n, "Groups": n, "TxnIds": n, "MaxVersions": n, "MaxTs": 2 * n, "MaxOps": 2 * n}
            for n in (2, 3, 4)
        ],
        ("auto", "pdr", "kinduction", "explicit", "abc"),
    ),
}
"""Protocol, property, sizes and tools of each comparison; its first size is the one that names the axis."""

SEARCHES: list[tuple[str, dict[str, int]]] = [
    ("hlc", {}),
    ("mvcc-replicas:dishonest-index", {}),
    ("multi-paxos", {"Rounds": 1, "Attempts": 2}),
    ("multi-paxos", {"Rounds": 1, "Attempts": 3}),
    ("seqlock", {}),
    ("mpmc", {}),
    ("mpmc:split-claim", {}),
    ("mpmc:three", {}),
    ("examples/ewd998.py", {}),
    ("examples/key_value_store.py", {}),
]
"""Instances that are searched whole, beside TLC."""


# -- measuring -----------------------------------------------------------------------------------------------------------


def spent(command: Sequence[str], limit: int = LIMIT) -> tuple[float, int, str]:
    """Processor seconds of a command with all its processes, its exit code, and what it prints."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, preexec_fn=limited)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return round(seconds, 2), done.returncode, done.stdout


def verify(*arguments: str) -> list[str]:
    """A command of this environment."""
    return [shutil.which("verify", path=str(Path(sys.executable).parent)) or "verify", *arguments]


def settings(sizes: dict[str, int]) -> list[str]:
    """Sizes as options."""
    return [part for name, value in sizes.items() for part in ("--set", f"{name}={value}")]


def proved(protocol: str, options: Iterable[str], limit: int = LIMIT) -> dict[str, Any]:
    """What a run of `verify prove` costs, and how many properties have which verdict; None if it came to no end."""
    seconds, code, printed = spent(verify("prove", protocol, *options, "--quiet"), limit)
    verdicts = printed.partition(": ")[2].rpartition(" in ")[0] if code in (0, 1, 3) else None
    return {"seconds": seconds, "verdicts": verdicts}


def abc(protocol: str, prop: str, sizes: dict[str, int]) -> dict[str, Any] | None:
    """What ABC's `pdr` costs on the exported circuit, the export not counted; None if ABC is not at hand."""
    tool = shutil.which("berkeley-abc") or shutil.which("abc")
    if tool is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.aig"
        options = ["--format", "aiger", "--property", prop, "--output", str(path), "--quiet"]
        spent(verify("show", protocol, *options, *settings(sizes)), LONGER)
        seconds, _, printed = spent([tool, "-q", f"read_aiger {path}; pdr"], LONGER)
    word = "1 proved" if "Property proved" in printed else "1 violated" if "was asserted" in printed else None
    return {"seconds": seconds, "verdicts": word}


def measure_protocols(names: Sequence[str], known: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every engine on the default variant of built-in protocols, those of these names or all; what is known after each."""
    from verifier import list_protocols

    every = [protocol.name for protocol in list_protocols().protocols]
    result = {name: known[name] for name in every if name in known and name in (set(every) - set(names) if names else ())}
    for name in names or every:
        result[name] = {engine: proved(name, ["--engine", engine]) for engine in ENGINES}
        yield {one: result[one] for one in every if one in result}


def measure_growth() -> Iterator[dict[str, Any]]:
    """Every tool on growing sizes, likewise; one that comes to no end is not asked for larger ones."""
    result: dict[str, Any] = {}
    for title, (protocol, prop, grid, tools) in GROWTH.items():
        rows: list[dict[str, Any]] = []
        result[title] = rows
        ended: set[str] = set()
        for sizes in grid:
            row: dict[str, Any] = {}
            for tool in tools:
                if tool in ended:
                    continue
                if tool == "abc":
                    one = abc(protocol, prop, sizes)
                else:
                    one = proved(protocol, ["--engine", tool, "--property", prop, *settings(sizes)], LONGER)
                if one is not None:
                    row[tool] = one
                    if one["verdicts"] is None:
                        ended.add(tool)
            rows.append({"sizes": sizes, "tools": row})
            yield result


def tlc(protocol: str, sizes: dict[str, int]) -> dict[str, Any] | None:
    """What TLC costs on the exported module, the export not counted, and the states it generated; None if it is not at hand.

    It checks no property. No number of states says that it did not finish.
    """
    jar, java = os.environ.get("TLA2TOOLS"), shutil.which("java")
    if jar is None or java is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        module, config = Path(folder) / "Model.tla", Path(folder) / "Model.cfg"
        spent(verify("show", protocol, "--format", "tla", "--output", str(module), *settings(sizes)), LONGER)
        parts = re.split(r"(?m)^(?=[A-Z])", config.read_text(encoding="utf-8"))
        kept = [part for part in parts if part.startswith(("CONSTANTS", "SPECIFICATION", "CONSTRAINT"))]
        config.write_text("".join(kept), encoding="utf-8")
        options = ["-workers", str(os.cpu_count()), "-deadlock", "-metadir", folder]
        command = [java, "-XX:+UseParallelGC", "-cp", jar, "tlc2.TLC", *options, str(module)]
        seconds, code, printed = spent(command, TLC_LIMIT)
    counts = re.search(r"^([0-9]+) states generated, ([0-9]+) distinct", printed, re.MULTILINE)
    generated, distinct = map(int, counts.groups()) if code == 0 and counts else (None, None)
    version = re.search(r"TLC2 Version ([0-9.]+)", printed)
    return {"seconds": seconds, "generated": generated, "distinct": distinct, "version": version and version[1]}


def measure_searches() -> Iterator[list[dict[str, Any]]]:
    """The complete searches, likewise."""
    result: list[dict[str, Any]] = []
    for protocol, sizes in SEARCHES:
        seconds, code, printed = spent(verify("explore", protocol, *settings(sizes), "--json", "-"))
        document = json.loads(printed) if code in (0, 1) else {}
        found = {name: document.get(name) for name in ("distinct", "generated")}
        result.append({"protocol": protocol, "sizes": sizes, "seconds": seconds, **found, "tlc": tlc(protocol, sizes)})
        yield result


PARTS: dict[str, Callable[[], Iterator[Any]]] = {
    "growth": measure_growth,
    "searches": measure_searches,
}


def measure(arguments: Sequence[str]) -> None:
    """Measures a part, or all, and keeps what the file has of the others."""
    stored = json.loads(MEASUREMENTS.read_text(encoding="utf-8")) if MEASUREMENTS.exists() else {}
    stored["machine"] = {"cores": os.cpu_count(), "python": platform.python_version(), "limit": LIMIT, "longer": LONGER}
    part, names = (arguments[0], arguments[1:]) if arguments else (None, ())
    for name in [part] if part else ["protocols", *PARTS]:
        made = PARTS[name]() if name in PARTS else measure_protocols(names, stored.get(name, {}))
        for known in made:
            stored[name] = known
            MEASUREMENTS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


# -- the page ------------------------------------------------------------------------------------------------------------

HEAD = """# What it costs

`make performance` writes this page and its plots from `benchmarks/measurements.json`, which `make measure` fills. Times are
seconds of the processor, of all processes of a command and from its start, on a machine with {cores} cores that was busy with
other work, under Python {python}. A dash stands for a tool that did not finish in {limit} seconds, or in {longer} where sizes
grow; figures in parentheses are those of a tool that decided less than `auto` did.

`auto` is what `verify prove` does by itself: it re-checks every proof in a fresh solver, replays every counterexample, and runs
the model beside its proofs, as every engine does here.
"""


def cell(one: dict[str, Any] | None, wanted: str | None) -> str:
    """The seconds of a run."""
    if one is None or one["verdicts"] is None:
        return "—"
    return f"{one['seconds']:.1f}" if one["verdicts"] == wanted else f"({one['seconds']:.1f})"


def decided(runs: dict[str, Any]) -> str | None:
    """The verdicts that others are measured by: those of `auto`, or where it came to no end the most frequent ones."""
    verdicts = [one["verdicts"] for one in runs.values() if one["verdicts"] is not None]
    own = runs.get("auto", {}).get("verdicts")
    return own or max(verdicts, key=verdicts.count, default=None)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; all columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def engines_section(stored: dict[str, Any]) -> str:
    """Every protocol, engine beside engine."""
    rows = []
    for name, runs in stored.items():
        wanted = decided(runs)
        rows.append([name, *(cell(runs.get(engine), wanted) for engine in ENGINES)])
    text = "\n## Every protocol, at its published sizes\n\n" + table(["protocol", *ENGINES], rows)
    return text + "\n`explicit` looks at every state, so it decides everything where there are few.\n"


def growth_section(title: str, rows: list[dict[str, Any]], file: str) -> str:
    """One property on growing sizes."""
    tools = list(dict.fromkeys(tool for row in rows for tool in row["tools"]))
    lines = []
    for row in rows:
        wanted = decided(row["tools"])
        lines.append([axis(row["sizes"]), *(cell(row["tools"].get(tool), wanted) for tool in tools)])
    names = ["ABC `pdr`" if tool == "abc" else tool for tool in tools]
    text = f"\n## {title}\n\n" + table(["sizes", *names], lines) + f"\n![seconds, by size](performance/{file})\n"
    return text if "abc" in tools else text + "\nABC was not at hand.\n"


def axis(sizes: dict[str, int]) -> str:
    """Sizes in a word."""
    return ", ".join(f"{name} {value}" for name, value in sizes.items())


def varied(rows: list[dict[str, Any]]) -> str:
    """The size that grows: the first one that does."""
    first, last = rows[0]["sizes"], rows[-1]["sizes"]
    return next((name for name in first if first[name] != last[name]), next(iter(first)))


def growth_plot(rows: list[dict[str, Any]]) -> str:
    """Seconds by size, a line for each tool."""
    name = varied(rows)
    lines: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for tool, one in row["tools"].items():
            if one["verdicts"] is not None:
                lines.setdefault(tool, []).append((row["sizes"][name], one["seconds"]))
    return plot([Series("ABC pdr" if tool == "abc" else tool, points) for tool, points in lines.items()], name, "CPU seconds")


BESIDE_TLC = """
## All states, beside TLC

`verify explore` without symmetry, which checks every property. TLC {version}, with the start of the JVM, checks none; it runs the
module that `verify show --format tla` writes, and has {limit} seconds.

"""


def searches_section(stored: list[dict[str, Any]]) -> str:
    """Complete searches beside TLC's."""
    rows = []
    for one in stored:
        protocol = Path(one["protocol"]).stem if "/" in one["protocol"] else one["protocol"]
        name = f"{protocol}, {axis(one['sizes'])}" if one["sizes"] else protocol
        rows.append([name, f"{one['distinct']:,}", f"{one['generated']:,}", f"{one['seconds']:.1f}", *beside(one)])
    text = BESIDE_TLC.format(limit=TLC_LIMIT, version=next((one["tlc"]["version"] for one in stored if one["tlc"]), ""))
    return text + table(["protocol", "states", "generated", "verify", "TLC", "times as fast"], rows)


def beside(one: dict[str, Any]) -> tuple[str, str]:
    """TLC's seconds, and how many times as many they are as those of `verify explore`; the states, if it finds others."""
    tlc = one["tlc"]
    if tlc is None:
        return "not at hand", ""
    if tlc["distinct"] is None:
        return "—", ""
    if tlc["distinct"] != one["distinct"]:
        return f"{tlc['distinct']:,} states", ""
    return f"{tlc['seconds']:.1f}", f"{tlc['seconds'] / one['seconds']:.0f}"


def pages(stored: dict[str, Any]) -> dict[Path, str]:
    """The page and its plots, from what was measured."""
    text = HEAD.format(**stored["machine"]) + engines_section(stored["protocols"])
    result: dict[Path, str] = {}
    for number, (title, rows) in enumerate(stored["growth"].items(), 1):
        file = f"growth-{number}.svg"
        text += growth_section(title, rows, file)
        result[PAGE.parent / "performance" / file] = growth_plot(rows)
    return {PAGE: text + searches_section(stored["searches"]), **result}


def main() -> None:
    """Measures, or writes the page."""
    if sys.argv[1:2] == ["measure"]:
        measure(sys.argv[2:])
        return
    for path, text in pages(json.loads(MEASUREMENTS.read_text(encoding="utf-8"))).items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
