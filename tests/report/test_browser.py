"""The pages in a real browser: keys, links, themes, no script, narrow windows, and an accessibility check.

Needs a Chromium: the one that VERIFY_CHROMIUM names, or the first on the path.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import workers
from tests.report import nights
from verifier.documents.trace import Trace
from verifier.report.html.page import night_pages, trace_page

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

CHROMIUM = os.environ.get("VERIFY_CHROMIUM") or next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(
        CHROMIUM is None, reason="there is no Chromium on the path; install one, or set VERIFY_CHROMIUM"
    ),
]

WIDE, PHONE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}, {"width": 360, "height": 800}
PAPER = {"width": 718, "height": 1000}  # what a sheet of A4 has between its margins
NAMES = {
    "index": "night/index",
    "protocol": "night/pages/toy",
    "other": "night/pages/other",
    "hostile": "hostile/index",
    "hostile protocol": "hostile/page",
    "large": "large/index",
    "long": "long/pages/replication-of-a-catalogue",
    "long trace": "long trace",
}
ALL = ["index", "protocol", "other", "hostile", "hostile protocol", "trace"]
STEP = "toy-broken-published-p-trace--step-"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield started
        started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    trace = {**workers.trace({"x": 0}, {"x": 1}, {"x": 2}, {"x": 3}), "loop": 1}
    contents = {"trace.html": trace_page(Trace.from_document(trace), ["x is too large"])}
    long = Trace.from_document(nights.long_trace())
    contents["long trace.html"] = trace_page(long, ["it is too long"], other=Trace.from_document(nights.long_trace(2)))
    for name, night in (
        ("night", nights.eventful()),
        ("hostile", nights.hostile()),
        ("large", nights.large()),
        ("long", nights.long()),
    ):
        contents |= {f"{name}/{path}": page for path, page in night_pages(night).items()}
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (folder / "hostile" / "pages").rename(folder / "hostile" / "kept")
    next((folder / "hostile" / "kept").iterdir()).rename(folder / "hostile" / "page.html")
    return folder


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: the folder that VERIFY_SCREENSHOTS names, for somebody to look at them."""
    named = os.environ.get("VERIFY_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Visit:
    """A page in a window of its own, with all that it complained of or asked for."""

    def __init__(self, browser: Any, pages: Path, name: str, place: str = "", **options: Any) -> None:
        settings = {"viewport": WIDE, "reduced_motion": "reduce", **options}
        self.context = browser.new_context(**settings)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(f"file://{pages / NAMES.get(name, name)}.html{place}")

    def __enter__(self) -> Any:
        return self.page

    def __exit__(self, *error: object) -> None:
        self.context.close()
        if error == (None, None, None):
            assert self.complaints == []
            assert [url for url in self.requests if not url.startswith("file:")] == []


def shown(page: Any) -> list[str]:
    """The states that can be seen."""
    states: list[str] = page.locator("[data-step]:visible").evaluate_all("found => found.map(one => one.id)")
    return states


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", ALL)
def test_pages_are_accessible(browser: Any, pages: Path, name: str, size: dict[str, int], scheme: str) -> None:
    # The check is a script of its own, which the page's policy would rightly refuse.
    with Visit(browser, pages, name, viewport=size, color_scheme=scheme, bypass_csp=True) as page:
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        found = axe.Axe().run(page).response["violations"]
        assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found] == []


# What is cut: text in a box that hides it or that it leaves, where the box cannot be scrolled. Tables may be.
CUT = """() => {
    const cut = [];
    const scrolls = (one) => ["auto", "scroll"].includes(getComputedStyle(one).overflowX);
    const width = document.documentElement.clientWidth;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = node.textContent.trim();
        let one = node.parentElement;
        if (!text || one.closest(".hidden, .skip, script, style, svg, .scroll, [hidden]") || !one.checkVisibility()) continue;
        if (text.includes("\u2026") || getComputedStyle(one).textOverflow !== "clip") cut.push(text);
        const range = document.createRange();
        range.selectNodeContents(node);
        const box = range.getBoundingClientRect();
        while (one && !scrolls(one)) one = one.parentElement;
        const right = one ? one.getBoundingClientRect().right : width;
        if (box.width && box.right > right + 1) cut.push(text);
    }
    return cut;
}"""


@pytest.mark.parametrize("size", [WIDE, PHONE, NARROW], ids=["wide", "phone", "narrow"])
@pytest.mark.parametrize("name", [*ALL, "long", "long trace"])
def test_pages_fit_their_window(browser: Any, pages: Path, shots: Path, name: str, size: dict[str, int]) -> None:
    for scheme in ("light", "dark"):
        with Visit(browser, pages, name, viewport=size, color_scheme=scheme) as page:
            page.screenshot(path=shots / f"{name} {size['width']} {scheme}.png", full_page=True)
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            if "hostile" not in name:
                assert page.evaluate(CUT) == []


@pytest.mark.parametrize("name", [*ALL, "long", "long trace"])
def test_pages_are_whole_on_paper(browser: Any, pages: Path, shots: Path, name: str) -> None:
    with Visit(browser, pages, name, viewport=PAPER, color_scheme="dark") as page:
        page.emulate_media(media="print")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        page.screenshot(path=shots / f"{name} paper.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
        assert page.evaluate("[...document.querySelectorAll('details')].filter(one => !one.open).length") == 0
        assert page.locator("button:visible, input:visible").count() == 0
        states = page.locator("[data-step]")
        assert states.evaluate_all("found => found.every(one => getComputedStyle(one).breakInside === 'avoid')")
        assert page.locator("[data-step]:visible").count() == states.count()
        edges = page.locator(".matrix td, .matrix th").evaluate_all(
            "found => found.map(one => one.getBoundingClientRect().right)"
        )
        assert all(edge <= PAPER["width"] for edge in edges)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        if "hostile" not in name:
            assert page.evaluate(CUT) == []
        page.pdf(path=shots / f"{name}.pdf", format="A4")
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")


def test_folded_details_are_printed_without_script(browser: Any, pages: Path) -> None:
    with Visit(browser, pages, "protocol", viewport=PAPER, java_script_enabled=False) as page:
        assert not page.locator("#toy-safe-published--p").is_visible()
        page.emulate_media(media="print")
        assert page.locator("#toy-safe-published--p").bounding_box()["height"] > 0


def test_a_large_night_is_quick_and_light(browser: Any, pages: Path, shots: Path) -> None:
    with Visit(browser, pages, "large") as page:
        page.screenshot(path=shots / "large.png", full_page=True)
        assert page.evaluate("document.querySelectorAll('*').length") < 2_000
        assert page.evaluate("document.documentElement.scrollHeight") < 5_000
        page.get_by_label("Search").fill("protocol-7 property3")
        assert page.locator(".protocol:visible").count() == 1
        assert page.get_by_role("status").inner_text() == "1 of 48"
        page.get_by_label("Search").fill("")
        page.get_by_role("button", name="Not as expected").click()
        assert page.locator(".protocol:visible").count() == 0
        page.get_by_role("button", name="All").click()
        assert page.locator(".protocol:visible").count() == 48


def test_five_questions_have_an_answer_a_click_away(browser: Any, pages: Path) -> None:
    """What broke, since when, by which change, how do I see it, is it the model or the budget."""
    with Visit(browser, pages, "index", permissions=["clipboard-read", "clipboard-write"]) as page:
        broke, *others = page.locator(".card").all()

        def answer(card: Any, question: str) -> str:
            return str(card.locator("dl > div", has=page.locator("dt", has_text=question)).locator("dd").inner_text())

        # Without a scroll: the first thing that is told.
        assert broke.bounding_box()["y"] < WIDE["height"] / 3
        assert broke.locator("h3").inner_text() == "P of toy:broken@published"
        assert "violated in 1 step" in broke.locator(".outcome").inner_text()
        assert "The counter stays at or below its bound." in broke.inner_text()
        assert "x <= 0, for x = 1" in broke.inner_text()
        assert answer(broke, "Since") == "new tonight, before that proved"
        assert "the model changed, from commit 0a1b2c3d4e5f to 4f5e6d7c8b9a+" in answer(broke, "Change")
        assert answer(broke, "Look at").startswith("the model: the verdict is definite")
        broke.get_by_role("button", name="Copy the command for").click()
        broke.get_by_text("Copied").wait_for()
        command = page.evaluate("navigator.clipboard.readText()")
        assert command == "verify prove models/toy.py --variant broken --property P"
        budget = next(card for card in others if "Keys=9" in card.inner_text())
        assert answer(budget, "Since") == "since 2026-03-11, 4 nights"
        assert answer(budget, "Look at").startswith("the budget: the budget of memory is used up")
        broke.get_by_role("link", name="Walk through it").click()
        page.wait_for_url("**/pages/toy.html#toy-broken-published--p")
        assert shown(page)[-1].startswith("toy-broken-published-p-trace--step-1")
        assert page.locator("#toy-broken-published--p").is_visible()
        page.get_by_role("link", name="The whole night").click()
        page.wait_for_url("**/index.html")


def test_variables_of_a_trace_can_be_hidden(browser: Any, pages: Path) -> None:
    with Visit(browser, pages, "long trace") as page:
        name = "catalogVersionThatWasSeen"
        assert page.locator(f".state [data-of='{name}']:visible").count() == 1
        page.get_by_text("Variables", exact=True).click()
        page.get_by_label(name).uncheck()
        assert page.locator(f"[data-of='{name}']:visible:not(input)").count() == 0
        page.get_by_label(name).check()
        assert page.locator(f".state [data-of='{name}']:visible").count() == 1


def test_names_of_variables_are_not_broken_on_a_wide_page(browser: Any, pages: Path) -> None:
    with Visit(browser, pages, "long trace") as page:
        lines = page.locator(".state.current tr:not(.asked) th").evaluate_all(
            """found => found.filter(one => one.textContent.length < 40).map(one => {
                const range = document.createRange();
                range.selectNodeContents(one);
                return new Set([...range.getClientRects()].map(box => Math.round(box.top / 8))).size;
            })"""
        )
        assert set(lines) == {1}


def test_hostile_text_does_nothing(browser: Any, pages: Path) -> None:
    with Visit(browser, pages, "hostile") as page:
        assert page.locator("script").count() == 1
        assert page.locator("img").count() == 0
        assert page.locator("h1").count() == 1


def test_the_policy_refuses_foreign_scripts(browser: Any, pages: Path, tmp_path: Path) -> None:
    page_text = (pages / "trace.html").read_text(encoding="utf-8")
    injected = "<script>document.title = 'taken'</script><img src='x' onerror=\"document.title = 'taken'\"></main>"
    (tmp_path / "injected.html").write_text(page_text.replace("</main>", injected), encoding="utf-8")
    visit = Visit(browser, tmp_path, "injected")
    assert visit.page.title() != "taken"
    assert any("Content Security Policy" in complaint for complaint in visit.complaints)
    visit.context.close()


def test_a_trace_is_walked_by_keyboard(browser: Any, pages: Path) -> None:
    with Visit(browser, pages, "trace") as page:
        assert shown(page) == ["trace--step-3"]
        for key, number in (("ArrowLeft", 2), ("ArrowLeft", 1), ("ArrowRight", 2), ("Home", 0), ("End", 3)):
            page.keyboard.press(key)
            assert shown(page) == [f"trace--step-{number}"]
            assert page.evaluate("location.hash") == f"#trace--step-{number}"
            assert page.get_by_role("status").inner_text() == f"Step {number} of 3"
            current = page.locator(".steps a[aria-current='step']")
            assert current.get_attribute("href") == f"#trace--step-{number}"
        page.keyboard.press("ArrowRight")
        assert shown(page) == ["trace--step-3"]
        assert page.get_by_role("button", name="Next").is_disabled()


def test_a_trace_is_walked_by_buttons_and_links(browser: Any, pages: Path) -> None:
    with Visit(browser, pages, "trace") as page:
        page.get_by_role("button", name="Previous").click()
        assert shown(page) == ["trace--step-2"]
        page.locator(".steps a").first.click()
        assert shown(page) == ["trace--step-0"]
        assert page.get_by_role("button", name="Previous").is_disabled()
        page.get_by_role("button", name="All states").click()
        assert len(shown(page)) == 4
        page.get_by_role("link", name="state 1").click()
        page.get_by_role("button", name="All states").click()
        assert shown(page) == ["trace--step-1"]


def test_a_link_leads_to_a_step(browser: Any, pages: Path) -> None:
    with Visit(browser, pages, "protocol", f"#{STEP}0") as page:
        assert shown(page) == [f"{STEP}0"]
        assert page.locator(f"#{STEP}0").is_visible()
        page.keyboard.press("ArrowRight")
        assert shown(page) == [f"{STEP}1"]
        assert page.evaluate("location.hash") == f"#{STEP}1"
    with Visit(browser, pages, "protocol", "#toy-gap-published-p-trace--step-0") as page:
        assert "toy-gap-published-p-trace--step-0" in shown(page)


def test_the_matrix_leads_to_the_details(browser: Any, pages: Path) -> None:
    with Visit(browser, pages, "protocol") as page:
        target = page.locator("#toy-safe-published--p")
        assert not target.is_visible()
        page.locator(".matrix a[href='#toy-safe-published--p']").click()
        target.wait_for(state="visible")
        page.locator("#toy-safe-published > summary").click()
        assert not target.is_visible()
        page.locator(".matrix a[href='#toy-safe-published--p']").click()
        target.wait_for(state="visible")


def test_the_keys_of_a_table_scroll_it(browser: Any, pages: Path) -> None:
    with Visit(browser, pages, "protocol", f"#{STEP}1", viewport=NARROW) as page:
        page.locator(".scroll").first.focus()
        page.keyboard.press("ArrowLeft")
        assert page.evaluate("location.hash") == f"#{STEP}1"


@pytest.mark.parametrize(("scheme", "other"), [("light", "Dark theme"), ("dark", "Light theme")])
def test_the_theme_follows_the_system_until_it_is_chosen(browser: Any, pages: Path, scheme: str, other: str) -> None:
    def brightness(page: Any) -> int:
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(","))

    with Visit(browser, pages, "index", color_scheme=scheme) as page:
        first = brightness(page)
        assert (first > 384) == (scheme == "light")
        page.get_by_role("button", name=other).click()
        second = brightness(page)
        assert (second > 384) != (scheme == "light")
        page.reload()
        assert brightness(page) == second


def test_the_basics_need_no_script(browser: Any, pages: Path) -> None:
    with Visit(browser, pages, "trace", java_script_enabled=False) as page:
        assert page.locator("[data-step]:visible").count() == 4
        assert page.locator("button:visible").count() == 0
    with Visit(browser, pages, "index", java_script_enabled=False) as page:
        assert page.locator("h1").inner_text().startswith("1 contradicted")
        assert page.locator("input:visible, button:visible").count() == 0
        page.locator(".protocol > summary").first.click()
        page.locator(".parts a", has_text="safe published").first.click()
        assert page.locator("#toy-safe-published").is_visible()
    with Visit(browser, pages, "protocol", java_script_enabled=False) as page:
        assert not page.locator("#toy-safe-published--p").is_visible()
        page.locator("#toy-safe-published > summary").click()
        assert page.locator("#toy-safe-published--p").is_visible()
        assert page.locator("#toy-broken-published [data-step]:visible").count() == 2
