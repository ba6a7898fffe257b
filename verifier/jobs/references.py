"""The protocols that the references of a job mean: found in the catalog, loaded, or loaded ahead of the job."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from verifier.kernel.protocol import Protocol
    from verifier.wire.events import Emit
    from verifier.wire.jobs import Reference


def warm(references: tuple[str, ...]) -> list[Protocol]:
    """The built-in protocols among `references`, loaded ahead of the job. Files of the user are left for the job."""
    from verifier.catalog import builtins, load

    known = builtins.names()
    names = [reference.partition(":")[0] for reference in references]
    return [load(name) for name in names if name in known]


def split_reference(reference: str) -> tuple[str, str | None]:
    """Split `NAME:VARIANT` or `FILE:VARIANT`; the variant is None if none is given."""
    if os.path.exists(reference):
        return reference, None
    name, colon, variant = reference.rpartition(":")
    if not colon or "/" in variant or not name:
        return reference, None
    return name, variant or None


def loaded(reference: str, emit: Emit) -> Protocol:
    """Load a protocol; while third-party code is being executed, the parent knows its file or distribution.

    Raises:
        VerifyError: there is no such protocol, or it is ill formed.
    """
    from verifier.catalog import builtins, load

    if reference in builtins.names():
        return load(reference)
    emit({"event": "loading", "reference": reference})
    try:
        return load(reference)
    finally:
        emit({"event": "loading", "reference": None})


def resolve(reference: Reference, variant: str | None, emit: Emit) -> tuple[Protocol, str | None]:
    """The protocol that a reference means, and the requested variant, from the reference or from the option."""
    from verifier.kernel.errors import UsageError

    if not isinstance(reference, str):
        return cast("Protocol", reference), variant
    name, own = split_reference(reference)
    if own is not None and variant is not None and own != variant:
        raise UsageError(f"{reference} and --variant {variant} name different variants", hint="give one of them")
    return loaded(name, emit), own or variant


def protocol_of(document: str, name: str, given: Reference | None, emit: Emit) -> Protocol:
    """The model of a trace or certificate: the one given with it, or the built-in or registered one of that name.

    The name comes from an untrusted file, so it is only looked up, never opened as a path.
    """
    from verifier.catalog import names
    from verifier.kernel.errors import UsageError

    if given is not None:
        return resolve(given, None, emit)[0]
    if name not in names():
        raise UsageError(
            f"the {document} is of the protocol {name!r}, which is not built in or registered",
            hint="give its model with --protocol FILE",
        )
    return loaded(name, emit)


def variants_of(reference: Reference, variant: str | None, emit: Emit) -> list[Reference]:
    """The references that a reference stands for: with `:*` after a protocol each of its variants, otherwise itself."""
    from verifier.jobs.arguments import ALL_VARIANTS
    from verifier.kernel.errors import VerifyError

    if not isinstance(reference, str) or not reference.endswith(ALL_VARIANTS) or variant is not None:
        return [reference]
    name = reference.removesuffix(ALL_VARIANTS)
    try:
        return [f"{name}:{one}" for one in loaded(name, emit).variants]
    except VerifyError:
        return [reference]  # the failure to load it is reported as for any other


def named(reference: Reference) -> str | None:
    """The name of a protocol in the call; None if it was passed as an object."""
    return reference if isinstance(reference, str) else None
