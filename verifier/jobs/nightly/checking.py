"""Have certificates checked by another solver, in a fresh worker process that knows nothing of the proof."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verifier.jobs.launch import Worker
from verifier.jobs.nightly.digests import versions
from verifier.jobs.session import InternalError, Session, run

Event = dict[str, Any]

SECOND = "cvc5"


def check(
    paths: list[Path],
    order: Event,
    on_event: Callable[[Event], None] | None,
    on_tick: Callable[[float], None] | None,
    start: Callable[..., Worker],
) -> list[Event]:
    """Check certificates that were just written, within the budget of their obligation.

    At published scope the second solver alone has to agree. Formulas with quantifiers it may not decide in its time; at unbounded
    scope z3 is asked those, neither may say the contrary, and one has to agree. What only counts states is no text for a solver.

    Returns:
        For each: `property`, `file`, `outcome` (agreed, disagreed, open or unchecked), `solver`, `reason` and `seconds`.
    """
    from verifier.evidence.claims import missing
    from verifier.kernel.errors import VerifyError

    documents = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    entries = {name: _entry(name, document["property"]) for name, document in documents.items()}
    asked = []
    for name, document in documents.items():
        if document["method"] == "exhaustive":
            entries[name] |= {"outcome": "unchecked", "reason": "a count of states; verify check searches them again"}
        elif versions()[SECOND] is None:
            entries[name] |= {"outcome": "unchecked", "reason": f"{SECOND} is not installed"}
        else:
            asked.append({"name": name, "document": document})
    if not asked:
        return list(entries.values())
    solver = "second" if order["job"]["scope"] == "unbounded" else SECOND

    def take(event: Event) -> None:
        if event["event"] == "certificate":
            found = event["certificate"]
            entries[found["certificate"]] |= _judged(found)
        elif on_event is not None and event["event"] == "progress":
            on_event({**event, "engine": "certificates"})

    job = {"command": "check", "certificates": asked, "solver": solver, "rederive": False, "protocol": None}
    reason = "the check ended without an answer"
    try:
        session = Session(start("check", solver), on_event=take, on_tick=on_tick)
        ended = run(job, session, timeout=order["timeout"], memory=order["memory"]).ended
        if ended in ("timeout", "memory"):
            reason = f"the {'time' if ended == 'timeout' else 'memory'} limit of the obligation was reached"
    except (VerifyError, InternalError) as error:
        reason = str(error)
    found = [entry if entry["outcome"] else {**entry, "outcome": "open", "reason": reason} for entry in entries.values()]
    sound = [entry["outcome"] in ("agreed", "unchecked") for entry in found]
    alone = missing(list(documents.values()), sound)
    return [_alone(entry, lost) if lost else entry for entry, lost in zip(found, alone, strict=True)]


def _entry(name: str, property: str) -> Event:
    return {"property": property, "file": name, "outcome": None, "solver": None, "reason": None, "seconds": None}


def _alone(entry: Event, lost: list[str]) -> Event:
    """A certificate that rests on others, of which there is no sound one."""
    if entry["outcome"] != "agreed":
        return entry
    return {**entry, "outcome": "open", "reason": f"it rests on {', '.join(lost)}, of which no certificate is valid"}


def _judged(found: Event) -> Event:
    """What became of one certificate: open if all that is wrong is that a solver did not know."""
    failed = [entry for entry in found["checks"] if not entry["passed"]]
    solvers = sorted({solver for entry in found["checks"] for solver in entry["answers"]})
    told = {"solver": " and ".join(solvers) or None, "seconds": found["seconds"]}
    if not failed:
        silent = sum(1 for entry in found["checks"] if entry["answers"].get(SECOND) == "unknown")
        asked = sum(1 for entry in found["checks"] if entry["answers"])
        reason = f"{SECOND} has no answer to {silent} of {asked} questions, which z3 answers" if silent else None
        return {**told, "outcome": "agreed", "reason": reason}
    contrary = [
        entry
        for entry in failed
        if not entry["answers"] or set(entry["answers"].values()) - {"unknown", entry["expected"]}
    ]
    first = (contrary or failed)[0]
    reason = f"{first['name']}: {first['reason'] or 'it did not pass'}"
    return {**told, "outcome": "disagreed" if contrary else "open", "reason": reason}
