"""The files of a night's report beside its document: the page, the JUnit file and the summary, written as a whole each."""

from __future__ import annotations

from pathlib import Path

from verifier.documents.nightly import Nightly
from verifier.files.writing import write


def write_pages(nightly: Nightly, folder: Path) -> tuple[Path, ...]:
    """Write `index.html`, `junit.xml` and `summary.md` into a folder, from the document alone.

    A reader of a file sees its old content or the new, never a part. The same document gives the same bytes.

    Returns:
        The paths of the files, the page first.

    Raises:
        UsageError: a file cannot be written.
    """
    from verifier.report.html.page import nightly_page
    from verifier.report.junit import junit_xml
    from verifier.report.summary import summary_markdown

    contents = {
        "index.html": nightly_page(nightly),
        "junit.xml": junit_xml(nightly),
        "summary.md": summary_markdown(nightly),
    }
    for name, content in contents.items():
        write(folder / name, content)
    return tuple(folder / name for name in contents)


def rebuild(folder: str | Path) -> Nightly:
    """Write the pages of a night's run again, from the `report.json` in its folder alone.

    Raises:
        UsageError: there is no such document, or a page cannot be written.
    """
    from verifier.documents.reading import read_nightly

    document = read_nightly(Path(folder) / "report.json")
    write_pages(document, Path(folder))
    return document
