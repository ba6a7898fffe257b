"""The page for walking through the reachable states of a model: it contains all of them, and needs no server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from verifier.report.html.environment import render
from verifier.report.listing import value


def graph_page(graph: Mapping[str, Any]) -> str:
    """The page of a graph of states (`GraphDocument` of the wire). The same graph gives the same bytes."""
    variant = graph["variant"]
    return render(
        "graph.html",
        beside="graph",
        model=graph["protocol"] if variant is None else f"{graph['protocol']}:{variant}",
        parameters=[(name, value(given)) for name, given in graph["parameters"].items()],
        dropped=graph["dropped"],
        states=len(graph["states"]),
        steps=sum(map(len, graph["steps"])),
        violating=len(graph["violated"]) + len(graph["broken"]),
        complete=graph["complete"],
        data=Markup(_data(graph)),
    )


def _data(graph: Mapping[str, Any]) -> str:
    """The graph as JSON that can neither end the enclosing element nor be read as anything but text in it."""
    text = json.dumps(graph, ensure_ascii=True, separators=(",", ":"))
    return "".join(f"\\u{ord(letter):04x}" if letter in "<>&#" else letter for letter in text)
