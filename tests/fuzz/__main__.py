"""Compares the product with brute force on random protocols: `python -m tests.fuzz --models 1000 --from 0`.

Prints each seed that disagrees and how far it got. Writes the protocol, made as small as it goes, to a file of the folder
`--out`.
"""

from __future__ import annotations

import argparse
import re
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.comparing import Disagreement, cheap, thorough
from tests.fuzz.generating import protocol
from tests.fuzz.progressing import progress, progressing
from tests.fuzz.rendering import rendered
from tests.fuzz.shrinking import shrunk
from tests.fuzz.spec import Spec

Comparison = Callable[[Spec], None]
COMPARISONS: dict[str, tuple[Callable[[int], Spec], Comparison]] = {
    "cheap": (protocol, cheap),
    "thorough": (protocol, thorough),
    "progress": (progressing, progress),
}
"""Each with the protocols that it compares."""


def failure(spec: Spec, comparison: Comparison) -> str | None:
    """What is wrong with a protocol, None if nothing is: a disagreement, or an error that the product must not raise."""
    try:
        comparison(spec)
    except Disagreement as disagreement:
        return f"Disagreement: {disagreement}"
    except Exception as error:
        return f"{type(error).__name__}: {error}\n{traceback.format_exc(limit=-3)}"
    return None


def _kind(what: str) -> str:
    """What a failure has in common with one of a smaller protocol: all but names, figures and lines."""
    return re.sub(r"[^a-z]+", " ", re.sub(r"\S*[\d@_{'\"]\S*", "", what.splitlines()[0].lower()))[:60]


def examine(seed: int, comparison: Comparison, folder: Path | None, made: Callable[[int], Spec] = protocol) -> str | None:
    """What is wrong with the protocol of a seed; then the smallest one that is wrong alike is written to the folder."""
    spec = made(seed)
    what = failure(spec, comparison)
    if what is not None and folder is not None:
        kind = _kind(what)

        def alike(smaller: Spec) -> bool:
            found = failure(smaller, comparison)
            return found is not None and _kind(found) == kind

        small = shrunk(spec, alike)
        folder.mkdir(parents=True, exist_ok=True)
        reason = "\n".join(f"# {line}" for line in (failure(small, comparison) or what).splitlines())
        (folder / f"chance_{seed}.py").write_text(f"{reason}\n{rendered(small)}", encoding="utf-8")
    return what


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--models", type=int, default=1000, help="how many protocols")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--seconds", type=float, help="stop after so many CPU seconds")
    parser.add_argument("--comparison", choices=COMPARISONS, default="cheap")
    parser.add_argument("--out", type=Path, help="a folder for the protocols that fail")
    options = parser.parse_args()
    started, seen = time.process_time(), Counter[str]()
    for seed in range(options.first, options.first + options.models):
        if options.seconds is not None and time.process_time() - started > options.seconds:
            break
        made, comparison = COMPARISONS[options.comparison]
        what = examine(seed, comparison, options.out, made)
        seen["failing" if what else "agreeing"] += 1
        if seen.total() % 100 == 0:
            print(f"{seen.total()} compared", flush=True)
        if what:
            print(f"seed {seed}: {what}", flush=True)
    spent = time.process_time() - started
    print(f"{seen['agreeing']} agree, {seen['failing']} do not; {spent:.0f} CPU seconds, next --from {seed + 1}")
    raise SystemExit(1 if seen["failing"] else 0)


if __name__ == "__main__":
    main()
