"""SARIF 2.1.0, the format in which static analysers report their results: the dozen objects that are written.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", with the sections named at each class.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from verifier.files.writing import to_json

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


class _Object(BaseModel):
    """An object of the format: its fields are in camel case, and absent ones are left out."""

    model_config = ConfigDict(
        alias_generator=to_camel, defer_build=True, extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True
    )

    def to_document(self) -> dict[str, Any]:
        """The JSON value as plain dictionaries and lists."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Message(_Object):
    """Text for people, with line ends where it has several lines (3.11)."""

    text: str


class ArtifactLocation(_Object):
    """A file; a relative path starts from the folder of `uri_base_id`, the root of the sources (3.4)."""

    uri: str
    uri_base_id: str | None = None


class Region(_Object):
    """A line of a file, counted from 1 (3.30)."""

    start_line: int = Field(ge=1)


class PhysicalLocation(_Object):
    """A place in a file (3.29)."""

    artifact_location: ArtifactLocation
    region: Region


class LogicalLocation(_Object):
    """The element at a place, such as an action or a property (3.33)."""

    name: str
    fully_qualified_name: str | None = None
    kind: str | None = None


class Location(_Object):
    """The place of a result, or of a step of a run (3.28)."""

    physical_location: PhysicalLocation | None = None
    logical_locations: tuple[LogicalLocation, ...] | None = None
    message: Message | None = None


class ThreadFlowLocation(_Object):
    """A step of a run, with the values of variables after it; its parts are nested deeper (3.38)."""

    location: Location
    nesting_level: int = Field(default=0, ge=0)
    importance: Literal["important", "essential", "unimportant"] = "important"
    state: dict[str, Message] | None = None


class ThreadFlow(_Object):
    """The steps of a run, in their order (3.37)."""

    locations: tuple[ThreadFlowLocation, ...] = Field(min_length=1)


class CodeFlow(_Object):
    """A run that leads to a result (3.36)."""

    thread_flows: tuple[ThreadFlow, ...] = Field(min_length=1)
    message: Message | None = None


class ReportingConfiguration(_Object):
    """The severity of a rule's results (3.50)."""

    level: Literal["none", "note", "warning", "error"] = "error"


class ReportingDescriptor(_Object):
    """A rule: a property of a protocol (3.49)."""

    id: str
    name: str
    short_description: Message
    full_description: Message | None = None
    help: Message | None = None
    default_configuration: ReportingConfiguration = ReportingConfiguration()


class ToolComponent(_Object):
    """The verifier, with its rules (3.19)."""

    name: str
    semantic_version: str | None = None
    rules: tuple[ReportingDescriptor, ...] = ()


class Tool(_Object):
    """The program that found the results (3.18)."""

    driver: ToolComponent


class Notification(_Object):
    """A message about the run rather than a property (3.58)."""

    level: Literal["none", "note", "warning", "error"]
    message: Message


class Invocation(_Object):
    """The run itself (3.20)."""

    execution_successful: bool
    tool_execution_notifications: tuple[Notification, ...] = ()


class FoundResult(_Object):
    """A property that fails, or one that is open, which the format reports without a level (3.27)."""

    rule_id: str
    rule_index: int
    kind: Literal["fail", "open"]
    level: Literal["none", "note", "warning", "error"]
    message: Message
    locations: tuple[Location, ...] = ()
    code_flows: tuple[CodeFlow, ...] | None = None
    partial_fingerprints: dict[str, str]
    properties: dict[str, Any] = Field(default_factory=dict)


class Run(_Object):
    """One run of the verifier (3.14)."""

    tool: Tool
    invocations: tuple[Invocation, ...]
    column_kind: Literal["utf16CodeUnits", "unicodeCodePoints"] = "unicodeCodePoints"
    results: tuple[FoundResult, ...]


class SarifLog(_Object):
    """The whole file (3.13)."""

    schema_: str = Field(default=SCHEMA, alias="$schema")
    version: Literal["2.1.0"] = "2.1.0"
    runs: tuple[Run, ...]

    def to_json(self) -> str:
        """The file's text, the same bytes every time."""
        return to_json(self.to_document())
