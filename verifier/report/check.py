"""Checked certificates for people: a line each, and the checks that did not pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from verifier.report.layout import Hung, Item
from verifier.report.phrases import named, scope

if TYPE_CHECKING:
    from verifier.documents.certificate import CertificateCheck, Check


def check_text(check: Check, *, brief: bool = False) -> Iterator[Item]:
    """Each certificate with its failures and warnings, then how many are valid.

    Args:
        brief: only certificates that are not valid or not complete, and the last line.
    """
    for entry in check.certificates:
        if not (brief and entry.valid and not entry.missing):
            yield from _certificate(entry)
    for name in check.unchecked:
        yield Text(f"not checked  {name}", style="magenta")
    valid, total = sum(entry.valid for entry in check.certificates), len(check.certificates) + len(check.unchecked)
    how = [" and ".join(check.solvers), "derived again from the model" if check.rederived else ""]
    known = ", ".join(part for part in how if part)
    line = f"{valid} of {total} certificates valid" + (f" ({known})" if known else "")
    if check.unchecked:
        line += f", {len(check.unchecked)} not checked: {check.reason or check.ended}"
    yield Text(line)


def _certificate(entry: CertificateCheck) -> Iterator[Item]:
    line = Text()
    line.append("VALID  " if entry.valid else "INVALID", style="bold green" if entry.valid else "bold red")
    name = named(entry.protocol, entry.variant or None)
    published = f" ({entry.published_name})" if entry.published_name not in (None, entry.property) else ""
    line.append(f"  {name}  {entry.property}{published}  {entry.method}, k = {entry.k}")
    line.append(f", {about}" if (about := scope(entry.scope, entry.parameters)) else "")
    if entry.dropped:
        line.append(f"  without {', '.join(entry.dropped)}", style="yellow")
    counted = _counted(entry)
    if counted:
        line.append(f"; {counted}", style="dim")
    yield Hung(line, 9)
    for check in entry.failures:
        yield Text(f"    {check.name}: {check.reason or 'not passed'}", style="red")
    if entry.missing:
        yield Text(f"    rests on {', '.join(entry.missing)}: no valid certificate was given", style="yellow")
    for warning in entry.warnings:
        yield Text(f"    warning: {warning}", style="yellow")


def _counted(entry: CertificateCheck) -> str:
    """The number of questions with each answer, and the solvers that answered."""
    counts = [(answer, sum(c.passed and c.expected == answer for c in entry.checks)) for answer in ("unsat", "sat")]
    known = [f"{number} {answer}" for answer, number in counts if number]
    solvers = dict.fromkeys(solver for check in entry.checks for solver in check.answers)
    return f"{' and '.join(known)} by {' and '.join(solvers)}" if known else ""
