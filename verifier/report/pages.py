"""The files of a night's report besides its document: the page, the JUnit file and the summary, each written atomically."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from verifier.documents.nightly import Nightly
from verifier.files.writing import prepare_folder, write

GENERATOR = '<meta name="generator" content="verify">'
"""The line that marks a page as written by this program."""

_HEAD = 4096  # the first bytes of a page, which contain that line


def write_pages(nightly: Nightly, folder: Path) -> tuple[Path, ...]:
    """Write `index.html`, a page for each protocol, `junit.xml` and `summary.md` into a folder, from the document alone.

    A reader of a file sees its old content or the new, never a part. The same document gives the same bytes. Pages of protocols
    that an earlier report in the folder had, and this one does not, are removed.

    Returns:
        The paths of the main files for people and CI, the page first.

    Raises:
        UsageError: a file cannot be written.
    """
    from verifier.report.html.page import FOLDER, night_pages
    from verifier.report.junit import junit_xml
    from verifier.report.summary import summary_markdown

    first, *others = pages = night_pages(nightly)
    contents = {first: pages[first], "junit.xml": junit_xml(nightly), "summary.md": summary_markdown(nightly)}
    if others:
        prepare_folder(folder / FOLDER, "--out", parents=True)
    for name, content in {**pages, **contents}.items():
        write(folder / name, content)
    _remove_others(folder / FOLDER, {Path(name).name for name in others})
    return tuple(folder / name for name in contents)


def _remove_others(folder: Path, kept: set[str]) -> None:
    """Remove pages of other reports; files that this program did not write, or that cannot be removed, stay."""
    with suppress(OSError):
        for path in folder.glob("*.html"):
            if path.name in kept or path.is_symlink() or not path.is_file():
                continue
            with path.open("rb") as file:
                ours = GENERATOR.encode() in file.read(_HEAD)
            if ours:
                path.unlink()


def rebuild(folder: str | Path) -> Nightly:
    """Write the pages of a night's run again, from the `report.json` in its folder alone.

    Raises:
        UsageError: the document does not exist, or a page cannot be written.
    """
    from verifier.documents.reading import read_nightly

    document = read_nightly(Path(folder) / "report.json")
    write_pages(document, Path(folder))
    return document
