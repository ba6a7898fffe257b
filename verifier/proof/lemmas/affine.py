"""Affine equalities and inequalities between integers, sums and numbers of elements, as the sampled reachable states have them.

Equalities are the null space of the samples, exactly, over the rationals (M. Karr, Affine relationships among variables of a
program, Acta Informatica 1976, found from states as in DIG, Nguyen and others, ICSE 2012). Inequalities are those of two
quantities with coefficients 1 and -1 whose bound some sample attains. All are candidates: those that are used are proved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from verifier.kernel.model import Model
from verifier.kernel.sorts import BOOL, INT, BoolSort, EnumSort, RangeSort, ScalarSort, SetSort, Sort
from verifier.kernel.terms import Term, equal, integer, literal, parameter_names, state
from verifier.proof.lemmas.candidates import Indices, Place, places
from verifier.semantics.scope.expressible import unsupported

if TYPE_CHECKING:
    from verifier.semantics.ground.columns import Batch
    from verifier.semantics.ground.ground import Ground

MOST = 16
"""Quantities of a model that are related."""

ROWS = 64
"""Samples that the null space is taken of first; those that do not lie in it are added."""

LARGEST = 12
"""Coefficients above this are those of a coincidence."""


GREATEST = 2**31
"""Values from here on are counted by nobody, and their sums would not fit into a word."""


SMALL = (-1, 0, 1)
"""Bounds of inequalities that are not the value of a parameter."""


def for_any_size(ground: Ground, seen: Batch, model: Model) -> Iterator[Term]:
    """The relations of an unbounded model that hold in all sampled states of an instance: equalities, and those of parameters."""
    for term in affine(ground, seen, model):
        if (term.op == "eq" or parameter_names(term)) and unsupported(term) is None:
            yield term


def affine(ground: Ground, seen: Batch, model: Model | None = None) -> Iterator[Term]:
    """The relations of a model, or one with fewer variables, that hold in all sampled states of an instance of it."""
    known = ground.scope.model if model is None else model
    terms = quantities(known)[:MOST]
    if not terms or not len(seen):
        return
    import numpy as np

    varied = [(term, column) for term in terms if (column := _values(ground, seen, term)) is not None]
    if not varied:
        return
    terms, columns = [term for term, _ in varied], [column for _, column in varied]
    rows = np.unique(np.stack(columns, axis=1), axis=0)
    parameters = {
        name: value
        for name, value in ground.scope.parameters.items()
        if name in known.parameters and known.parameters[name].kind == "model" and isinstance(value, int)
    }
    for vector in _null_space(rows) if len(terms) > 1 else ():
        sign = next(1 if factor > 0 else -1 for factor in vector if factor)
        coefficients = [sign * factor for factor in vector]
        yield from _relations("eq", terms, coefficients[:-1], -coefficients[-1], parameters)
    for left, right in combinations(range(len(terms)), 2):
        for first, second in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            values = first * rows[:, left] + second * rows[:, right]
            bound = int(values.max())
            apart = int((first * rows[:, left]).max()) + int((second * rows[:, right]).max())
            # The bounds of single terms are not relations, and an equality says more.
            if values.min() < bound < apart and bound in (*SMALL, *parameters.values()):
                signs = [0] * len(terms)
                signs[left], signs[right] = first, second
                yield from _relations("le", terms, signs, bound, parameters)


def _values(ground: Ground, seen: Batch, term: Term) -> Any:
    """The values of a term in the sampled states; None where it always has the same, or some that are out of proportion."""
    import numpy as np

    value, uses = ground.lower(term, {})
    assert not uses
    values = np.asarray(seen.value(value))
    least, greatest = int(values.min()), int(values.max())
    return values.astype(np.int64) if -GREATEST < least < greatest < GREATEST else None


def _null_space(rows: Any) -> list[list[int]]:
    """Integer vectors whose product with every row, and 1 after it, is 0: a basis of all of them."""
    import numpy as np

    whole = np.concatenate([rows, np.ones((len(rows), 1), np.int64)], axis=1)
    if np.linalg.matrix_rank(whole.astype(float)) == whole.shape[1]:
        return []
    from sympy import QQ, ZZ  # type: ignore[import-untyped]
    from sympy.polys.matrices import DomainMatrix  # type: ignore[import-untyped]

    chosen = whole[:: max(1, len(whole) // ROWS)]
    while True:
        matrix = DomainMatrix([[QQ(int(value)) for value in row] for row in chosen], chosen.shape, QQ)
        basis = matrix.nullspace()
        vectors = [
            [int(ZZ(value)) for value in row.clear_denoms(convert=True)[1].to_list_flat()] for row in _rows(basis)
        ]
        small = [vector for vector in vectors if max(map(abs, vector), default=0) < 2**31]
        if not small:
            return []
        wrong = (whole.astype(object) @ np.array(small, dtype=object).T != 0).any(axis=1)
        if not wrong.any():
            return [vector for vector in small if max(map(abs, vector[:-1])) <= LARGEST]
        chosen = np.concatenate([chosen, whole[wrong][:ROWS]])


def _rows(matrix: Any) -> list[Any]:
    return [matrix.extract([place], range(matrix.shape[1])) for place in range(matrix.shape[0])]


def _relations(
    op: str, terms: Sequence[Term], coefficients: Sequence[int], constant: int, parameters: Mapping[str, int]
) -> Iterator[Term]:
    """`coefficients * terms` equal to, or at most, a constant, or a parameter that has this value."""
    if not any(coefficients):
        return
    names = [name for name, value in parameters.items() if value == constant]
    for bound in (*(Term("parameter", (), INT, name) for name in names), integer(abs(constant))):
        left = [_times(term, factor) for term, factor in zip(terms, coefficients, strict=True) if factor > 0]
        right = [_times(term, -factor) for term, factor in zip(terms, coefficients, strict=True) if factor < 0]
        if constant:
            (right if constant > 0 or bound.op == "parameter" else left).append(bound)
        sides = _added(left), _added(right)
        yield equal(*sides) if op == "eq" else Term("le", sides, BOOL)


def _times(term: Term, factor: int) -> Term:
    return term if factor == 1 else Term("mul", (integer(factor), term), INT)


def _added(terms: Sequence[Term]) -> Term:
    result = integer(0) if not terms else terms[0]
    for term in terms[1:]:
        result = Term("add", (result, term), INT)
    return result


def quantities(model: Model) -> list[Term]:
    """The quantities of a model: integers that are stored, their sums over an index, numbers of elements and of indices.

    Of sums over a range also those of the part beyond a stored position.
    """
    known = places(model, Indices())
    single = [
        place for place in known if not place.indices and not place.present and isinstance(place.term.sort, RangeSort)
    ]
    result = [place.term for place in single]
    result += [
        Term("cardinality", (state(v.name, v.sort),), INT) for v in model.variables if isinstance(v.sort, SetSort)
    ]
    for place in known:
        if (
            len(place.indices) == 1
            and not place.present
            and place.term.op != "member"
            and _is_index(place.indices[0].sort)
        ):
            for number in _numbers(place):
                result.append(_sum(place.indices[0], number))
                result += [
                    _beyond(place.indices[0], number, at.term) for at in single if at.term.sort == place.indices[0].sort
                ]
    return result


def _is_index(sort: Sort) -> bool:
    return isinstance(sort, (RangeSort, ScalarSort))


def _numbers(place: Place) -> Iterator[Term]:
    """The numbers added up over the index of a place: integers, or 1 where it is true or has a label."""
    match place.term.sort:
        case RangeSort():
            yield place.term
        case BoolSort():
            yield Term("ite", (place.term, integer(1), integer(0)), INT)
        case EnumSort(labels=labels):
            for label in labels[:-1]:
                yield Term("ite", (equal(place.term, literal(label, place.term.sort)), integer(1), integer(0)), INT)


def _sum(index: Term, number: Term) -> Term:
    return Term("sum", (number,), INT, (index,))


def _beyond(index: Term, number: Term, position: Term) -> Term:
    return _sum(index, Term("ite", (Term("lt", (position, index), BOOL), number, integer(0)), INT))
