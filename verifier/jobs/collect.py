"""Fold the events of a job into its documents, whole or, when the job was cut off, as far as it got.

A property that has no verdict when the job ends becomes UNKNOWN, with the reason and the depth reached.
"""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]

_WHY = {
    "timeout": "the time limit ran out",
    "memory": "the memory limit was reached",
    "interrupted": "interrupted",
    "killed": "the worker process was killed by the system, most often for lack of memory",
    "failed": "the run failed before this property had a verdict",
    "crashed": "the worker process ended unexpectedly",
}

# What a search reports about itself as it goes; the last figures go into the document of one that was cut
# off.
_FIGURES = ("distinct", "generated", "diameter", "runs")


class Collector:
    """Takes events as they arrive; `documents` gives what is known when the job has ended."""

    def __init__(self, job: Event) -> None:
        self._job = job
        self._plans: dict[int, Event] = {}
        self._finished: dict[int, Event] = {}
        self._properties: dict[int, list[Event]] = {}
        self._depths: dict[tuple[int, str | None], tuple[int, str | None]] = {}
        self._figures: Event = {}

    def take(self, event: Event) -> None:
        """Remember a plan, progress, property or document event; others are ignored."""
        index = event.get("index", 0)
        match event["event"]:
            case "plan":
                self._plans[index] = event["document"]
            case "progress":
                self._note(index, event)
            case "property":
                self._properties.setdefault(index, []).append(event["property"])
            case "document":
                self._finished[index] = event["document"]

    def documents(self, ended: str, *, seconds: float, limit: str | None = None) -> list[Event]:
        """The documents of the job in the order of the call.

        Args:
            ended: how the job ended, a value of `Outcome.ended`.
            seconds: the wall time of the whole job.
            limit: the limit that was hit, such as `2 s`, for the reasons.
        """
        if self._job["command"] == "prove":
            count = len(self._job["protocols"])
            return [self._result(index, ended, seconds, limit) for index in range(count)]
        if 0 in self._finished:
            return [self._finished[0]]
        if ended == "complete" or self._job["command"] not in ("explore", "simulate"):
            return []
        return [self._search(ended, seconds)]

    def _result(self, index: int, ended: str, seconds: float, limit: str | None) -> Event:
        if index in self._finished:
            return self._finished[index]
        found = {entry["name"]: entry for entry in self._properties.get(index, [])}
        plan = self._plans.get(index) or self._skeleton(index)
        entries = []
        for planned in plan["properties"]:
            name = planned["name"]
            entries.append(found.pop(name) if name in found else self._unknown(index, planned, ended, limit))
        entries.extend(found.values())
        return {**plan, "properties": entries, "seconds": round(seconds, 3), "ended": _ended(ended)}

    def _skeleton(self, index: int) -> Event:
        """What the call itself says about a protocol that the worker did not come to."""
        job = self._job
        reference = job["protocols"][index]
        name, _, variant = str(reference).partition(":")
        return {
            "schema": "verify.result/1",
            "protocol": name,
            "variant": variant or job["variant"],
            "dropped": list(job["drops"]),
            "scope": job["scope"],
            "k": job["k"],
            "properties": [{"name": name} for name in job["properties"]],
        }

    def _unknown(self, index: int, planned: Event, ended: str, limit: str | None) -> Event:
        depth, engine = self._reached(index, planned)
        reason = _WHY.get(ended, ended) + (f" ({limit})" if limit else "")
        reason += f"; {_got_to(depth, engine)}"
        return {**planned, "verdict": "unknown", "k": depth, "reason": reason}

    def _note(self, index: int, event: Event) -> None:
        """Keep the greatest depth for each property or other work, and the last figures of a search."""
        depth = event.get("k")
        key = (index, event.get("property", event.get("text")))
        if depth is not None and (key not in self._depths or depth > self._depths[key][0]):
            self._depths[key] = (depth, event.get("engine"))
        self._figures.update({name: event[name] for name in _FIGURES if name in event})

    def _reached(self, index: int, planned: Event) -> tuple[int | None, str | None]:
        """The greatest depth that was reported for a property, or for all of them together, and by which
        engine.
        """
        names = set(_names(planned))
        others = {name for entry in self._plans.get(index, {}).get("properties", []) for name in _names(entry)}
        reached = [
            found for (where, about), found in self._depths.items() if where == index and about not in others - names
        ]
        return max(reached, key=lambda found: found[0], default=(None, None))

    def _search(self, ended: str, seconds: float) -> Event:
        """The document of a search that was cut off: what was asked for and the last figures reported."""
        job = self._job
        reference, _, variant = str(job["protocol"]).partition(":")
        return {
            "schema": f"verify.{job['command']}/1",
            "protocol": reference,
            "variant": variant or job["variant"],
            "dropped": list(job["drops"]),
            "seconds": round(seconds, 3),
            "ended": _ended(ended),
            **self._figures,
        }


def _names(entry: Event) -> tuple[str, str | None]:
    return entry["name"], entry.get("published_name")


def _got_to(depth: int | None, engine: str | None) -> str:
    if depth is None:
        return "no depth was finished"
    return f"reached depth {depth}" + (f" ({engine})" if engine else "")


def _ended(ended: str) -> str:
    return "killed" if ended in ("failed", "crashed") else ended
