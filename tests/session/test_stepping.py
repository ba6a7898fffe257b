"""The walk on the whole terminal, driven as a person would."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, Static

import verifier
from verifier.cli.stepping import Stepping

TOY = Path(__file__).with_name("toys.py")


async def _walked(app: Stepping, tmp: Path) -> list[str]:
    """What the parts of the screen say along a walk."""
    said = []

    def seen(part: str) -> str:
        return str(app.query_one(f"#{part}", Static).content)

    async with app.run_test(size=(100, 40)) as pilot:
        said.append(seen("title"))
        await pilot.press("enter")  # takes the first step
        await app.workers.wait_for_complete()
        await pilot.pause()
        said += [seen("title"), seen("state")]
        options = app.query_one("#instances", OptionList)
        options.highlighted = options.option_count - 1
        await pilot.pause()
        said.append(seen("lines"))
        await pilot.press("u")
        await app.workers.wait_for_complete()
        await pilot.pause()
        said.append(seen("title"))
        for line in ("until token == 1", "nonsense", f"save {tmp / 'x.itf.json'}"):
            await pilot.press("colon")
            app.query_one("#command", Input).value = line
            await pilot.press("enter")
            await app.workers.wait_for_complete()
            await pilot.pause()
            said += [seen("title"), seen("lines")]
        await pilot.press("q")
    return said


@pytest.mark.full
def test_a_person_steps_back_and_forth_and_asks_why(tmp_path: Path) -> None:
    with verifier.walk(verifier.load(TOY), in_process=True) as walk:
        said = asyncio.run(_walked(Stepping(walk), tmp_path))
    begin, stepped, state, why, undone, found, _, after, wrong, _, saved = said
    assert "state 0 of 0" in begin
    assert "state 1 of 1   Request(c = c1)" in stepped
    assert "phase[c1] : Idle -> Waiting" in state
    assert "Release(c = c2) cannot happen" in why
    assert "holding        is FALSE: phase[c] = Holding" in why
    assert "state 0 of 1" in undone
    assert "state 2 of 2   Grant(c = c1)" in found
    assert "state 2 of 2" in after
    assert "there is no command nonsense" in wrong
    assert saved.startswith("wrote ")
    assert verifier.replay(tmp_path / "x.itf.json", protocol=verifier.load(TOY), in_process=True).confirmed
