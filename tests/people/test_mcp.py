"""The MCP server: a session of a client with it, what a client may read, what it is told when something is wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from mcp import Client
from mcp_types import CallToolResult, TextContent

from tests.people.models import lamp
from tests.source import ROOT
from verifier import UsageError
from verifier.cli.reach import Reach
from verifier.cli.serving import Limits, server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models")
    (path / "lamp.py").write_text(lamp(), encoding="utf-8")
    (path.parent / "outside.py").write_text("raise AssertionError('executed')", encoding="utf-8")
    (path / "link.py").symlink_to(path.parent / "outside.py")
    return path


def session(folder: Path, work: Callable[[Client], Any], **limits: Any) -> Any:
    """A session of a client with the server, in memory."""

    async def run() -> Any:
        async with Client(server(Reach.of(folder), Limits(**limits))) as client:
            return await work(client)

    return anyio.run(run)


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def test_a_client_walks_and_is_told_its_mistakes(folder: Path) -> None:
    async def work(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"list", "prove", "explore", "gaps", "lemmas", "step", "replay"}
        assert tools["prove"].input_schema["required"] == ["protocol"]
        assert all(tool.description and tool.output_schema for tool in tools.values())

        commands = ["until broken", "why Switch"]
        walked = await client.call_tool("step", {"protocol": "lamp.py", "commands": commands})
        assert "broken = TRUE" in text(walked)
        assert "whole is FALSE" in text(walked)

        for tool, arguments, said in MISTAKES:
            wrong = await client.call_tool(tool, arguments)
            assert wrong.is_error, arguments
            assert said in text(wrong)
            assert "Traceback" not in text(wrong)

    session(folder, work)
    assert not (folder / "written.json").exists()


# One of them starts a process, the others are refused before.
MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("prove", {"protocol": "../outside.py"}, "outside the folder"),
    ("prove", {"protocol": "link.py:safe"}, "outside the folder"),
    ("step", {"protocol": "lamp.py", "commands": ["save written.json"]}, "does not"),
    ("prove", {"protocol": "lamp.py", "scope": "everywhere"}, "scope"),
    ("prove", {"protocol": "lamp.py", "k": -1}, "k"),
    ("replay", {"trace": "nothing.json"}, "there is no file nothing.json"),
    ("step", {"protocol": "lamp.py", "commands": ["state"] * 201}, "commands"),
    ("prove", {"protocol": "lamp.py", "timeout": 0}, "timeout"),
]


@pytest.mark.nightly
def test_the_other_tools_answer(folder: Path) -> None:
    async def work(client: Client) -> None:
        proved = await client.call_tool("prove", {"protocol": "lamp.py:careless", "traces": True})
        assert "D is VIOLATED in 2 steps" in text(proved)
        answer = proved.structured_content
        assert (answer["outcome"], answer["verdicts"]) == ("violated", {"D": "violated", "StaysBroken": "proved"})
        replayed = await client.call_tool("replay", {"trace": answer["traces"]["D"], "protocol": "lamp.py"})
        assert replayed.structured_content["outcome"] == "success"
        listed = await client.call_tool("list", {"protocol": "lamp.py"})
        assert "careless" in text(listed)
        explored = await client.call_tool("explore", {"protocol": "lamp.py", "symmetry": True})
        assert "distinct states" in text(explored)
        left_out = await client.call_tool("gaps", {"protocol": "lamp.py"})
        assert "Switch.whole" in text(left_out)
        lemmas = await client.call_tool("lemmas", {"protocol": "lamp.py", "scope": "unbounded"})
        assert lemmas.structured_content["verdicts"] == {"D": "inductive"}
        unknown = await client.call_tool("prove", {"protocol": "lampe"})
        assert unknown.is_error
        assert "unknown protocol lampe" in text(unknown)

    session(folder, work)


@pytest.mark.nightly
def test_limits_hold_whatever_a_client_asks_for(folder: Path) -> None:
    (folder / "endless.py").write_text("while True: pass", encoding="utf-8")

    async def work(client: Client) -> None:
        result = await client.call_tool("prove", {"protocol": "endless.py", "timeout": 1000})
        assert result.is_error or result.structured_content["outcome"] == "timeout"
        long = await client.call_tool("list", {"protocol": "composed"})
        assert long.structured_content["truncated"]
        assert len(text(long)) < 1200
        assert "characters are left out" in text(long)

    session(folder, work, timeout=10.0, output=1000)


@pytest.mark.nightly
def test_a_call_that_is_given_up_ends_with_its_process(folder: Path) -> None:
    (folder / "endless.py").write_text("while True: pass", encoding="utf-8")
    begun = psutil.Process().children()

    async def work(client: Client) -> None:
        with anyio.move_on_after(3) as waiting:
            await client.call_tool("prove", {"protocol": "endless.py"})
        assert waiting.cancelled_caught
        with anyio.fail_after(20):
            while len(psutil.Process().children()) > len(begun):
                await anyio.sleep(0.1)

    session(folder, work)


@pytest.mark.nightly
def test_the_command_serves_over_standard_input_and_output(folder: Path) -> None:
    from mcp.client.stdio import StdioServerParameters

    command = ["-c", "import sys; sys.argv[1:1] = ['mcp']; from verifier.cli import main; main()", "--root", str(folder)]

    async def run() -> CallToolResult:
        parameters = StdioServerParameters(command=sys.executable, args=command, env={"PYTHONPATH": str(ROOT)})
        async with Client(parameters) as client:
            return await client.call_tool("explore", {"protocol": "lamp.py"})

    result = anyio.run(run)
    assert result.structured_content is not None
    assert result.structured_content["outcome"] == "success"


@pytest.mark.parametrize("name", ["../outside.py", "/etc/passwd", "link.py", "missing.py", "a\0b", "."])
def test_files_outside_the_folder_are_not_reached(folder: Path, name: str) -> None:
    with pytest.raises(UsageError):
        Reach.of(folder).file(name)


def test_names_and_files_are_told_apart(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reach = Reach.of(folder)
    assert reach.protocol("lock") == ("lock", None)
    assert reach.protocol("two-phase:hasty") == ("two-phase", "hasty")
    assert reach.protocol("lamp.py:careless") == (str(folder / "lamp.py"), "careless")
    assert reach.protocol("./lamp.py") == (str(folder / "lamp.py"), None)
    # A file of that name where the server was started would be executed in place of a protocol.
    (tmp_path / "lock").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="there is no file lock"):
        reach.protocol("lock")


def test_without_the_extra_the_command_says_what_installs_it(tmp_path: Path) -> None:
    """As if nothing of the SDK were there: the module is hidden from the imports of a new process."""
    program = (
        "import sys; sys.modules['mcp'] = None; sys.modules['mcp_types'] = None\n"
        "sys.argv[1:] = ['mcp']\nfrom verifier.cli import main\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, env={"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 2
    first, hint = done.stderr.splitlines()
    assert first.startswith("verify: the MCP SDK, version 2, is not installed")
    assert "pip install 'protocol-verify[mcp]'" in hint
