"""The meanings of names in printed formulas, and the way that things of one name are told apart.

A name is printed bare where it has one meaning in its protocol. A variable of the state keeps it where something else has it
too; a parameter is then `CONSTANT n`, a label or a constant of a scalarset `Phase.n`, and a bound variable is numbered. Only
words of the printed language and names of sorts are stronger: a variable of such a name is `VARIABLE n`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from verifier.kernel.operators import OPERATORS
from verifier.kernel.sorts import EnumSort, RangeSort, RecordSort, ScalarSort, Sort
from verifier.kernel.terms import Term, walk

if TYPE_CHECKING:
    from verifier.kernel.reach import Vocabulary

RESERVED = frozenset(
    {"TRUE", "FALSE", "IF", "THEN", "ELSE", "CHOOSE", "EXCEPT", "SUBSET", "BOOLEAN", "Int", "Option", "ENABLED"}
    | {"CHOICE", "CONSTANT", "VARIABLE", "none", "SUM", "PICK", "FOLD"}
)
"""Words that mean something wherever they stand."""


class Words:
    """The names of one protocol."""

    def __init__(self, variables: Iterable[str], parameters: Iterable[str], sorts: Iterable[Sort]) -> None:
        sorts = tuple(sorts)
        sizes = {sort.parameter for sort in sorts if isinstance(sort, RangeSort | ScalarSort) and sort.parameter}
        labels = Counter(label for sort in sorts for label in labels_of(sort))
        names = {str(sort) for sort in sorts if sort.is_declared}
        fields = Counter(_fields(sort) for sort in sorts if isinstance(sort, RecordSort))
        self._variables = frozenset(variables)
        self._parameters = frozenset(parameters) | sizes
        self._strong = RESERVED | names
        self._several = frozenset(label for label, times in labels.items() if times > 1)
        self._like = frozenset(shared for shared, times in fields.items() if times > 1)
        calls = {operator.call for operator in OPERATORS.values() if operator.call}
        self.taken = self._variables.union(self._parameters, labels, self._strong, calls, ["Within", "Table"])

    @staticmethod
    def of(vocabulary: Vocabulary) -> Words:
        """The names of the protocol of a vocabulary, as it stands."""
        variables = (variable.name for variable in vocabulary.protocol.variables)
        return Words(variables, vocabulary.protocol.parameters, vocabulary.sorts.values())

    @staticmethod
    def alone(*roots: Term) -> Words:
        """For terms whose protocol is not known: every name stands as it is."""
        return Words((term.data for term in walk(*roots) if term.op in ("state", "next")), (), ())

    def variable(self, name: str) -> str:
        """A variable of the state."""
        return f"VARIABLE {name}" if name in self._strong else name

    def parameter(self, name: str) -> str:
        """A parameter."""
        taken = name in self._strong or name in self._variables or not name[0].isalpha()
        return f"CONSTANT {name}" if taken else name

    def label(self, name: str, sort: Sort) -> str:
        """A label of an enumeration or a constant of a scalarset."""
        others = name in self._variables or name in self._parameters or name in self._strong or name in self._several
        return f"{sort}.{name}" if others else name

    def is_like_another(self, sort: RecordSort) -> bool:
        """Whether another record has the same fields in the same order, so the fields do not distinguish them."""
        return _fields(sort) in self._like


def labels_of(sort: Sort) -> tuple[str, ...]:
    """The names that a sort gives to some of its values."""
    match sort:
        case EnumSort(labels=labels):
            return labels
        case ScalarSort(constants=constants):
            return constants
    return ()


def _fields(sort: RecordSort) -> tuple[str, ...]:
    return tuple(name for name, _ in sort.fields)
