"""The matrix of constructs is what the table of operators says."""

from __future__ import annotations

from tests.docs import language
from verifier.kernel.operators import OPERATORS


def test_the_page_is_what_would_be_written_now() -> None:
    written = language.PAGE.read_text(encoding="utf-8")
    assert written == language.page(), "run `make language` and commit what it writes"


def test_every_operator_has_a_row_of_its_own() -> None:
    rows = [line for line in language.page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(set(rows)) == len(OPERATORS)
