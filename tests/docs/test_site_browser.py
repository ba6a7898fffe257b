"""The site in a real browser, on a phone and on a desktop, light and dark: pages fit the window, and search works offline.

Needs a Chromium: the one that VERIFY_CHROMIUM names, or the first on the path. With VERIFY_SCREENSHOTS, the pictures stay there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.test_site import build

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = os.environ.get("VERIFY_CHROMIUM") or next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(
        CHROMIUM is None, reason="there is no Chromium on the path; install one, or set VERIFY_CHROMIUM"
    ),
]

SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}
PAGES = [
    "index",
    "start",
    "language",
    "modelling",
    "stuck",
    "commands",
    "api",
    "errors/V101",
    "findings/index",
    "search",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


def brightness(page: Any, selector: str) -> float:
    """How light the background of an element is, from 0 to 255."""
    colour = page.locator(selector).first.evaluate("e => getComputedStyle(e).backgroundColor")
    return sum(float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]) / 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_pages_fit_the_window(site: Path, browser: Any, tmp_path: Path, size: str, scheme: str) -> None:
    pictures = Path(os.environ.get("VERIFY_SCREENSHOTS") or tmp_path)
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)
    page = context.new_page()
    for name in PAGES:
        page.goto((site / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], name
        assert (brightness(page, "body") > 128) == (scheme == "light"), name
        if page.locator("div.highlight").count():
            assert (brightness(page, "div.highlight") > 128) == (scheme == "light"), name
        page.screenshot(path=pictures / f"{size}-{scheme}-{name.replace('/', '-')}.png")
    context.close()


def test_search_works_without_a_network(site: Path, browser: Any) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((site / "search.html").as_uri() + "?q=counterexample")
    page.wait_for_selector("#search-results li a", timeout=20_000)
    assert page.locator("#search-results li a").count() >= 3
    context.close()
