"""The common base of all documents: frozen models, the `schema` field, deterministic JSON text, their text for people."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from verifier.files.writing import to_json
from verifier.kernel.characters import escaped


def absent(value: object) -> bool:
    """Whether a field is empty; for fields that a document then omits instead of giving null."""
    return value is None


_REPORTS = "verifier.report.shown"


class Part(BaseModel):
    """A piece of a document. Immutable; fields unknown to this version are kept, so documents may grow."""

    # Schemas are built when a document is first read or written, so a command pays only for its own.
    model_config = ConfigDict(
        defer_build=True, frozen=True, extra="allow", populate_by_name=True, serialize_by_alias=True
    )

    def to_document(self) -> dict[str, Any]:
        """The JSON value as plain dictionaries and lists, fields in their declared order."""
        return self.model_dump(mode="json", by_alias=True)


class Readable(Part):
    """A part that people read: `print` and notebooks show its report.

    Python asks the value itself for its text. The reports are in a lower layer than the documents and are found by name, on
    request.
    """

    def __str__(self) -> str:
        return str(import_module(_REPORTS).text_of(self))

    def _repr_html_(self) -> str:
        return str(import_module(_REPORTS).html_of(self))


class Document(Readable):
    """A whole document, as `--json` writes it. Its `schema` field names the kind and the version."""

    def __repr__(self) -> str:
        called = ":".join(str(name) for name in (getattr(self, "protocol", None), getattr(self, "variant", None)) if name)
        return f"<{type(self).__name__}{' ' if called else ''}{called}>"

    @property
    def kind(self) -> str:
        """The value of the `schema` field, for example `verify.result/1`."""
        return str(getattr(self, "schema_", ""))

    def to_json(self) -> str:
        """The document as JSON text: two spaces of indentation, a newline at the end, the same bytes every
        time.
        """
        try:
            return escaped(self.model_dump_json(indent=2, by_alias=True)) + "\n"
        except ValueError:
            # Half a surrogate pair, which may stand in JSON only as an escape.
            return to_json(self.to_document())

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read a document.

        Raises:
            pydantic.ValidationError: the value is not a document of this kind.
        """
        return cls.model_validate(document)
