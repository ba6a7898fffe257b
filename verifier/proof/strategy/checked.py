"""The results of comparing a certificate with the model, as `verify.check/1` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from verifier.wire.certificates import CheckedEntry

Entry: TypeAlias = "CheckedEntry"


def check(name: str, passed: bool, reason: str) -> Entry:
    """Whether something agrees with the model."""
    return checked(f"{name}, derived again", "derivation", passed, reason)


def checked(name: str, kind: str, passed: bool, reason: str) -> Entry:
    """Something that was checked, as `verify.check/1` has it."""
    return {
        "name": name,
        "kind": kind,
        "expected": "equal",
        "answers": {},
        "passed": passed,
        "reason": None if passed else reason,
    }
