"""The names that a model's file imports from `verifier.kernel`, which documents their meaning."""

from verifier.kernel.actions import budget, can_change, choice, enabled, guard, open_next, relation, witness
from verifier.kernel.counting import exists_upto, fold, forall_upto, pick, sum_of, table, tabulate
from verifier.kernel.expressions import Bool, Int, Ordered, Range
from verifier.kernel.fairness import Fairness, steps, strong, weak
from verifier.kernel.formulas import (
    all_of,
    any_of,
    choose,
    disjoint,
    exists,
    exists_in,
    fn,
    forall,
    forall_in,
    image,
    implies,
    ite,
    max_of,
    maximum,
    min_of,
    minimum,
    one_of,
    set_of,
)
from verifier.kernel.literals import empty, none
from verifier.kernel.names import Enumeration, Quorums, Scalarset, constant, labels
from verifier.kernel.properties import unreachable, violated
from verifier.kernel.protocol import Protocol
from verifier.kernel.ranking import Ranks, ranks, when
from verifier.kernel.sequences import Sequence
from verifier.kernel.state import anything, var
from verifier.kernel.structures import Fn, KeyedSet, Option, Record, Set, some
from verifier.kernel.temporal import Temporal, always, eventually, leads_to

__all__ = [
    "Bool", "Enumeration", "Fairness", "Fn", "Int", "KeyedSet", "Option", "Ordered", "Protocol", "Quorums", "Range",
    "Ranks", "Record", "Scalarset", "Sequence", "Set", "Temporal", "all_of", "always", "any_of", "anything", "budget",
    "can_change", "choice", "choose", "constant", "disjoint", "empty", "enabled", "eventually", "exists", "exists_in",
    "exists_upto", "fn", "fold", "forall", "forall_in", "forall_upto", "guard", "image", "implies", "ite", "labels",
    "leads_to", "max_of", "maximum", "min_of", "minimum", "none", "one_of", "open_next", "pick", "ranks", "relation",
    "set_of", "some", "steps", "strong", "sum_of", "table", "tabulate", "unreachable", "var", "violated", "weak", "when",
    "witness",
]  # fmt: skip
