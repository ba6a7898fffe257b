"""Says whether an obligation is in a fragment that z3 decides, and which terms take it out.

Without integers, first-order logic is decidable (EPR, effectively propositional) where no value of a sort leads back to its own
sort: through a function, or through "for all a there is a b". The findings are warnings for people, not restrictions: z3 answers
many obligations outside. (Padon, Losa, Sagiv, Shoham: "Paxos made EPR", 2017.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.kernel.sorts import (
    BoolSort,
    EnumSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    QuorumSort,
    RecordSort,
    SequenceSort,
    SetSort,
    Sort,
    atoms,
)
from verifier.kernel.terms import Term, walk
from verifier.semantics.quantified.lowering import WITNESSED
from verifier.semantics.quantified.obligations import Obligation
from verifier.semantics.quantified.totals import TOTALS, element_of

INTEGERS = "Int"
Edges = dict[tuple[str, str], str]


def outside(obligations: Sequence[Obligation]) -> list[str]:
    """Why the obligations are outside the decidable fragment, for people, each reason once; empty if they are inside."""
    edges: Edges = {}
    integers: dict[str, None] = {}
    for obligation in obligations:
        negated = [(goal.stated, False) for goal in obligation.goals]
        formulas = [(premise.stated, True) for premise in (*obligation.background, *obligation.premises)]
        for term, positive in (*formulas, *negated):
            _alternations(term, positive, (), edges)
        for term in walk(*(term for term, _ in (*formulas, *negated))):
            if term.op == "state":
                edges.update(_functions(term.data, term.sort))
            if isinstance(term.sort, SequenceSort):
                integers[f"mentions {term.sort}, whose elements are counted"] = None
            if term.op in TOTALS:
                what = f"adds up over {term.bound[0].sort}" if term.bound else f"counts the elements of {term.args[0].sort}"
                integers[what] = None
            if term.op in WITNESSED:
                _witness(term, obligation.lowering.free(term), edges)
            for bound in term.bound:
                if INTEGERS in _atoms(bound.sort):
                    integers[f"quantifies over {bound.sort}, which is a range of integers"] = None
        edges.update(_quorums(obligation))
    cycles = [f"a value of {a} leads to another through {' and '.join(why)}" for a, why in _cycles(edges)]
    return [*integers, *cycles]


def _is_formula(term: Term) -> bool:
    return isinstance(term.sort, BoolSort)


def _atoms(sort: Sort) -> list[str]:
    """The atomic sorts that the values of a sort are made of; finite ones lead nowhere."""
    result = (atom for atom in atoms(sort) if not isinstance(atom, (BoolSort, EnumSort)))
    return [INTEGERS if atom.is_integer else str(atom) for atom in result]


def _functions(name: str, sort: Sort, indices: tuple[str, ...] = ()) -> Edges:
    """The edges from the indices of a state variable to its values."""
    match sort:
        case FunctionSort(index=index, value=value):
            return _functions(name, value, (*indices, *_atoms(index)))
        case SetSort():
            return {}
        case KeyedSort(element=record, key=key, key_sort=key_sort):
            values = [atom for field, of in record.fields if field != key for atom in _atoms(of)]
            return {(a, b): name for a in (*indices, *_atoms(key_sort)) for b in values}
        case OptionSort(element=element):
            return _functions(name, element, indices)
        case SequenceSort(element=element):
            lengths = {(a, INTEGERS): name for a in indices}
            return {**_functions(name, element, (*indices, INTEGERS)), **lengths}
        case RecordSort(fields=fields):
            return {edge: why for _, of in fields for edge, why in _functions(name, of, indices).items()}
    return {(a, b): name for a in indices for b in _atoms(sort)}


def _alternations(term: Term, positive: bool, around: tuple[Term, ...], edges: Edges) -> None:
    """Adds an edge from each variable that is read as universal to each existential one inside its scope."""
    match term.op:
        case "not":
            _alternations(term.args[0], not positive, around, edges)
        case "implies":
            _alternations(term.args[0], not positive, around, edges)
            _alternations(term.args[1], positive, around, edges)
        case "and" | "or":
            for arg in term.args:
                _alternations(arg, positive, around, edges)
        case "forall" | "exists" | "forall_in" | "exists_in" | "forall_upto" | "exists_upto":
            body = term.args[-1]
            if term.op.startswith("forall") == positive:
                _alternations(body, positive, (*around, *term.bound), edges)
                return
            for a, b in _pairs(around, term.bound):
                for edge in ((x, y) for x in _atoms(a.sort) for y in _atoms(b.sort)):
                    edges.setdefault(edge, f"`for all {a.data} some {b.data}`")
            _alternations(body, positive, around, edges)
        case "ite" | "eq" if _is_formula(term.args[-1]):
            for arg in term.args:
                for way in (True, False):
                    _alternations(arg, way, around, edges)


def _witness(term: Term, around: tuple[Term, ...], edges: Edges) -> None:
    """Adds the parts that a minimum, a maximum or a choice brings along: a function of the variables around it, and its
    definition.
    """
    for a in around:
        edges.update({(x, y): f"the {term.op} for each {a.data}" for x in _atoms(a.sort) for y in _atoms(term.sort)})
    if term.op in TOTALS:
        # An element tells two totals apart, for all values around them.
        for a in around:
            pairs = ((x, y) for x in _atoms(a.sort) for y in _atoms(element_of(term)))
            edges.update(dict.fromkeys(pairs, f"the elements counted for each {a.data}"))
        return
    if term.op != "choose":
        edges.update({(a, b): f"the {term.op} of a set" for a in _atoms(term.args[0].sort) for b in _atoms(term.sort)})
        return
    # It is defined by "if some value satisfies the formula, this one does", for all values around it.
    for positive in (True, False):
        _alternations(term.args[0], positive, (*around, *term.bound), edges)


def _pairs(left: Sequence[Term], right: Sequence[Term]) -> Iterator[tuple[Term, Term]]:
    return ((a, b) for a in left for b in right)


def _quorums(obligation: Obligation) -> Edges:
    sorts = [sort for sort in obligation.lowering.scope.model.sorts if isinstance(sort, QuorumSort)]
    return {(str(sort), str(sort.of)): f"the intersection of two of {sort}" for sort in sorts}


def _cycles(edges: Edges) -> Iterator[tuple[str, list[str]]]:
    """The sorts that lead back to themselves, each with the reasons along a shortest way."""
    for start in dict.fromkeys(a for a, _ in edges):
        reached: dict[str, list[str]] = {start: []}
        waiting = [start]
        while waiting:
            here = waiting.pop(0)
            for (a, b), why in edges.items():
                if a == here and b == start:
                    yield start, list(dict.fromkeys([*reached[here], why]))
                    waiting.clear()
                    break
                if a == here and b not in reached:
                    reached[b] = [*reached[here], why]
                    waiting.append(b)
