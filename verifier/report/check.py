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
    for name in found.unchecked:
        yield Text(f"not checked  {name}", style="magenta")
    valid, total = sum(entry.valid for entry in found.certificates), len(found.certificates) + len(found.unchecked)
    how = [" and ".join(found.solvers), "derived again from the model" if found.rederived else ""]
    told = ", ".join(part for part in how if part)
    line = f"{valid} of {total} certificates valid" + (f" ({told})" if told else "")
    if found.unchecked:
        line += f", {len(found.unchecked)} not checked: {found.reason or found.ended}"
    yield Text(line)


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
