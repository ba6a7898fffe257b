"""Fold the events of a job into its documents, whole or, when the job was cut off, as far as it got.

A property that has no verdict when the job ends becomes UNKNOWN, with the reason and the depth reached.

Attributes of a collector beside its documents: `loading`, the file or distribution whose code was being executed when the last
event came, `unwritten`, what could not be written, by its message, and `refused`, the failures of protocols that were refused, by
their place in the call.
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

# The engines that finish one depth for all open properties before they begin the next.
_BY_DEPTH = ("bounded unrolling", "k-induction")

# What a search reports as it goes; the last figures go into the document of one that was cut off.
_FIGURES = ("distinct", "generated", "diameter", "runs")
_ASKED = ("depth", "seed")


class Collector:
    """Takes events as they arrive; `documents` gives what is known when the job has ended."""

    def __init__(self, job: Event) -> None:
        self.loading: str | None = None
        self.unwritten: list[str] = []
        self.refused: dict[int, Event] = {}
        self._job = job
        self._plans: dict[int, Event] = {}
        self._finished: dict[int, Event] = {}
        self._certificates: list[Event] = []
        self._properties: dict[int, list[Event]] = {}
        self._depths: dict[tuple[int, str | None, str], int] = {}
        self._figures: Event = {}
        self._drops: list[Event] = []

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
            case "drop":
                self._drops.append(event["drop"])
            case "certificate":
                self._certificates.append(event["certificate"])
            case "document":
                self._finished[index] = event["document"]
            case "refused":
                self.refused[index] = event
            case "loading":
                self.loading = event["reference"]
            case "unwritten":
                self.unwritten.append(event["message"])

    @property
    def finished(self) -> list[Event]:
        """The documents that are whole, in the order of the call."""
        return [self._finished[index] for index in sorted(self._finished)]

    def reason(self, ended: str, limit: str | None = None) -> str:
        """Why a job has ended before its time."""
        reason = _WHY.get(ended, ended) + (f" ({limit})" if limit else "")
        return f"{reason} while {self.loading} was being loaded" if self.loading is not None else reason

    def documents(self, ended: str, *, seconds: float, limit: str | None = None) -> list[Event]:
        """The documents of the job in the order of the call.

        Args:
            ended: how the job ended, a value of `Outcome.ended`.
            seconds: the wall time of the whole job.
            limit: the limit that was hit, such as `2 s`, for the reasons.
        """
        if self._job["command"] == "prove":
            count = len(self._job["protocols"])
            return [
                self._result(index, ended, seconds, limit) for index in range(count) if index not in self.refused
            ]
        if 0 in self._finished:
            return [self._finished[0]]
        if self._job["command"] == "gaps" and ended != "complete":
            return [self._gaps(ended, seconds, limit)]
        if self._job["command"] == "check" and ended != "complete":
            return [self._check(ended, seconds, limit)]
        if ended == "complete" or self._job["command"] not in ("explore", "simulate"):
            return []
        return [self._search(ended, seconds)]

    def _check(self, ended: str, seconds: float, limit: str | None) -> Event:
        """The certificates that were checked before the run was cut off, and the names of the others."""
        names = [entry["name"] for entry in self._job["certificates"]]
        return {
            "schema": "verify.check/1",
            "rederived": self._job["rederive"],
            "certificates": self._certificates,
            "unchecked": names[len(self._certificates) :],
            "reason": self.reason(ended, limit),
            "seconds": round(seconds, 3),
            "ended": _ended(ended),
        }

    def _result(self, index: int, ended: str, seconds: float, limit: str | None) -> Event:
        if index in self._finished:
            return self._finished[index]
        found = {_published(entry): entry for entry in self._properties.get(index, [])}
        plan = self._plans.get(index) or self._skeleton(index, self.reason(ended, limit))
        entries = []
        for planned in plan["properties"]:
            name = _published(planned)
            entries.append(found.pop(name) if name in found else self._unknown(index, planned, ended, limit))
        entries.extend(found.values())
        return {**plan, "properties": entries, "seconds": round(seconds, 3), "ended": _ended(ended)}

    def _skeleton(self, index: int, reason: str) -> Event:
        """What the call itself says about a protocol that the worker did not come to, for a reason."""
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
            "statistics": {"warnings": [f"nothing was searched: {reason}"]},
        }

    def _unknown(self, index: int, planned: Event, ended: str, limit: str | None) -> Event:
        names = set(_names(planned))
        others = {name for entry in self._plans.get(index, {}).get("properties", []) for name in _names(entry)}
        seen = [
            (depth, engine)
            for (where, about, engine), depth in self._depths.items()
            if where == index and about not in others - names
        ]
        # A depth is reported when the work at it begins, so the one before it was finished.
        searched = max((depth - 1 for depth, engine in seen if engine in _BY_DEPTH), default=-1)
        if self._plans.get(index, {}).get("scope") == "unbounded":
            searched = -1  # what is searched by depth there is only a finite instance
        parts = [self.reason(ended, limit)]
        parts.append(f"searched to depth {searched}" if searched >= 0 else "no depth was finished")
        if seen:
            depth, engine = seen[-1]
            parts.append(f"then {engine} at depth {depth}")
        return {**planned, "verdict": "unknown", "k": searched if searched >= 0 else None, "reason": "; ".join(parts)}

    def _note(self, index: int, event: Event) -> None:
        """Keep the greatest depth of each work, the latest work last, and the last figures of a search."""
        depth, engine = event.get("k"), event.get("engine")
        if depth is not None and engine is not None:
            key = (index, event.get("property", event.get("text")), engine)
            before = self._depths.pop(key, depth)
            self._depths[key] = max(depth, before)
        self._figures.update({name: event[name] for name in _FIGURES if name in event})

    def _gaps(self, ended: str, seconds: float, limit: str | None) -> Event:
        """The drops that were finished; of the others, why there is no answer."""
        plan = self._plans.get(0)
        if plan is None:
            reference, _, variant = str(self._job["protocol"]).partition(":")
            plan = {
                "schema": "verify.gaps/1",
                "protocol": reference,
                "variant": variant or self._job["variant"],
                "drops": [],
            }
        reason = self.reason(ended, limit)
        rest = [{**planned, "reason": reason} for planned in plan["drops"][len(self._drops) :]]
        return {**plan, "drops": [*self._drops, *rest], "seconds": round(seconds, 3), "ended": _ended(ended)}

    def _search(self, ended: str, seconds: float) -> Event:
        """The document of a search that was cut off: what was asked for and the last figures reported."""
        job = self._job
        reference, _, variant = str(job["protocol"]).partition(":")
        return {
            "schema": f"verify.{job['command']}/1",
            "protocol": reference,
            "variant": variant or job["variant"],
            "dropped": list(job["drops"]),
            **{name: job[name] for name in _ASKED if name in job},
            "seconds": round(seconds, 3),
            "ended": _ended(ended),
            **self._figures,
        }


def _published(entry: Event) -> str:
    return str(entry.get("published_name") or entry["name"])


def _names(entry: Event) -> tuple[str, str | None]:
    return entry["name"], entry.get("published_name")


def _ended(ended: str) -> str:
    return "killed" if ended in ("failed", "crashed") else ended
