"""Formulas that a user types: what they mean, and that nothing of them is executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from verifier.catalog import load
from verifier.kernel.errors import UsageError
from verifier.kernel.model import Model
from verifier.kernel.reading import read_formula
from verifier.kernel.term_text import text

TOY = Path(__file__).with_name("toys.py")
LABELS = {"Client": ("c1", "c2")}


@pytest.fixture(scope="module")
def model() -> Model:
    return load(str(TOY)).model()


MEANINGS = {
    "phase[c1] == Phase.Waiting": "phase[c1] = Waiting",
    "s.phase[c1] == Waiting and token >= 1": "phase[c1] = Waiting /\\ 1 <= token",
    "not (0 <= token < Most)": "~(0 <= token /\\ token < Most)",
    "token == 1 or ~lock.is_none": "token = 1 \\/ lock # none",
    "forall(Client, lambda c: phase[c] == Idle)": "\\A c \\in Client : phase[c] = Idle",
    "c1 in seen": "c1 \\in seen",
    "c1 not in seen": "c1 \\notin seen",
    "seen == {c1, c2}": "seen = {c1, c2}",
    "token in {1, 2}": "token = 1 \\/ token = 2",
    "lock == some(c2)": "lock = some(c2)",
    "lock == none": "lock = none",
    "Client.size == 2": "Clients = 2",
    "enabled(Grant, c1)": "phase[c1] = Waiting /\\ lock = none /\\ token < Most",
    "Mutex-1": "\\A a, b \\in Client : phase[a] = Holding /\\ phase[b] = Holding => a = b",
    "mutex": "\\A a, b \\in Client : phase[a] = Holding /\\ phase[b] = Holding => a = b",
    "HolderSeen": "~(\\E c \\in Client : phase[c] = Holding /\\ c \\notin seen)",
    "not Mutex and token > 0": "~(\\A a, b \\in Client : phase[a] = Holding /\\ phase[b] = Holding => a = b) /\\ 0 < token",
    "sum_of(Client, lambda c: ite(phase[c] == Idle, 1, 0)) == 2": "(SUM c \\in Client : IF phase[c] = Idle THEN 1 ELSE 0) = 2",
    "phase[c1] == Idle if token == 0 else False": "IF token = 0 THEN phase[c1] = Idle ELSE FALSE",
    "seen.where(lambda c: c == c1).size() <= 1": "Cardinality({c \\in seen : c = c1}) <= 1",
}


@pytest.mark.parametrize(("given", "meant"), MEANINGS.items())
def test_a_formula_means_what_it_would_in_a_model(model: Model, given: str, meant: str) -> None:
    assert text(read_formula(given, model, LABELS).formula, model.vocabulary) == meant


REFUSED = {
    "": "it is empty",
    "phase[c1] = Idle": "equality is written ==",
    "phase[c3] == Idle": "c3 is not known",
    "phse[c1] == Idle": "did you mean phase?",
    "Phase.Idl == phase[c1]": "did you mean Idle?",
    "Grows": "kind action",
    "phase": "takes Bool",
    "token + 1": "takes Bool",
    "enabled(Grnt)": "did you mean Grant?",
    "enabled(Grant, c1, c2)": "takes 1 arguments",
    "__import__('os').system('true')": "__import__ is not known",
    "token.__class__.__mro__": "not a name of the language",
    "seen.contains.__func__": "not a name of the language",
    "s._variables": "not a name of the language",
    "open('x')": "open is not known",
    "(lambda: 1)()": "cannot be called",
    "Mutex(s)": "cannot be called",
    "[x for x in seen]": "has no meaning",
    "f'{token}' == 1": "has no meaning",
    "(x := token) == 1": "has no meaning",
    "token == 1; token": "cannot be read",
    "token ** 2 == 4": "there is no such operator",
    "token / 2 == 1": "there is no such operator",
    "forall(Client, lambda *c: True)": "plain names",
    "implies(*seen)": "cannot stand in a formula",
    "phase == 'Idle'": "without quotes",
    "~" * 200 + "lock.is_none": "nested more than",
    "(" * 300 + "token" + ")" * 300: "not a formula",
    "lock.is_none & " * 1000 + "True": "longer than",
    "next.token == 1": "next is not known",
    "{} == seen": "has no meaning",
    "1 == {2}": "two literals",
}


@pytest.mark.parametrize(("given", "why"), REFUSED.items(), ids=lambda value: value[:30])
def test_anything_else_is_refused_with_a_reason(model: Model, given: str, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_formula(given, model, LABELS)
    if why == "cannot be read":
        return
    assert why in str(refused.value)


def test_a_variable_that_the_variant_leaves_out_is_not_known() -> None:
    protocol = load(str(Path(__file__).with_name("parted.py")))
    assert read_formula("extra == 1", protocol.model()).formula.op == "eq"
    with pytest.raises(UsageError, match="extra is not known"):
        read_formula("extra == 1", protocol.model("small"))
