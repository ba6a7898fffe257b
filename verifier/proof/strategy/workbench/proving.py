"""The report of a `prove` run beside its verdicts: the status of lemmas and invariants, and the next command to type.

Facts that the run knows are not asked again: a lemma that belongs to an inductive set is inductive, so is an invariant that an
induction of depth 1 proves, and one that is violated is false. The workbench is asked only where a lemma is not known to be
inductive, an invariant is left open, or counterexamples to induction are wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from verifier.kernel.errors import VerifyError
from verifier.kernel.model import Model
from verifier.proof.strategy.entries import Report
from verifier.proof.strategy.requests import ProveRequest
from verifier.proof.strategy.workbench.advice import Advice
from verifier.proof.strategy.workbench.asked import Asked
from verifier.proof.strategy.workbench.entries import cti, entry, planned
from verifier.proof.strategy.workbench.findings import Finding, joined
from verifier.semantics.obligations.statements import Statement

if TYPE_CHECKING:
    from verifier.proof.strategy.workbench.checking import Checking
    from verifier.wire.induction import InductionCounterexample, LemmaReportEntry
    from verifier.wire.results import PropertyEntry, ResultDocument

MOST_STEPS = 8
"""The steps to which runs are followed, whatever the depth of the run of `prove`."""

class Conclusion:
    """The end of one run, about these statements."""

    def __init__(self, report: Report, request: ProveRequest, model: Model, stated: Iterable[Statement]) -> None:
        hints = request.hints and request.lemmas
        self.stated = tuple(one for one in stated if hints or one.kind == "invariant")
        self.ctis: list[InductionCounterexample] = []
        self.warnings: list[str] = []
        self.report = report
        self.request = request
        self.model = model
        self._showing = request.show_cti and request.engine != "bmc"

    def used(self, one: Statement) -> Sequence[str] | None:
        """The assumptions of the consecution of a statement, if the run knows an inductive set that it belongs to."""
        return None

    def checking(self, asked: Asked) -> Checking | None:
        """The workbench, if this run may ask a solver. Raises VerifyError where there is no instance."""
        return None

    def findings(self) -> Iterator[Finding]:
        """The findings made without the workbench."""
        yield from ()

    def quick(self, known: Mapping[str, LemmaReportEntry]) -> dict[str, list[str]]:
        """The assumptions of each lemma not known yet, if one question shows all of them inductive together with those known."""
        return {}

    def draw(self, document: Callable[[], ResultDocument]) -> None:
        """Completes the report: its lemmas, the counterexamples to induction of its properties, the next commands.

        All verdicts are out before the workbench is asked, in a `document`: if the run ends early, no verdict is lost.
        """
        if self.request.fail_fast and any(result["verdict"] == "violated" for result in self.report.entries.values()):
            for waiting in self._open():
                waiting["next"] = self.request.about.command("prove", property=waiting["name"])
            return
        known = {one.name: result for one in self.stated if (result := self._known(one)) is not None}
        if self._all_violated() or (self.request.verdicts_only and not self._open()):
            self.report.lemmas = list(known.values())
            return
        if any(one.kind == "lemma" and one.name not in known for one in self.stated):
            seen = self.quick(known)
            known |= {o.name: self._inductive(o, seen[o.name]) for o in self.stated if o.name in seen}
        findings: list[Finding] = []
        checking = None
        if self._asks(known):
            self._advise(list(known.values()))
            self.report.emit({"event": "document", "document": document()})
            with self.report.clock.phase("lemmas"):
                checking = self._checking()
                findings = joined(self._found(checking, known))
        entries = {finding.statement.name: entry(finding, self.model, self.request.scope) for finding in findings}
        lemmas = [known.get(one.name) or entries.get(one.name) for one in self.stated]
        self.report.lemmas = [result for result in lemmas if result is not None]
        false = [result for result in self.report.lemmas if result["status"] == "false" and result["kind"] == "lemma"]
        self.warnings = [_warning(result) for result in false]
        self._show(checking, entries)
        self._advise(self.report.lemmas)

    def _all_violated(self) -> bool:
        """Whether all that was asked for is violated: no lemma can serve that, so nothing is asked about lemmas."""
        entries = self.report.entries.values()
        return bool(self.request.properties) and all(result["verdict"] == "violated" for result in entries)

    def _advise(self, lemmas: Sequence[LemmaReportEntry]) -> None:
        advice = Advice(self.request, self.model, lemmas, self.report.entries)
        for open_ in self._open():
            open_["next"] = advice.next(open_)

    def _found(self, checking: Checking | None, known: Collection[str]) -> list[Finding]:
        try:
            return list(self.findings() if checking is None else checking.run(known))
        except VerifyError:
            return []  # No state is initial; the verdicts have said so.

    def _open(self) -> list[PropertyEntry]:
        return [result for result in self.report.entries.values() if result["verdict"] in ("unknown", "bounded")]

    def _checking(self) -> Checking | None:
        try:
            # Where no verdict is open, nothing has to be explained: what is found at once about the lemmas is enough.
            return self.checking(Asked(k=min(self.request.k, MOST_STEPS) if self._open() else 0))
        except VerifyError:
            return None  # There is no such instance; the verdicts have said so.

    @property
    def narrowed(self) -> bool:
        """Whether the run left lemmas out, since it needed none of them."""
        return False

    def _asks(self, known: Mapping[str, LemmaReportEntry]) -> bool:
        """Whether the run leaves something open that the workbench can say."""
        entries = self.report.entries
        for one in self.stated:
            result = entries.get(one.whole.name)
            if one.name in known:
                continue
            if one.kind == "lemma":
                if not self.narrowed:
                    return True
                continue
            if self.request.engine != "bmc" and result is not None and result["verdict"] in ("unknown", "bounded"):
                return True
        return self._showing and any(result["verdict"] != "violated" and not _is_induction(result) for result in entries.values())

    # -- facts of the run --------------------------------------------------------------------------------------------

    def _known(self, one: Statement) -> LemmaReportEntry | None:
        result = self.report.entries.get(one.whole.name)
        if result is not None and result["verdict"] == "violated":
            return _told(one, self.model, result)
        used = self.used(one)
        if used is not None:
            return self._inductive(one, used)
        if result is not None and _is_induction(result):
            return self._inductive(one, result.get("lemmas") or ())
        return None

    def _inductive(self, one: Statement, used: Iterable[str]) -> LemmaReportEntry:
        """An inductive statement; its assumptions by name, where they are statements too."""
        names = {known: other.name for other in self.stated for known in _names(other)}
        known = dict.fromkeys(names.get(lemma, lemma) for lemma in used)
        return {**_told(one, self.model), "with": [name for name in known if name != one.name]}

    # -- counterexamples to induction --------------------------------------------------------------------------------

    def _show(self, checking: Checking | None, entries: Mapping[str, LemmaReportEntry]) -> None:
        """Adds counterexamples to induction to the properties that have one."""
        by_name = {result["published_name"]: result for result in entries.values()}
        for name, result in self.report.entries.items():
            known = by_name.get(name)
            if known is not None and known["cti"] is not None:
                result["cti"] = known["cti"]
            elif checking is not None and self._showing and result["verdict"] != "violated" and not _is_induction(result):
                property = next((p for p in checking.bench.ground.scope.model.properties if p.name == name), None)
                shown = None if property is None else checking.property_broken(property)
                result["cti"] = None if shown is None else cti(shown, self.request.scope)
            shown_cti = result.get("cti")
            if shown_cti is not None:
                self.ctis.append(shown_cti)


def _is_induction(result: PropertyEntry) -> bool:
    """Whether an induction of depth 1 proves a property."""
    by_induction = result["verdict"] == "proved" and result.get("method") in ("k-induction", "lemmas", "trivial")
    return by_induction and (result.get("k") or 0) < 2


def _names(one: Statement) -> Iterator[str]:
    """The names of a statement and its parts in proofs."""
    yield from (one.name, *one.texts)
    yield from (part.name for part in one.parts)


def _told(one: Statement, model: Model, false: PropertyEntry | None = None) -> LemmaReportEntry:
    """The entry for a statement that the run knows to be inductive, or false, as the entry of the property says."""
    return {
        **planned(one, model),
        "status": "inductive" if false is None else "false",
        "part": None,
        "action": None,
        "with": None,
        "rests_on": [],
        "parameters": None,
        "steps": None if false is None else false.get("steps"),
        "trace": None if false is None else false.get("trace"),
        "explanation": None if false is None else false.get("explanation"),
        "cti": None,
        "reason": None,
        "seconds": None,
        "parts": [],
        "by_action": [],
    }


def _warning(result: LemmaReportEntry) -> str:
    steps = result["steps"] or 0
    where = "in" if not steps else "at the end of"
    run = "an initial state" if not steps else "a run of 1 step" if steps == 1 else f"a run of {steps} steps"
    if result["reason"] is not None:
        return f"lemma {result['name']} is undefined: {where} {run} its text has no value"
    return f"lemma {result['name']} is false: {run} falsifies it"
