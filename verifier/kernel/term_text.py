"""Terms as text in the style of published TLA+: `\\A t \\in Txn : txnObservedVer[t] <= catalogVersion`.

The text has exactly the meaning of the term: two terms with the same text mean the same. Terms share their parts, which a text
cannot: one that would be too long to be written is named by its size and a digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from verifier.kernel import set_forms
from verifier.kernel.fitting import sets_fit
from verifier.kernel.operators import OPERATORS, UnknownOperator
from verifier.kernel.reach import Vocabulary
from verifier.kernel.sorts import (
    BoolSort,
    FunctionSort,
    IntSort,
    KeyedSort,
    OptionSort,
    RecordSort,
    SequenceSort,
    SetSort,
    Sort,
    has_integer,
)
from verifier.kernel.terms import Term, alike, free_variables, walk, written_size
from verifier.kernel.words import Words

# Binding strengths, loosest first; an operand is put into parentheses where it binds looser than its place.
OPEN, IMPLIES, JUNCTION, NOT, RELATION, SET, SUM, PRODUCT, POSTFIX = range(9)

_BINARY = {
    "lt": ("<", RELATION),
    "le": ("<=", RELATION),
    "eq": ("=", RELATION),
    "member": ("\\in", RELATION),
    "add": ("+", SUM),
    "sub": ("-", SUM),
    "mul": ("*", PRODUCT),
}
_JUNCTIONS = {"and": "/\\", "or": "\\/"}

LONGEST = 1_000_000
"""How many parts a term may have that is written out."""


def sort_text(sort: Sort) -> str:
    """A sort as it stands after `\\in`: `Key`, `[Version -> [Key -> Group]]`, `SUBSET Key`, `Option(Group)`."""
    match sort:
        case BoolSort():
            return "BOOLEAN"
        case IntSort():
            return "Int"
        case FunctionSort(index=index, value=value):
            return f"[{sort_text(index)} -> {sort_text(value)}]"
        case SetSort(element=element):
            return f"SUBSET {sort_text(element)}"
        case OptionSort(element=element):
            return f"Option({sort_text(element)})"
    return str(sort)


def text(term: Term, vocabulary: Vocabulary | None = None, *, outer: bool = True) -> str:
    """A term as text, with the names as they are told apart in the protocol of the vocabulary.

    Variables of one name that are bound in each other's reach are numbered apart. With `outer=False` the outermost universal
    quantifiers are left out, as people write lemmas, `txnObservedVer[t] <= catalogVersion`, as far as the rest determines the
    sorts of the variables.
    """
    if (count := written_size(term)) > LONGEST:
        return f"<<{count:,} parts, {_digest(term)}>>"
    names = Names(vocabulary, term)
    while not outer and _is_told(term):
        names, term = names.bind(*term.bound), term.args[0]
    return render(term, names)


def _digest(root: Term) -> str:
    """The digest of a term's nodes, each written once."""
    numbers: dict[Term, int] = {}

    def number(term: Term) -> int:
        return numbers.setdefault(term, len(numbers))

    lines = []
    for term in walk(root):
        # Variables of one name may be bound in each other's reach: which of them a quantifier binds matters.
        data = [f"{variable.data} {variable.sort} {number(variable)}" for variable in term.bound] or term.data
        lines.append(f"{number(term)} {term.op} {data} {term.sort} {[number(arg) for arg in term.args]}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _is_told(term: Term) -> bool:
    """Whether the term is a universal quantifier that can be left out: its variables are used where one sort alone can stand.
    """
    if term.op != "forall" or set_forms.emptiness(term) or set_forms.inclusion(term):
        return False
    known = set()
    for node in walk(term.args[0]):
        match node.op:
            case "apply" if _is_named(node.args[0]):
                known.add(node.args[1])
            case "eq" | "member" if _is_named(node.args[1]):
                known.add(node.args[0])
            case "eq" if _is_named(node.args[0]):
                known.add(node.args[1])
    # Integers of any range can stand where one can.
    return all(variable in known and not has_integer(variable.sort) for variable in term.bound)


def _is_named(term: Term) -> bool:
    """Whether a term is a state variable or a point of one, whose sort is known."""
    while term.op in ("apply", "field"):
        term = term.args[0]
    return term.op in ("state", "next")


class Names:
    """The names of the bound variables in reach, and of everything else that has a name; immutable.

    `first` are variables that are bound around the terms and keep their names before others do.
    """

    def __init__(self, vocabulary: Vocabulary | None, *roots: Term, first: tuple[Term, ...] = ()) -> None:
        self.words = Words.alone(*roots) if vocabulary is None else Words.of(vocabulary)
        self._names: dict[Term, str] = {}
        self._taken = set(self.words.taken)
        reach = free_variables(*roots)
        free = frozenset[Term]().union(*(reach[id(root)] for root in roots))
        for variable in dict.fromkeys((*first, *(term for term in walk(*roots) if term in free))):
            self._add(variable)

    def _add(self, variable: Term) -> None:
        name, number = variable.data, 2
        while name in self._taken:
            name, number = f"{variable.data}{number}", number + 1
        self._names[variable] = name
        self._taken.add(name)

    def bind(self, *variables: Term) -> Names:
        """These names and, where `variables` are bound, theirs."""
        inner = object.__new__(Names)
        inner.words, inner._names, inner._taken = self.words, dict(self._names), set(self._taken)
        for variable in variables:
            inner._add(variable)
        return inner

    def __getitem__(self, variable: Term) -> str:
        return self._names[variable]


def render(term: Term, names: Names, place: int = OPEN, sort: Sort | None = None) -> str:
    """The text of `term` where something of binding strength `place` or tighter may stand.

    `sort` is the one expected there, if the text around determines it: sets then need not repeat it.
    """
    written, strength = _written(term, names, sort)
    return f"({written})" if strength < place else written


def operands(term: Term) -> Iterator[Term]:
    """The parts of a conjunction or disjunction, nested ones of the same kind opened."""
    for arg in term.args:
        if arg.op == term.op:
            yield from operands(arg)
        else:
            yield arg


def _beside(other: Term) -> Sort | None:
    """The sort that the text of a term determines for the other side of a comparison; None if it does not."""
    return other.sort if set_forms.tells(other) else None


def _written(term: Term, names: Names, sort: Sort | None) -> tuple[str, int]:
    op, args = term.op, term.args
    if op in _JUNCTIONS:
        # TLA+ gives both junctions one precedence, so a mixture needs parentheses.
        parts = (render(part, names, NOT) for part in operands(term))
        return f" {_JUNCTIONS[op]} ".join(parts), JUNCTION
    if op in _BINARY:
        return _binary(term, names)
    if call := OPERATORS[op].call:
        return f"{call}({', '.join(_arguments(term, names, sort))})", POSTFIX
    match op:
        case "within":
            return f"Within({render(args[0], names)}, {sort_text(term.sort)})", POSTFIX
        case "table":
            assert isinstance(term.sort, FunctionSort)
            values = (stored(arg, names, term.sort.value) for arg in args)
            return f"Table({', '.join([sort_text(term.sort), *values])})", POSTFIX
        case "literal":
            return _literal(term, names.words)
        case "parameter":
            return names.words.parameter(term.data), POSTFIX
        case "state":
            return names.words.variable(term.data), POSTFIX
        case "next":
            return f"{names.words.variable(term.data)}'", POSTFIX
        case "bound":
            return names[term], POSTFIX
        case "not":
            return _negated(args[0], names)
        case "implies":
            left, right = render(args[0], names, JUNCTION), args[1]
            return f"{left} => {render(right, names, OPEN if opened(right, names) else JUNCTION)}", IMPLIES
        case "ite" | "choice":
            then, otherwise = args[-2:]
            condition = render(args[0], names) if op == "ite" else f"CHOICE {term.data}"
            sides = render(then, names, OPEN, sort or _beside(otherwise)), render(otherwise, names, OPEN, sort or _beside(then))
            return f"IF {condition} THEN {sides[0]} ELSE {sides[1]}", OPEN
        case "enabled" | "can_change":
            given = f"({', '.join(render(arg, names) for arg in args)})" if args else ""
            asked = f"{term.data}{given}" if op == "enabled" else f"<<{term.data}{given}>>_vars"
            return f"ENABLED {asked}", POSTFIX
        case "apply" | "at":
            return f"{render(args[0], names, POSTFIX)}[{render(args[1], names)}]", POSTFIX
        case "field":
            return f"{render(args[0], names, POSTFIX)}.{term.data}", POSTFIX
        case "payload":
            return f"{render(args[0], names, POSTFIX)}.value", POSTFIX
        case "is_some":
            return f"{render(args[0], names, SET)} # none", RELATION
        case "none":
            return "none", POSTFIX
        case "update" | "put":
            return _except(term, names), POSTFIX
        case "record":
            return _record(term, names), POSTFIX
        case "sequence":
            element = sort.element if isinstance(sort, SequenceSort) else None
            return f"<<{', '.join(stored(arg, names, element) for arg in args)}>>", POSTFIX
        case "keyed":
            return "{}", POSTFIX
        case "tabulate":
            return _tabulated(term, names), POSTFIX
        case "div" | "mod":
            # TLA+ lets no other arithmetic stand beside `%` without parentheses.
            symbol = "\\div" if op == "div" else "%"
            return f" {symbol} ".join(render(arg, names, POSTFIX) for arg in args), SET
        case "set":
            return _set(term, names, sort)
        case "function":
            inner = names.bind(*term.bound)
            value = sort.value if isinstance(sort, FunctionSort) else None
            return f"[{_bound(term.bound, inner)} |-> {render(args[0], inner, OPEN, value)}]", POSTFIX
        case "choose" | "pick" | "sum":
            inner = names.bind(*term.bound)
            return f"{_BINDERS[op]} {_bound(term.bound, inner)} : {render(args[0], inner)}", OPEN
        case "forall" | "exists" | "forall_in" | "exists_in":
            return _quantified(term, names)
        case "forall_upto" | "exists_upto":
            inner = names.bind(*term.bound)
            head = f"{_QUANTIFIERS[op[:6]]} {inner[term.bound[0]]} \\in {_range(args[0], names)}"
            return f"{head} : {render(args[1], inner)}", OPEN
        case "fold" | "fold_upto":
            return _fold(term, names), OPEN
    raise UnknownOperator(op, "the printed language")


_BINDERS = {"choose": "CHOOSE", "pick": "PICK", "sum": "SUM"}
_QUANTIFIERS = {"forall": "\\A", "exists": "\\E", "forall_in": "\\A", "exists_in": "\\E"}


def _range(last: Term, names: Names) -> str:
    return f"1..{render(last, names, POSTFIX)}"


def _tabulated(term: Term, names: Names) -> str:
    assert isinstance(term.sort, SequenceSort)
    inner = names.bind(*term.bound)
    element = stored(term.args[1], inner, term.sort.element)
    return f"{term.sort}[{inner[term.bound[0]]} \\in {_range(term.args[0], names)} |-> {element}]"


def _fold(term: Term, names: Names) -> str:
    over, initial, body = term.args
    inner = names.bind(*term.bound)
    so_far, item = term.bound
    source = _range(over, names) if term.op == "fold_upto" else render(over, names, SET)
    start = f"{inner[so_far]} \\in {sort_text(so_far.sort)} = {render(initial, names, SET, so_far.sort)}"
    return f"FOLD {start}, {inner[item]} \\in {source} : {stored(body, inner, so_far.sort)}"


def _literal(term: Term, words: Words) -> tuple[str, int]:
    if isinstance(term.data, bool):
        return ("TRUE" if term.data else "FALSE"), POSTFIX
    if isinstance(term.data, int):
        return str(term.data), SUM if term.data < 0 else POSTFIX
    return words.label(term.data, term.sort), POSTFIX


def _binary(term: Term, names: Names) -> tuple[str, int]:
    symbol, strength = _BINARY[term.op]
    left, right = term.args
    if term.op == "sub" and left.op == "literal" and left.data == 0 and right.op != "literal":
        return f"-{render(right, names, POSTFIX)}", SUM
    after = strength + 1
    before = after if strength == RELATION else strength
    first, second = _compared(term, names, before, after)
    return f"{first} {symbol} {second}", strength


def _compared(term: Term, names: Names, before: int, after: int) -> tuple[str, str]:
    """Both sides of a comparison or a membership, each of which may determine the sort of the other."""
    left, right = term.args
    of_left, of_right = _beside(right), _beside(left)
    if term.op == "member":
        of_left = of_left.element if isinstance(of_left, SetSort | KeyedSort) else None
        of_right = None
    return render(left, names, before, of_left), render(right, names, after, of_right)


def _negated(term: Term, names: Names) -> tuple[str, int]:
    if term.op in ("eq", "member"):
        left, right = _compared(term, names, SET, SET)
        symbol = "#" if term.op == "eq" else "\\notin"
        return f"{left} {symbol} {right}", RELATION
    if term.op == "is_some":
        return f"{render(term.args[0], names, SET)} = none", RELATION
    empty = set_forms.emptiness(term)
    if empty is not None:
        return f"{render(empty, names, SET)} # {{}}", RELATION
    return f"~{render(term, names, RELATION if term.op == 'not' else POSTFIX)}", NOT


def _bound(variables: tuple[Term, ...], names: Names) -> str:
    """`t1, t2 \\in Txn, k \\in Key`."""
    groups: list[tuple[list[str], Sort]] = []
    for variable in variables:
        if groups and groups[-1][1] == variable.sort:
            groups[-1][0].append(names[variable])
        else:
            groups.append(([names[variable]], variable.sort))
    return ", ".join(f"{', '.join(group)} \\in {sort_text(sort)}" for group, sort in groups)


def _quantified(term: Term, names: Names) -> tuple[str, int]:
    head = opened(term, names)
    if head is not None:
        text, body, inner = head
        return f"{text} : {render(body, inner)}", OPEN
    empty, subset = set_forms.emptiness(term), set_forms.inclusion(term)
    if empty is not None:
        return f"{render(empty, names, SET)} = {{}}", RELATION
    assert subset is not None
    left, right = subset
    return f"{render(left, names, SET)} \\subseteq {render(right, names, SET, _beside(left))}", RELATION


def opened(term: Term, names: Names) -> tuple[str, Term, Names] | None:
    """`\\A x \\in S`, its body, and the names there; None for a term that is not printed as a quantifier."""
    quantifier = _QUANTIFIERS.get(term.op)
    if quantifier is None:
        return None
    inner = names.bind(*term.bound)
    if term.op.endswith("_in"):
        return f"{quantifier} {inner[term.bound[0]]} \\in {render(term.args[0], names, SET)}", term.args[1], inner
    if term.op == "forall" and (set_forms.emptiness(term) or set_forms.inclusion(term)):
        return None
    members = set_forms.members(term)
    if members is not None:
        return f"{quantifier} {inner[term.bound[0]]} \\in {render(members[0], names, SET)}", members[1], inner
    return f"{quantifier} {_bound(term.bound, inner)}", term.args[0], inner


def _set(term: Term, names: Names, sort: Sort | None) -> tuple[str, int]:
    (element,), body = term.bound, term.args[0]
    expected = sort.element if isinstance(sort, SetSort) else None
    made_of = set_forms.is_made_of(term)
    listed = set_forms.listed(element, body, expected) if made_of else None
    if listed is not None:
        return f"{{{', '.join(render(item, names, OPEN, expected) for item in listed)}}}", POSTFIX
    combined = set_forms.combined(element, body) if made_of else None
    if combined is not None:
        left, symbol, right = combined
        return f"{render(left, names, SUM)} {symbol} {render(right, names, SUM, _beside(left))}", SET
    mapped = set_forms.image(element, body)
    if mapped is not None:
        variable, collection, value = mapped
        inner = names.bind(variable)
        source = sort_text(variable.sort) if collection is None else render(collection, names, SET)
        # A value that is a membership would read as the source of the elements.
        return f"{{{render(value, inner, SET)} : {inner[variable]} \\in {source}}}", POSTFIX
    inner = names.bind(element)
    selected = set_forms.selected(element, body)
    if selected is not None:
        source = render(selected[0], names, SET)
        return f"{{{inner[element]} \\in {source} : {render(selected[1], inner)}}}", POSTFIX
    return f"{{{_bound(term.bound, inner)} : {render(body, inner)}}}", POSTFIX


def _arguments(term: Term, names: Names, sort: Sort | None) -> Iterator[str]:
    """The arguments of a call: the first determines the sort of one that becomes its element."""
    first, *rest = term.args
    keeps = sort if term.op in ("append", "insert", "remove", "tail") else None
    if term.op == "some" and isinstance(sort, OptionSort):
        keeps = sort.element
    yield render(first, names, OPEN, keeps)
    clear = keeps is not None or set_forms.tells(first)
    for arg in rest:
        if term.op in ("append", "insert") and isinstance(first.sort, SequenceSort | KeyedSort):
            yield stored(arg, names, first.sort.element if clear else None)
        else:
            yield render(arg, names)


def stored(term: Term, names: Names, sort: Sort | None) -> str:
    """The text of a term that becomes a value of `sort`, if the text around determines it.

    The check of a set over another
    range is not printed there.
    """
    if sort is not None and term.op == "within" and term.sort == sort and not sets_fit(term.args[0].sort, sort):
        term = term.args[0]
    return render(term, names, OPEN, sort)


def _except(term: Term, names: Names) -> str:
    """`[f EXCEPT ![i][j] = v, ![k] = w]`."""
    root = term
    while root.op in ("update", "put"):
        root = root.args[0]
    known = set_forms.tells(root)
    changes: list[str] = []
    base = term
    while base.op in ("update", "put"):
        owner, index, value = base.args
        sort = _part(owner.sort)
        path, target = f"![{render(index, names)}]", Term("apply", (owner, index), sort)
        while value.op == "update" and alike(value.args[0], target):
            path += f"[{render(value.args[1], names)}]"
            target, value, sort = Term("apply", (target, value.args[1]), sort), value.args[2], _part(sort)
        changes.append(f"{path} = {stored(value, names, sort if known else None)}")
        base = owner
    return f"[{render(root, names, POSTFIX)} EXCEPT {', '.join(reversed(changes))}]"


def _part(sort: Sort) -> Sort:
    """The sort of the values of a function or of the elements of a sequence."""
    assert isinstance(sort, FunctionSort | SequenceSort)
    return sort.value if isinstance(sort, FunctionSort) else sort.element


def _record(term: Term, names: Names) -> str:
    sort = term.sort
    assert isinstance(sort, RecordSort)
    fields = [(name, of, arg) for (name, of), arg in zip(sort.fields, term.args, strict=True)]
    kept = [arg for name, _, arg in fields if arg.op == "field" and arg.data == name and arg.args[0].sort == sort]
    if kept and len(kept) < len(fields) and all(alike(arg.args[0], kept[0].args[0]) for arg in kept):
        changed = [f"!.{name} = {stored(arg, names, of)}" for name, of, arg in fields if arg not in kept]
        return f"[{render(kept[0].args[0], names, POSTFIX)} EXCEPT {', '.join(changed)}]"
    whose = str(sort) if names.words.is_like_another(sort) else ""
    return f"{whose}[{', '.join(f'{name} |-> {stored(arg, names, of)}' for name, of, arg in fields)}]"
