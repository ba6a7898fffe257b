"""The house rules of the architecture, read from the imports: who may know whom, and who loads what."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source import ROOT, Source, circles, imports, loaded_by, read

# Uppermost first; a package imports only from itself and those above it. One pair is not as the design draws
# it: `scope` stands above `concrete`, which needs to know how many members a sort has before it can evaluate.
LAYERS = [
    "_version",
    "wire",
    "kernel",
    "lib",
    "files",
    "litmus",
    "catalog",
    "semantics.answers",
    "semantics.symbols",
    "semantics.solving",
    "semantics.scope",
    "semantics.concrete",
    "semantics.ground",
    "semantics.quantified",
    "semantics.obligations",
    "semantics.export",
    "semantics.tla",
    "documents",
    "evidence",
    "proof.engines",
    "proof.lemmas",
    "proof.strategy",
    "watching",
    "jobs",
    "report",
    "session",
    "api",
    "scenario",
    "cli",
    "testing",
    "pytest_plugin",
    "__main__",
]

# Where the order alone would allow more than the design does.
ONLY = {
    "lib": {"kernel"},
    "semantics.scope": {"kernel"},
    "semantics.concrete": {"kernel", "semantics.scope"},
    "report": {"_version", "kernel", "files", "documents"},
}

# What makes models, and imports what they import.
OF_MODELS = {"litmus": {"lib"}}

# The process that owns the clock, the memory limit and the signals.
PARENT = ["cli", "scenario", "api", "session", "report", "testing", "pytest_plugin"]
HEAVY = ["z3", "numpy", "verifier.semantics"]

# Examples in help texts name a protocol, and the scenarios are an interface to those of one suite; nothing else may.
SPEAKS_OF_PROTOCOLS = {"cli", "scenario"}


def layer(module: str) -> str | None:
    """The layer a module of `verifier` belongs to; None for the package itself and for mere folders."""
    inner = module.removeprefix("verifier").removeprefix(".")
    for name in LAYERS:
        if inner == name or inner.startswith(f"{name}."):
            return name
    return None


def misplaced_imports(known: dict[str, Source]) -> list[str]:
    """One line for each import that goes downwards, and for each module outside the drawn layers."""
    found = []
    for source in known.values():
        home = layer(source.name)
        ours = [item for item in imports(source, known) if item.module.split(".")[0] == "verifier"]
        for item in ours:
            target = layer(item.module)
            if source.name == "verifier":
                allowed = target in ("api", "_version")
            elif home is None or target is None:
                # The catalog asks where the package stands; its name alone loads nothing.
                allowed = home == "catalog" and item.module == "verifier"
            else:
                # The library is for models; nothing of the verifier knows it but what makes models of other notations.
                above = {home, *ONLY.get(home, LAYERS[: LAYERS.index(home)])} - {"lib"} | {home} | OF_MODELS.get(home, set())
                allowed = target in above
            if not allowed:
                found.append(f"{source.path.name}:{item.line}: {source.name} imports {item.module}")
        if home is None and source.path.name != "__init__.py":
            found.append(f"{source.path.name}: {source.name} is in no layer")
    return found


def loads(known: dict[str, Source], starts: list[str], unwanted: list[str], *, lazily: bool) -> list[str]:
    """One line for each unwanted module that one of the layers `starts` loads."""
    found = []
    for start in [name for name in known if layer(name) in starts]:
        for module, asked_by in loaded_by(start, known, lazily=lazily).items():
            if any(module == name or module.startswith(f"{name}.") for name in unwanted):
                found.append(f"{start} loads {module}, asked for by {asked_by}")
    return found


def named_protocols(known: dict[str, Source], protocols: list[str]) -> list[str]:
    """One line for each place outside the command line's help that names a built-in protocol."""
    spelled = "|".join(re.escape(protocol).replace("_", "[-_ ]?") for protocol in sorted(protocols, key=len, reverse=True))
    naming = re.compile(rf"(?<![a-z])(?:{spelled})(?![a-z])", re.IGNORECASE)
    return [
        f"{source.path.name}:{line}: {source.name} names {name.group().lower()}"
        for source in known.values()
        if layer(source.name) not in SPEAKS_OF_PROTOCOLS
        for word, line in source.words()
        for name in naming.finditer(word)
    ]


@pytest.fixture(scope="module")
def verifier() -> dict[str, Source]:
    return read(ROOT)


def test_a_package_imports_only_packages_above_it(verifier: dict[str, Source]) -> None:
    assert misplaced_imports(verifier) == []


WORDS = {"network", "timeouts"}
"""Protocols that are called by a word that is not theirs alone."""


def test_no_engine_knows_a_protocol_by_name(verifier: dict[str, Source]) -> None:
    stems = {path.stem for path in (ROOT / "encodings").glob("*.py")}
    protocols = sorted(stem for stem in stems - WORDS if stem[0] != "_")
    assert protocols
    assert named_protocols(verifier, protocols) == []


def test_the_language_and_the_oracle_know_no_solver(verifier: dict[str, Source]) -> None:
    assert loads(verifier, ["kernel", "semantics.concrete"], ["z3", "numpy"], lazily=True) == []


def test_a_replay_does_not_use_the_values_for_people(verifier: dict[str, Source]) -> None:
    """Another reader of traces, itf-py, makes them; a replay reads under the sorts of the model."""
    used = {name: {item.module for item in imports(source, verifier)} for name, source in verifier.items()}
    makers = {name for name, modules in used.items() if any(module.startswith("itf_py") for module in modules)}
    assert makers == {"verifier.documents.values"}
    users = {layer(name) for name, modules in used.items() if any(m.startswith("verifier.documents.values") for m in modules)}
    assert users == {"documents", "session", "scenario"}


def test_the_parent_process_loads_neither_solver_nor_semantics(verifier: dict[str, Source]) -> None:
    assert loads(verifier, PARENT, HEAVY, lazily=False) == []


def test_the_types_of_the_wire_cost_nothing_where_there_is_nothing_to_read(verifier: dict[str, Source]) -> None:
    """Making them takes as long as loading a few modules; only the border, which loads pydantic, needs them."""
    found = [
        f"{source.name}:{item.line}: imports {item.module}"
        for source in verifier.values()
        if layer(source.name) not in ("wire", "documents")
        for item in imports(source, verifier)
        if item.at_import and layer(item.module) == "wire"
    ]
    assert found == []


def test_built_in_protocols_use_what_a_users_file_may_use(verifier: dict[str, Source]) -> None:
    found = []
    for folder in ("encodings", "properties"):
        for source in read(ROOT, folder).values():
            for item in imports(source, verifier):
                if item.module.startswith("verifier") and not item.module.startswith(
                    ("verifier.kernel", "verifier.lib", "verifier.encodings", "verifier.properties")
                ):
                    found.append(f"{source.path}:{item.line}: imports {item.module}")
    assert found == []


def test_modules_import_in_one_direction(verifier: dict[str, Source]) -> None:
    # A session starts workers, whose handlers run a night, which starts sessions.
    assert [circle for circle in circles(verifier) if not any(layer(name) == "jobs" for name in circle)] == []


@pytest.mark.parametrize(
    ("start", "unwanted"),
    [
        ("verifier", ["verifier.api", "verifier.kernel", "typing", "json"]),
        ("verifier.api", ["z3", "numpy", "sympy", "verifier.semantics", "verifier.proof", "verifier.api."]),
        ("verifier.cli", ["z3", "numpy", "sympy", "verifier.semantics", "verifier.proof"]),
    ],
)
def test_what_an_import_really_loads(start: str, unwanted: list[str]) -> None:
    program = f"import sys, {start}; print(*sys.modules, sep='\\n')"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    modules = run.stdout.split()
    assert start in modules
    assert [name for name in modules if name.startswith(tuple(unwanted))] == []


# The checks above are lists that should be empty. Each must notice the fault it is there for.


def package(root: Path, files: dict[str, str]) -> dict[str, Source]:
    """A package `verifier` that has these modules, named without the package."""
    for name, text in {"__init__": "", **files}.items():
        path = root.joinpath("verifier", *name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read(root)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("kernel.a", "import verifier.catalog"),
        ("kernel.a", "import verifier.lib"),
        ("lib.a", "import verifier.catalog"),
        ("proof.engines.a", "from verifier.lib import networks"),
        ("kernel.a", "from verifier import prove"),
        ("kernel.a", "def f():\n    from ..proof.engines import bmc"),
        ("semantics.concrete.a", "from verifier.catalog import load"),
        ("semantics.ground.a", "from verifier.semantics import quantified"),
        ("evidence.a", "from verifier.proof.engines.bmc import run"),
        ("report.a", "if TYPE_CHECKING:\n    from verifier.jobs.worker import Job"),
        ("stray", ""),
    ],
)
def test_a_misplaced_import_is_noticed(tmp_path: Path, module: str, text: str) -> None:
    assert len(misplaced_imports(package(tmp_path, {module: text}))) == 1


def test_a_well_placed_import_is_not(tmp_path: Path) -> None:
    lines = [
        "from verifier._version import __version__",
        "from verifier.kernel.terms import Term",
        "from . import other",
        "import json",
    ]
    files = {"catalog.a": "\n".join(lines), "catalog.other": "", "kernel.terms": ""}
    assert misplaced_imports(package(tmp_path, files)) == []


def test_a_circle_is_noticed(tmp_path: Path) -> None:
    files = {
        "kernel.a": "from verifier.kernel import b",
        "kernel.b": "def f():\n    from verifier.kernel.c import x",
        "kernel.c": "import verifier.kernel.a",
        "kernel.d": "from verifier.kernel.a import y",
    }
    known = package(tmp_path, files)
    assert circles(known) == [["verifier.kernel.a", "verifier.kernel.b", "verifier.kernel.c"]]
    files["kernel.c"] = "if TYPE_CHECKING:\n    import verifier.kernel.a"
    assert circles(package(tmp_path, files)) == []


def test_a_solver_behind_a_corner_is_noticed(tmp_path: Path) -> None:
    files = {
        "cli.main": "from verifier.jobs import worker",
        "jobs.worker": "from verifier.proof import engines",
        "proof.engines.__init__": "from verifier.proof.engines.bmc import run",
        "proof.engines.bmc": "import z3",
    }
    assert loads(package(tmp_path, files), PARENT, HEAVY, lazily=False)
    files["jobs.worker"] = "def main():\n    from verifier.proof import engines"
    assert loads(package(tmp_path, files), PARENT, HEAVY, lazily=False) == []
    assert loads(package(tmp_path, files), PARENT, HEAVY, lazily=True)


@pytest.mark.parametrize(
    "text", ["if name == 'composed': k = 1", "composed = 1", "x = f('Composed-1')", "x = 'multi-paxos'"]
)
def test_a_protocols_name_is_noticed(tmp_path: Path, text: str) -> None:
    assert named_protocols(package(tmp_path, {"proof.strategy.a": text}), ["composed", "multi_paxos"])


@pytest.mark.parametrize("text", ["'''Composed of parts.'''", "decomposed = 1"])
def test_another_word_is_not(tmp_path: Path, text: str) -> None:
    assert named_protocols(package(tmp_path, {"proof.strategy.a": text}), ["composed"]) == []
