"""IC3 beside that of ABC: Agreement of Multi-Paxos, one round and one proposer, at (attempts, acceptors, values), without hints.

Run `python benchmarks/reachability.py [ATTEMPTS,ACCEPTORS,VALUES...]`. ABC (`apt-get install berkeley-abc`) gets the circuit that
`verify show --format aiger` writes. Both times are those of the processor, since a machine may be busy, start-up included.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GRID = ("4,3,2", "8,3,2", "12,3,2", "4,5,2", "6,5,2")
ABC = shutil.which("abc") or shutil.which("berkeley-abc")
SECONDS = 300
"""How long ABC may take."""


def timed(command: list[str]) -> tuple[float, str]:
    """Processor seconds of a command, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=SECONDS)
        printed = done.stdout
    except subprocess.TimeoutExpired:
        printed = ""
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, printed


def main() -> None:
    """Prints one line for each instance."""
    verify = shutil.which("verify", path=str(Path(sys.executable).parent)) or "verify"
    for instance in sys.argv[1:] or GRID:
        attempts, acceptors, values = instance.split(",")
        sizes = {"Rounds": "1", "Proposers": "1", "Attempts": attempts, "Acceptors": acceptors, "Values": values}
        settings = [part for name, value in sizes.items() for part in ("--set", f"{name}={value}")]
        asked = ["multi-paxos", *settings, "--property", "Agreement"]
        took, printed = timed([verify, "prove", *asked, "--engine", "pdr", "--no-hints", "--no-lemmas"])
        lemmas = sum("  inferred  " in line for line in printed.splitlines())
        said = f"({instance}) verify {took:6.2f} s  {'PROVED' if ' PROVED ' in printed else 'not proved'}, {lemmas} lemmas"
        if ABC is None:
            print(said, flush=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            circuit = str(Path(folder) / "circuit.aig")
            timed([verify, "show", *asked, "--format", "aiger", "--output", circuit])
            other, printed = timed([ABC, "-c", f"read_aiger {circuit}; fold; pdr"])
        proved = "PROVED" if "Property proved" in printed else "not proved"
        print(f"{said}   abc {other:6.2f} s  {proved}   ratio {other / took:.1f}", flush=True)


if __name__ == "__main__":
    main()
