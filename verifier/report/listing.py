"""The available protocols, as `verify list` prints them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.text import Text

from verifier.report.layout import Command, Grid, Hung, Item
from verifier.report.values import text

if TYPE_CHECKING:
    from verifier.documents.listing import ListedProperty, ListedProtocol, ListedVariant, Listing
    from verifier.documents.places import ListedAction


def listing_text(listing: Listing, *, details: bool) -> Iterator[Item]:
    """Every protocol in three lines, or with `details` everything that can be selected, dropped and set."""
    for protocol in listing.protocols:
        yield Text.assemble((protocol.name, "bold"), (f"  {protocol.description or ''}", ""))
        if protocol.error is not None:
            yield Text(f"  cannot be loaded: {protocol.error}", style="red")
        elif details:
            yield from _details(protocol)
        else:
            yield Hung(Text(f"  variants    {', '.join(protocol.variants)}"), 14)
            yield Hung(Text(f"  properties  {', '.join(entry.name for entry in protocol.properties)}"), 14)
    if not listing.protocols:
        yield Text("no protocol is built in or registered")


def shown_text(listing: Listing) -> Iterator[Item]:
    """The available protocols; a single one in full."""
    return listing_text(listing, details=len(listing.protocols) == 1)


def _details(protocol: ListedProtocol) -> Iterator[Item]:
    if protocol.source:
        yield Text(f"  source: {protocol.source}", style="dim")
    yield from _section(
        "variants",
        [(variant.name, _changes(variant), variant.doc)
         for variant in protocol.variant_details],
    )  # fmt: skip
    yield from _section(
        "parameters",
        [(entry.name, f"{value(entry.published)}{', search bound' if entry.bound else ''}", entry.doc)
         for entry in protocol.parameters],
    )  # fmt: skip
    if protocol.actions:
        yield Text("  actions")
    for action in protocol.actions:
        yield from _action(action)
    yield from _section("properties", [_property(entry) for entry in protocol.properties])
    for assumption in protocol.fairness:
        yield Text(f"  {'' if assumption.name == 'fairness' else 'fairness '}{assumption.name}")
        for condition in assumption.conditions:
            yield Text(f"    {condition}")
    if protocol.findings:
        yield Text("  findings")
        for finding in protocol.findings:
            yield Text(f"    {finding.title}")
            yield Command(Text("      "), finding.command)


def _section(heading: str, rows: list[tuple[str, str, str]]) -> Iterator[Item]:
    """A heading and its rows in three columns: a name, a fact, a meaning."""
    if not rows:
        return
    yield Text(f"  {heading}")
    grid = Grid("name", "", free="meaning", header=False, indent=4)
    for name, fact, meaning in rows:
        grid.add(name, fact, free=Text(meaning, style="dim"))
    yield grid


def _changes(variant: ListedVariant) -> str:
    replaced = [f"{name} by {other}" for name, other in variant.replaces.items()]
    changes = [
        f"{what} {', '.join(names)}"
        for what, names in (("drops", variant.drops), ("replaces", replaced), ("without", variant.without))
        if names
    ]
    if variant.initially is not None:
        changes.append(f"initially {', '.join(variant.initially) or 'any state'}")
    return "; ".join(changes)


def _action(action: ListedAction) -> Iterator[Item]:
    called = ", ".join(f"{name}: {sort}" for name, sort in action.arguments.items())
    yield Text.assemble(f"    {action.name}({called})", (f"  {action.doc}".rstrip(), "dim"))
    for kind in ("guard", "choice", "bound"):
        names = [f"{action.name}.{entry.name}" for entry in action.guards if entry.kind == kind]
        if names:
            yield Hung(Text(f"      {kind:<6}  {', '.join(names)}"), 14)


def _property(entry: ListedProperty) -> tuple[str, str, str]:
    published = entry.published_name if entry.published_name not in (None, entry.name) else ""
    exceptions = [
        f"{verdict} in {variant}" + _length(entry, variant)
        for variant, verdict in entry.expected.items()
        if verdict != "proved"
    ]
    under = " and ".join(entry.under) or "no fairness"
    stated = [f"under {under}"] if entry.kind == "liveness" and entry.under != ("fairness",) else []
    remarks = stated + ([f"vacuous: {entry.vacuous.reason}"] if entry.vacuous else []) + exceptions
    return entry.name, f"{published or ''}", "; ".join([entry.kind, *remarks])


def _length(entry: ListedProperty, variant: str) -> str:
    """The length of the counterexample in a variant: its steps, or for a lasso those of its stem and of its loop."""
    if variant not in entry.expected_steps:
        return ""
    loop = entry.expected_loops.get(variant)
    return f" ({entry.expected_steps[variant]})" if loop is None else f" ({entry.expected_steps[variant]}, loop {loop})"


def value(published: Any) -> str:
    """The value of a parameter: a number, or the labels of a sort."""
    return "{" + ",".join(map(str, published)) + "}" if isinstance(published, list) else text(published)
