"""The page on which one walks through the reachable states: what is in it, and that nothing in it is more than text."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.command import run as command
from verifier.report.html.graph import graph_page

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("VERIFY_CHROMIUM") or next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


def page_of(model: str, **options: Any) -> tuple[str, dict[str, Any]]:
    """A page and the graph in it."""
    most = options.pop("max_states", 3_000)
    with verifier.walk(verifier.load(HERE / model), in_process=True, **options) as walk:
        page = walk.page(max_states=most)
    found = re.search(r'<script type="application/json" id="graph">(.*)</script>', page)
    assert found is not None
    return page, json.loads(found[1])


@pytest.fixture(scope="module")
def hasty() -> tuple[str, dict[str, Any]]:
    return page_of("toys.py", variant="hasty")


def test_all_states_and_steps_are_in_it(hasty: tuple[str, dict[str, Any]]) -> None:
    _, graph = hasty
    explored = verifier.explore(verifier.load(HERE / "toys.py"), variant="hasty", in_process=True)
    assert (len(graph["states"]), graph["complete"]) == (explored.distinct, True)
    assert explored.generated == len(graph["starts"]) + sum(map(len, graph["steps"]))
    wrong = {names[0] for _, names in graph["violated"]}
    assert wrong == {"Mutex"}
    instances = len(graph["instances"])
    assert all(len(can) + len(cannot) == instances for can, cannot in zip(graph["steps"], graph["stopped"], strict=True))


def test_it_says_why_an_instance_cannot_happen(hasty: tuple[str, dict[str, Any]]) -> None:
    _, graph = hasty
    reasons = {graph["instances"][number]: graph["reasons"][reason] for number, reason in graph["stopped"][0]}
    assert reasons["Grant(c = c1)"] == [
        "waiting: phase[c] = Waiting",
        "phase[c] = Waiting is false: left Idle, right Waiting",
    ]


def test_ranges_constraints_and_uses_without_a_value_are_marked() -> None:
    _, graph = page_of("parted.py")
    text = [[graph["texts"][place] for place in state] for state in graph["states"]]
    assert {text[place][0] for place, _ in graph["outside"]} == {"5"}
    assert all(not graph["steps"][place] for place, _ in graph["outside"])
    steps = [(text[place], number, to) for place, can in enumerate(graph["steps"]) for number, to in can]
    leaving = {(count, by, graph["instances"][number]) for (count, by, *_), number, to in steps if to == -1}
    assert {(count, name) for count, _, name in leaving} == {("3", "Leap"), ("4", "Leap"), ("1", "Share")}
    assert {by for _, by, name in leaving if name == "Share"} == {"1"}
    assert {"Range@count", "Five"} <= {name for _, _, names in graph["broken"] for name in names}
    assert ["Defined"] in [names for place, names in graph["violated"] if text[place][:2] == ["1", "0"]]


def test_what_is_beyond_the_limit_is_said() -> None:
    page, graph = page_of("toys.py", max_states=5)
    assert (len(graph["states"]), graph["complete"]) == (5, False)
    assert any(target == -2 for can in graph["steps"] for _, target in can)
    assert "There are more states" in page


def test_the_same_model_gives_the_same_page(hasty: tuple[str, dict[str, Any]]) -> None:
    assert page_of("toys.py", variant="hasty")[0] == hasty[0]


def test_text_stays_text(hasty: tuple[str, dict[str, Any]]) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>&lt;##[error]"
    graph = {**hasty[1], "protocol": evil, "instances": [evil] * len(hasty[1]["instances"]), "reasons": [[evil]] * 99}
    page = graph_page(graph)
    assert "alert(1)</script><img" not in page
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert "##[" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)


@pytest.mark.full
def test_the_command_writes_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "page.html"
    assert command(["step", str(HERE / "toys.py"), "--html", str(target), "--set", "Clients=2"]) == 0
    assert "<!DOCTYPE html>" in target.read_text()
    assert command(["step", str(HERE / "toys.py"), "--html", str(tmp_path / "no" / "page.html")]) == 2
    assert "--html" in capfd.readouterr().err


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.mark.nightly
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the path; install one, or set VERIFY_CHROMIUM")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_one_walks_in_a_browser(
    browser: Any, hasty: tuple[str, dict[str, Any]], tmp_path: Path, width: int, scheme: str
) -> None:
    file = tmp_path / "page.html"
    file.write_text(hasty[0], encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page, complaints, requests = context.new_page(), [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    page.get_by_role("button", name="Request(c = c1)").first.click()
    page.get_by_role("button", name="Grant(c = c1)").first.click()
    assert "2 steps" in page.inner_text("[data-at]")
    assert "some(c1)" in page.inner_text("[data-state]")
    page.get_by_role("button", name="Undo").click()
    assert "1 step," in page.inner_text("[data-at]")
    page.select_option("[data-violation]", "0")
    assert "Mutex is violated" in page.inner_text("[data-marks]")
    assert "4 steps" in page.inner_text("[data-at]")
    page.locator("summary").click()
    assert "idle: phase[c] = Idle" in page.inner_text("[data-cannot]")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    kept = page.url
    page.get_by_role("button", name="Begin again").click()
    assert "0 steps" in page.inner_text("[data-at]")
    page.goto("about:blank")
    page.goto(kept)
    assert "4 steps" in page.inner_text("[data-at]")  # the address is the walk
    assert complaints == []
    assert all(url.startswith(("file:", "about:")) for url in requests)
    context.close()
