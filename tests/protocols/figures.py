"""What is known of the searches of a protocol, and the check that a search finds exactly that."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from verifier.catalog import load
from verifier.kernel.expressions import coerce
from verifier.kernel.protocol import Protocol
from verifier.kernel.sorts import BOOL
from verifier.kernel.state import StateView
from verifier.proof.engines.explicit import Search as Found
from verifier.proof.engines.explicit import explore
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope


@dataclass(frozen=True)
class Search:
    """One search and what is known of it; `violated` names everything that is violated."""

    protocol: str
    variant: str
    distinct: int
    diameter: int
    orbits: int | None
    violated: Mapping[str, int] = field(default_factory=dict)
    generated: int | None = None
    settings: Mapping[str, int] = field(default_factory=dict)
    drops: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        changes = [*self.drops, *(f"{name}={value}" for name, value in self.settings.items())]
        return ":".join([self.protocol, self.variant, *changes])

    def check(self) -> None:
        """Searches, and compares every figure."""
        found = _search(self.protocol, self.variant, self.drops, self.settings, symmetry=self.orbits is not None)
        assert (found.distinct, found.diameter, found.orbits) == (self.distinct, self.diameter, self.orbits)
        assert self.generated in (None, found.generated)
        assert _violated(found) == self.violated


@dataclass(frozen=True)
class Drop:
    """One guard or choice alone left out, and everything that this breaks."""

    protocol: str
    names: tuple[str, ...]
    violated: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return "+".join(self.names)

    def check(self) -> None:
        """Searches without them, and compares what is violated."""
        assert _violated(_search(self.protocol, None, self.names, self.settings)) == self.violated


def violations(protocol: str, *drops: str, variant: str | None = None) -> dict[str, int]:
    """Everything that is violated where guards and choices are left out together."""
    return _violated(_search(protocol, variant, drops, {}))


def _search(
    protocol: str, variant: str | None, drops: tuple[str, ...], settings: Mapping[str, int], *, symmetry: bool = False
) -> Found:
    model = load(protocol).model(variant, drops)
    found = explore(Ground(finite_scope(model, settings)), symmetry=symmetry)
    assert found.complete
    return found


def _violated(found: Found) -> dict[str, int]:
    return {v.property.short or v.property.name: v.steps for v in found.violations}


def reachable(protocol: str, settings: dict[str, int], says: Callable[[Any, Any], Any]) -> bool:
    """Whether a state of which `says` is true can be reached; it is given the model's module and a state."""
    declared = load(protocol)
    module = sys.modules[f"verifier.encodings.{protocol.replace('-', '_')}"]
    formula = coerce(~says(module, StateView(declared.variables)), BOOL, "what is reached")
    model = declared.model("safe")
    never = replace(next(prop for prop in model.properties if prop.kind == "state"), name="Never", formula=formula)
    search = explore(Ground(finite_scope(replace(model, properties=(never,)), settings)))
    return bool(search.violations)


def names(row: object) -> str | None:
    return row.name if isinstance(row, Search | Drop) else None


def check_expectations(name: str, searches: Iterable[Search], *, unsearched: frozenset[str] = frozenset()) -> None:
    """Every variant is searched, but for those named, and the model announces what its search finds."""
    protocol = load(name)
    ours = [row for row in searches if row.protocol == name and not row.drops]
    searched = {row.variant: row for row in reversed(ours)}
    assert set(protocol.variants) - unsearched == set(searched)
    for variant, row in searched.items():
        assert _expected(protocol, variant) == row.violated


def _expected(protocol: Protocol, variant: str) -> dict[str, int | None]:
    """The violations that the model itself announces, of what a search of states looks at."""
    model = protocol.model(variant)
    found = {
        found.short or found.name: found.expectation(variant) for found in model.properties if found.kind != "liveness"
    }
    return {name: expectation.steps for name, expectation in found.items() if expectation.verdict == "violated"}
