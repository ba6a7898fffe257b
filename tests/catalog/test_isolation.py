"""A model means the same whatever was loaded before it, by whom, and in which order."""

from __future__ import annotations

import inspect
import itertools
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.catalog.test_load import failure, write
from tests.command import environment
from verifier import prove
from verifier.catalog import digest, load
from verifier.kernel import Protocol
from verifier.kernel.errors import ModelError

COUNTER = """from __future__ import annotations
from verifier.kernel import Bool, Protocol, Range, guard, var
{imports}
p = Protocol("{name}", "a counter with a limit from elsewhere")
class N(Range, low=0, high=9):
    pass
@p.state
class State:
    n: N = var(0, "n")
@p.action
def Up(s: State) -> None:
    guard("small", s.n < {limit})
    s.n += 1
@p.invariant()
def Small(s: State) -> Bool:
    return s.n <= 3
"""

EXTENSION = """from __future__ import annotations
from verifier.catalog import builtins
builtins.mount()
import verifier.encodings.{name} as encoding
import verifier.properties.{name}
from verifier.kernel import Bool, Protocol
p = next(value for value in vars(encoding).values() if isinstance(value, Protocol))
@p.invariant()
def Mine{number}(s) -> Bool:
    return s.{variable} >= 0
"""


def counter(folder: Path, limit: str, imports: str = "", name: str = "counter") -> str:
    return write(folder, "model.py", COUNTER.format(imports=imports, limit=limit, name=name))


def verdict(path: str) -> str:
    result = prove(path, properties=["Small"], in_process=True)
    return next(entry.verdict for entry in result.properties if entry.name == "Small")


# -- helpers -----------------------------------------------------------------------------------------------------------


def module(folder: Path, limit: int) -> str:
    write(folder, "helper.py", f"LIMIT = {limit}\n")
    return counter(folder, "helper.LIMIT", "import helper")


def package(folder: Path, limit: int) -> str:
    write(folder, "helpers/__init__.py", "from helpers.limits import LIMIT\n")
    write(folder, "helpers/limits.py", f"LIMIT = {limit}\n")
    return counter(folder, "helpers.LIMIT", "import helpers")


def namespace_package(folder: Path, limit: int) -> str:
    write(folder, "helpers/limits.py", f"LIMIT = {limit}\n")
    return counter(folder, "limits.LIMIT", "from helpers import limits")


def added_path(folder: Path, limit: int) -> str:
    write(folder, "lib/far.py", f"LIMIT = {limit}\n")
    imports = f"import sys\nsys.path.insert(0, {str(folder / 'lib')!r})\nimport far"
    return counter(folder, "far.LIMIT", imports)


def appended_path(folder: Path, limit: int) -> str:
    write(folder, "lib/far.py", f"LIMIT = {limit}\n")
    imports = f"import sys\nsys.path.append({str(folder / 'lib')!r})\nimport far"
    return counter(folder, "far.LIMIT", imports)


def named_import(folder: Path, limit: int) -> str:
    write(folder, "helper.py", f"LIMIT = {limit}\n")
    return counter(folder, "helper.LIMIT", "import importlib\nhelper = importlib.import_module('helper')")


def patched(folder: Path, limit: int) -> str:
    """Leaves a mark on a module that others import, too."""
    write(folder, "marks.py", f"LIMIT = {limit}\n")
    write(folder, "helper.py", "import marks\nLIMIT = marks.LIMIT\n")
    return counter(folder, "helper.LIMIT", "import helper")


KINDS = (module, package, namespace_package, added_path, appended_path, named_import, patched)


@pytest.mark.parametrize("made", KINDS)
def test_helpers_of_one_name_are_each_models_own(tmp_path: Path, made: Callable[[Path, int], str]) -> None:
    first, second = made(tmp_path / "one", 3), made(tmp_path / "two", 4)
    before, paths = set(sys.modules), list(sys.path)
    assert verdict(first) == "proved"
    assert verdict(second) == "violated"
    assert verdict(first) == "proved"
    assert sys.path == paths
    left = [name for name in set(sys.modules) - before if name.split(".")[0] in ("helper", "helpers", "far", "marks")]
    assert not left


def test_a_module_that_the_caller_has_imported_makes_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "elsewhere", "helper_of_caller.py", "LIMIT = 3\n")
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    callers = __import__("helper_of_caller")
    write(tmp_path / "model", "helper_of_caller.py", "LIMIT = 4\n")
    path = counter(tmp_path / "model", "helper_of_caller.LIMIT", "import helper_of_caller")
    assert verdict(path) == "violated"
    assert sys.modules.pop("helper_of_caller") is callers


def test_a_module_beside_the_model_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "json.py", "LIMIT = 3\n")
    error = failure(counter(tmp_path, "json.LIMIT", "import json"))
    assert isinstance(error, ModelError)
    assert "json is a module beside the model" in error.message
    assert error.position is not None
    assert error.position.line == 3
    write(tmp_path, "helper.py", "x = 1\nfrom json import LIMIT\n")
    error = failure(counter(tmp_path, "helper.LIMIT", "import helper"))
    assert error.position is not None
    assert (error.position.file, error.position.line) == (str(tmp_path / "helper.py"), 2)


def test_a_neighbour_that_is_not_imported_is_not_in_the_way(tmp_path: Path) -> None:
    write(tmp_path, "json.py", "raise RuntimeError\n")
    assert verdict(counter(tmp_path, "3", "import decimal")) == "proved"


def test_a_helper_is_read_from_its_source_whatever_its_bytecode_says(tmp_path: Path) -> None:
    path = module(tmp_path, 3)
    helper = tmp_path / "helper.py"
    command = [sys.executable, "-P", "-m", "compileall", "-q", str(tmp_path)]
    subprocess.run(command, check=True, env=environment())
    stamp = helper.stat()
    assert verdict(path) == "proved"
    write(tmp_path, "helper.py", "LIMIT = 4\n")
    os.utime(helper, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert verdict(path) == "violated"


def test_loading_writes_no_bytecode(tmp_path: Path) -> None:
    load(package(tmp_path, 3))
    assert not list(tmp_path.rglob("__pycache__"))


# -- extensions --------------------------------------------------------------------------------------------------------


def extension(folder: Path, number: int, name: str = "composed", variable: str = "catalogVersion") -> str:
    return write(folder, f"extension{number}.py", EXTENSION.format(name=name, number=number, variable=variable))


def test_a_file_that_extends_a_protocol_changes_it_for_nobody_else(tmp_path: Path) -> None:
    plain = digest(load("composed"))
    one, two = load(extension(tmp_path, 1)), load(extension(tmp_path, 2))
    assert {"Mine1", "Mine2"} & set(one.properties) == {"Mine1"}
    assert {"Mine1", "Mine2"} & set(two.properties) == {"Mine2"}
    assert len({plain, digest(one), digest(two), digest(load("composed"))}) == 3
    assert digest(load("composed")) == plain


def test_what_is_loaded_takes_no_more_declarations() -> None:
    protocol = load("composed")
    with pytest.raises(ModelError, match="takes no more declarations"):
        protocol.parameter("More", 1)
    with pytest.raises(ModelError, match="takes no more declarations"):

        @protocol.invariant()
        def Mine(s: object) -> bool:
            return True


def test_every_declaration_is_sealed() -> None:
    """A method that adds to a protocol and is not sealed would change what others have loaded."""
    open_ = {"model", "check", "seal", "with_deadlock", "with_lemmas", "declarations"}
    public = {name for name, value in vars(Protocol).items() if inspect.isfunction(value) and not name.startswith("_")}
    through = {"search_bound": "_parameter", "type_ok": "_register", "invariant": "_register", "law": "_register"}
    through |= {"reachable": "_register", "parameter": "_parameter", "action_property": "_register"}
    for name in public - open_:
        method = vars(Protocol)[through.get(name, name)]
        # A decorator with a name or without refuses through `_with_name`.
        assert hasattr(method, "__wrapped__") or "_with_name" in method.__code__.co_names, name


# -- any two, in any order ---------------------------------------------------------------------------------------------


def pool(folder: Path) -> list[str]:
    """Thirty models, many of whose helpers, packages or protocols share a name."""
    found = [made(folder / f"{made.__name__}{limit}", limit) for made in KINDS for limit in (2, 3, 4)]
    found += [extension(folder, number) for number in (1, 2)]
    found += [counter(folder / f"plain{limit}", str(limit), name=f"plain-{limit}") for limit in (2, 3, 4)]
    names = ("composed", "routes", "hlc", "mvcc")
    assert len(found) + len(names) == 30
    return [*found, *names]


def fingerprint(reference: str) -> str:
    protocol = load(reference)
    return f"{protocol.name} {digest(protocol)} {sorted(protocol.properties)}"


def test_any_two_models_in_any_order(tmp_path: Path) -> None:
    references = pool(tmp_path)
    alone = {reference: fingerprint(reference) for reference in references}
    generator = random.Random(0)
    pairs = list(itertools.permutations(references, 2))
    for first, second in generator.sample(pairs, 20):
        assert (fingerprint(first), fingerprint(second)) == (alone[first], alone[second]), (first, second)


@pytest.mark.full
@pytest.mark.parametrize("number", [3, pytest.param(None, marks=pytest.mark.nightly)])
def test_models_in_any_order_and_by_worker(tmp_path: Path, number: int | None) -> None:
    references = random.Random(0).sample(pool(tmp_path), number) if number else pool(tmp_path)
    alone = {}
    for reference in references:
        result = prove(reference)
        alone[reference] = (result.model_digest, [(entry.name, entry.verdict) for entry in result.properties])
    for first, second in itertools.permutations(references, 2):
        assert digest(load(first)) == alone[first][0]
        assert digest(load(second)) == alone[second][0]
    for first, second in random.Random(1).sample(list(itertools.permutations(references, 2)), len(references) // 3):
        results = prove([first, second]).results
        for reference, result in zip((first, second), results, strict=True):
            found = (result.model_digest, [(entry.name, entry.verdict) for entry in result.properties])
            assert found == alone[reference], (first, second)
