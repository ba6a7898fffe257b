"""Which shape the symbolic values of each sort have."""

from __future__ import annotations

from verifier.kernel.sorts import (
    BoolSort,
    EnumSort,
    FunctionSort,
    IntSort,
    KeyedSort,
    OptionSort,
    QuorumSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.semantics.ground.circuit import Circuit
from verifier.semantics.ground.containers import FunctionShape, RecordShape, SetShape
from verifier.semantics.ground.sparse import KeyedShape, OptionShape, SequenceShape
from verifier.semantics.ground.values import AtomOption, BoolShape, IntShape, LabelShape, RangeShape, Shape
from verifier.semantics.scope import FiniteScope


class ScopeShapes:
    """The shape of every sort at one scope, over one circuit."""

    def __init__(self, scope: FiniteScope, circuit: Circuit) -> None:
        self.scope = scope
        self.circuit = circuit
        self._known: dict[Sort, Shape] = {}
        self._quick: dict[int, tuple[Sort, Shape]] = {}

    def of(self, sort: Sort) -> Shape:
        """The shape of `sort`."""
        quick = self._quick.get(id(sort))
        if quick is not None:
            return quick[1]
        shape = self._known.get(sort)
        if shape is None:
            shape = self._known[sort] = self._build(sort)
        self._quick[id(sort)] = (sort, shape)
        return shape

    def _build(self, sort: Sort) -> Shape:
        match sort:
            case BoolSort():
                return BoolShape(self, sort)
            case IntSort():
                return IntShape(self, sort)
            case RangeSort():
                return RangeShape(self, sort)
            case EnumSort() | ScalarSort() | QuorumSort():
                return LabelShape(self, sort)
            case OptionSort(element=element):
                return AtomOption(self, sort) if self.of(element).atom else OptionShape(self, sort)
            case RecordSort():
                return RecordShape(self, sort)
            case FunctionSort():
                return FunctionShape(self, sort)
            case SetSort():
                return SetShape(self, sort)
            case SequenceSort():
                return SequenceShape(self, sort)
            case KeyedSort():
                return KeyedShape(self, sort)
        raise TypeError(f"{sort} has no values at a finite scope")
