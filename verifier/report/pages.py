"""The files of a night's report beside its document: the page, the JUnit file and the summary, written as a whole each."""

from __future__ import annotations

import os
from pathlib import Path

from verifier.documents.nightly import Nightly
from verifier.kernel.errors import UsageError


def write_pages(nightly: Nightly, folder: Path) -> tuple[Path, ...]:
    """Write `index.html`, `junit.xml` and `summary.md` into a folder, from the document alone.

    A reader of a file sees its old content or the new, never a part. The same document gives the same bytes.

    Returns:
        The paths of the files, the page first.

    Raises:
        OSError: a file cannot be written.
    """
    from verifier.report.html.page import nightly_page
    from verifier.report.junit import junit_xml
    from verifier.report.summary import summary_markdown

    contents = {
        "index.html": nightly_page(nightly),
        "junit.xml": junit_xml(nightly),
        "summary.md": summary_markdown(nightly),
    }
    return tuple(_write(folder / name, content) for name, content in contents.items())


def rebuild(folder: str | Path) -> Nightly:
    """Write the pages of a night's run again, from the `report.json` in its folder alone.

    Raises:
        UsageError: there is no such document, or a page cannot be written.
    """
    from verifier.documents.reading import read_nightly

    document = read_nightly(Path(folder) / "report.json")
    try:
        write_pages(document, Path(folder))
    except OSError as error:
        raise UsageError(f"the pages in {folder} cannot be written: {error.strerror}") from None
    return document


def _write(path: Path, content: str) -> Path:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(content, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return path
