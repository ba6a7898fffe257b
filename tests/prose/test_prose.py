"""The check of the text finds each of the phrases it is there for, and leaves their better versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.prose.check import common, complaints, house, main
from tests.prose.passages import Passage, markdown, paragraphs, python
from tests.prose.rules import RULES, Rule
from tests.source import ROOT

# The same kinds in other words, and sentences that only look like them.
ALSO_FOUND = (
    "A figure that rounds to zero is no proof.",
    "These are no errors of the model.",
    "The cache is built afresh.",
    "The caller is told the reason.",
    "It tells which guard fails.",
    "The costs are otherwise in the second run.",
    "It is left out. What remains is searched.",
    "What a guard needs.",
    "Who reads this knows.",
    "\u2308code\u2309, given to \u2308code\u2309, prints the same",
    "reached in 1 steps",
    "{} contradicted",
    "Not there are strings",
    "At most one leader a term.",
    "It utilizes the the solver.",
)
LEFT = (
    "There is no step, and there are no runs.",
    "It is no longer reachable, and no more than 3 steps are needed.",
    "If there is no trace, none is printed.",
    "What does a proof rest on?",
    "Two sorts with the same name cannot be told apart.",
    "It closes with k = 1 and takes 1 s.",
    "A search in 1 step.",
    "The answer does not depend on the order.",
    "Whether a variable may change.",
    "Try: verify list",
    "Nothing bad on paths of 0 to k - 1 steps.",
)


def found(text: str, *, heading: bool = False) -> list[str]:
    passage = Passage(Path("page.md"), 1, text, heading)
    return [*house(passage), *(said for _, said in common([passage]))]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.now[:40])
def test_each_rule_finds_its_phrase_and_leaves_the_better_one(rule: Rule) -> None:
    assert rule.compiled.search(rule.now)
    assert not found(rule.better, heading=rule.headings)


def test_the_pairs_of_the_house_style_are_those_of_the_rules() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| not | but |")[2].partition("\n\n")[0]
    pairs = [line.strip("| ").split(" | ") for line in table.strip().split("\n")[1:]]
    assert len(pairs) == 12
    for wrong, better in pairs:
        passages = [next(paragraphs(text, Path("page.md"))).text for text in (wrong, better)]
        assert found(passages[0])
        assert not found(passages[1], heading=True)


@pytest.mark.parametrize("text", ALSO_FOUND)
def test_other_phrases_of_the_same_kinds_are_found(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize("text", LEFT)
def test_idiomatic_text_is_left_alone(text: str) -> None:
    assert not found(text)


def test_a_page_is_read_without_its_code_and_across_its_lines() -> None:
    page = "# What changed\n\nThe page is made\nanew, as `is told` says.\n\n```python\ntold = 1\n```\n\n| a | it was told |\n"
    passages = list(paragraphs(page, Path("page.md")))
    assert [(passage.line, bool(found(passage.text))) for passage in passages if not passage.heading] == [
        (3, True),
        (10, False),
        (10, True),
    ]
    assert [list(house(passage)) for passage in passages if passage.heading] == [[]]


def test_code_is_read_for_its_docstrings_and_sentences(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text(
        '"""Made anew."""\n\nNAME = "anew"\n\n\ndef f(x):\n    """It is no list.\n\n    The caller is told.\n    """\n'
        '    raise ValueError(f"{x} is no list here", "at least 1 members are needed")\n'
    )
    assert [line.split(":")[1] for line in complaints(source)] == ["1", "7", "9", "11", "11"]
    assert not any("NAME" in passage.text for passage in python(source))


def test_the_check_fails_and_names_the_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("Fine.\n\nIt is made anew.\n")
    assert main([str(page)]) == 1
    assert f"{page}:3: “anew”" in capsys.readouterr().out
    page.write_text("It is written again.\n")
    assert main([str(page)]) == 0
    assert [passage.text for passage in markdown(page)] == ["It is written again."]
