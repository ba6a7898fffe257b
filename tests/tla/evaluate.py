"""An evaluator of exported modules, written from what TLA+ and TLC make of a text; it knows nothing of the model.

Functions are finite maps: a sequence is one on 1 to its length, a record one on strings. Large sets are kept as what
they are made of. An action is gone through from left to right: the first `x' = e` assigns and every side of a disjunction is
followed, as in TLC, so that a disjunction has a value only if all of its sides have one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.tla.syntax import Node, tree


class Undefined(Exception):
    """An expression that has no value."""


@dataclass(frozen=True)
class ModelValue:
    """A value that the configuration names."""

    name: str


class Function(dict[Any, Any]):
    """A function; like any value it is never changed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


@dataclass(frozen=True)
class Functions:
    """`[domain -> values]`."""

    domain: frozenset[Any]
    values: Collection[Any]

    def __contains__(self, item: Any) -> bool:
        return isinstance(item, Function) and item.keys() == self.domain and all(v in self.values for v in item.values())

    def __iter__(self) -> Iterator[Any]:
        keys = list(self.domain)
        return (Function(zip(keys, row, strict=True)) for row in itertools.product(list(self.values), repeat=len(keys)))

    def __len__(self) -> int:
        return len(self.values) ** len(self.domain)


@dataclass(frozen=True)
class Subsets:
    """`SUBSET of`."""

    of: Collection[Any]

    def __contains__(self, item: Any) -> bool:
        return isinstance(item, frozenset) and all(one in self.of for one in item)

    def __iter__(self) -> Iterator[Any]:
        items = list(self.of)
        return (frozenset(s) for n in range(len(items) + 1) for s in itertools.combinations(items, n))

    def __len__(self) -> int:
        return int(2 ** len(self.of))


@dataclass(frozen=True)
class Records:
    """`[a : A, b : B]`."""

    fields: tuple[tuple[str, Collection[Any]], ...]

    def __contains__(self, item: Any) -> bool:
        names = {name for name, _ in self.fields}
        return isinstance(item, Function) and item.keys() == names and all(item[name] in of for name, of in self.fields)

    def __iter__(self) -> Iterator[Any]:
        names = [name for name, _ in self.fields]
        return (Function(zip(names, row, strict=True)) for row in itertools.product(*(of for _, of in self.fields)))

    def __len__(self) -> int:
        return len(list(iter(self)))


State = Function
Env = Mapping[str, Any]
NOW, NEXT = "now of", "next of"
"""Where an environment keeps the values of variables: no name of TLA+ has a blank."""


@dataclass(frozen=True)
class Closure:
    """An operator inside LET, with what is bound around it."""

    unit: Node
    env: dict[str, Any]


class Module:
    """A module with the constants of a configuration."""

    def __init__(self, text: str, configuration: str) -> None:
        self.configuration = Configuration(configuration)
        (module,) = (child for child in tree(text).children if child.kind == "module")
        self.variables = [n.text for unit in module.children if unit.kind == "variable_declaration" for n in unit.children]
        self.definitions = {
            unit.one("name").text: unit for unit in module.children if unit.kind in ("operator_definition", "assumption")
        }
        self.assumptions = [unit for unit in module.children if unit.kind == "assumption"]
        self._constants: dict[str, Any] = dict(self.configuration.constants)
        self._is_constant: dict[str, bool] = {}

    # -- states ------------------------------------------------------------------------------------------------------

    def initial(self) -> Iterator[State]:
        """The initial states, perhaps some of them several times."""
        for found in self._runs(self._behaviour()[0], {NOW: {}}, {}, ""):
            yield State(found)

    def successors(self, state: State) -> Iterator[State]:
        """The states that a step leads to, likewise."""
        for found in self._runs(self._behaviour()[1], {NOW: state}, {}, "'"):
            assert found.keys() == state.keys(), "a step leaves a variable open"
            yield State(found)

    def holds(self, name: str, state: State) -> bool:
        """Whether a formula of states is true."""
        return bool(self.value(self._body(name), {NOW: state}))

    def step_holds(self, name: str, before: State, after: State) -> bool:
        """Whether a step satisfies `[][A]_v`."""
        node = self._body(name).one("rhs")
        assert node.kind == "step_expr_or_stutter"
        formula, subscript = node.children
        same = self.value(subscript, {NOW: before}) == self.value(subscript, {NOW: after})
        return same or bool(self.value(formula, {NOW: before, NEXT: after}))

    def _behaviour(self) -> tuple[Node, Node]:
        """The initial predicate and the steps of the specification, which is `Init /\\ [][Next]_vars` and fairness."""
        (name,) = self.configuration.names["SPECIFICATION"]
        parts = [node for node in self._body(name).walk() if node.kind in ("identifier_ref", "step_expr_or_stutter")]
        return parts[0], parts[1].children[0]

    def _body(self, name: str) -> Node:
        return self.definitions[name].children[-1]

    def _runs(self, node: Node, env: dict[str, Any], found: dict[str, Any], mark: str) -> Iterator[dict[str, Any]]:
        """The assignments of variables (with a prime for `mark`) under which a formula is true, from left to right."""
        match node.kind:
            case "parentheses":
                yield from self._runs(node.children[0], env, found, mark)
            case "conj_list":
                yield from self._all(node.children, env, found, mark)
            case "conj_item" | "disj_item":
                yield from self._runs(node.children[0], env, found, mark)
            case "disj_list":
                for side in node.children:
                    yield from self._runs(side, env, found, mark)
            case "bound_infix_op" if node.one("symbol").kind == "land":
                yield from self._all([node.one("lhs"), node.one("rhs")], env, found, mark)
            case "bound_infix_op" if node.one("symbol").kind == "lor":
                for name in ("lhs", "rhs"):
                    yield from self._runs(node.one(name), env, found, mark)
            case "bound_infix_op" if self._assigned(node.one("lhs"), mark, found) and node.one("symbol").kind in ("eq", "in"):
                name = self._assigned(node.one("lhs"), mark, found)
                value = self.value(node.one("rhs"), self._seen(env, found, mark))
                for one in (value,) if node.one("symbol").kind == "eq" else value:
                    yield {**found, name: one}
            case "bounded_quantification" if node.one("quantifier").kind == "exists":
                for inner in self._bindings(node.all("bound"), self._seen(env, found, mark)):
                    yield from self._runs(node.one("expression"), inner, found, mark)
            case "if_then_else":
                side = "then" if self.value(node.one("if"), self._seen(env, found, mark)) else "else"
                yield from self._runs(node.one(side), env, found, mark)
            case "bound_prefix_op" if node.one("symbol").kind == "unchanged":
                kept = [child.text for child in node.one("rhs").walk() if child.kind == "identifier_ref"]
                names = self.variables if kept == ["vars"] else kept
                yield {**found, **{name: env[NOW][name] for name in names}}
            case "identifier_ref" if node.text in self.definitions and node.text not in env:
                yield from self._runs(self._body(node.text), self._top(env), found, mark)
            case "bound_op" if node.one("name").text in self.definitions:
                unit = self.definitions[node.one("name").text]
                values = [self.value(arg, self._seen(env, found, mark)) for arg in node.all("parameter")]
                names = [name.text for name in unit.all("parameter")]
                inner = {**self._top(env), **dict(zip(names, values, strict=True))}
                yield from self._runs(unit.one("definition"), inner, found, mark)
            case _:
                if self.value(node, self._seen(env, found, mark)):
                    yield found

    def _all(self, parts: list[Node], env: dict[str, Any], found: dict[str, Any], mark: str) -> Iterator[dict[str, Any]]:
        if not parts:
            yield found
            return
        for one in self._runs(parts[0], env, found, mark):
            yield from self._all(parts[1:], env, one, mark)

    def _assigned(self, node: Node, mark: str, found: dict[str, Any]) -> str:
        """The variable that an equation assigns; none if it has a value already."""
        if mark:
            if node.kind != "bound_postfix_op":
                return ""
            node = node.one("lhs")
        is_open = node.kind == "identifier_ref" and node.text in self.variables and node.text not in found
        return node.text if is_open else ""

    @staticmethod
    def _seen(env: dict[str, Any], found: dict[str, Any], mark: str) -> dict[str, Any]:
        return {**env, NEXT if mark else NOW: found}

    @staticmethod
    def _top(env: Env) -> dict[str, Any]:
        return {name: env[name] for name in (NOW, NEXT) if name in env}

    # -- values ------------------------------------------------------------------------------------------------------

    def value(self, node: Node, env: Env) -> Any:
        """What an expression is worth."""
        return _VALUES[node.kind](self, node, env)

    def _bindings(self, bounds: Iterable[Node], env: Env) -> Iterator[dict[str, Any]]:
        names: list[str] = []
        over: list[list[Any]] = []
        for bound in bounds:
            members = list(self.value(bound.one("set"), env))
            for name in bound.all("intro"):
                names.append(name.text)
                over.append(members)
        for row in itertools.product(*over):
            yield {**env, **dict(zip(names, row, strict=True))}

    def _name(self, node: Node, env: Env) -> Any:
        name = node.text
        if name in env:
            found = env[name]
            if not isinstance(found, Closure):
                return found
            return self.value(found.unit.one("definition"), {**self._top(env), **found.env})
        if name in self.variables:
            return env[NOW][name]
        if name in self._constants:
            return self._constants[name]
        if name == "Nat":
            return range(1 << 30)
        body = self._body(name)
        result = self.value(body, self._top(env))
        if not self._reads_state(name):
            self._constants[name] = result
        return result

    def _reads_state(self, name: str) -> bool:
        """Whether a definition depends on variables, by itself or by what it uses."""
        if name not in self._is_constant:
            self._is_constant[name] = False
            used = [node.text for node in self.definitions[name].walk() if node.kind == "identifier_ref"]
            self._is_constant[name] = any(
                one in self.variables or (one in self.definitions and self._reads_state(one)) for one in used
            )
        return self._is_constant[name]

    def _applied(self, node: Node, env: Env) -> Any:
        name, given = node.one("name").text, node.all("parameter")
        values = [self.value(arg, env) for arg in given]
        found = env.get(name)
        if isinstance(found, Closure):
            unit, outer = found.unit, {**self._top(env), **found.env}
        elif name in self.definitions:
            unit, outer = self.definitions[name], self._top(env)
        else:
            return _STANDARD[name](*values)
        names = [parameter.text for parameter in unit.all("parameter")]
        return self.value(unit.one("definition"), {**outer, **dict(zip(names, values, strict=True))})

    def _let(self, node: Node, env: Env) -> Any:
        inner = dict(env)
        for unit in node.all("definitions"):
            if unit.kind == "operator_definition":
                closure = Closure(unit, {name: value for name, value in inner.items() if name not in (NOW, NEXT)})
                closure.env[unit.one("name").text] = closure
                inner[unit.one("name").text] = closure
        return self.value(node.one("expression"), inner)

    def _infix(self, node: Node, env: Env) -> Any:
        symbol, left = node.one("symbol").kind, self.value(node.one("lhs"), env)
        match symbol:
            case "land":
                return left and self.value(node.one("rhs"), env)
            case "lor":
                return left or self.value(node.one("rhs"), env)
            case "implies":
                return not left or self.value(node.one("rhs"), env)
        return _INFIX[symbol](left, self.value(node.one("rhs"), env))

    def _prefix(self, node: Node, env: Env) -> Any:
        value = self.value(node.one("rhs"), env)
        match node.one("symbol").kind:
            case "lnot":
                return not value
            case "negative":
                return -value
            case "powerset":
                return Subsets(value)
            case "union":
                return frozenset(one for part in value for one in part)
            case "domain":
                return frozenset(value)
        raise NotImplementedError(node.one("symbol").kind)

    def _primed(self, node: Node, env: Env) -> Any:
        return self.value(node.one("lhs"), {**env, NOW: env[NEXT]})

    def _quantified(self, node: Node, env: Env) -> bool:
        some = node.one("quantifier").kind == "exists"
        results = (bool(self.value(node.one("expression"), inner)) for inner in self._bindings(node.all("bound"), env))
        return any(results) if some else all(results)

    def _choose(self, node: Node, env: Env) -> Any:
        name = node.one("intro").text
        for item in self.value(node.one("set"), env):
            if self.value(node.one("expression"), {**env, name: item}):
                return item
        raise Undefined(f"line {node.line}: CHOOSE")

    def _application(self, node: Node, env: Env) -> Any:
        function, index = (self.value(child, env) for child in node.children)
        if index not in function:
            raise Undefined(f"line {node.line}: {index} is outside the domain")
        return function[index]

    def _except(self, node: Node, env: Env) -> Any:
        result = self.value(node.one("expr_to_update"), env)
        for update in (child for child in node.children if child.kind == "except_update"):
            (specifier,) = update.all("update_specifier")
            path = [
                self.value(part.children[0], env) if part.kind == "except_update_fn_appl" else part.children[0].text
                for part in specifier.children
            ]
            result = _changed(result, path, self.value(update.one("new_val"), env))
        return result

    def _filter(self, node: Node, env: Env) -> Any:
        bound = node.one("generator")
        (name,) = (intro.text for intro in bound.all("intro"))
        over = self.value(bound.one("set"), env)
        return frozenset(item for item in over if self.value(node.one("filter"), {**env, name: item}))

    def _map(self, node: Node, env: Env) -> Any:
        return frozenset(self.value(node.one("map"), inner) for inner in self._bindings(node.all("generator"), env))

    def _function(self, node: Node, env: Env) -> Function:
        bound, body = node.children
        (name,) = (intro.text for intro in bound.all("intro"))
        return Function((item, self.value(body, {**env, name: item})) for item in self.value(bound.one("set"), env))

    def _conditional(self, node: Node, env: Env) -> Any:
        return self.value(node.one("then" if self.value(node.one("if"), env) else "else"), env)

    def _tuple(self, node: Node, env: Env) -> Function:
        return Function(enumerate((self.value(child, env) for child in node.children), 1))

    def _record(self, node: Node, env: Env) -> Function:
        pairs = zip(*[iter(node.children)] * 2, strict=True)
        return Function((name.text, self.value(value, env)) for name, value in pairs)

    def _records(self, node: Node, env: Env) -> Records:
        pairs = zip(*[iter(node.children)] * 2, strict=True)
        return Records(tuple((name.text, self.value(of, env)) for name, of in pairs))

    def _functions(self, node: Node, env: Env) -> Functions:
        domain, values = (self.value(child, env) for child in node.children)
        return Functions(frozenset(domain), values)


def _changed(value: Function, path: list[Any], new: Any) -> Function:
    """A function with another value at a place; where there is no such place it stays as it is, as in TLC."""
    if not path:
        return new  # type: ignore[no-any-return]
    if path[0] not in value:
        return value
    return Function({**value, path[0]: _changed(value[path[0]], path[1:], new)})


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, bool) is not isinstance(right, bool):
        raise Undefined("a truth value beside another value")
    return bool(left == right)


def _divided(left: int, right: int, can: bool) -> tuple[int, int]:
    if not can:
        raise Undefined(f"{left} divided by {right}")
    return divmod(left, right)


_INFIX: dict[str, Callable[[Any, Any], Any]] = {
    "eq": _equal,
    "neq": lambda a, b: not _equal(a, b),
    "lt": lambda a, b: a < b,
    "gt": lambda a, b: a > b,
    "leq": lambda a, b: a <= b,
    "geq": lambda a, b: a >= b,
    "in": lambda a, b: a in b,
    "notin": lambda a, b: a not in b,
    "subseteq": lambda a, b: all(item in b for item in a),
    "cup": lambda a, b: frozenset(a) | frozenset(b),
    "cap": lambda a, b: frozenset(item for item in a if item in b),
    "setminus": lambda a, b: frozenset(item for item in a if item not in b),
    "dots_2": lambda a, b: frozenset(range(a, b + 1)),
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: _divided(a, b, b != 0)[0],
    "mod": lambda a, b: _divided(a, b, b > 0)[1],
}
_STANDARD: dict[str, Callable[..., Any]] = {
    "Cardinality": len,
    "Len": len,
    "Append": lambda q, x: Function({**q, len(q) + 1: x}),
    "Tail": lambda q: Function((i - 1, x) for i, x in q.items() if i > 1),
}
_VALUES: dict[str, Callable[[Module, Node, Env], Any]] = {
    "identifier_ref": Module._name,
    "bound_op": Module._applied,
    "bound_infix_op": Module._infix,
    "bound_prefix_op": Module._prefix,
    "bound_postfix_op": Module._primed,
    "bounded_quantification": Module._quantified,
    "choose": Module._choose,
    "let_in": Module._let,
    "function_evaluation": Module._application,
    "except": Module._except,
    "set_filter": Module._filter,
    "set_map": Module._map,
    "function_literal": Module._function,
    "set_of_functions": Module._functions,
    "set_of_records": Module._records,
    "record_literal": Module._record,
    "if_then_else": Module._conditional,
    "tuple_literal": Module._tuple,
    "parentheses": lambda module, node, env: module.value(node.children[0], env),
    "conj_item": lambda module, node, env: module.value(node.children[0], env),
    "disj_item": lambda module, node, env: module.value(node.children[0], env),
    "conj_list": lambda module, node, env: all(module.value(child, env) for child in node.children),
    "disj_list": lambda module, node, env: any(module.value(child, env) for child in node.children),
    "finite_set_literal": lambda module, node, env: frozenset(module.value(child, env) for child in node.children),
    "record_value": lambda module, node, env: module.value(node.children[0], env)[node.children[1].text],
    "nat_number": lambda module, node, env: int(node.text),
    "string": lambda module, node, env: node.text[1:-1],
    "boolean": lambda module, node, env: node.text == "TRUE",
    "boolean_set": lambda module, node, env: frozenset({False, True}),
}


class Configuration:
    """What a configuration file says."""

    def __init__(self, text: str) -> None:
        self.constants: dict[str, Any] = {}
        self.names: dict[str, list[str]] = {}
        keyword = ""
        for line in text.splitlines():
            words = line.partition("\\*")[0].split()
            if not words:
                continue
            if not line.startswith(" "):
                keyword, *words = words
                self.names.setdefault(keyword, [])
            if keyword == "CONSTANTS" and words:
                name, _, value = " ".join(words).partition(" = ")
                self.constants[name] = _constant(value)
            else:
                self.names[keyword] += words


def _constant(text: str) -> Any:
    if text.startswith("{"):
        return frozenset(_constant(part.strip()) for part in text[1:-1].split(","))
    return int(text) if text.isdigit() else ModelValue(text)


@dataclass(frozen=True)
class Search:
    """What a breadth-first search found: states inside the constraint, levels, and in how many steps properties are violated.

    `stopped`: a step has no value, which `Defined` said before.
    """

    distinct: int
    levels: int
    violated: dict[str, int]
    stopped: bool = False


def search(module: Module) -> Search:
    """All reachable states, as TLC goes through them: one outside the constraint is looked at, and neither counted nor left."""
    names = module.configuration.names
    invariants, properties, constraints = (names.get(key, []) for key in ("INVARIANTS", "PROPERTIES", "CONSTRAINT"))
    of_steps = [name for name in properties if module._body(name).kind == "bound_prefix_op" and _is_of_steps(module._body(name))]
    violated: dict[str, int] = {}
    seen: set[State] = set()
    looked: set[State] = set()
    level = list(dict.fromkeys(module.initial()))
    depth = 0
    while level:
        inside = []
        for state in level:
            looked.add(state)
            for name in invariants:
                if name not in violated and not _judged(module.holds, violated, name, state):
                    violated[name] = depth
            if all(module.holds(name, state) for name in constraints):
                inside.append(state)
        seen.update(inside)
        following: dict[State, None] = {}
        for state in inside:
            try:
                successors = list(module.successors(state))
            except Undefined:
                assert "Defined" in violated
                return Search(len(seen), depth, violated, True)
            for after in successors:
                for name in of_steps:
                    if name not in violated and not _judged(module.step_holds, violated, name, state, after):
                        violated[name] = depth + 1
                if after not in looked:
                    following[after] = None
        level, depth = list(following), depth + bool(inside)
    return Search(len(seen), depth, violated)


def _judged(holds: Callable[..., bool], violated: Mapping[str, int], name: str, *states: State) -> bool:
    """Whether a property holds; one without a value is not violated, and another property says that it has none."""
    try:
        return holds(name, *states)
    except Undefined:
        assert f"Defined_{name}" in violated, name
        return True


def _is_of_steps(node: Node) -> bool:
    return node.one("symbol").kind == "always" and node.one("rhs").kind == "step_expr_or_stutter"
