"""How long `verify prove composed --k 8` takes from a cold start, beside `python -c 'import z3'` of the same environment.

Run `python benchmarks/headline.py [RUNS]`. The two commands run in turn, so that a machine that slows down slows both. What
counts is the ratio of the wall times, which should be at most 6. That of the processor times (parent and child together) is
larger, because the two work at the same time; on a machine that is busy with something else the wall times come near to it.
Both commands need the bytecode of their modules, which `make` compiles.

`python -X importtime -c 'import verifier.report.text'` shows where the parent's time goes, and the same with
`verifier.proof.strategy.published` the child's.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

BASE = [sys.executable, "-c", "import z3"]
WANTED = 6.0


class Cost(NamedTuple):
    """Seconds of one run: by the clock, and of processors in user and system mode, children included."""

    wall: float
    processor: float


def cost(command: list[str]) -> Cost:
    """The cost of one run; the command must succeed."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def main() -> None:
    """Runs both commands in turn and prints medians, the medians of their ratios, and the peak memory of a process."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    verify = shutil.which("verify") or "verify"
    command = [verify, "prove", "composed", "--k", "8"]
    cost(BASE), cost(command)
    pairs = [(cost(BASE), cost(command)) for _ in range(runs)]
    for name in Cost._fields:
        base = statistics.median(getattr(one, name) for one, _ in pairs)
        whole = statistics.median(getattr(other, name) for _, other in pairs)
        ratio = statistics.median(getattr(other, name) / getattr(one, name) for one, other in pairs)
        wanted = f" (at most {WANTED:g} wanted)" if name == "wall" else ""
        print(f"{name:<9}  import z3 {base:.3f} s   verify prove composed {whole:.3f} s   ratio {ratio:.2f}{wanted}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process {peak:.0f} MiB; parent and child are two")


if __name__ == "__main__":
    main()
