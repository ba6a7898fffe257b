"""The notebook among the examples: it is valid, it comes without outputs, and it runs."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.source import ROOT

NOTEBOOK = ROOT / "examples" / "two_phase_commit.ipynb"


@pytest.fixture
def notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


def test_the_notebook_is_valid_and_has_no_outputs(notebook: Any) -> None:
    nbformat.validate(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.nightly
def test_the_notebook_runs_and_shows_the_explorer(notebook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    proved, hasty, states, counted = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert "PROVED" in proved[0]["data"]["text/html"]
    assert "<iframe" in hasty[0]["data"]["text/html"]
    # The text beside it, for what shows no HTML, is short.
    assert hasty[0]["data"]["text/plain"] == "<Result two-phase-commit:hasty, published scope: 3 violated>"
    assert "('TMCommit', {}, {'r1': 'Working', 'r2': 'Working', 'r3': 'Working'})" in states[0]["data"]["text/plain"]
    assert "288" in counted[0]["data"]["text/html"]
