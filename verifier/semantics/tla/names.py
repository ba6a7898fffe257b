"""Names of an exported module: the model's own where TLA+ admits them, and no two alike.

All names of a module are in one space, and no bound variable may have one of them. Names that were changed are remembered, so
that the module can list them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from verifier.kernel.terms import Term

_WORDS = """
ACTION ASSUME ASSUMPTION AXIOM BOOLEAN BY CASE CHOOSE CONSTANT CONSTANTS COROLLARY DEF DEFINE DEFS DOMAIN ELSE
ENABLED EXCEPT EXTENDS FALSE HAVE HIDE IF IN INSTANCE LAMBDA LEMMA LET LOCAL MODULE NEW OBVIOUS OMITTED ONLY
OTHER PICK PROOF PROPOSITION PROVE QED RECURSIVE STATE STRING SUBSET SUFFICES TAKE TEMPORAL THEN THEOREM TRUE
UNCHANGED UNION USE VARIABLE VARIABLES WITH WITNESS
"""
_STANDARD = """
Nat Int Seq Len Head Tail Append SubSeq SelectSeq Cardinality IsFiniteSet
Any Assert JavaTime Permutations Print PrintT RandomElement SortSeq TLCEval TLCGet TLCSet ToString
"""
_CONFIGURATION = """
ACTION_CONSTRAINT ACTION_CONSTRAINTS ALIAS CHECK_DEADLOCK CONSTRAINT CONSTRAINTS INIT INVARIANT INVARIANTS NEXT PERIODIC
POSTCONDITION PROPERTIES PROPERTY RL_REWARD SPECIFICATION SYMMETRY VIEW _PERIODIC _RL_REWARD
"""
RESERVED = frozenset((_WORDS + _STANDARD + _CONFIGURATION).split())
"""Reserved words of TLA+, names of the standard modules that are extended, and words of TLC's configuration files."""

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def identifier(name: str) -> str:
    """The identifier of TLA+ that is closest to a name: other characters are replaced by `_`."""
    result = re.sub(r"[^A-Za-z0-9_]", "_", name)
    # A prefix keeps a name from beginning with a digit, or as weak and strong fairness do.
    return result if _IDENTIFIER.match(result) and not result.startswith(("WF_", "SF_")) else f"x{result}"


class Namespace:
    """The names that are taken. `renamed` maps each name that had to be changed to its name in the model."""

    def __init__(self, taken: Iterable[str] = RESERVED) -> None:
        self.taken = set(taken)
        self.renamed: dict[str, str] = {}

    def claim(self, name: str, *, ours: bool = False) -> str:
        """A name for something of the model, or with `ours` of the export, which nothing else has."""
        result = identifier(name)
        while result in self.taken:
            result += "_"
        self.taken.add(result)
        if result != name and not ours:
            self.renamed[result] = name
        return result


class Bound:
    """The names of the bound variables in scope; immutable. `written` keeps texts of terms that use these names."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.written: dict[Term, tuple[str, int]] = {}
        self._names: dict[Term, str] = {}
        self._taken = frozenset(taken)

    def bind(self, *variables: Term) -> Bound:
        """These names and, where `variables` are bound, theirs."""
        inner = Bound(self._taken)
        inner._names = dict(self._names)
        for variable in variables:
            name = stem = identifier(variable.data)
            number = 2
            while name in inner._taken:
                name, number = f"{stem}{number}", number + 1
            inner._names[variable] = name
            inner._taken |= {name}
        return inner

    def __getitem__(self, variable: Term) -> str:
        return self._names[variable]
