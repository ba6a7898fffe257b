"""The distribution: nothing shadows Python's codecs, and what is built runs where there is no checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from tests.source import ROOT, imports, read

PROVE = ["prove", "composed", "--k", "8"]

# Distributions whose module has another name.
MODULES = {"python-sat": "pysat", "z3-solver": "z3"}


def run(
    *command: str | Path, cwd: Path, python_path: Path | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command as a stranger's shell would, without what this process was told about paths."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    if python_path is not None:
        environment["PYTHONPATH"] = str(python_path)
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120
    )
    if check:
        assert done.returncode == 0, f"{command} exited {done.returncode}\n{done.stdout}{done.stderr}"
    return done


# The codec package


def test_neither_folder_is_a_regular_package() -> None:
    assert (ROOT / "encodings").is_dir()
    assert (ROOT / "properties").is_dir()
    assert not (ROOT / "encodings" / "__init__.py").exists()
    assert not (ROOT / "properties" / "__init__.py").exists()


def test_python_starts_with_the_root_on_its_path(tmp_path: Path) -> None:
    program = "import encodings, sys; print(encodings.__file__); print(sys.path[1])"
    codecs, second = run(sys.executable, "-c", program, cwd=tmp_path, python_path=ROOT).stdout.splitlines()
    assert Path(second) == ROOT
    assert Path(codecs).is_relative_to(sysconfig.get_path("stdlib"))


def test_a_regular_package_there_would_stop_python(tmp_path: Path) -> None:
    """The trap is real: the test above would notice."""
    (tmp_path / "encodings").mkdir()
    (tmp_path / "encodings" / "__init__.py").touch()
    assert run(sys.executable, "-c", "", cwd=tmp_path, python_path=tmp_path, check=False).returncode != 0


# The metadata


def test_what_is_imported_is_declared() -> None:
    """The environments below borrow their dependencies, so they would not miss an undeclared one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [requirement.split(">=")[0] for requirement in project["dependencies"]]
    declared = {MODULES.get(name, name.replace("-", "_")) for name in names}
    known = read(ROOT)
    imported = {item.module.split(".")[0] for source in known.values() for item in imports(source, known)}
    extras = {"distributed", "mcp", "mcp_types", "anyio", "pytest", "_pytest"}  # pytest is there where its plugin is loaded
    assert project["optional-dependencies"]["cluster"][0].startswith("dask[distributed]")
    assert project["optional-dependencies"]["mcp"][0].startswith("mcp>=2")  # brings anyio and mcp_types
    assert imported - sys.stdlib_module_names - {"verifier"} == declared | extras


def locked(name: str) -> dict[str, tuple[str, list[str]]]:
    """The distributions of a lock file: the version of each, and the hashes of its files."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "/" not in text, "a lock names versions, never places"
    assert "@" not in text, "a lock names versions, never places"
    pinned = re.findall(r"^([\w.-]+)==(\S+)(?: ;[^\\\n]*)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.M)
    assert len(pinned) == len(re.findall(r"^[^#\s]", text, re.M)), "each line pins a version and its hashes"
    found = {name: (version, re.findall(r"sha256:(\w+)", hashes)) for name, version, hashes in pinned}
    assert len(found) == len(pinned), "one version serves every Python"
    return found


def test_dependencies_are_bounded_on_both_sides_and_locked_by_hash() -> None:
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, extras = metadata["project"], metadata["project"]["optional-dependencies"]
    everything, running = locked("requirements.lock"), locked("requirements-run.lock")
    assert running.items() <= everything.items()
    run = [*project["dependencies"], *metadata["build-system"]["requires"]]
    for requirement in [*run, *extras["dev"], *extras["cluster"]]:
        name, lower, bounds = requirement.partition(">=")
        assert lower, requirement
        assert "<" in bounds, requirement
        assert name.partition("[")[0] in everything
        assert requirement not in run or name in running
    assert "distributed" in everything
    assert not {"pytest", "ruff", "mypy", "distributed"} & set(running), "a user installs no tools of developers"


def test_nothing_is_installed_that_is_not_locked() -> None:
    files = [ROOT / "Makefile", *(ROOT / ".github" / "workflows").glob("*.yml")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    installing = [line for line in lines if re.search(r"\$\(PIP_INSTALL\) |pip install ", line) and ":=" not in line]
    free = [line for line in installing if not re.search("--require-hashes|--no-deps --no-build-isolation", line)]
    assert len(installing) - len(free) == 5
    assert [line.split()[-1] for line in free] == ["'uv<1'"], "what resolves the lock files is not a part of them"


# What is built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", folder, ROOT, cwd=folder)
    (archive,) = folder.iterdir()
    return archive


@pytest.fixture(scope="module")
def wheels(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One wheel built from the checkout and one from the unpacked sdist."""
    source = unpack(sdist, tmp_path_factory.mktemp("unpacked"))
    found = {}
    for origin, tree in {"checkout": ROOT, "sdist": source}.items():
        folder = tmp_path_factory.mktemp(origin)
        run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, tree, cwd=folder)
        (found[origin],) = folder.iterdir()
    return found


def unpack(archive: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    run(sys.executable, "-m", "tarfile", "-e", archive, folder, cwd=folder)
    (tree,) = folder.iterdir()
    return tree


def environment(folder: Path, wheel: Path) -> Path:
    """Install a wheel, and nothing else, into an empty environment; returns the folder of its commands.

    The dependencies are those of the environment that runs the tests: installing z3 and numpy again would
    take most of a minute and a network, and would test pip. They are lent by a path file. Python reads no
    path files in a folder that it knows from one, so the editable installation of the checkout, which is
    itself a path file in that folder, stays out of sight.
    """
    venv.create(folder, symlinks=True)
    commands = folder / "bin"
    python = commands / "python"
    install = ("--disable-pip-version-check", "--python", python, "install", "--no-deps", "--no-index", wheel)
    run(sys.executable, "-m", "pip", *install, cwd=folder)
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    purelib = run(python, "-c", program, cwd=folder).stdout.strip()
    lent = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    Path(purelib, "lent.pth").write_text("\n".join(lent), encoding="utf-8")
    return commands


def origin_of(module: str, commands: Path, cwd: Path, python_path: Path | None = None) -> Path:
    program = f"import {module}; print({module}.__file__)"
    return Path(run(commands / "python", "-c", program, cwd=cwd, python_path=python_path).stdout.strip())


@pytest.mark.nightly
def test_both_wheels_hold_the_same(wheels: dict[str, Path]) -> None:
    contents = []
    for wheel in wheels.values():
        with zipfile.ZipFile(wheel) as archive:
            contents.append({name: archive.read(name) for name in archive.namelist()})
    one, other = contents
    assert one == other
    assert {f"verifier/{folder}/composed.py" for folder in ("encodings", "properties")} <= set(one)
    assert "verifier/py.typed" in one
    assert {name.split("/")[0].split("-")[0] for name in one} == {"verifier", "protocol_verify"}


@pytest.mark.full
@pytest.mark.parametrize("origin", ["checkout", "sdist"])
def test_the_main_command_runs_outside_the_checkout(
    wheels: dict[str, Path], origin: str, tmp_path: Path
) -> None:
    commands = environment(tmp_path / "environment", wheels[origin])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    assert origin_of("verifier", commands, elsewhere).is_relative_to(tmp_path)
    outside = run(commands / "verify", *PROVE, cwd=elsewhere)
    assert "PROVED" in outside.stdout

    # The checkout is found first now, with its folders beside the package instead of inside it.
    assert origin_of("verifier", commands, elsewhere, ROOT) == ROOT / "verifier" / "__init__.py"
    beside = run(commands / "verify", *PROVE, cwd=elsewhere, python_path=ROOT)
    assert "PROVED" in beside.stdout


@pytest.mark.full
def test_an_editable_installation_copies_nothing(sdist: Path, tmp_path: Path) -> None:
    """Edits count at once: the only file beside the metadata is the one that names the checkout."""
    checkout = unpack(sdist, tmp_path / "unpacked")
    built = tmp_path / "built"
    built.mkdir()
    program = "import sys; from hatchling.build import build_editable; build_editable(sys.argv[1])"
    run(sys.executable, "-c", program, built, cwd=checkout)
    (wheel,) = built.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        assert [name for name in archive.namelist() if ".dist-info/" not in name] == ["_protocol_verify.pth"]

    commands = environment(tmp_path / "environment", wheel)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert origin_of("verifier", commands, elsewhere) == checkout / "verifier" / "__init__.py"
    assert Path(origin_of("encodings", commands, elsewhere)).is_relative_to(sysconfig.get_path("stdlib"))
    assert "PROVED" in run(commands / "verify", *PROVE, cwd=elsewhere).stdout


def test_actions_of_others_are_pinned_by_commit() -> None:
    used = [
        line.split("uses:")[1].split()[0]
        for path in (ROOT / ".github" / "workflows").glob("*.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "uses:" in line
    ]
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)] == []
