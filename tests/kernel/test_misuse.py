"""What people write wrongly fails when the model is built, at their line, and the hint says what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.snippets import build, in_action, in_module, in_property, line_of
from verifier.catalog import digest
from verifier.kernel.errors import ModelError

# (snippet, part of the message, part of the hint). The error stands on the snippet's last line, or on the one
# marked with `# here`.
IN_ACTIONS = [
    # Python's words where the language has operators and functions of its own
    ('guard("a", s.flag and s.version > 0)', "`and`", "a & b"),
    ('guard("a", s.version > 0 and s.flag)', "`and`", "parentheses"),
    ('guard("a", s.flag or s.version > 0)', "`or`", "a | b"),
    ('guard("a", not s.flag)', "`not`", "~a"),
    ('guard("a", 0 <= s.version <= 2)', "chained comparison", "(a <= b) & (b <= c)"),
    ('guard("a", k in s.owned)', "`in`", "contains"),
    ('guard("a", k not in s.owned)', "`in`", "contains"),
    ('guard("a", k in Key)', "`in`", "contains"),
    ('guard("a", s.version in {1, 2})', "`in`", "one_of"),
    ("s.owned = {k, Key.First} - {k}", "two set literals", "set_of"),
    ("s.owned |= {k} & {Key.First}", "two set literals", "set_of"),
    ('guard("a", {k} <= {k, Key.First})', "two set literals", "set_of"),
    ('guard("a", s.version in (1, 2))', "`in`", "one_of"),
    ('guard("a", s.phase[k] is Phase.Done)', "`is`", "a == b"),
    ('guard("a", s.phase[k] is not Phase.Done)', "`is`", "a == b"),
    ("if s.flag:  # here\n    s.version = 1", "`if`", "ite"),
    ("s.version = 1 if s.flag else 2", "`if`", "ite"),
    ("while s.flag:  # here\n    pass", "`while`", "action for each step"),
    ("assert s.flag", "`assert`", "guard"),
    ("match s.phase[k]:\n    case Phase.Done:  # here\n        pass", "`match`", "ite"),
    ("s.version = min(s.version, 2)", "`min`", "minimum(a, b)"),
    ("s.version = max(s.version, s.stamp.wall)", "`max`", "maximum(a, b)"),
    ('guard("a", min(s.owned) == k)', "`min`", "min_of"),
    ('guard("a", len(s.owned) == 1)', "`len`", "size()"),
    ('guard("a", len(s.log) == 1)', "`len`", "length()"),
    ('guard("a", any(s.phase[x] == Phase.Done for x in Key))', "`any`", "exists"),
    ('guard("a", all(s.phase[x] == Phase.Done for x in Key))', "`all`", "forall"),
    ('guard("a", any([s.flag, s.version > 0]))', "`any`", "exists"),
    ('guard("a", sum(s.log) == 1)', "`sum`", "sum_of"),
    ('guard("a", sorted(s.owned) == 1)', "`sorted`", "<"),
    ("for x in Key:  # here\n    s.version = 1", "`for`", "forall"),
    ("for x in s.owned:  # here\n    s.version = 1", "`for`", "forall"),
    ("x = [y for y in Key]", "`for`", "set_of"),
    ("for i in range(s.version):  # here\n    pass", "no", "symbolic"),
    ('guard("a", bool(s.flag))', "truth value", "formula"),
    ('guard("a", int(s.version) == 1)', "not a Python integer", "symbolic"),
    # operators
    ('guard("a", s.flag & s.version > 0)', "`&`", "parentheses"),
    ('guard("a", s.version > 0 & s.version)', "`&`", "parentheses"),
    ('guard("a", s.flag | s.version)', "`|`", "parentheses"),
    ('guard("a", ~s.version == 1)', "`~`", "parentheses"),
    ('guard("a", s.flag ^ s.flag)', "`^`", "a != b"),
    ('guard("a", s.flag >> s.flag)', "`>>`", "implies"),
    ('guard("a", s.flag // 2 == 1)', "`//` takes integers, not Bool", ""),
    ('guard("a", 2 / s.version == 1)', "`/`", "integers have"),
    ('guard("a", k % 2 == 1)', "`%` takes integers, not Key", ""),
    ('guard("a", s.version + s.flag > 1)', "`+` takes Int, not Bool", ""),
    ('guard("a", k < k)', "Key is not ordered", "class Key(Scalarset, ordered=True, ...)"),
    ('guard("a", s.phase[k] < Phase.Done)', "Phase has no `<`", "Ordered"),
    ('guard("a", s.flag <= s.flag)', "Bool has no `<=`", "implies"),
    ('guard("a", s.owned < s.owned)', "`<`", "subset"),
    ('guard("a", s.leader < k)', "`<`", "x.value"),
    ('guard("a", s.issued.get(k) < s.issued.get(k))', "Pair is not ordered", "ordered=True"),
    ("s.log = s.log + k", "`+` takes Log, not Key", ""),
    ("s.owned = s.owned + {k}", "`+`", "a | b"),
    ('guard("a", s.leader + 1 == 2)', "`+`", "x.value"),
    ('guard("a", k * 2 == k)', "`*` takes integers, not Key", ""),
    ('guard("a", s.log[1] == 1)', "Log has no elements to index", "q.at(i)"),
    ('guard("a", s.issued[k].version == 1)', "Issued", "r.get(x)"),
    ('guard("a", s.owned[k])', "Set[Key]", "contains"),
    ('guard("a", s.stamp["wall"] == 1)', "Stamp", "r.wall"),
    ('guard("a", s.leader[k])', "Option[Key]", "x.value"),
    ("s.version[k] = 1", "Version has no elements", ""),
    ('guard("a", s.phase(k) == Phase.Done)', "cannot be called", "f[i]"),
    ('guard("a", s.version(k) == 1)', "cannot be called", ""),
    # assignments
    ('s.version = 1\nguard("a", s.version > 0)', "read after it was assigned", "old = s.version"),
    ("s.version = 1\ns.version = 2", "assigned twice", "one write"),
    ("s.version += 1\ns.version += 1", "assigned twice", "one write"),
    ("s.phase = fn(Key, lambda x: Phase.Done)\ns.phase[k] = Phase.Idle", "assigned twice", "several points"),
    ("s.phase[k] = Phase.Idle\ns.phase = fn(Key, lambda x: Phase.Done)", "assigned twice", "several points"),
    ("f = s.phase\ns.phase = f\nf[k] = Phase.Done", "assigned twice", "several points"),
    ("s.seen[k][k] = 1\ns.seen[Key.First][k] += 1", "seen is read after it was assigned", "old = s.seen"),
    ("s.phase[k] = Phase.Done\ns.phase[Key.First] = s.phase[k]", "phase is read after", "old = s.phase"),
    ("s.phase[k] = Phase.Done\ns.seen[k] = s.seen[k]\ns.version = s.seen[k][k]", "seen is read after", "old = s.seen"),
    ("s.seen[k][k] = 1\nrow = s.seen[k]", "seen is read after", "old = s.seen"),
    ("s.phase[k] = Phase.Done; s.version = ite(s.phase[k] == Phase.Done, 1, 0)", "phase is read after", "old ="),
    ("s.version == 1", "changes nothing", "s.x = ..."),
    ("s.log.append(1)", "changes nothing", "s.q = s.q.append(x)"),
    ("s.log.put(1, 1)", "changes nothing", "put"),
    ("s.log.tail()", "changes nothing", "tail"),
    ("s.issued.insert(Pair(key=k, version=0))", "changes nothing", "insert"),
    ("s.issued.remove(k)", "changes nothing", "remove"),
    ("s.phase.updated(k, Phase.Done)", "changes nothing", "s.f[i] = v"),
    ("s.stamp.replace(wall=1)", "changes nothing", "replace"),
    ("forall(Key, lambda x: s.flag)", "changes nothing", "guard(name"),
    ("implies(s.flag, s.flag)", "changes nothing", "guard(name"),
    ("s.stamp.wall = 1", "cannot be changed in place", "replace"),
    ("s.leader.value = k", "value cannot be assigned", "whole variable"),
    ("s.phase.updated(k, Phase.Done)[k] = Phase.Idle", "only a state variable", "updated"),
    ("del s.version", "cannot be deleted", "assign"),
    ("return s.flag  # here is the function's position", "returns a value", "s.x = ..."),
    # ill-typed terms
    ("s.version = Phase.Done", "the variable version takes Version, not Phase", ""),
    ('s.version = "x"', "takes Version, not 'x'", ""),
    ("s.version = 1.5", "takes Version, not 1.5", ""),
    ("s.version = True", "takes Version, not True", ""),
    ("s.leader = None", "takes Option[Key], not None", "write none"),
    ("s.leader = Phase.Done", "takes Option[Key], not Phase", ""),
    ("s.leader = some(Phase.Done)", "takes Option[Key], not Option[Phase]", ""),
    ("s.phase = Phase.Done", "takes [Key -> Phase], not Phase", "fn(Key"),
    ("s.phase[k] = 1", "takes Phase, not 1", ""),
    ('s.phase[k] = "Done"', "takes Phase, not 'Done'", "write Phase.Done"),
    ('s.phase[k] = "Don"', "takes Phase, not 'Don'", "did you mean Done?"),
    ("s.phase[1] = Phase.Done", "the index takes Key, not 1", ""),
    ("s.phase[k, k] = Phase.Done", "curried", "f[a][b]"),
    ("s.owned |= k", "takes Set[Key], not Key", "{x}"),
    ("s.owned |= {1}", "an element takes Key, not 1", ""),
    ("s.owned = [k]", "takes Set[Key]", ""),
    ("s.log = s.log.append(k)", "append takes Version, not Key", ""),
    ("s.issued = s.issued.insert(k)", "insert takes Pair, not Key", ""),
    ("s.issued = {k}", "takes Pair, not Key", ""),
    ("s.stamp = Stamp(wall=1)", "lacks field logical", "wall, logical"),
    ("s.stamp = Stamp(1, 2)", "fields of Stamp are named", "Stamp(wall=..., logical=...)"),
    ("s.stamp = Stamp(wall=1, logical=1, extra=3)", "no field extra", "fields"),
    ("s.stamp = s.stamp.replace(wal=1)", "no field wal", "did you mean wall?"),
    ('guard("a", s.phase == Phase.Done)', "takes [Key -> Phase]", "index it"),
    ('guard("a", s.leader.value == 3)', "takes Key, not 3", ""),
    ('guard("a", s.version == s.phase[k])', "takes Version, not Phase", ""),
    ('guard("a", s.version == s.leader)', "takes Version, not Option[Key]", ""),
    ('guard("a", s.phase[s.leader] == Phase.Done)', "the index takes Key, not Option[Key]", "x.value"),
    ('guard("a", s.version == s.seen[k])', "takes Version, not [Key -> Version]", "index it"),
    ('guard("a", s.flag == 1)', "takes Bool, not 1", ""),
    ('guard("a", s.owned.contains(1))', "contains takes Key, not 1", ""),
    ('guard("a", s.log.at(k) == 1)', "the index takes Int, not Key", ""),
    ('guard("a", s.issued.has(1))', "takes Key, not 1", ""),
    ('guard("a", s.version)', "guard a takes Bool, not Version", ""),
    ('guard("a", None)', "guard a takes Bool, not None", ""),
    ('guard("a", implies(s.version, s.flag))', "premise of implies takes Bool", ""),
    ('guard("a", ite(s.version, 1, 2) == 1)', "condition of ite takes Bool", ""),
    ('guard("a", ite(s.flag, s.version, k) == 1)', "ite takes Version, not Key", ""),
    ('guard("a", ite(s.flag, none, none) == s.leader)', "ite cannot tell the sort", "some(x)"),
    ('s.version = choice("c", 1, Phase.Done)', "choice c takes Phase, not 1", ""),
    ("s.phase = fn(Key, lambda x: 1)", "the body of fn takes Phase, not 1", ""),
    ("s.phase = fn(Key, lambda x: 'Idle')", "fn's body is 'Idle'", "write an expression"),
    ("s.phase = fn(Version, lambda x: Phase.Idle)", "takes [Key -> Phase], not [Version -> Phase]", ""),
    ("s.phase = fn(Version, lambda x: none)", "takes [Key -> Phase], not fn(Version, lambda x: none)", ""),
    ("s.flag = fn(Key, lambda x: 1)[k] == 0", "nothing determines the sort of fn(Key, lambda x: 1)", "gives its sort"),
    ("s.flag = fn(Key, lambda x: none) == fn(Key, lambda x: none)", "nothing determines the sort of", "gives its sort"),
    ("guard('g', none == none)", "nothing determines the sort of none and none", "gives its sort"),
    ("guard('g', none.is_some)", "nothing determines the sort of none", "gives its sort"),
    ("s.flag = ite(none == none, s.flag, s.flag)", "nothing determines the sort of", "gives its sort"),
    ("s.flag = Bool(True if none else False)", "", ""),
    ("s.owned.where(lambda x: x == k)", "where", "write s.x = s.x.where(...)"),
    ("s.owned = s.owned.where(lambda x: s.version)", "the body of where takes Bool, not Version", ""),
    ("s.owned = s.owned.where(lambda x, y: s.flag)", "where", ""),
    ("s.owned = s.owned.where(s.flag)", "where needs a function", ""),
    ("s.phase = fn(Key, lambda x: s.version)", "takes [Key -> Phase]", ""),
    ('guard("a", forall(Key, lambda x: s.phase[x]))', "body of forall takes Bool, not Phase", ""),
    ('guard("a", choose(Key, lambda x: x) == k)', "body of choose takes Bool, not Key", ""),
    ('guard("a", min_of(s.owned) == k)', "min_of needs a set of integers", ""),
    ('guard("a", minimum(k, k) == k)', "minimum needs integers", ""),
    ('guard("a", some(3) == s.leader)', "some(...) takes an expression", "Version(3)"),
    ("s.owned = image(Key, Key, lambda x: s.version)", "body of image takes Key, not Version", ""),
    ("s.owned = image(s.phase, Key, lambda x: x)", "image needs a sort or a set", ""),
    ('guard("a", Version("x") == s.version)', "takes a Python integer", ""),
    ('guard("a", Key(1) == k)', "Key is a sort, not a function", "argument"),
    ('guard("a", Phase(1) == s.phase[k])', "Phase is a sort, not a function", "label"),
    # quantifiers and their functions
    ('guard("a", forall(Key, s.flag))', "needs a function", "lambda k: ..."),
    ('guard("a", forall(lambda x: s.flag))', "needs a sort and a function", "forall(Key"),
    ('guard("a", forall(Key, lambda x, y: s.flag))', "1 sort but its function takes 2", "lambda a, b"),
    ('guard("a", forall(Key, lambda *x: s.flag))', "parameter *x", "no *"),
    ('guard("a", forall(Key, lambda x=1: s.flag))', "parameter x=1", "no defaults"),
    ('guard("a", forall(Int, lambda x: x > 0))', "forall over Int has no end", "Range"),
    ('guard("a", forall(int, lambda x: s.flag))', "int is not a sort", "Range"),
    ('guard("a", forall(s.owned, lambda x: s.flag))', "not a sort", "forall_in"),
    ('guard("a", forall_in(Key, lambda x: s.flag))', "forall_in needs a set", "s.committed"),
    ('guard("a", exists_in(s.version, lambda x: s.flag))', "exists_in needs a set", "s.committed"),
    # unknown names
    ("s.verson = 1", "unknown state variable verson", "did you mean version?"),
    ('guard("a", s.verson == 1)', "unknown state variable verson", "did you mean version?"),
    ('guard("a", Phase.Don == s.phase[k])', "Phase has no Don", "did you mean Done?"),
    ('guard("a", Key.Frst == k)', "Key has no Frst", "did you mean First?"),
    ('guard("a", s.stamp.wal == 1)', "Stamp has no field wal", "did you mean wall?"),
    ('guard("a", forall(Ky, lambda x: s.flag))', "Ky is not defined", "did you mean Key?"),
    ('guard("a", undefined_name)', "undefined_name is not defined", ""),
    ('guard("a", s.owned.has(k))', "Set[Key] has no has", "contains"),
    ("s.owned.add(k)", "Set[Key] has no add", "|= {x}"),
    ('guard("a", s.flag.implies(s.flag))', "Bool has no implies", "implies(...)"),
    # guards, choices and witnesses
    ('guard("a")', "missing", "guard(name, condition"),
    ("guard(s.flag)", "missing", "guard(name, condition"),
    ('guard("a", s.flag)\nguard("a", s.flag)', "two guards or choices named a", "unique"),
    ('guard("", s.flag)', "cannot be called ''", "letters"),
    ('guard("a b", s.flag)', "cannot be called 'a b'", "letters"),
    ("guard(3, s.flag)", "needs a name", "op-budget"),
    ('q = witness("q", Int)', "witness over Int has no end", "range"),
    ('q = witness("q", Quorum)\ns.owned = set_of(Key, lambda x: q.contains(x))', "reads a witness", "argument"),
    # and Python's own errors
    ("x = 1 / 0", "ZeroDivisionError", ""),
    ("x = abs(s.version)", "TypeError", ""),
]

IN_PROPERTIES = [
    ("return s.version >= 0 and s.flag", "`and`", "a & b"),
    ("return 0 <= s.version <= 3", "chained", "(a <= b)"),
    ("return all(s.phase[k] == Phase.Idle for k in Key)", "`all`", "forall"),
    ("return forall(Key, lambda k: s.phse[k] == Phase.Idle)", "unknown state variable phse", "did you mean phase?"),
    ("s.version = 3\nreturn True", "cannot be assigned here", "write =="),
    ("s.phase[Key.First] = Phase.Idle\nreturn True", "only a state variable", "updated"),
    ('guard("x", s.flag)\nreturn True', "outside an action", "@p.action"),
    ("s.version >= 0\nreturn None  # the position is the function's", "returns nothing", "return the formula"),
    ("return s.version", "takes Bool, not Version", ""),
    ("return s.owned", "takes Bool, not Set[Key]", ""),
]

IN_MODULES = [
    # sorts
    ("class K(Scalarset):\n    pass", "needs a size parameter", 'parameter="Ks"'),
    ('class K(Scalarset, parameter="Ks", size=0):\n    pass', "needs a size parameter", "size=2"),
    ('class O(Ordered, parameter="Os"):\n    pass', "needs a size parameter", "Ordered"),
    ("class K(Key):\n    pass", "Key is already a sort", "declare K as a sort of its own"),
    ("class E(Enumeration):\n    A = 1", "has no labels", "labels(2)"),
    ("class E(Enumeration):\n    A, B = labels(3)", "too many values to unpack", "labels(n)"),
    ("class V(Range):\n    pass", "no upper end", "high="),
    ('class V(Range, high="x"):\n    pass', "takes Int, not 'x'", ""),
    ("class V(Range, high=MaxX):\n    pass", "MaxX is not defined", "did you mean Max?"),
    ("class R(Record):\n    pass", "has no fields", "annotate"),
    ("class R(Record):\n    a: int", "int is not a sort", "Range"),
    ("class R(Record, ordered=True):\n    a: Key", "field a of ordered record R", ""),
    ("class L(Sequence[Key]):\n    pass", "needs an element sort and a capacity", "capacity=4"),
    ("class L(Sequence, capacity=3):\n    pass", "needs an element sort and a capacity", "capacity=4"),
    ("class L(Sequence[Key], capacity=Key):\n    pass", "the capacity takes Int, not Key", ""),
    ('class I(KeyedSet[Pair], key="kez"):\n    pass', "no field 'kez'", "did you mean key?"),
    ('class I(KeyedSet[Key], key="key"):\n    pass', "needs a record sort", "KeyedSet[Stamp]"),
    ("class Q(Quorums[Version]):\n    pass", "needs a scalarset", "Quorums[Key]"),
    # state
    ("q = Protocol('q', 't')\n@q.state  # here\nclass S2:\n    pass", "declares no variables", "var(0"),
    ("@p.state\nclass S2:\n    x: Version = var(0)", "two state classes", "one"),
    # actions
    ("@p.action  # here\ndef A(): pass", "takes no state", "s: State"),
    ("@p.action  # here\ndef A(s, k): pass", "argument k of A has no sort", "k: Sort"),
    ("@p.action  # here\ndef A(s, k: Kez): pass", "Kez, which is not defined", "did you mean Key?"),
    ("@p.action  # here\ndef A(s, k: int): pass", "int is not a sort", "Range"),
    ("@p.action  # here\ndef A(s, k: Int): pass", "argument k over Int has no end", "Range"),
    ("@p.action  # here\ndef A(s, *ks: Key): pass", "parameter *ks", "no *"),
    ("@p.action  # here\ndef A(s, k: Key = Key.First): pass", "parameter k", "no defaults"),
    ("@p.action  # here\ndef A(s, *, k: Key): pass", "parameter k", "one value"),
    ("@p.action()  # here\ndef A(s): pass", "missing", "without parentheses"),
    ("@p.action  # here\ndef Step(s): pass", "defined twice", ""),
    ("p.action(lambda s: None)", "a function with a name", "def Name"),
    ("@p.action  # here\nclass A: pass", "a function with a name", "def Name"),
    ("@p.action  # here\nasync def A(s): s.version = 1", "is a coroutine", "not async def"),
    ('p.never_fires("Stp", "x")', "unknown action Stp", "did you mean Step?"),
    # properties, lemmas, constraints
    ("@p.invariant  # here\ndef A(s): return True", "Protocol.invariant() takes 1 positional argument", "@p.invariant(...)"),
    ('@p.invariant("x")  # here\ndef A(s): return True', "positional argument", "named"),
    ("@p.invariant()  # here\ndef A(s, t): return True", "takes 2 parameters", "def A(s: State)"),
    ("@p.invariant()  # here\ndef A(): return True", "takes 0 parameters", "def A(s: State)"),
    ("@p.action_property()  # here\ndef A(s): return True", "takes 1 parameters", "after: State"),
    ("@p.invariant()  # here\ndef Inv(s): return True", "defined twice", ""),
    ('@p.invariant(short="inv")  # here\ndef A(s): return True', "defined twice", ""),
    ('@p.invariant(expected={"b": violated(3)})  # here\ndef A(s): return True', "which does not exist", "safe"),
    ('@p.invariant(expected={"safe": 3})  # here\ndef A(s): return True', "not an expectation", "violated(3)"),
    ("@p.action_property()\ndef A(s, after): after.version = 1", "cannot be assigned", "write =="),
    ("@p.lemma  # here\ndef L(s): return True", "needs a reason", "@p.lemma("),
    ('@p.lemma("x")  # here\ndef L(s): return s.version', "takes Bool, not Version", ""),
    ("@p.constraint  # here\ndef C(s): return s.version", "takes Bool, not Version", ""),
    ("@p.initially\ndef C(s): return s.flag and True", "`and`", "a & b"),
    ('p.type_ok(variables=["verson"])', "unknown variable verson", "did you mean version?"),
    ('p.type_ok(variables="version")', "takes a list", '["version"]'),
    # variants
    ('p.variant("b", drops=["Step.nothing"])', "no guard or choice nothing", "ready"),
    ('p.variant("b", drops=["Step.redy"])', "no guard or choice redy", "did you mean ready?"),
    ('p.variant("b", drops=["Stp.ready"])', "no action Stp", "did you mean Step.ready?"),
    ('p.variant("b", drops="Step.ready")', "takes a list", '["Step.ready"]'),
    ('p.variant("b", drops=["Step"])', "names no guard", "Step.ready"),
    ('p.variant("b", replaces={"Step.ready": "othr"})', "no alternative othr", "did you mean other?"),
    ('p.variant("b", without=["verson"])', "verson", "did you mean version?"),
    ('p.variant("b", settings={"Mx": 3})', "no parameter Mx", "did you mean Max?"),
    ('p.variant("b", settings={"Max": "x"})', "natural number", ""),
    ('p.variant("b")\np.variant("b")', "declared twice", ""),
    ('p.variant("b:c")', "cannot be called 'b:c'", "letters"),
    # parameters and the protocol
    ('p.parameter("Max", 3)', "declared twice", ""),
    ('p.parameter("N", -1)', "natural number", ""),
    ('p.search_bound("N")', "Protocol.search_bound() missing", "search_bound(name, default"),
    ('p.assume("a", Max)', "takes Bool, not Int", ""),
    ('p.assume("a", (Max > 0) and (Max < 9))', "`and`", "a & b"),
    ('Protocol("x")', "Protocol.__init__() missing", "Protocol(name, title"),
    ('Protocol("../x", "x")', "cannot be called '../x'", "letters"),
    ('q = Protocol("q", "t")', "2 protocols: p, q", "`protocol`"),
    ("p.invarian()", "has no invarian", "did you mean invariant?"),
    # the module itself
    ("if Max > 3:  # here\n    pass", "`if`", "ite"),
    ('guard("x", True)', "outside an action", "@p.action"),
    ('choice("x", 1, 2)', "outside an action", "@p.action"),
    ('witness("q", Quorum)', "outside an action", "@p.action"),
    ("from verifier.kernel import foral", "has no foral", "did you mean forall?"),
    ("import verifier.kernel as v\nv.foral", "has no foral", "did you mean forall?"),
    ("import no_such_module", "no_such_module cannot be imported", "beside the file"),
    ("x = (", "not valid Python", ""),
    ("raise SystemExit(3)", "ends the program", "exit"),
    ("def f(): return f()  # here\nf()", "calls itself without end", ""),
]

STATE = "q = Protocol('q', 't')\n@q.state\nclass S2:\n    "
IN_STATES = [
    ("x = var(0)", "x has no sort", "x: Sort = var"),
    ("x: int = var(0)", "int is not a sort", "Range"),
    ("x: dict[Key, Version] = var(0)", "is not a sort", "Fn[...]"),
    ("x: Version | None = var(0)", "is not a sort", "Option[...]"),
    ("x: Int = var(0)", "needs an integer range", "Range"),
    ("x: Fn[Key, Int] = var(0)", "needs an integer range", "Range"),
    ("x: Fn = var(0)", "Fn is not a complete sort", "Fn[Index, Value]"),
    ("x: Set = var(set())", "Set is not a complete sort", "Set[Element]"),
    ("x: Quorum = var(anything)", "cannot store a quorum", "witness"),
    ("x: Fn[Quorum, Version] = var(0)", "cannot store a quorum", "witness"),
    ('x: Version = var("a")', "initial value of x takes Version", ""),
    ("x: Version = var()", "missing", "var(initial, doc"),
]
IN_STATES_BY_CLASS = [
    ("x: Version = 0", "x has no initial value", "var(initial value)"),
    ("x: Fn[Key] = var(0)", "annotation of x, Fn[Key], is not a sort", "Fn[Key, Key]"),
    ("x: Set[Kez] = var(set())", "Kez, which is not defined", "did you mean Key?"),
]


def refused(source: str, folder: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        build(source, folder)
    return caught.value


def check(source: str, folder: Path, line: int, message: str, hint: str) -> None:
    error = refused(source, folder)
    assert message in error.message
    assert hint in (error.hint or "")
    assert error.position is not None
    assert error.position.file == str(folder / "model.py")
    assert error.position.line == line
    assert error.source == source.split("\n")[line - 1].strip()


def expected_line(source: str) -> int:
    """The marked line, or else the last one that says something."""
    if "# here\n" in source:
        return line_of(source, "# here")
    lines = source.split("\n")
    return max(number for number, line in enumerate(lines, 1) if line.strip())


@pytest.mark.parametrize(("snippet", "message", "hint"), IN_ACTIONS)
def test_in_an_action(tmp_path: Path, snippet: str, message: str, hint: str) -> None:
    source = in_action(snippet)
    if "function's position" in snippet:
        check(source, tmp_path, line_of(source, "@p.action"), message, hint)
    else:
        check(source, tmp_path, expected_line(source), message, hint)


@pytest.mark.parametrize(("snippet", "message", "hint"), IN_PROPERTIES)
def test_in_a_property(tmp_path: Path, snippet: str, message: str, hint: str) -> None:
    source = in_property(snippet)
    error = refused(source, tmp_path)
    assert message in error.message
    assert hint in (error.hint or "")
    assert error.position is not None
    # Where the value as a whole is wrong, the function is named; elsewhere the line.
    assert line_of(source, "@p.invariant()") <= error.position.line <= line_of(source, "return")


@pytest.mark.parametrize(("snippet", "message", "hint"), IN_MODULES)
def test_among_the_declarations(tmp_path: Path, snippet: str, message: str, hint: str) -> None:
    source = in_module(snippet)
    error = refused(source, tmp_path)
    assert message in error.message
    assert hint in (error.hint or "")
    assert error.position is not None
    if "# here" in snippet:
        assert error.position.line == line_of(source, "# here")
    else:
        assert error.position.line >= line_of(source, snippet.split("\n")[0])


@pytest.mark.parametrize(("snippet", "message", "hint"), IN_STATES)
def test_in_a_state_class(tmp_path: Path, snippet: str, message: str, hint: str) -> None:
    source = in_module(STATE + snippet)
    check(source, tmp_path, expected_line(source), message, hint)


@pytest.mark.parametrize(("snippet", "message", "hint"), IN_STATES_BY_CLASS)
def test_in_a_state_class_as_a_whole(tmp_path: Path, snippet: str, message: str, hint: str) -> None:
    source = in_module(STATE + snippet)
    check(source, tmp_path, line_of(source, "@q.state"), message, hint)


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        (lambda: in_module("").replace("return s.version >= 0", "return 0"), "takes Bool, not 0", ""),
        (lambda: in_module("").split("@p.invariant")[0], "has no properties", "@p.invariant()"),
        (lambda: in_module("").split("@p.state")[0], "has no state", "@p.state"),
        (lambda: in_module("").replace("class Version(", 'class Key2(Scalarset, parameter="Keys", size=3):\n'
                                       "    pass\n\nclass Version(").replace("owned: Set[Key]", "owned: Set[Key2]"),
         "share the parameter Keys", ""),
        (lambda: in_module("").replace('"Max", 3)', '"Keys", 3)'), "size of Key too", ""),
        (lambda: in_module('p.variant("b", without=["flag"])'), "reads flag, which is left out", "drop"),
        (lambda: "x = 1\n", "defines no protocol", "Protocol("),
    ],
)  # fmt: skip
def test_a_protocol_as_a_whole(tmp_path: Path, source: Callable[[], str], message: str, hint: str) -> None:
    error = refused(source(), tmp_path)
    assert message in error.message
    assert hint in (error.hint or "")
    assert error.position is not None
    assert error.position.file == str(tmp_path / "model.py")


def test_two_sorts_of_one_name_are_told_apart(tmp_path: Path) -> None:
    source = in_module(
        """
        def other():
            class Phase(Enumeration):
                A, B = labels(2)
            return Phase

        @p.action
        def Mix(s: State, x: Phase) -> None:
            guard("a", forall(other(), lambda y: s.flag))
        """
    )
    assert "two sorts are called Phase" in refused(source, tmp_path).message


def test_what_is_right_is_not_refused(tmp_path: Path) -> None:
    source = in_action(
        """
        keys = {k, Key.First}
        names = {k: 1}
        guard("a", (s.owned <= keys) & (s.leader == none) | (s.version == names[k]))
        guard("b", one_of(s.phase[k], Phase.Idle, Phase.Done))
        guard("c", True)
        for number in range(3):
            guard(f"not-{number}", s.version != number)
        s.seen[k][k] += 1
        s.phase[k] = Phase.Done
        s.owned |= {k}
        """
    )
    assert "Other" in build(source, tmp_path).actions


def test_literals_may_be_written_out_for_a_type_checker(tmp_path: Path) -> None:
    plain = in_action("s.flag = True\ns.version = 3\ns.owned = set()\ns.log = []\ns.issued = set()")
    typed = in_action("s.flag = Bool(True)\ns.version = Version(3)\ns.owned = empty\ns.log = empty\ns.issued = empty")
    assert digest(build(plain, tmp_path)) == digest(build(typed, tmp_path))


# -- hints ----------------------------------------------------------------------------------------------------------------

BARE = """
from __future__ import annotations
from verifier.kernel import *

p = Protocol("bare", "a model with few sorts")


class Level(Range, low=0, high=3):
    pass

"""


@pytest.mark.parametrize(
    ("declaration", "hint"),
    [
        (
            "class S:\n    x: Fn[Level] = var(0)\np.state(S)",
            "sorts look like Level, Fn[Level, Level], Set[Level], Option[Level]",
        ),
        ("class Q(Quorums[Level]): pass", "class Q(Quorums[Sort])"),
        ("class I(KeyedSet[Level], key='k'): pass", 'class I(KeyedSet[Sort], key="...")'),
        ("class L(Sequence[Level]): pass", "class L(Sequence[...], capacity=4)"),
        ("@p.state\nclass S: pass", 'write name: Level = var(0, "meaning")'),
        ("some(1)", "write Level(3)"),
        ("x = forall(Level)", "forall(Level, lambda k: ...)"),
    ],
)
def test_hints_name_the_sorts_of_the_model(declaration: str, hint: str, tmp_path: Path) -> None:
    assert refused(BARE + declaration, tmp_path).hint == hint
