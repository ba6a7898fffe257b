"""The site builds without warnings, its links lead somewhere, and the most wanted pages are near its start page.

CI builds the site with `make docs`, where a warning or a link between pages that leads nowhere is an error; by night its HTML is
checked too. Links to other sites are not followed: the tests have no network.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from html import unescape
from inspect import isfunction
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from tests.source import ROOT
from verifier import api
from verifier.kernel import Protocol

DOCS = ROOT / "docs"
# The most wanted pages, and the heading of each.
WANTED = {
    "start.html": "Five minutes: install, and a first proof",
    "modelling.html": "Modelling a protocol",
    "language.html": "Language reference",
    "stuck.html": "My proof does not go through: what now?",
}


def build(target: Path) -> Path:
    """Builds the site as `make docs` does; warnings are errors."""
    options = ["-q", "-W", "--keep-going", "-n", "-b", "html"]
    command = [sys.executable, "-m", "sphinx", *options, str(DOCS), str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site."""
    return build(tmp_path_factory.mktemp("site"))


@cache
def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@cache
def anchors(page: Path) -> set[str]:
    return set(re.findall(r'\bid="([^"]+)"', text(page)))


@cache
def links(page: Path) -> set[tuple[Path, str]]:
    """The files of the site that a page links to, with the anchors."""
    found = set()
    for address in set(re.findall(r'<a [^>]*?href="([^"]*)"', text(page))):
        target, anchor = urldefrag(unquote(unescape(address)))
        if not re.match(r"[a-z]+:", target):
            found.add(((page.parent / target).resolve() if target else page, anchor))
    return found


def check_links(site: Path) -> None:
    for page in sorted(site.rglob("*.html")):
        for target, anchor in links(page):
            assert target.is_file(), f"{page.relative_to(site)}: {target}"
            if anchor and target.suffix == ".html":
                assert anchor in anchors(target), f"{page.relative_to(site)}: {target.name}#{anchor}"


@pytest.mark.nightly
def test_the_site_builds_and_its_links_lead_somewhere(site: Path) -> None:
    check_links(site)


@pytest.mark.nightly
@pytest.mark.parametrize("page", WANTED)
def test_what_people_look_for_is_one_click_from_the_start(site: Path, page: str) -> None:
    main = re.search(r"<article.*</article>", text(site / "index.html"), re.DOTALL)
    assert main is not None
    assert f'href="{page}"' in main[0]
    assert f"<h1>{WANTED[page]}<" in text(site / page)


@pytest.mark.nightly
def test_search_needs_no_network(site: Path) -> None:
    assert "Search.setIndex" in (site / "searchindex.js").read_text(encoding="utf-8")[:100]
    loaded = re.findall(r'<(?:script|link) [^>]*?(?:src|href)="([^"]*)"', text(site / "search.html"))
    assert loaded
    assert not [address for address in loaded if re.match(r"(?:https?:)?//", address)]


@pytest.mark.nightly
def test_every_command_and_code_is_in_the_reference(site: Path) -> None:
    from verifier.kernel.codes import TITLES

    assert {"command-prove", "command-lemmas"} <= anchors(site / "commands.html")
    assert all(f'href="errors/{code}.html"' in text(site / "errors.html") for code in TITLES)
    assert "verifier.api.prove" in anchors(site / "api.html")


def test_every_function_is_in_the_reference() -> None:
    listed = re.findall(r"autofunction:: verifier\.api\.(\w+)", text(DOCS / "api.md"))
    assert sorted([*listed, "simulate"]) == sorted(name for name in api.__all__ if isfunction(getattr(api, name)))


def test_every_declaration_is_in_the_reference() -> None:
    listed = re.findall(r"automethod:: Protocol\.(\w+)", text(DOCS / "api.md"))
    inner = {"seal", "check", "declarations", "of", "model", "with_deadlock"}
    assert sorted(listed) == sorted({name for name in dir(Protocol) if name[0] != "_"} - inner)


def test_every_page_is_in_a_table_of_contents() -> None:
    listed = {DOCS / "index.md"}
    for path in DOCS.rglob("*.md"):
        for block in re.findall(r"```\{toctree\}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            for line in block.split("\n"):
                entry = re.sub(r".*<(.*)>", r"\1", line.strip())
                if entry and not entry.startswith(":"):
                    listed |= set(path.parent.glob(f"{entry}.md"))
    missing = sorted(path.relative_to(ROOT).as_posix() for path in set(DOCS.rglob("*.md")) - listed)
    assert not missing, f"add these pages to a toctree of docs/index.md: {missing}"
