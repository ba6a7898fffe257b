"""From a suite to its obligations: protocols, variants, scopes and sizes spelled out, and the expectation for each property."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verifier.jobs.arguments import ENGINES
from verifier.jobs.nightly.digests import key_of
from verifier.jobs.nightly.files import is_path
from verifier.kernel.errors import UsageError, nearest
from verifier.kernel.properties import DEADLOCK, DEFINED
from verifier.kernel.spelling import is_called

if TYPE_CHECKING:
    from verifier.documents import Expectation, Suite, SuiteEntry
    from verifier.wire.jobs import ProveJob
    from verifier.wire.listings import Fault, ListedPropertyEntry, ProtocolDescription, Surveyed

_SWEEP = re.compile(r"(-?[0-9]{1,9})\.\.(-?[0-9]{1,9})")
_MOST = 10_000  # obligations of one suite
_WALL = 5  # wall time of an obligation, in multiples of its processor budget: a busy machine is not a model's fault
THOROUGH = 5  # times the default number of runs are tried for proved properties that get certificates
_BY_DEPTH = ("bmc", "kinduction")


@dataclass(frozen=True, slots=True)
class Planned:
    """One obligation, ready to run.

    Attributes:
        where: the suite's entry that it comes from, for messages.
        called: the suite's name for the protocol; two files may hold protocols of the same name.
        reference: the protocol for a worker: a name or an absolute path.
        settings: the parameters as `--set` takes them.
        expected: by published name. Those in `asked` were written in the suite, the others follow the model's own table.
        names: the name that documents use for each property, by published name.
        silent: the published names of properties that a result lists only if they are not proved.
        digest: of the protocol's evidence, see `catalog.digest`; empty if it could not be loaded, for the reason in `fault`.
        listing: the protocol's description; None if it could not be loaded.
        fault_kind: whether the fault lies in the model (input) or in the tool (internal).
    """

    id: str
    where: str
    called: str
    reference: str
    protocol: str
    variant: str
    scope: str
    settings: tuple[str, ...]
    parameters: Mapping[str, int | str]
    properties: tuple[str, ...]
    engine: str
    k: int
    timeout: float
    memory: int
    certificates: bool
    deadlock: bool
    liveness: bool
    expected: Mapping[str, Expectation]
    asked: frozenset[str]
    names: Mapping[str, str] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    digest: str = ""
    listing: ProtocolDescription | None = None
    fault: str | None = None
    fault_kind: str = "input"

    @property
    def wall(self) -> float:
        """Seconds after which the proof, or the check of its certificates, is stopped regardless of its processor time."""
        return _WALL * self.timeout

    def key(self, sources: str, versions: Mapping[str, str | None]) -> str:
        """The key of the stored verdicts: a digest of everything that they depend on.

        These are the whole job, except where the protocol is found; the meaning of its words; and the programs that do the job.
        """
        return key_of(
            {
                "format": 2,
                **self.job(),
                "protocols": [self.protocol],
                "settings": sorted(self.settings),
                "digest": self.digest,
                "certificates": self.certificates,
                "sources": sources,
                "versions": dict(versions),
            }
        )

    def job(self) -> ProveJob:
        """The worker's job."""
        job: ProveJob = {
            "command": "prove",
            "protocols": [self.reference],
            "variant": self.variant,
            "drops": [],
            "scope": self.scope,
            "settings": list(self.settings),
            "k": self.k,
            "properties": list(self.properties),
            "engine": self.engine,
            "hints": True,
            "lemmas": True,
            "explain": False,
            "show_cti": False,
            "blame": self.certificates,
            "thorough": THOROUGH if self.certificates else 1,
            "verdicts_only": True,
        }
        if self.deadlock:
            job["deadlock"] = True
        if self.liveness:
            job["liveness"] = True
        return job


def references(suite: Suite, folder: Path, builtins: Sequence[str]) -> dict[str, str]:
    """The suite's name for each protocol, and the reference by which a worker finds it."""
    from verifier.documents.suite import EVERY

    result: dict[str, str] = {}
    for entry in suite.obligation:
        for name in _listed(entry.protocol):
            for one in _meant(entry, builtins) if name == EVERY else [name]:
                result[one] = str((folder / one).resolve()) if is_path(one) else one
    return result


def _meant(entry: SuiteEntry, builtins: Sequence[str]) -> list[str]:
    return [name for name in builtins if name not in entry.without]


def plan(
    suite: Suite, path: Path, result: Mapping[str, str], surveyed: Mapping[str, Surveyed], builtins: Sequence[str]
) -> list[Planned]:
    """The obligations of a suite, in its order.

    Args:
        suite: the suite, read from `path`.
        references: the result of `references`.
        surveyed: the entry for each reference, see `survey.survey`.
        builtins: the names that `"*"` stands for.

    Raises:
        UsageError: the suite names something that does not exist, or contradicts itself.
    """
    planned: dict[str, Planned] = {}
    for number, entry in enumerate(suite.obligation, start=1):
        where = f"{path}: obligation[{number}]"
        for one in _Expansion(suite, entry, where, result, surveyed, builtins).obligations():
            if one.id in planned:
                raise _twice(planned[one.id], one)
            planned[one.id] = one
            if len(planned) > _MOST:
                raise UsageError(
                    f"{where}: the suite has more than {_MOST} obligations", hint="sweep over fewer values"
                )
    return list(planned.values())


def _twice(first: Planned, second: Planned) -> UsageError:
    earlier = first.where.rpartition(" ")[2]
    differs = [name for name, wanted in second.expected.items() if first.expected.get(name) != wanted]
    if differs:
        name = differs[0]
        other = first.expected.get(name)
        return UsageError(
            f"{second.where}.expected: of {second.names.get(name, name)} in {first.id} it expects {second.expected[name].text}, "
            f"but {earlier} expects {other.text if other else 'nothing'}"
        )
    return UsageError(f"{second.where}: {first.id} is an obligation of {earlier} already")


class _Expansion:
    """The obligations of one entry of a suite."""

    def __init__(
        self,
        suite: Suite,
        entry: SuiteEntry,
        where: str,
        result: Mapping[str, str],
        surveyed: Mapping[str, Surveyed],
        builtins: Sequence[str],
    ) -> None:
        self.suite = suite
        self.entry = entry
        self.where = where
        self.references = result
        self.surveyed = surveyed
        self.builtins = builtins

    def obligations(self) -> Iterator[Planned]:
        from verifier.documents.suite import EVERY

        entry = self.entry
        if entry.engine not in ENGINES:
            hint = f"engines: {', '.join(ENGINES)}"
            raise UsageError(f"{self.where}.engine: there is no engine {entry.engine!r}", hint=hint)
        if entry.parameters and "unbounded" in _listed(entry.scope):
            raise UsageError(f"{self.where}.parameters: a suite gives none at the unbounded scope")
        for name in entry.without:
            if name not in self.builtins or EVERY not in _listed(entry.protocol):
                found = name in self.builtins
                hint = f'protocol = "{EVERY}" goes with it' if found else nearest(name, self.builtins, "protocols")
                raise UsageError(f"{self.where}.without: {name!r} is not left out of anything", hint=hint)
        for name in _listed(entry.protocol):
            for one in _meant(entry, self.builtins) if name == EVERY else [name]:
                yield from self._of_protocol(one, every=name == EVERY)

    def _of_protocol(self, name: str, *, every: bool) -> Iterator[Planned]:
        """The obligations of one protocol. A variant that was not named is left out at a scope that it does not have.

        With `every` the protocol was not named either, and may have no such variant.
        """
        from verifier.documents.suite import EVERY

        reference = self.references[name]
        known = self.surveyed[reference]
        if "error" in known:
            yield self._broken(name, reference, known["error"])
            return
        listing = known["entry"]
        for wanted in _listed(self.entry.variant) or [listing["variants"][0]]:
            if wanted != EVERY and wanted not in listing["variants"]:
                hint = nearest(wanted, listing["variants"], "variants")
                raise UsageError(f"{self.where}.variant: {name} has no variant {wanted!r}", hint=hint)
            if not every and wanted == EVERY and "unbounded" in _listed(self.entry.scope):
                self._has_unbounded(name, listing["variants"], known["refused"])
            for variant in listing["variants"] if wanted == EVERY else [wanted]:
                for scope in _listed(self.entry.scope):
                    if (every or wanted == EVERY) and scope == "unbounded" and variant in known["refused"]:
                        continue
                    for parameters in self._sizes(listing):
                        yield self._planned(name, reference, known, variant, scope, parameters)

    def _has_unbounded(self, name: str, variants: Sequence[str], refused: Sequence[str]) -> None:
        if set(variants) <= set(refused):
            hint = f"verify prove {name} --scope unbounded says why"
            raise UsageError(f"{self.where}.scope: no variant of {name} has the unbounded scope", hint=hint)

    def _broken(self, name: str, reference: str, error: Fault) -> Planned:
        """An obligation that fails, for a file that exists but is not a model; a name that does not exist is a mistake."""
        position = f"{error['file']}:{error['line']}: " if error["file"] else ""
        if error["kind"] == "usage":
            raise UsageError(f"{self.where}.protocol: {position}{error['message']}", hint=error["hint"])
        return self._make(
            id=f"{name}/{'/'.join(_listed(self.entry.variant)) or 'default'}/{'/'.join(_listed(self.entry.scope))}",
            called=name,
            reference=reference,
            protocol=name,
            variant=(_listed(self.entry.variant) or ["default"])[0],
            scope=_listed(self.entry.scope)[0],
            parameters={},
            expected={},
            asked=frozenset(),
            fault=f"{position}{error['message']}" + (f" ({error['hint']})" if error["hint"] else ""),
            fault_kind="internal" if error["kind"] == "internal" else "input",
        )

    def _sizes(self, listing: ProtocolDescription) -> Iterator[dict[str, int | str]]:
        """Every combination of the parameters' values, in the order of the suite."""
        known = [parameter["name"] for parameter in listing["parameters"]]
        values: list[list[int | str]] = []
        for name, given in self.entry.parameters.items():
            if name not in known and f"{name}_1" not in known:
                hint = nearest(name, known, "parameters")
                raise UsageError(f"{self.where}.parameters: {listing['name']} has no parameter {name}", hint=hint)
            values.append(self._swept(name, given))
        for combination in itertools.product(*values):
            yield dict(zip(self.entry.parameters, combination, strict=True))

    def _swept(self, name: str, given: int | str | list[int | str]) -> list[int | str]:
        if isinstance(given, list):
            return [value for one in given for value in self._swept(name, one)]
        range_ = _SWEEP.fullmatch(given) if isinstance(given, str) else None
        if range_ is None:
            return [given]
        low, high = int(range_[1]), int(range_[2])
        if not low <= high < low + _MOST:
            raise UsageError(f"{self.where}.parameters.{name}: {given} is not a range of sizes", hint="write 2..4")
        return list(range(low, high + 1))

    def _planned(
        self, name: str, reference: str, known: Surveyed, variant: str, scope: str, parameters: dict[str, int | str]
    ) -> Planned:
        listing = known["entry"]
        if self.entry.deadlock:
            listing = {**listing, "properties": [*listing["properties"], *_deadlock(listing["variants"])]}
        properties = [self._property(listing, variant, given) for given in self.entry.properties]
        parts = [name, variant, scope, ",".join(f"{key}={value}" for key, value in parameters.items())]
        parts.append(",".join(entry["name"] for entry in properties))
        parts.append("" if self.entry.engine == "auto" else self.entry.engine)
        parts.append("" if self.entry.k is None else f"k={self.entry.k}")
        parts.append("deadlock" if self.entry.deadlock else "")
        parts.append("liveness" if self.entry.liveness else "")
        if properties and self.entry.deadlock and DEADLOCK not in {entry["name"] for entry in properties}:
            properties.append(self._property(listing, variant, DEADLOCK))
        if properties and self.entry.liveness:
            named = {entry["name"] for entry in properties}
            properties += [
                entry
                for entry in listing["properties"]
                if entry["kind"] == "liveness" and variant in entry["expected"] and entry["name"] not in named
            ]
        stated = properties or [
            entry
            for entry in listing["properties"]
            if variant in entry["expected"] and (self.entry.liveness or entry["kind"] != "liveness")
        ]
        asked = self._asked(listing, variant, stated)
        expected = {**_table(stated, variant, exact=scope == "published" and not parameters), **asked}
        return self._make(
            id="/".join(part for part in parts if part),
            called=name,
            reference=reference,
            protocol=listing["name"],
            variant=variant,
            scope=scope,
            parameters=parameters,
            properties=tuple(entry["name"] for entry in properties),
            expected=expected,
            certificates=self._certified(expected),
            asked=frozenset(asked),
            names={_published(entry): entry["name"] for entry in listing["properties"]},
            silent=frozenset(_published(entry) for entry in listing["properties"] if entry["kind"] == "defined"),
            digest=known["digest"],
            listing=listing,
        )

    def _make(self, *, parameters: dict[str, int | str], **fields: Any) -> Planned:
        entry, defaults = self.entry, self.suite.defaults
        return Planned(
            where=self.where,
            parameters=parameters,
            settings=tuple(f"{name}={value}" for name, value in parameters.items()),
            engine=entry.engine,
            k=defaults.k if entry.k is None else entry.k,
            timeout=defaults.timeout if entry.timeout is None else entry.timeout,
            memory=defaults.memory if entry.memory is None else entry.memory,
            deadlock=entry.deadlock,
            liveness=entry.liveness,
            **{"properties": (), "certificates": False, **fields},
        )

    def _certified(self, expected: Mapping[str, Expectation]) -> bool:
        from verifier.documents.suite import FAULTLESS

        asked = self.suite.defaults.certificates if self.entry.certificates is None else self.entry.certificates
        return all(one.verdict != "violated" for one in expected.values()) if asked == FAULTLESS else asked is True

    def _property(self, listing: ProtocolDescription, variant: str, given: str) -> ListedPropertyEntry:
        stated = [entry for entry in listing["properties"] if variant in entry["expected"]]
        for entry in stated:
            if is_called(given, entry["name"], entry["published_name"]):
                return entry
        names = [name for entry in stated for name in (entry["name"], entry["published_name"]) if name]
        hint = nearest(given, names, "properties")
        raise UsageError(f"{self.where}: {listing['name']}:{variant} has no property {given!r}", hint=hint)

    def _asked(
        self, listing: ProtocolDescription, variant: str, stated: list[ListedPropertyEntry]
    ) -> dict[str, Expectation]:
        """The suite's own expectations, by published name."""
        from verifier.documents.suite import expectation

        given = self.entry.expected
        if isinstance(given, str):
            wanted = expectation(given)
            self._fits(wanted, "")
            return {_published(entry): wanted for entry in stated}
        asked: dict[str, Expectation] = {}
        for name, text in given.items():
            result = self._property(listing, variant, name)
            published = _published(result)
            wanted = expectation(text)
            if published in asked and asked[published] != wanted:
                raise UsageError(
                    f"{self.where}.expected.{name}: {wanted.text} contradicts {asked[published].text} "
                    f"for {result['name']}"
                )
            if all(_published(entry) != published for entry in stated):
                raise UsageError(f"{self.where}.expected.{name}: it is not among the properties of this obligation")
            self._fits(wanted, f".{name}")
            asked[published] = wanted
        return asked

    def _fits(self, wanted: Expectation, key: str) -> None:
        """Refuse an expectation that the depth of the obligation rules out."""
        k = self.suite.defaults.k if self.entry.k is None else self.entry.k
        depth = wanted.k if wanted.verdict == "bounded" else wanted.steps
        by_depth = wanted.verdict == "bounded" or self.entry.engine in _BY_DEPTH
        if depth is not None and by_depth and depth > k:
            raise UsageError(
                f"{self.where}.expected{key}: {wanted.text} cannot be met with k = {k}", hint=f"set k = {depth}"
            )


def _deadlock(variants: Sequence[str]) -> list[ListedPropertyEntry]:
    """The listing entries of the property that a suite requests, and of the definedness of its text."""
    kinds = (DEADLOCK, "state"), (f"{DEFINED}@{DEADLOCK}", "defined")
    return [
        {
            "name": name,
            "published_name": name,
            "kind": kind,
            "doc": "",
            "formula": None,
            "at": None,
            "expected": dict.fromkeys(variants, "proved"),
            "expected_steps": {},
            "expected_loops": {},
            "vacuous": None,
            "under": [],
        }
        for name, kind in kinds
    ]


def _table(stated: list[ListedPropertyEntry], variant: str, *, exact: bool) -> dict[str, Expectation]:
    """The model's own expectations; the number of steps applies to the published constants only."""
    from verifier.documents import Expectation

    expected = {}
    for entry in stated:
        steps = entry["expected_steps"].get(variant) if exact else None
        loop = entry["expected_loops"].get(variant) if exact else None
        expected[_published(entry)] = Expectation(verdict=entry["expected"][variant], steps=steps, loop=loop)
    return expected


def _published(entry: ListedPropertyEntry) -> str:
    """The published name of a listed property."""
    return str(entry["published_name"] or entry["name"])


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if isinstance(given, list) else [given]
