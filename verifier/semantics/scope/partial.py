"""Which terms may have no value, as far as their form says."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from verifier.kernel.sorts import FunctionSort, Sort
from verifier.kernel.terms import PARTIAL, Term, walk
from verifier.semantics.scope.inside import held_ranges


def may_be_undefined(term: Term) -> bool:
    """Whether the term uses a partial operation of which the form does not show that it is defined."""
    members = members_of(term)
    for part in walk(term):
        if part.op in ("apply", "update"):
            if not evident(part.args[1], cast(FunctionSort, part.args[0].sort).index, members):
                return True
        elif part.op in PARTIAL:
            return True
    return False


def members_of(*terms: Term) -> set[Term]:
    """The variables that run over the members of keyed sets; the sort of such a variable may not contain it."""
    return {part.bound[0] for part in walk(*terms) if part.op in ("forall_in", "exists_in")}


def evident(value: Term, sort: Sort, members: Collection[Term]) -> bool:
    """Whether a value is one of the sort by its form: a variable that runs over the sort, or a sort without integers."""
    if value.op == "bound" and value.sort == sort and value not in members:
        return True
    return not any(held_ranges(sort))
