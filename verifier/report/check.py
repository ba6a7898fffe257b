"""Checked certificates for people: a line each, and what did not pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from verifier.documents.certificate import CertificateCheck, Check


def check_text(found: Check, *, brief: bool = False) -> Iterator[Text]:
    """Each certificate with its failures and warnings, then how many are valid.

    Args:
        brief: only what is not valid, and the last line.
    """
    for entry in found.certificates:
        if not (brief and entry.valid):
            yield from _certificate(entry)
    valid = sum(entry.valid for entry in found.certificates)
    solvers = " and ".join(found.solvers)
    again = ", derived again from the model" if found.rederived else ""
    yield Text(f"{valid} of {len(found.certificates)} certificates valid ({solvers}{again})")


def _certificate(entry: CertificateCheck) -> Iterator[Text]:
    line = Text()
    line.append("VALID  " if entry.valid else "INVALID", style="bold green" if entry.valid else "bold red")
    unsat = sum(check.passed and check.expected == "unsat" for check in entry.checks)
    sat = sum(check.passed and check.expected == "sat" for check in entry.checks)
    name = f"{entry.protocol}:{entry.variant}" if entry.variant else entry.protocol
    line.append(f"  {name}  {entry.property}  {entry.method}, k = {entry.k}, {entry.scope}")
    if unsat or sat:
        line.append(f"; {unsat} obligations unsat, {sat} witnesses sat", style="dim")
    yield line
    for check in entry.failures:
        yield Text(f"    {check.name}: {check.reason or 'not passed'}", style="red")
    for warning in entry.warnings:
        yield Text(f"    warning: {warning}", style="yellow")
