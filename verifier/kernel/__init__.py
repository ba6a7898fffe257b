"""The language in which protocols are written: everything a model's file imports, and nothing else.

It is loaded when the first of these names is used: a process that only needs another module of this package, such as that of the
errors, does not pay for it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verifier.kernel.language import (
        Bool,
        Enumeration,
        Fairness,
        Fn,
        Int,
        KeyedSet,
        Option,
        Ordered,
        Protocol,
        Quorums,
        Range,
        Ranks,
        Record,
        Scalarset,
        Sequence,
        Set,
        Temporal,
        all_of,
        always,
        any_of,
        anything,
        budget,
        can_change,
        choice,
        choose,
        constant,
        disjoint,
        empty,
        enabled,
        eventually,
        exists,
        exists_in,
        exists_upto,
        fn,
        fold,
        forall,
        forall_in,
        forall_upto,
        guard,
        image,
        implies,
        ite,
        labels,
        leads_to,
        max_of,
        maximum,
        min_of,
        minimum,
        none,
        one_of,
        open_next,
        pick,
        ranks,
        relation,
        set_of,
        some,
        steps,
        strong,
        sum_of,
        table,
        tabulate,
        unreachable,
        var,
        violated,
        weak,
        when,
        witness,
    )

__all__ = [
    "Bool", "Enumeration", "Fairness", "Fn", "Int", "KeyedSet", "Option", "Ordered", "Protocol", "Quorums", "Range",
    "Ranks", "Record", "Scalarset", "Sequence", "Set", "Temporal", "all_of", "always", "any_of", "anything", "budget",
    "can_change", "choice", "choose", "constant", "disjoint", "empty", "enabled", "eventually", "exists", "exists_in",
    "exists_upto", "fn", "fold", "forall", "forall_in", "forall_upto", "guard", "image", "implies", "ite", "labels",
    "leads_to", "max_of", "maximum", "min_of", "minimum", "none", "one_of", "open_next", "pick", "ranks", "relation",
    "set_of", "some", "steps", "strong", "sum_of", "table", "tabulate", "unreachable", "var", "violated", "weak", "when",
    "witness",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """A name of the language (PEP 562). Raises AttributeError if it has no such name."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from verifier.kernel import language

    globals().update({name: getattr(language, name) for name in __all__})
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
