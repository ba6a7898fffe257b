"""Certificate documents: the facts they repeat, their seal, their files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from verifier.evidence.claims import warnings
from verifier.files.writing import file_name
from verifier.files.writing import write as write_file

if TYPE_CHECKING:
    from verifier.wire.certificates import CertificateDocument

SCHEMA = "verify.certificate/1"

_FACTS = ("protocol", "variant", "dropped", "scope", "parameters", "model_digest", "versions")
_LISTS = (
    "invariant",
    "fields",
    "actions",
    "declarations",
    "definitions",
    "steps",
    "uses",
    "obligations",
    "witnesses",
    "fairness",
    "clauses",
)


def facts_of(head: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a result document that its certificates repeat."""
    return {"schema": SCHEMA, **{name: head[name] for name in _FACTS}}


def content_digest(certificate: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of everything in a certificate except this digest itself."""
    content = {key: value for key, value in certificate.items() if key != "content_digest"}
    canon = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canon.encode("ascii")).hexdigest()


def complete(certificate: Mapping[str, Any]) -> CertificateDocument:
    """The certificate with its empty fields, its warnings and its digest."""
    nothing: dict[str, Any] = {**{name: [] for name in _LISTS}, **dict.fromkeys(("logic", "exhaustive", "reduction", "fair_run"))}
    whole = {**nothing, **certificate}
    return seal({**whole, "warnings": warnings(whole)})


def seal(certificate: Mapping[str, Any]) -> CertificateDocument:
    """The certificate with the digest of its contents."""
    return cast("CertificateDocument", {**certificate, "content_digest": content_digest(certificate)})


def path_of(folder: Path, protocol: str, variant: str, property: str) -> Path:
    """Where the certificate of a property is written in a folder."""
    return folder / file_name(protocol, variant, property, suffix=".cert.json")


def write(folder: Path, certificate: Mapping[str, Any], label: str | None = None) -> str:
    """Writes a certificate into a folder, as a whole or not at all, and returns the path.

    `label` replaces the protocol's name in the name of the file, where several protocols of a call share it.

    Raises UsageError where the file cannot be written.
    """
    protocol = label or str(certificate["protocol"])
    path = path_of(folder, protocol, str(certificate["variant"]), str(certificate["property"]))
    write_file(path, json.dumps(certificate, indent=1, ensure_ascii=False) + "\n")
    return str(path)
