"""Terms as text in the style of published TLA+: `\\A t \\in Txn : txnObservedVer[t] <= catalogVersion`."""

from __future__ import annotations

from collections.abc import Iterator

from verifier.kernel.sorts import (
    BoolSort,
    FunctionSort,
    IntSort,
    OptionSort,
    RecordSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import FALSE, Term, walk

# Binding strengths, loosest first; an operand is put into parentheses where it binds looser than its place.
_OPEN, _IMPLIES, _JUNCTION, _NOT, _RELATION, _SET, _SUM, _PRODUCT, _POSTFIX = range(9)
_ANY = _OPEN

_BINARY = {
    "lt": ("<", _RELATION),
    "le": ("<=", _RELATION),
    "eq": ("=", _RELATION),
    "member": ("\\in", _RELATION),
    "add": ("+", _SUM),
    "sub": ("-", _SUM),
    "mul": ("*", _PRODUCT),
}
_JUNCTIONS = {"and": "/\\", "or": "\\/"}
_CALLS = {
    "cardinality": "Cardinality",
    "minimum": "Min",
    "maximum": "Max",
    "append": "Append",
    "length": "Len",
    "tail": "Tail",
    "insert": "Insert",
    "remove": "Remove",
    "has_key": "HasKey",
    "lookup": "Lookup",
    "some": "some",
}


def sort_text(sort: Sort) -> str:
    """A sort as it stands behind `\\in`: `Key`, `[Version -> [Key -> Group]]`, `SUBSET Key`, `Option(Group)`."""
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


def text(term: Term, *, outer: bool = True) -> str:
    """A term as text.

    Variables of one name that are bound in each other's reach are numbered apart. With `outer=False` the outermost
    universal quantifiers are left out, as people write lemmas: `txnObservedVer[t] <= catalogVersion`.
    """
    names = Names(term)
    while not outer and term.op == "forall" and _emptiness(term) is None and _inclusion(term) is None:
        for variable in term.bound:
            names = names.bind(variable)
        term = term.args[0]
    return render(term, names)


class Names:
    """What the bound variables in reach are called; immutable."""

    def __init__(self, *roots: Term) -> None:
        self._names: dict[Term, str] = {}
        self._taken = {term.data for term in walk(*roots) if term.op in ("state", "next", "parameter", "literal")}
        bound = {variable for term in walk(*roots) for variable in term.bound}
        for term in walk(*roots):
            if term.op == "bound" and term not in bound and term not in self._names:
                self._add(term)

    def _add(self, variable: Term) -> None:
        name, number = variable.data, 2
        while name in self._taken:
            name, number = f"{variable.data}{number}", number + 1
        self._names[variable] = name
        self._taken.add(name)

    def bind(self, *variables: Term) -> Names:
        """These names and, where `variables` are bound, theirs."""
        inner = object.__new__(Names)
        inner._names, inner._taken = dict(self._names), set(self._taken)
        for variable in variables:
            inner._add(variable)
        return inner

    def __getitem__(self, variable: Term) -> str:
        return self._names.get(variable, str(variable.data))


def render(term: Term, names: Names, place: int = _ANY) -> str:
    """The text of `term` where something of binding strength `place` or tighter may stand."""
    written, strength = _written(term, names)
    return f"({written})" if strength < place else written


def operands(term: Term) -> Iterator[Term]:
    """The parts of a conjunction or disjunction, nested ones of the same kind opened."""
    for arg in term.args:
        if arg.op == term.op:
            yield from operands(arg)
        else:
            yield arg


def _written(term: Term, names: Names) -> tuple[str, int]:
    op, args = term.op, term.args
    if op == "within":
        return _written(args[0], names)
    if op in _JUNCTIONS:
        # TLA+ gives both junctions one precedence, so a mixture needs parentheses.
        parts = (render(part, names, _NOT) for part in operands(term))
        return f" {_JUNCTIONS[op]} ".join(parts), _JUNCTION
    if op in _BINARY:
        return _binary(term, names)
    if op in _CALLS:
        return f"{_CALLS[op]}({', '.join(render(arg, names) for arg in args)})", _POSTFIX
    match op:
        case "literal":
            return _literal(term)
        case "parameter" | "state":
            return term.data, _POSTFIX
        case "next":
            return f"{term.data}'", _POSTFIX
        case "bound":
            return names[term], _POSTFIX
        case "not":
            return _negated(args[0], names)
        case "implies":
            left, right = render(args[0], names, _JUNCTION), args[1]
            last = _OPEN if right.op in ("forall", "exists", "forall_in", "exists_in") else _JUNCTION
            return f"{left} => {render(right, names, last)}", _IMPLIES
        case "ite":
            condition, then, otherwise = (render(arg, names) for arg in args)
            return f"IF {condition} THEN {then} ELSE {otherwise}", _OPEN
        case "enabled":
            return f"ENABLED {term.data}", _POSTFIX
        case "choice":
            chosen, dropped = (render(arg, names) for arg in args)
            return f"IF {term.data} THEN {chosen} ELSE {dropped}", _OPEN
        case "apply" | "at":
            return f"{render(args[0], names, _POSTFIX)}[{render(args[1], names)}]", _POSTFIX
        case "field":
            return f"{render(args[0], names, _POSTFIX)}.{term.data}", _POSTFIX
        case "payload":
            return f"{render(args[0], names, _POSTFIX)}.value", _POSTFIX
        case "is_some":
            return f"{render(args[0], names, _SET)} # none", _RELATION
        case "none":
            return "none", _POSTFIX
        case "update" | "put":
            return _except(term, names), _POSTFIX
        case "record":
            return _record(term, names), _POSTFIX
        case "sequence":
            return f"<<{', '.join(render(arg, names) for arg in args)}>>", _POSTFIX
        case "keyed":
            return "{}", _POSTFIX
        case "set":
            return _set(term, names)
        case "function":
            inner = names.bind(*term.bound)
            return f"[{_bound(term.bound, inner)} |-> {render(args[0], inner)}]", _POSTFIX
        case "choose":
            inner = names.bind(*term.bound)
            return f"CHOOSE {_bound(term.bound, inner)} : {render(args[0], inner)}", _OPEN
        case "forall" | "exists":
            return _quantified(term, names)
        case "forall_in" | "exists_in":
            inner = names.bind(*term.bound)
            collection = render(args[0], names, _SET)
            quantifier = _QUANTIFIERS[op.removesuffix("_in")]
            return f"{quantifier} {inner[term.bound[0]]} \\in {collection} : {render(args[1], inner)}", _OPEN
    raise ValueError(f"unknown operator {op}")


_QUANTIFIERS = {"forall": "\\A", "exists": "\\E"}


def _literal(term: Term) -> tuple[str, int]:
    if isinstance(term.data, bool):
        return ("TRUE" if term.data else "FALSE"), _POSTFIX
    negative = isinstance(term.data, int) and term.data < 0
    return str(term.data), _SUM if negative else _POSTFIX


def _binary(term: Term, names: Names) -> tuple[str, int]:
    symbol, strength = _BINARY[term.op]
    left, right = term.args
    if term.op == "sub" and left.op == "literal" and left.data == 0:
        return f"-{render(right, names, _POSTFIX)}", _SUM
    after = strength + 1
    before = after if strength == _RELATION else strength
    return f"{render(left, names, before)} {symbol} {render(right, names, after)}", strength


def _negated(term: Term, names: Names) -> tuple[str, int]:
    if term.op in ("eq", "member"):
        symbol = "#" if term.op == "eq" else "\\notin"
        left, right = (render(arg, names, _SET) for arg in term.args)
        return f"{left} {symbol} {right}", _RELATION
    if term.op == "is_some":
        return f"{render(term.args[0], names, _SET)} = none", _RELATION
    empty = _emptiness(term)
    if empty is not None:
        return f"{render(empty, names, _SET)} # {{}}", _RELATION
    return f"~{render(term, names, _RELATION if term.op == 'not' else _POSTFIX)}", _NOT


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
    empty, subset = _emptiness(term), _inclusion(term)
    if empty is not None:
        return f"{render(empty, names, _SET)} = {{}}", _RELATION
    if subset is not None:
        left, right = (render(side, names, _SET) for side in subset)
        return f"{left} \\subseteq {right}", _RELATION
    quantifier = _QUANTIFIERS[term.op]
    inner = names.bind(*term.bound)
    members = _members(term)
    if members is not None:
        collection, body = members
        source = render(collection, names, _SET)
        return f"{quantifier} {inner[term.bound[0]]} \\in {source} : {render(body, inner)}", _OPEN
    return f"{quantifier} {_bound(term.bound, inner)} : {render(term.args[0], inner)}", _OPEN


def _reads(variable: Term, *terms: Term) -> bool:
    return any(node is variable for node in walk(*terms))


def _collection(term: Term, element: Term) -> Term | None:
    """S, if the term is `element \\in S` and S does not depend on the element."""
    if term.op == "member" and term.args[0] is element and not _reads(element, term.args[1]):
        return term.args[1]
    return None


def _members(term: Term) -> tuple[Term, Term] | None:
    """S and P, if the term says `\\A x \\in S : P` or `\\E x \\in S : P` through membership."""
    body = term.args[0]
    if len(term.bound) != 1 or body.op != ("implies" if term.op == "forall" else "and") or len(body.args) != 2:
        return None
    collection = _collection(body.args[0], term.bound[0])
    return None if collection is None else (collection, body.args[1])


def _emptiness(term: Term) -> Term | None:
    """S, if the term says that S has no element."""
    if term.op == "forall" and len(term.bound) == 1 and term.args[0].op == "not":
        return _collection(term.args[0].args[0], term.bound[0])
    return None


def _inclusion(term: Term) -> tuple[Term, Term] | None:
    """S and T, if the term says that S is a subset of T."""
    members = _members(term) if term.op == "forall" else None
    right = _collection(members[1], term.bound[0]) if members else None
    return None if members is None or right is None else (members[0], right)


def _set(term: Term, names: Names) -> tuple[str, int]:
    (element,), body = term.bound, term.args[0]
    listed = _listed(element, body)
    if listed is not None:
        return f"{{{', '.join(render(item, names) for item in listed)}}}", _POSTFIX
    combined = _combined(element, body)
    if combined is not None:
        left, symbol, right = combined
        return f"{render(left, names, _SUM)} {symbol} {render(right, names, _SUM)}", _SET
    inner = names.bind(element)
    if body.op == "exists" and len(body.bound) == 1:
        mapped = _image(element, body)
        if mapped is not None:
            collection, value = mapped
            deeper = inner.bind(*body.bound)
            source = sort_text(body.bound[0].sort) if collection is None else render(collection, names, _SET)
            return f"{{{render(value, deeper)} : {deeper[body.bound[0]]} \\in {source}}}", _POSTFIX
    if body.op == "and" and len(body.args) == 2 and (collection := _collection(body.args[0], element)) is not None:
        source = render(collection, names, _SET)
        return f"{{{inner[element]} \\in {source} : {render(body.args[1], inner)}}}", _POSTFIX
    return f"{{{_bound(term.bound, inner)} : {render(body, inner)}}}", _POSTFIX


def _listed(element: Term, body: Term) -> list[Term] | None:
    """The elements of a set that is given by listing them."""
    if body is FALSE:
        return []
    items = []
    for part in body.args if body.op == "or" else (body,):
        if part.op != "eq" or part.args[0] is not element or _reads(element, part.args[1]):
            return None
        items.append(part.args[1])
    return items


def _combined(element: Term, body: Term) -> tuple[Term, str, Term] | None:
    """The two sets and the operator of a union, an intersection or a difference."""
    if body.op not in _JUNCTIONS or len(body.args) != 2:
        return None
    first, second = body.args
    symbol = "\\cup" if body.op == "or" else "\\cap"
    if body.op == "and" and second.op == "not":
        symbol, second = "\\", second.args[0]
    left, right = _collection(first, element), _collection(second, element)
    return None if left is None or right is None else (left, symbol, right)


def _image(element: Term, body: Term) -> tuple[Term | None, Term] | None:
    """The source (None: the whole sort) and the value of a set `{value : x \\in source}`."""
    parts = body.args[0].args if body.args[0].op == "and" else (body.args[0],)
    last = parts[-1]
    if len(parts) > 2 or last.op != "eq" or last.args[0] is not element or _reads(element, last.args[1]):
        return None
    if len(parts) == 1:
        return None, last.args[1]
    collection = _collection(parts[0], body.bound[0])
    return None if collection is None else (collection, last.args[1])


def _except(term: Term, names: Names) -> str:
    """`[f EXCEPT ![i][j] = v, ![k] = w]`."""
    changes: list[str] = []
    base = term
    while base.op in ("update", "put"):
        owner, index, value = base.args
        path, target = f"![{render(index, names)}]", Term("apply", (owner, index), value.sort)
        while value.op == "update" and _same(value.args[0], target):
            path += f"[{render(value.args[1], names)}]"
            target, value = Term("apply", (target, value.args[1]), value.args[2].sort), value.args[2]
        changes.append(f"{path} = {render(value, names)}")
        base = owner
    return f"[{render(base, names, _POSTFIX)} EXCEPT {', '.join(reversed(changes))}]"


def _same(left: Term, right: Term) -> bool:
    """Whether two paths `f[i][j]` are built from the same terms."""
    if left is right:
        return True
    return left.op == right.op == "apply" and left.args[1] is right.args[1] and _same(left.args[0], right.args[0])


def _record(term: Term, names: Names) -> str:
    assert isinstance(term.sort, RecordSort)
    fields = list(zip((name for name, _ in term.sort.fields), term.args, strict=True))
    kept = [arg for name, arg in fields if arg.op == "field" and arg.data == name and arg.args[0].sort == term.sort]
    if kept and len(kept) < len(fields) and all(arg.args[0] is kept[0].args[0] for arg in kept):
        changed = [f"!.{name} = {render(arg, names)}" for name, arg in fields if arg not in kept]
        return f"[{render(kept[0].args[0], names, _POSTFIX)} EXCEPT {', '.join(changed)}]"
    return f"[{', '.join(f'{name} |-> {render(arg, names)}' for name, arg in fields)}]"
