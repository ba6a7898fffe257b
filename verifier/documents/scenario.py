"""The input and output of `verify scenario`: the configuration of a scenario and its report, in their published shape."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    JsonValue,
    PlainSerializer,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from verifier.documents.base import Document, Part

_MOST = 2**64 - 1
_VALIDATORS = 1_000_000  # each is counted, and the report names those that are Byzantine
_DECIMALS = 15  # so many survive the double that a reader of JSON makes of a number
_DIGITS = 4_000  # of an integer that Python reads at once
_SHOWN = 60  # characters of a value in a message


def _number(value: object) -> object:
    """A JSON number, exactly as written: 0.67 is 67/100."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise ValueError("not a number")
    number = Decimal(str(value))
    if 0 < number <= 1 and number != round(number, _DECIMALS):
        raise ValueError("too many decimals")
    return number


class _TooLong(str):
    """A number that is too long to be read, as it is written."""


def _integer(text: str) -> int | _TooLong:
    return int(text) if len(text) <= _DIGITS else _TooLong(text)


def _decimal(text: str) -> Decimal | _TooLong:
    try:
        return Decimal(text)
    except ArithmeticError:
        return _TooLong(text)


Natural = Annotated[StrictInt, Field(ge=0, le=_MOST)]
Positive = Annotated[StrictInt, Field(gt=0, le=_MOST)]
Share = Annotated[
    Decimal,
    BeforeValidator(_number),
    Field(gt=0, le=1),
    PlainSerializer(float, return_type=float),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
]

RULES = {
    "validators": f"an integer > 0, and at most {_VALIDATORS}",
    "byzantine_count": "an integer >= 0 with byzantine_count < validators and 3*byzantine_count < validators",
    "offline_count": "an integer >= 0 with offline_count < validators and byzantine_count + offline_count < validators",
    "max_rounds": "an integer >= 0",
    "network_delay": "an integer >= 0 (ms)",
    "timeout_ms": "an integer > 0 (ms)",
    "exploration_depth": "an integer > 0",
    "leader_window_size": "an integer >= 0",
    "adaptive_timeouts": "true or false",
    "vrf_enabled": "true or false",
    "network_partitions": "true or false",
    "stress_test": "true or false",
    "test_edge_cases": "true or false",
    "stake_distribution": (
        'null, or an object with exactly `validators` entries "0" to "n-1", integers >= 0 whose sum is > 0'
    ),
    "bandwidth_limit": "an integer >= 0 (bytes/s)",
    "erasure_coding": "null, or [k, n] with k > 0, n > 0 and k <= n",
    "fast_path_threshold": f"a number x with 0 < x <= 1, with at most {_DECIMALS} decimals",
    "slow_path_threshold": f"a number x with 0 < x <= 1, with at most {_DECIMALS} decimals",
}
"""The requirement on each field, in the words of a message."""


class _Broken(ValueError):
    """The rule of a field that reads other fields is broken; the argument is its name."""


class BadConfig(Exception):
    """The message for a rejected configuration, in one line: the field, its value and the rule."""


class ScenarioConfig(Document):
    """The configuration of a scenario. Keys that it does not know are ignored.

    Without `stake_distribution` each validator has a stake of 1. Thresholds are exact: the decimal text as a fraction.
    """

    model_config = ConfigDict(extra="ignore")

    validators: Annotated[Positive, Field(le=_VALIDATORS)]
    byzantine_count: Natural
    offline_count: Natural
    max_rounds: Natural
    network_delay: Natural
    timeout_ms: Positive
    exploration_depth: Positive
    leader_window_size: Natural = 4
    adaptive_timeouts: StrictBool = True
    vrf_enabled: StrictBool = True
    network_partitions: StrictBool = False
    stress_test: StrictBool = False
    test_edge_cases: StrictBool = False
    stake_distribution: dict[StrictStr, Natural] | None = None
    bandwidth_limit: Natural = 1_000_000
    erasure_coding: tuple[Positive, Positive] | None = None
    fast_path_threshold: Share = Decimal("0.67")
    slow_path_threshold: Share = Decimal("0.51")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        n, byzantine, offline = self.validators, self.byzantine_count, self.offline_count
        stakes, code = self.stake_distribution, self.erasure_coding
        wrong = {
            "byzantine_count": 3 * byzantine >= n,
            "offline_count": offline >= n or byzantine + offline >= n,
            "stake_distribution": stakes is not None
            and (len(stakes) != n or sum(stakes.values()) == 0 or any(str(i) not in stakes for i in range(n))),
            "erasure_coding": code is not None and code[0] > code[1],
        }
        for field, broken in wrong.items():
            if broken:
                raise _Broken(field)
        return self

    @cached_property
    def stakes(self) -> list[int]:
        """The stake of each validator."""
        given = self.stake_distribution
        return [1 if given is None else given[str(i)] for i in range(self.validators)]

    @property
    def fast(self) -> Fraction:
        """The threshold of the fast path, exactly."""
        return Fraction(self.fast_path_threshold)

    @property
    def slow(self) -> Fraction:
        """The threshold of the slow path, exactly."""
        return Fraction(self.slow_path_threshold)


def read_config(text: str) -> ScenarioConfig:
    """The configuration in a JSON text.

    Raises:
        BadConfig: it is not one.
    """
    try:
        value = json.loads(
            text, parse_int=_integer, parse_float=_decimal, parse_constant=_refuse, object_pairs_hook=_object
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        reason = (str(error).splitlines() or ["nested too deeply"])[0]
        raise BadConfig(f"the configuration is not JSON: {reason}") from None
    if not isinstance(value, dict):
        raise BadConfig(f"the configuration is {_shown(value)}: must be a JSON object")
    try:
        return ScenarioConfig.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        broken = first.get("ctx", {}).get("error")
        field = str(broken.args[0] if isinstance(broken, _Broken) else first["loc"][0])
        found = _shown(value[field]) if field in value else "missing"
        against = "" if field not in ("byzantine_count", "offline_count") else _against(value)
        raise BadConfig(f"{field} is {found}: must be {RULES[field]}{against}") from None


def _against(value: dict[str, Any]) -> str:
    shown = ", ".join(f"{name} is {_shown(value[name])}" for name in ("validators", "byzantine_count") if name in value)
    return f" ({shown})"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object. Readers differ in the one of two values that they take, so that each key is given once."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise BadConfig(f"{_shown(name)[1:-1]} is {_shown(found[name])} and {_shown(value)}: must be given once")
        found[name] = value
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number of JSON")


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, Decimal | _TooLong) else json.dumps(value, default=float)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


AGREE = "All verification approaches agree"


class Deciding(Part):
    """The result of one more decider, and the command that shows it."""

    command: str
    result: bool


class Replaying(Part):
    """A counterexample that another model has executed, step by step; `failure` says why it does not show the violation."""

    model: str
    steps: Annotated[int, Field(ge=0)]
    failure: str | None = None


class CrossValidation(Part):
    """The results of independent decisions of the same property of the same instance; null where there is none.

    `external_result` is that of `deciders`, one that differs if any does. `same_length` compares the shortest counterexamples
    that two engines have found in one model. Consistent: all results are equal, `replay` did not fail, lengths are the same.
    """

    local_result: bool | None
    external_result: bool | None = None
    tla_result: bool | None = None
    consistent: bool
    details: str
    deciders: tuple[Deciding, ...] = ()
    replay: Replaying | None = None
    same_length: bool | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        known = {one for one in (self.local_result, self.external_result, self.tla_result) if one is not None}
        equal = len(known | {one.result for one in self.deciders}) <= 1
        shown = self.replay is None or self.replay.failure is None
        if self.consistent != (equal and shown and self.same_length is not False):
            raise ValueError("consistent is whether all results that are not null are equal, and counterexamples are shown")
        return self


class ScenarioProperty(Part):
    """One entry of a report.

    `passed`: the verdict is the expected one, `proved` unless a violation is `expected`. The verdict is on `instance`, and
    `command` reproduces it. `vacuous` says why the property cannot fail there. `bound` is the depth of the method,
    `horizon_slots` the number of slots that it covers, null for any number.
    """

    name: str
    passed: bool
    states_explored: Annotated[int, Field(ge=0)]
    duration_ms: Annotated[int, Field(ge=0)]
    error: str | None = None
    counterexample_length: Annotated[int, Field(ge=0)] | None = None
    cross_validation: CrossValidation | None = None
    expected: str = "proved"
    verdict: str
    vacuous: str | None = None
    method: str | None = None
    bound: int | None = None
    conclusive: bool
    horizon_slots: int | None = None
    aliases: tuple[str, ...] = ()
    instance: str | None = None
    command: str | None = None
    trace: JsonValue = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.counterexample_length is not None and self.passed:
            raise ValueError(f"{self.name} passed, and has a counterexample")
        if self.passed and self.verdict != self.expected:
            raise ValueError(f"{self.name} passed, but is {self.verdict}")
        if self.conclusive != (self.verdict in ("proved", "violated")):
            raise ValueError(f"{self.name} is {self.verdict}: conclusive says something else")
        return self


class Coverage(Part):
    """The coverage; `of` names the whole of which each number is a fraction."""

    state_space_coverage: Annotated[FiniteFloat, Field(ge=0, le=1)]
    unique_states: Annotated[int, Field(ge=0)]
    transitions: Annotated[int, Field(ge=0)]
    code_coverage: Annotated[FiniteFloat, Field(ge=0, le=100)]
    of: dict[str, str]


class ScenarioMetrics(Part):
    """The measured cost of the run."""

    peak_memory_bytes: Annotated[int, Field(ge=0)]
    states_per_second: Annotated[FiniteFloat, Field(ge=0)]
    cpu_time_ms: Annotated[int, Field(ge=0)]
    timeouts: Annotated[int, Field(ge=0)]
    byzantine_events: Annotated[int, Field(ge=0)]
    network_events: Annotated[int, Field(ge=0)]
    coverage: Coverage


class ScenarioMetadata(Part):
    """The machine and the software of the run."""

    rust_version: str
    stateright_version: str
    hostname: str
    environment: dict[str, str]
    git_commit: str | None = None


class ScenarioReport(Document):
    """The report of a scenario. `assumptions` are how the configuration was interpreted, `not_modelled` names without a
    property.
    """

    scenario: str
    states_explored: int
    properties_checked: int
    violations: int
    duration_ms: Annotated[int, Field(ge=0)]
    success: bool
    property_results: tuple[ScenarioProperty, ...]
    metrics: ScenarioMetrics
    config: ScenarioConfig
    timestamp: str
    metadata: ScenarioMetadata
    assumptions: dict[str, JsonValue] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    not_modelled: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        entries = self.property_results
        rules = {
            "properties_checked is the number of entries": self.properties_checked == len(entries),
            "violations is the number of entries that did not pass": self.violations
            == sum(not entry.passed for entry in entries),
            "success is whether there are no violations": self.success == (self.violations == 0),
            "states_explored is the sum over the entries": self.states_explored
            == sum(entry.states_explored for entry in entries),
            "states_per_second is states over seconds": self.metrics.states_per_second
            == (self.states_explored / (self.duration_ms / 1000) if self.duration_ms else 0),
        }
        for rule, kept in rules.items():
            if not kept:
                raise ValueError(rule)
        return self
