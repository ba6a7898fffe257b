"""`verify.suite/1`: a TOML file that lists obligations and their expected outcomes."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from verifier.documents.base import Document, Part
from verifier.documents.nightly import Expectation

EVERY = "*"

_STEPS = re.compile(r"violated(?: in ([0-9]{1,6}) steps?)?")
_LASSO = re.compile(r"violated by a lasso of stem ([0-9]{1,6}), loop ([0-9]{1,6})")
_BOUND = re.compile(r"bounded ([0-9]{1,6})")
_FORBID = ConfigDict(
    defer_build=True, frozen=True, extra="forbid", strict=True, populate_by_name=True, serialize_by_alias=True
)


def expectation(text: str) -> Expectation:
    """The expectation that a suite spells `proved`, `violated`, `violated in N steps` or `bounded N`.

    For a liveness property, also `violated by a lasso of stem M, loop N`.

    Raises:
        ValueError: it is none of these.
    """
    if text == "proved":
        return Expectation(verdict="proved")
    if result := _STEPS.fullmatch(text):
        return Expectation(verdict="violated", steps=None if result[1] is None else int(result[1]))
    if result := _LASSO.fullmatch(text):
        return Expectation(verdict="violated", steps=int(result[1]), loop=int(result[2]))
    if result := _BOUND.fullmatch(text):
        return Expectation(verdict="bounded", k=int(result[1]))
    known = "proved, violated, violated in N steps, violated by a lasso of stem M, loop N, or bounded N"
    raise ValueError(f"{text!r} is not an expectation; write {known}")


def _spelled(text: str) -> str:
    expectation(text)
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]+$")]
Expected = Annotated[str, AfterValidator(_spelled)]
ScopeName = Literal["published", "unbounded"]
Seconds = Annotated[float, Field(gt=0, le=7 * 86400)]
Mebibytes = Annotated[int, Field(ge=64)]
Depth = Annotated[int, Field(ge=0, le=100_000)]
FAULTLESS = "faultless"
Certified = bool | Literal["faultless"]
Value = Annotated[int, Field(strict=True)] | Annotated[str, StringConstraints(min_length=1, max_length=500)]


class SuiteDefaults(Part):
    """The defaults of all obligations, see `SuiteEntry`."""

    model_config = _FORBID

    k: Depth = 8
    timeout: Seconds = 60.0
    memory: Mebibytes = 2048
    certificates: Certified = True


class SuiteEntry(Part):
    """Obligations of one or several protocols.

    Attributes:
        protocol: names, or paths relative to the suite's folder; `"*"` is every built-in protocol.
        without: built-in protocols that `"*"` leaves out here.
        variant: names; `"*"` is every variant; the default variant if left out.
        scope: one or both scopes; of `"*"` the variants that have it.
        parameters: of the published scope. A number, `"2..4"` or a list is swept, one obligation for each combination; any
            other text is a value as `--set` takes it.
        properties: short or published names; every safety property if left out.
        liveness: whether the liveness properties are requested too.
        deadlock: whether a check for deadlock is requested too; its expectation is called `Deadlock`.
        engine, k, timeout, memory: as for `verify prove`; seconds are of processor time, memory is in MiB.
        certificates: whether proofs get certificates; `"faultless"`: those of obligations of which no property is expected to
            be violated.
        expected: for all properties, or by property; any property left out follows the model's own table.
    """

    model_config = _FORBID

    protocol: Name | Annotated[list[Name], Field(min_length=1)]
    without: list[Name] = Field(default_factory=list)
    variant: Name | Annotated[list[Name], Field(min_length=1)] | None = None
    scope: ScopeName | Annotated[list[ScopeName], Field(min_length=1)] = "published"
    parameters: dict[Name, Value | Annotated[list[Value], Field(min_length=1)]] = Field(default_factory=dict)
    properties: list[Name] = Field(default_factory=list)
    engine: Name = "auto"
    k: Depth | None = None
    timeout: Seconds | None = None
    memory: Mebibytes | None = None
    certificates: Certified | None = None
    deadlock: bool = False
    liveness: bool = False
    expected: Expected | dict[Name, Expected] = Field(default_factory=dict)


class Suite(Document):
    """`verify.suite/1`: the obligations of a night."""

    model_config = _FORBID

    schema_: Literal["verify.suite/1"] = Field(default="verify.suite/1", alias="schema")
    title: str | None = None
    defaults: SuiteDefaults = Field(default_factory=SuiteDefaults)
    obligation: Annotated[list[SuiteEntry], Field(min_length=1)]
