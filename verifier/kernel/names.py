"""Sorts whose values are names: enumerations, scalarsets, and the quorums of a scalarset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast, get_args, get_origin

from verifier.kernel.errors import ModelError, at_hand, check_name, here
from verifier.kernel.expressions import Bool, Expr, Int, check_size, coerce, declared, order, sort_of, wrap
from verifier.kernel.sorts import BOOL, EnumSort, QuorumSort, ScalarSort
from verifier.kernel.terms import Term, integer, literal, size_of

T = TypeVar("T", bound=Expr)
E = TypeVar("E", bound=Expr)


class Label:
    """A place in a class body that becomes a value of the class being defined."""

    if TYPE_CHECKING:

        def __get__(self, holder: object, owner: type[E]) -> E: ...


def labels(count: int) -> list[Label]:
    """`count` labels of an enumeration, to be named by assignment: `Idle, Active = labels(2)`."""
    return [Label() for _ in range(count)]


def constant() -> Label:
    """A named constant of a scalarset: `InitGroup = constant()`; at a finite scope it is the sort's first label."""
    return Label()


def _label_names(cls: type) -> tuple[str, ...]:
    if any(vars(base).get("_sort") is not None for base in cls.__bases__):
        base = cls.__bases__[0].__name__
        raise ModelError(f"{base} is already a sort", hint=f"declare {cls.__name__} as a sort of its own", position=here())
    names = tuple(name for name, value in cls.__dict__.items() if isinstance(value, Label))
    taken = [name for name in names if name in ("size", "sort")]
    if taken:
        hint = f"choose another name; {cls.__name__}.{taken[0]} already has a meaning"
        raise ModelError(f"{cls.__name__} cannot have a label {taken[0]}", hint=hint, position=here())
    return names


class Enumeration(Expr):
    """An enumeration: `class Phase(Enumeration): Idle, Active = labels(2)`. `Phase.size` is the number of labels."""

    size: ClassVar[Int]

    if TYPE_CHECKING:

        def __eq__(self, other: Self) -> Bool: ...  # type: ignore[override]
        def __ne__(self, other: Self) -> Bool: ...  # type: ignore[override]

    def __init_subclass__(cls, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        names = _label_names(cls)
        if not names:
            hint = "write A, B = labels(2) in its body"
            raise ModelError(f"enumeration {cls.__name__} has no labels", hint=hint, position=here())
        cls.sort = declared(EnumSort(cls.__name__, names), cls)
        cls.size = wrap(integer(len(names)))
        for name in names:
            setattr(cls, name, wrap(literal(name, cls.sort)))


class Scalarset(Expr):
    """Interchangeable names, compared only for equality: `class Key(Scalarset, parameter="Keys", size=2, prefix="k")`.

    `Key.size` is their number, as an expression. With `ordered=True` the names have `<` and are not interchangeable; at a
    finite scope they are in the order of their numbers, at unbounded scope in some total order.
    """

    size: ClassVar[Int]

    if TYPE_CHECKING:

        def __eq__(self, other: Self) -> Bool: ...  # type: ignore[override]
        def __ne__(self, other: Self) -> Bool: ...  # type: ignore[override]

    def __init_subclass__(
        cls, *, parameter: str = "", size: int = 0, prefix: str = "", ordered: bool = False, **rest: Any
    ) -> None:
        super().__init_subclass__(**rest)
        names = _label_names(cls)
        check_size(cls, parameter, size)
        if prefix:
            check_name(prefix, "members of a scalarset")
        if ordered and names:
            hint = "take an argument, or min_of or max_of a set; a constant would have some place in the order"
            raise ModelError(f"ordered scalarset {cls.__name__} has a constant {names[0]}", hint=hint, position=here())
        sort = ScalarSort(cls.__name__, parameter, size, prefix or cls.__name__[0].lower(), names, ordered)
        cls.sort = declared(sort, cls)
        cls.size = wrap(size_of(parameter, sort))
        for name in names:
            setattr(cls, name, wrap(literal(name, cls.sort)))

    def __lt__(self, other: Self) -> Bool:
        return order("lt", self, other)

    def __le__(self, other: Self) -> Bool:
        return order("le", self, other)

    def __gt__(self, other: Self) -> Bool:
        return order("lt", other, self)

    def __ge__(self, other: Self) -> Bool:
        return order("le", other, self)


class Quorums(Expr, Generic[T]):
    """Quorums of a scalarset: `class Quorum(Quorums[Acceptor])`. Every two quorums share a member."""

    if TYPE_CHECKING:

        def __eq__(self, other: Self) -> Bool: ...  # type: ignore[override]
        def __ne__(self, other: Self) -> Bool: ...  # type: ignore[override]

    def __init_subclass__(cls, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        base = next((b for b in getattr(cls, "__orig_bases__", ()) if get_origin(b) is Quorums), None)
        of = sort_of(get_args(base)[0]) if base else None
        if not isinstance(of, ScalarSort):
            hint = f"class {cls.__name__}(Quorums[{at_hand(Scalarset)}])"
            raise ModelError(f"{cls.__name__} needs a scalarset", hint=hint, position=here())
        cls.sort = declared(QuorumSort(cls.__name__, of), cls)

    def contains(self, item: T) -> Bool:
        """Whether `item` is a member of the quorum."""
        sort = cast(QuorumSort, self._term.sort)
        return cast(Bool, wrap(Term("member", (coerce(item, sort.of, "contains"), self._term), BOOL)))
