"""How long `verify prove composed --k 8` takes from a cold start, beside `python -c 'import z3'` of the same environment.

Run `python benchmarks/headline.py [RUNS]`. The two commands run in turn, so that a machine that slows down slows both; what
counts is the ratio of the medians, and the memory of parent and child together.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
import time

BASE = [sys.executable, "-c", "import z3"]


def seconds(command: list[str]) -> float:
    """Wall-clock seconds of one run; the command must succeed."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Runs both commands in turn and prints medians, their ratio, and the peak memory of a process."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    verify = shutil.which("verify") or "verify"
    command = [verify, "prove", "composed", "--k", "8"]
    seconds(BASE), seconds(command)
    pairs = [(seconds(BASE), seconds(command)) for _ in range(runs)]
    base = statistics.median(pair[0] for pair in pairs)
    whole = statistics.median(pair[1] for pair in pairs)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"import z3             median {base:.3f} s")
    print(f"verify prove composed median {whole:.3f} s, {whole / base:.1f} times")
    print(f"largest process       {peak:.0f} MiB; parent and child are two")


if __name__ == "__main__":
    main()
