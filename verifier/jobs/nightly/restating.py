"""Today's places, sentences and commands for the verdicts of an obligation.

A result may come from an earlier night, when the same model stood elsewhere in its file, or from another machine.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from verifier.documents.listing import ListedProtocol
from verifier.documents.places import Place
from verifier.jobs.nightly.files import is_path
from verifier.kernel.commands import About

if TYPE_CHECKING:
    from verifier.documents import Difference, LemmaEntry, Property, Result, Trace
    from verifier.jobs.nightly.plan import Planned
    from verifier.wire.listings import ProtocolDescription

_USUAL = 8  # the depth that a command need not name


class Restating:
    """One obligation in its reported form; `listing` is the current description of its protocol, None if it could not be
    loaded.
    """

    def __init__(self, planned: Planned, listing: ProtocolDescription | None) -> None:
        self._planned = planned
        self._listed = None if listing is None else ListedProtocol.model_validate(listing)

    @property
    def at(self) -> Place | None:
        """The place of the protocol."""
        return None if self._listed is None else self._listed.at

    def command(self, name: str | None = None) -> str:
        """The command that decides a property again, or the whole obligation."""
        planned = self._planned
        default = self._listed is not None and self._listed.variants[:1] == (planned.variant,)
        about = About(self._reference, None if default else planned.variant, (), planned.scope, planned.settings)
        flags = [] if name is not None else [f"--{flag}" for flag in ("deadlock", "liveness") if getattr(planned, flag)]
        return about.command(
            "prove",
            *flags,
            property=planned.properties if name is None else name,
            k=None if planned.k == _USUAL else planned.k,
            engine=None if planned.engine == "auto" else planned.engine,
        )

    @cached_property
    def _reference(self) -> str:
        """The reference to the protocol from the working directory."""
        reference = self._planned.reference
        if not is_path(reference):
            return reference
        inside = os.path.relpath(reference)
        if inside.startswith(os.pardir + os.sep):
            return reference
        return inside if inside.endswith(".py") else f".{os.sep}{inside}"

    def result(self, result: Result) -> Result:
        """A result with today's statements and places."""
        if self._listed is None:
            return result
        moved = (result.at, result.actions) != (self._listed.at, self._listed.actions)
        facts = {
            "description": self._listed.description,
            "at": self._listed.at,
            "actions": self._listed.actions,
            "properties": tuple(self._property(entry, moved) for entry in result.properties),
            "lemma_report": tuple(self._lemma(entry) for entry in result.lemma_report),
        }
        return result.model_copy(update=facts)

    def difference(self, one: Difference, result: Result | None) -> Difference:
        """A difference with its property's sentence, formula, place and command; without a property, its protocol's place."""
        facts: dict[str, Any] = {"at": self.at, "command": self.command(one.property)}
        if one.property is not None:
            facts |= self._stated(one.property)
            found = [entry for entry in result.properties if entry.name == one.property] if result is not None else []
            facts["explanation"] = found[0].explanation if found else None
        return one.model_copy(update=facts)

    def _stated(self, name: str) -> dict[str, Any]:
        """The sentence, formula and place of a property; nothing for one that the protocol does not list."""
        for entry in () if self._listed is None else self._listed.properties:
            if name in (entry.name, entry.published_name):
                return {"doc": entry.doc, "formula": entry.formula, "at": entry.at}
        return {}

    def _property(self, entry: Property, moved: bool) -> Property:
        facts = {**self._stated(entry.name), "command": self.command(entry.name)}
        moved = moved or facts.get("at") != entry.at
        traces = {name: self._trace(getattr(entry, name), facts) for name in ("trace", "values")}
        # The place of an operation is not known without a run; an old line would mislead.
        undefined = None if moved else entry.undefined_at
        return entry.model_copy(update={**facts, **traces, "undefined_at": undefined})

    def _trace(self, trace: Trace | None, facts: dict[str, Any]) -> Trace | None:
        if trace is None or self._listed is None:
            return trace
        taken = {*trace.actions, trace.meta.attempt.action if trace.meta.attempt is not None else None}
        actions = tuple(action for action in self._listed.actions if action.name in taken)
        return trace.model_copy(update={"meta": trace.meta.model_copy(update={**facts, "actions": actions})})

    def _lemma(self, entry: LemmaEntry) -> LemmaEntry:
        """A lemma or invariant; its trace and its counterexamples to induction have the same place."""
        places: dict[str, Place | None] = {}
        if self._listed is not None:
            places |= {one.name: one.at for one in self._listed.properties}
            places |= {one.name: one.at for one in self._listed.lemmas}
        at = places.get(entry.name)
        facts = {"at": at, "command": self.command(entry.name) if entry.kind == "invariant" else None}
        cti = entry.cti and entry.cti.model_copy(update={"trace": self._trace(entry.cti.trace, facts)})
        return entry.model_copy(update={"at": at, "trace": self._trace(entry.trace, facts), "cti": cti})
