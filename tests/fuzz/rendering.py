"""The text of a `Spec`: a model as somebody would write it, to be loaded like any other."""

from __future__ import annotations

from typing import Any

from tests.fuzz.spec import FORMS, Action, Expr, Fair, Progress, Property, Sort, Spec, Update

_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "//", "mod": "%", "concat": "+", "lt": "<", "le": "<=", "and": "&", "or": "|",
    "eq": "==",
}  # fmt: skip
_SETS = {"union": "|", "inter": "&", "minus": "-", "subset": "<="}
_CALLS = {"implies", "ite", "minimum", "maximum", "min_of", "max_of", "disjoint", "one_of", "some"}
_METHODS = {
    "contains", "size", "length", "is_empty", "append", "at", "put", "head", "tail", "front", "last",
    "reverse", "sub_sequence", "remove_at", "insert_at", "elements", "insert", "remove", "has", "get", "updated",
}  # fmt: skip
_BINDERS = {"forall", "exists", "set_of", "fn", "choose", "sum_of", "pick"}


def annotation(sort: Sort) -> str:
    """The sort as an annotation."""
    structures = {"set": "Set", "fn": "Fn", "option": "Option"}
    if sort.kind in structures:
        return f"{structures[sort.kind]}[{', '.join(annotation(part) for part in sort.parts)}]"
    return sort.name or {"bool": "Bool", "int": "Int"}[sort.kind]


def expression(e: Expr) -> str:
    """The expression as Python text."""
    args = [expression(arg) for arg in e.args]
    match e.op:
        case "literal":
            if e.sort.kind == "bool":
                return f"Bool({e.data})"
            return f"{e.sort.name}.{e.data}" if e.sort.kind == "enum" else f"Int({e.data})"
        case "constant":
            return f"{e.sort.name}.{e.data}"
        case "parameter":
            return f"P_{e.data}"
        case "size_of":
            return f"{e.data[0]}.size"
        case "bound":
            return str(e.data)
        case "state":
            return f"s.{e.data}"
        case "next":
            return f"t.{e.data}"
        case "not":
            return f"(~{args[0]})"
        case "apply":
            return f"{args[0]}[{args[1]}]"
        case "field":
            return f"{args[0]}.{e.data}"
        case "replace":
            return f"{args[0]}.replace({e.data}={args[1]})"
        case "payload":
            return f"{args[0]}.value"
        case "is_some":
            return f"{args[0]}.is_some"
        case "none" | "keyed":
            return "none" if e.op == "none" else "empty"
        case "sequence":
            return f"[{', '.join(args)}]" if args else "empty"
        case "set":
            # A literal has no sort of its own, so it stands beside the empty set of the sort.
            nothing = f"set_of({annotation(e.sort.parts[0])}, lambda z: Bool(False))"
            return f"({nothing} | {{{', '.join(args)}}})" if args else nothing
        case "record":
            fields = ", ".join(f"{name}={arg}" for name, arg in zip(e.sort.data, args, strict=True))
            return f"{e.sort.name}({fields})"
        case "forall_in" | "exists_in":
            return f"{e.op}({args[0]}, lambda {e.data[0][0]}: {args[1]})"
        case "forall_upto" | "exists_upto" | "sum_in":
            return f"{e.op.replace('_in', '_of')}({args[0]}, lambda {e.data[0][0]}: {args[1]})"
        case "tabulate":
            return f"tabulate({e.sort.name}, {args[0]}, lambda {e.data[0][0]}: {args[1]})"
        case "fold":
            (acc, _), (item, _) = e.data
            return f"fold({args[0]}, {args[1]}, lambda {acc}, {item}: {args[2]})"
        case "table":
            return f"table({annotation(e.sort.parts[0])}, [{', '.join(args)}])"
        case "image":
            source = annotation(e.args[0].sort) if e.args[0].op == "whole" else args[0]
            return f"image({source}, {annotation(e.sort.parts[0])}, lambda {e.data[0][0]}: {args[1]})"
        case "whole":
            return ""
        case "enabled" | "can_change":
            return f"{e.op}({', '.join([e.data, *args])})"
    if e.op in _BINDERS:
        sorts = ", ".join(annotation(sort) for _, sort in e.data)
        return f"{e.op}({sorts}, lambda {', '.join(name for name, _ in e.data)}: {args[0]})"
    if e.op in _INFIX or e.op in _SETS:
        return f"({args[0]} {_INFIX.get(e.op) or _SETS[e.op]} {args[1]})"
    if e.op in _CALLS:
        return f"{e.op}({', '.join(args)})"
    if e.op in _METHODS:
        return f"{args[0]}.{e.op}({', '.join(args[1:])})"
    raise TypeError(e.op)


def _end(end: Any) -> str:
    if isinstance(end, int):
        return str(end)
    return f"P_{end[1]} + {end[2]}" if end[2] else f"P_{end[1]}"


def _sort(sort: Sort) -> list[str]:
    match sort.kind:
        case "range":
            return [f"class {sort.name}(Range, low={_end(sort.data[0])}, high={_end(sort.data[1])}):", "    pass"]
        case "ordered":
            parameter, first, size = sort.data
            return [f'class {sort.name}(Ordered, parameter="{parameter}", size={size}, first={first}):', "    pass"]
        case "enum":
            names = ", ".join(sort.data)
            made = f"    {names} = labels({len(sort.data)})"
            return [f"class {sort.name}(Enumeration):", made if len(sort.data) > 1 else f"    ({names},) = labels(1)"]
        case "scalar":
            parameter, prefix, constants, size = sort.data
            head = f'class {sort.name}(Scalarset, parameter="{parameter}", size={size}, prefix="{prefix}"'
            head += ", ordered=True):" if sort.ordered else "):"
            return [head, *(f"    {name} = constant()" for name in constants), "    pass"]
        case "quorum":
            return [f"class {sort.name}(Quorums[{sort.parts[0].name}]):", "    pass"]
        case "record":
            fields = [f"    {name}: {annotation(of)}" for name, of in zip(sort.data, sort.parts, strict=True)]
            return [f"class {sort.name}(Record{', ordered=True' if sort.ordered else ''}):", *fields]
        case "seq":
            return [f"class {sort.name}(Sequence[{annotation(sort.parts[0])}], capacity={sort.data}):", "    pass"]
        case "keyed":
            return [f'class {sort.name}(KeyedSet[{sort.parts[0].name}], key="{sort.data}"):', "    pass"]
    raise TypeError(sort.kind)


def _assigned(update: Update, number: int) -> tuple[list[str], str]:
    lines = [f"    i{number}_{place} = {expression(index)}" for place, index in enumerate(update.path)]
    value = expression(update.value)
    if update.choice and update.dropped is not None:
        value = f'choice("{update.choice}", {value}, {expression(update.dropped)})'
    lines.append(f"    v{number} = {value}")
    path = "".join(f"[i{number}_{place}]" for place in range(len(update.path)))
    return lines, f"    s.{update.variable}{path} = v{number}"


def _action(action: Action) -> list[str]:
    arguments = "".join(f", {name}: {annotation(sort)}" for name, sort in action.arguments)
    lines = ["@p.action", f"def {action.name}(s: State{arguments}) -> None:"]
    lines += [f'    {name} = witness("{name}", {annotation(sort)})' for name, sort in action.witnesses]
    for guard in action.guards:
        other = f", other={expression(guard.other)}" if guard.other else ""
        lines.append(f'    {"budget" if guard.budget else "guard"}("{guard.name}", {expression(guard.condition)}{other})')
    made = [_assigned(update, number) for number, update in enumerate(action.updates)]
    # Everything is read before anything is assigned.
    lines += [line for before, _ in made for line in before] + [line for _, line in made]
    return lines if len(lines) > 2 else [*lines, "    pass"]


def _property(prop: Property) -> list[str]:
    if prop.kind == "lemma":
        head = ['@p.lemma("a guess")', f"def {prop.name}(s: State) -> Bool:"]
    elif prop.kind == "state":
        head = ["@p.invariant()", f"def {prop.name}(s: State) -> Bool:"]
    else:
        names = prop.subscript if isinstance(prop.subscript, str) or prop.subscript is None else list(prop.subscript)
        subscript = "" if names is None else f"subscript={names}"
        head = [f"@p.action_property({subscript})", f"def {prop.name}(s: State, t: State) -> Bool:"]
    return [*head, f"    return {expression(prop.formula)}"]


def _fair(fair: Fair) -> str:
    """A condition of fairness."""
    named = [", ".join([name, *("..." if arg is None else expression(arg) for arg in args)]) for name, args in fair.parts]
    kind = "strong" if fair.strong else "weak"
    text = f"{kind}({named[0]})" if len(named) == 1 else f"{kind}({' | '.join(f'steps({n})' for n in named) or 'all'})"
    if not fair.bound:
        return text
    sorts = ", ".join(annotation(sort) for _, sort in fair.bound)
    return f"forall({sorts}, lambda {', '.join(name for name, _ in fair.bound)}: {text})"


def _progress(prop: Progress) -> list[str]:
    formulas = [expression(formula) for formula in prop.formulas]
    next_state = ", t: State" if any(e.op == "next" for formula in prop.formulas for e in formula.walk()) else ""
    head = "@p.liveness()" if prop.fair else "@p.liveness(under=[])"
    return [head, f"def {prop.name}(s: State{next_state}) -> Temporal:", f"    return {FORMS[prop.form].format(*formulas)}"]


def reads(formula: Expr) -> set[str]:
    """The variables of the state that a formula reads."""
    return {part.data for part in formula.walk() if part.op == "state"}


def rigid_variables(spec: Spec) -> set[str]:
    """The variables that begin with anything and that no action assigns: that they are rigid is the same model."""
    assigned = {update.variable for action in spec.actions for update in action.updates}
    return {name for name, _, initial in spec.variables if initial is None} - assigned


def rendered(spec: Spec) -> str:
    """The model's file."""
    lines = ["from __future__ import annotations", "from verifier.kernel import *", ""]
    lines.append(f'p = Protocol("{spec.name}", "made by chance")')
    for name, value, bound in spec.parameters:
        lines.append(f'P_{name} = p.{"search_bound" if bound else "parameter"}("{name}", {value}, "a number")')
    for sort in spec.sorts:
        lines += _sort(sort)
    lines += ["@p.state", "class State:"]
    rigid = rigid_variables(spec)
    for name, sort, initial in spec.variables:
        value = expression(initial) if initial is not None else "anything, rigid=True" if name in rigid else "anything"
        lines.append(f'    {name}: {annotation(sort)} = var({value}, doc="something")')
    axioms = True
    for number, predicate in enumerate(spec.initially):
        # What is looked at first may be an axiom: it means the same.
        axioms = axioms and reads(predicate) <= rigid
        head = "@p.axiom" if axioms else "@p.initially"
        lines += [head, f"def Initially{number}(s: State) -> Bool:", f"    return {expression(predicate)}"]
    for action in spec.actions:
        lines += _action(action)
    for number, constraint in enumerate(spec.constraints):
        lines += ["@p.constraint", f"def Constraint{number}(s: State) -> Bool:", f"    return {expression(constraint)}"]
    for prop in spec.properties:
        lines += _property(prop)
    if spec.fairness:
        lines.append(f"p.fairness({', '.join(map(_fair, spec.fairness))})")
    for progress in spec.progress:
        lines += _progress(progress)
    for variant in spec.variants:
        replaces = dict.fromkeys(variant.replaces, "other")
        parts = [f"drops={list(variant.drops)}", f"replaces={replaces}", f"without={list(variant.without)}"]
        lines.append(f'p.variant("{variant.name}", {", ".join(parts)}, settings={dict(variant.settings)}, doc="other")')
    return "\n".join(lines) + "\n"
