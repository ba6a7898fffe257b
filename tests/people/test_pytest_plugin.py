"""The pytest plugin: what is collected and what is not, one test for each property, reports that end at the model.

Runs are processes of their own: pytester forgets what a run within this one has imported, and classes would be there twice.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.people.models import lamp
from tests.source import ROOT
from verifier.pytest_plugin.collecting import Options

pytest_plugins = ["pytester"]

PLUGIN = ("-p", "verifier.pytest_plugin", "-p", "no:cacheprovider")
TRACE = "import pathlib, sys; pathlib.Path('executed').open('a').write(sys.argv[0] + '\\n')\n"


@pytest.fixture(autouse=True)
def _of_this_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def write(pytester: pytest.Pytester, **files: str) -> None:
    for name, text in files.items():
        path = Path(pytester.path, *name.split("__")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_the_distribution_declares_the_plugin_under_the_name_of_its_module() -> None:
    """pytest refuses a plugin that comes under two names: with `-p` and by its entry point."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"verifier.pytest_plugin": "verifier.pytest_plugin"}


def test_each_property_of_each_variant_is_a_test(pytester: pytest.Pytester) -> None:
    broken = lamp().replace("s.light = Light.On", "s.light = Light.Red")
    pytester.makeini("[pytest]\nverify_files = listed/*.py\n")
    write(pytester, models__lamp=TRACE + lamp(steps=3), listed__broken=broken, test_plain="def test_it(): pass\n")
    files = ("models/lamp.py", "listed", "test_plain.py")
    result = pytester.runpytest_subprocess(*PLUGIN, "--verify", "-rA", "--continue-on-collection-errors", *files)
    # A file that is named and is a test file stays one.
    result.assert_outcomes(passed=6, failed=1, errors=1)
    ids = re.findall(r"^(?:PASSED|FAILED) (models\S+)", result.stdout.str(), re.M)
    assert sorted(ids) == sorted(
        f"models/lamp.py::{variant}::{name}" for variant in ("safe", "careless") for name in ("D", "StaysBroken", "Defined")
    )
    # The report is about the model: what it says, the run that breaks it, the command that shows it.
    text = result.stdout.str()
    assert "D is VIOLATED in 2 steps, but violated in 3 steps is expected" in text
    for line in ("A broken lamp does not shine.", "Break", "Dark fails", "verify prove models/lamp.py:careless --property D"):
        assert line in text
    assert "FAILED models/lamp.py::careless::D - D is VIOLATED in 2" in text
    # An ill-formed model is an error at its line, and tracebacks end there.
    assert "broken.py:18: Light has no Red" in text
    assert "    s.light = Light.Red" in text
    assert "Traceback" not in text
    assert set(re.findall(r"(\w+\.py:\d+)", text)) == {"broken.py:18", "lamp.py:28"}
    # Workers execute the file: for the listing, and once for all properties of each variant. pytest itself does not.
    executed = pytester.path.joinpath("executed").read_text(encoding="utf-8").splitlines()
    assert len(executed) == 3
    assert not any("pytest" in program for program in executed)


def test_without_being_asked_for_nothing_is_collected_or_loaded(pytester: pytest.Pytester) -> None:
    loaded = "[name for name in sys.modules if name.split('.')[0] in ('verifier', 'pydantic', 'rich')]"
    only = "['verifier', 'verifier._version', 'verifier.pytest_plugin']"
    plain = f"import sys\n\ndef test_it():\n    assert sorted({loaded}) == {only}\n"
    write(pytester, lamp=TRACE + lamp(), test_plain=plain)
    pytester.runpytest_subprocess(*PLUGIN, "--strict-markers").assert_outcomes(passed=1)
    assert not pytester.path.joinpath("executed").exists()


@pytest.mark.nightly
def test_files_of_the_configuration_are_collected_beside_tests(pytester: pytest.Pytester) -> None:
    """A test file that is also listed is both; `-k` knows both names of a property, `-m` its marker."""
    pytester.makeini("[pytest]\nverify_files = models/*.py\n")
    write(pytester, models__test_both=lamp() + "\n\ndef test_it(): pass\n")
    choice = ("-k", "Dark or test_it", "-m", "not verify or verify(variant='safe', kind='state', scope='published')")
    result = pytester.runpytest_subprocess(*PLUGIN, "--collect-only", "-q", "--strict-markers", *choice)
    ids = [line for line in result.outlines if "::" in line]
    assert ids == ["models/test_both.py::test_it", "models/test_both.py::safe::D"]


class Given:
    """A configuration of pytest with these values of its file, and none on the command line."""

    def __init__(self, **values: str) -> None:
        self.values = values

    def getoption(self, name: str) -> Any:
        return None

    def getini(self, name: str) -> Any:
        return self.values.get(name, "")


@pytest.mark.parametrize(
    "values", [{"verify_scope": "everywhere"}, {"verify_k": "many"}, {"verify_timeout": "soon"}, {"verify_memory": "1.5"}]
)
def test_an_option_of_another_kind_is_refused(values: dict[str, str]) -> None:
    (value,) = values.values()
    with pytest.raises(pytest.UsageError, match=value):
        Options.of(Given(**values))  # type: ignore[arg-type]


def test_options_have_the_defaults_of_the_command() -> None:
    assert Options.of(Given()) == Options(8, "published", None, None, ())  # type: ignore[arg-type]
    assert Options.of(Given(verify_k="0", verify_timeout="1.5")).k == 0  # type: ignore[arg-type]


@pytest.mark.nightly
@pytest.mark.parametrize("named", [(), PLUGIN], ids=["by its entry point alone", "and with -p"])
def test_an_installed_plugin_is_loaded_once(pytester: pytest.Pytester, named: tuple[str, ...]) -> None:
    installed = pytester.mkdir("installed-1.dist-info")
    installed.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: installed\nVersion: 1\n", encoding="utf-8")
    entry = "[pytest11]\nverifier.pytest_plugin = verifier.pytest_plugin\n"
    installed.joinpath("entry_points.txt").write_text(entry, encoding="utf-8")
    result = pytester.runpytest_subprocess(*named, "--markers")
    assert result.ret == 0
    assert result.stdout.str().count("@pytest.mark.verify(") == 1


@pytest.mark.nightly
def test_workers_of_xdist_share_what_is_proved(pytester: pytest.Pytester) -> None:
    write(pytester, lamp=TRACE + lamp(steps=3))
    result = pytester.runpytest_subprocess(*PLUGIN, "--verify", "-n", "2", "lamp.py")
    result.assert_outcomes(passed=5, failed=1)
    assert "D is VIOLATED in 2 steps, but violated in 3 steps is expected" in result.stdout.str()
    # Each of the two workers lists, and of each variant one of them proves.
    assert len(pytester.path.joinpath("executed").read_text(encoding="utf-8").splitlines()) == 4
