"""Parameters of sorts that several protocols share: each protocol declares the parameter, with a default of its own."""

from __future__ import annotations

from typing import cast

from verifier.kernel.errors import check_name
from verifier.kernel.expressions import Int, wrap
from verifier.kernel.sorts import INT
from verifier.kernel.terms import Term


def parameter_called(name: str) -> Int:
    """The parameter or search bound of this name in whichever protocol uses it: for the ends of shared sorts.

    A protocol that uses such a sort declares the parameter before its state, with `p.parameter` or `p.search_bound`.
    """
    check_name(name, "a parameter")
    return cast(Int, wrap(Term("parameter", (), INT, name)))
