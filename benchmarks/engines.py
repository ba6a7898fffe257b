"""How `prove` compares with the best of its engines: r = t(auto) / max(t(best single engine), 1 s), for each model.

Run `python benchmarks/engines.py [MODEL...]`: built-in names with variants, or files; by default every variant of every built-in
protocol, and three of the examples. The time is that of the processor, since a machine may be busy. An engine
counts only if it reaches the verdicts of `auto`. What is wanted: a geometric mean of at most 2, and 4 at worst.
"""

from __future__ import annotations

import math
import resource
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("auto", "explicit", "kinduction", "pdr", "bmc")
SECONDS = 120
"""How long an engine may take; one that takes longer is not the best."""


def models() -> list[str]:
    """The models that are measured by default."""
    from verifier import list_protocols

    listed = [f"{protocol.name}:{variant}" for protocol in list_protocols().protocols for variant in protocol.variants]
    files = [ROOT / "examples" / f"{name}.py" for name in ("two_phase_commit", "ewd998", "lamport_mutex")]
    return [*listed, *map(str, files)]


def measured(model: str, engine: str) -> tuple[float, str | None]:
    """Processor seconds of a run, and how many properties have which verdict; None if it did not end in time."""
    verify = shutil.which("verify", path=str(Path(sys.executable).parent)) or "verify"
    command = [verify, "prove", model, "--engine", engine, "--quiet"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*command, "--timeout", str(SECONDS)], capture_output=True, text=True, check=False, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    if done.returncode == 124:
        return seconds, None
    return seconds, done.stdout.partition(": ")[2].rpartition(" in ")[0]


def main() -> None:
    """Prints one line for each model, and the geometric mean and the worst of all."""
    ratios = {}
    for model in sys.argv[1:] or models():
        runs = {engine: measured(model, engine) for engine in ENGINES}
        took, wanted = runs.pop("auto")
        able = {engine: seconds for engine, (seconds, verdicts) in runs.items() if verdicts == wanted and wanted is not None}
        best = min(able, key=lambda engine: able[engine], default=None)
        name = Path(model).stem if model.endswith(".py") else model
        if best is None:
            print(f"{name:<36} auto {took:7.2f} s   no single engine reaches its verdicts")
            continue
        ratios[name] = took / max(able[best], 1.0)
        print(f"{name:<36} auto {took:7.2f} s   {best} {able[best]:7.2f} s   r = {ratios[name]:.2f}", flush=True)
    if ratios:
        mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
        worst = max(ratios, key=lambda name: ratios[name])
        print(f"{len(ratios)} models: geometric mean {mean:.2f} (at most 2 wanted)")
        print(f"worst {ratios[worst]:.2f}, {worst} (at most 4 wanted)")


if __name__ == "__main__":
    main()
