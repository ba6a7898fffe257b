"""The next command to type, for each property that a run leaves open: the best one from the facts of the run and the workbench.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from verifier.kernel.errors import VerifyError
from verifier.kernel.model import Model
from verifier.proof.strategy.requests import ProveRequest
from verifier.semantics.scope.finite import finite_scope, parse_settings

if TYPE_CHECKING:
    from verifier.wire.induction import LemmaReportEntry
    from verifier.wire.results import PropertyEntry


class Advice:
    """Advice on the next command after one run, given its report on lemmas and properties."""

    def __init__(
        self,
        request: ProveRequest,
        model: Model,
        lemmas: Sequence[LemmaReportEntry],
        entries: Mapping[str, PropertyEntry],
    ) -> None:
        self._request = request
        self._about = request.about
        self._model = model
        self._lemmas = {result["name"]: result for result in lemmas}
        self._by_published = {result["published_name"]: result for result in lemmas}
        self._entries = entries

    def next(self, entry: PropertyEntry) -> str:
        """The command for a property that is unknown or bounded."""
        if self._request.engine == "bmc":
            return self._about.command("prove", property=entry["name"])
        return self._missing_lemma(entry) or self._companion(entry) or self._other_way(entry) or self._smaller(entry)

    def _missing_lemma(self, entry: PropertyEntry) -> str | None:
        """Where the property is not inductive, or rests on a statement that is not: the counterexamples of the action at fault.
        """
        own = self._by_published.get(entry["published_name"])
        chain = [] if own is None else [own, *(self._lemmas[n] for n in own["rests_on"] if n in self._lemmas)]
        for known in chain:
            if known["status"] in ("not preserved", "unknown") and known["action"] is not None:
                return self._about.command("lemmas", preserved=known["action"])
        if any(known["status"] == "false" for known in chain):
            return self._about.command("lemmas")
        return None

    def _companion(self, entry: PropertyEntry) -> str | None:
        """Where something that the property needs is not proved: that."""
        reason = entry.get("reason") or ""
        for other in self._entries.values():
            left = other["kind"] == "range" and other["verdict"] == "violated" and "out of range" in reason
            named = other["verdict"] != "proved" and reason.startswith(f"{other['name']} is ")
            if other is not entry and (left or named):
                return self._about.command("prove", property=other["name"])
        return None

    def _other_way(self, entry: PropertyEntry) -> str | None:
        """Without the options that kept the run from trying more; or the counterexample to induction."""
        request = self._request
        if request.engine != "auto" or not request.lemmas or not request.hints:
            return self._about.command("prove", property=entry["name"])
        if not request.show_cti and entry["kind"] == "action":
            return self._about.command("prove", "--show-cti", property=entry["name"])
        return None

    def _smaller(self, entry: PropertyEntry) -> str:
        """At a smaller size; at unbounded scope, at the published ones."""
        if self._request.scope == "unbounded":
            return self._about.command("prove", scope=None, property=entry["name"])
        given = parse_settings(self._request.settings)
        sizes = {name: parameter.default for name, parameter in self._model.parameters.items()}
        sizes |= {name: int(value) for name, value in given.items() if value.isdigit()}
        for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
            smaller = {**given, name: str(sizes[name] - 1)}
            if sizes[name] > 1 and self._exists(smaller):
                settings = [f"{key}={value}" for key, value in smaller.items()]
                return self._about.command("prove", settings=settings, property=entry["name"])
        return self._about.command("prove", property=entry["name"], k=2 * self._request.k or 1)

    def _exists(self, settings: Mapping[str, str]) -> bool:
        try:
            finite_scope(self._model, settings)
        except VerifyError:
            return False
        return True
