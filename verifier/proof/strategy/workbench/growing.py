"""The smallest instance of an unbounded model that has a counterexample to induction.

Few members of sorts come before few values of ranges: the sizes of sorts grow from the least ones on, with the published ends of
ranges; of the first instance that has a counterexample the ends are lowered as far as it lasts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product

from verifier.kernel.errors import VerifyError
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.sorts import ScalarSort
from verifier.proof.strategy.workbench.bench import Bench, Cti
from verifier.semantics.scope.finite import FiniteScope, finite_scope

INSTANCES = 40
"""How many instances are tried for one counterexample, at most."""

LARGEST = 60_000
"""How large the circuit of an instance may be, in nodes, for larger ones to be tried."""

Sizes = Mapping[str, int]


class Growing:
    """The instances of one model, each made once; `make` makes the bench of a scope. `larger`: up to more than published."""

    def __init__(self, published: FiniteScope, make: Callable[[FiniteScope], Bench], *, larger: bool = True) -> None:
        self._published = published
        self._make = make
        self._larger = larger
        self._benches: dict[tuple[int, ...], Bench | None] = {}
        scalarsets = {sort.parameter: sort for sort in self._model.sorts if isinstance(sort, ScalarSort)}
        self._members = {name: max(1, len(scalarsets[name].constants)) for name in published.parameters if name in scalarsets}
        self._too_large = False

    @property
    def _model(self) -> Model:
        return self._published.model

    @property
    def queries(self) -> int:
        """The calls of solvers so far."""
        return sum(bench.queries for bench in self._benches.values() if bench is not None)

    def bench(self, sizes: Sizes) -> Bench | None:
        """The bench of an instance; None if the model has none of these sizes, or it is too large."""
        key = tuple(sizes[name] for name in self._published.parameters)
        if key not in self._benches:
            self._benches[key] = self._made(sizes)
        return self._benches[key]

    def _made(self, sizes: Sizes) -> Bench | None:
        if self._too_large and sum(sizes.values()) > sum(self._published.parameters.values()):
            return None
        try:
            scope = finite_scope(self._model, sizes)
            # The labels that were given stay, where there are as many members.
            same = {name: labels for name, labels in self._published.labels.items() if len(labels) == len(scope.labels[name])}
            bench = self._make(FiniteScope(scope.model, scope.parameters, {**scope.labels, **same}))
        except VerifyError:
            return None
        self._too_large = self._too_large or len(bench.ground.circuit) > LARGEST
        return bench

    def smallest(self, prop: Property, action: str, counts: Callable[[Bench, Cti], bool]) -> tuple[Bench, Cti] | None:
        """The smallest instance with a counterexample to induction that `counts`; None if none was found."""
        for sizes in self._growing():
            known = self._counterexample(sizes, prop, action, counts)
            if known is not None:
                return self._lowered(known, prop, action, counts)
        return None

    def roomy(self, bench: Bench) -> Bench:
        """The bench of an instance with as many members, and at least the published ends of ranges."""
        ends = {name: max(size, bench.sizes[name]) for name, size in self._published.parameters.items()}
        return self.bench({**ends, **{name: bench.sizes[name] for name in self._members}}) or bench

    def _growing(self) -> Iterator[Sizes]:
        """The published ends with few members first; then with more of everything."""
        published, tried = self._published.parameters, 0
        for extra in (0, 1) if self._larger else (0,):
            ends = {name: value + (0 if self._model.parameters[name].fixed else extra) for name, value in published.items()}
            rows = product(*(range(least, ends[name] + 1) for name, least in self._members.items()))
            for row in sorted(rows, key=lambda row: (sum(row), row)):
                if tried >= INSTANCES:
                    return
                tried += 1
                yield {**ends, **dict(zip(self._members, row, strict=True))}

    def _lowered(
        self, known: tuple[Bench, Cti], prop: Property, action: str, counts: Callable[[Bench, Cti], bool]
    ) -> tuple[Bench, Cti]:
        for name in self._published.parameters:
            while name not in self._members and not self._model.parameters[name].fixed:
                sizes = known[0].sizes
                fewer = self._counterexample({**sizes, name: sizes[name] - 1}, prop, action, counts) if sizes[name] else None
                if fewer is None:
                    break
                known = fewer
        return known

    def _counterexample(
        self, sizes: Sizes, prop: Property, action: str, counts: Callable[[Bench, Cti], bool]
    ) -> tuple[Bench, Cti] | None:
        bench = self.bench(sizes)
        cti = None if bench is None else bench.counterexample(prop, action)
        return None if bench is None or cti is None or not counts(bench, cti) else (bench, cti)
