"""The MCP server, by the official client over stdio and streamable HTTP."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager

import pytest

pytest.importorskip("mcp")
pytest.importorskip("typer")

import anyio
from mcp import Client, StdioServerParameters
from mcp.types import Implementation
from served_project import FILES, QUESTION, SECRET, environment, laconic_command, make_project, running

TOOLS = {"prep_search", "file", "symbol", "neighbours", "expand"}
MODES = ("auto", "legacy")  # the protocol of 2026 without a handshake, and the one with it


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("mcp"))


@pytest.fixture(scope="module")
def address(root):
    with running(laconic_command("mcp", "--root", str(root), "--transport", "http", "--port", "0")) as url:
        yield url


@asynccontextmanager
async def stdio(root, client="test", mode="auto"):
    command, *arguments = laconic_command("mcp", "--root", str(root))
    server = StdioServerParameters(command=command, args=arguments, env=environment())
    with anyio.fail_after(50):
        async with Client(server, mode=mode, client_info=Implementation(name=client, version="1")) as connected:
            yield connected


@asynccontextmanager
async def http(url, client="test", mode="auto"):
    with anyio.fail_after(50):
        async with Client(url, mode=mode, client_info=Implementation(name=client, version="1")) as connected:
            yield connected


async def call(client, tool, **arguments):
    """Text of an answer that is none of an error."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content[0].text
    return result.content[0].text


async def refused(client, tool, **arguments):
    """Text of an error."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    text = result.content[0].text
    assert "Traceback" not in text
    assert "\n" not in text
    return text


async def use_every_tool(client):
    assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
    assert "[src/auth.py | lod=" in await call(client, "prep_search", query=QUESTION)
    signatures = await call(client, "file", path="src/auth.py")
    assert signatures.startswith("[src/auth.py | lod=2]\n")
    assert "def login" in signatures
    assert "raise PermissionError" not in signatures
    assert await call(client, "file", path="src/auth.py", lod=0) == "[src/auth.py | lod=0]\n" + FILES["src/auth.py"]
    symbol = await call(client, "symbol", name="login")
    assert symbol.startswith("[src/auth.py:")
    assert "raise PermissionError" in symbol
    neighbours = await call(client, "neighbours", path="src/auth.py")
    assert "src/app.py" in neighbours.partition("imported by:")[2]
    third_to_sixth = "".join(FILES["src/auth.py"].splitlines(keepends=True)[2:6])
    expanded = await call(client, "expand", path="src/auth.py", start_line=3, end_line=6)
    assert expanded == "[src/auth.py | lines 3-6]\n" + third_to_sixth
    part = await call(client, "expand", path="src/auth.py", start=3, end=17)
    assert part == "[src/auth.py | characters 3-17]\nAuthentication"


@pytest.mark.parametrize("mode", MODES)
async def test_every_tool_over_stdio(root, mode):
    async with stdio(root, mode=mode) as client:
        await use_every_tool(client)


@pytest.mark.parametrize("mode", MODES)
async def test_every_tool_over_streamable_http(address, mode):
    async with http(address, mode=mode) as client:
        await use_every_tool(client)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "tier"), [("claude-code", "1"), ("cursor-vscode", "2"), ("Cline", "2.5")])
async def test_the_tier_follows_the_clients_name(address, name, tier, mode):
    async with http(address, name, mode) as client:
        result = await client.call_tool("prep_search", {"query": QUESTION})
        assert result.meta["laconic"]["tier"] == tier


async def test_figures_stand_beside_the_text(address):
    async with http(address) as client:
        result = await client.call_tool("prep_search", {"query": QUESTION})
        found = result.meta["laconic"]
        assert found["compression"]["output_chars"] < len(result.content[0].text)
        assert {chunk["source_path"] for chunk in found["chunks"]} <= FILES.keys()
        assert result.structured_content is None


@pytest.mark.parametrize("mode", MODES)
async def test_the_first_search_of_a_session_has_room_for_orientation(root, address, mode):
    """It shows the files that the others refer to, too. Over HTTP with a handshake each connection is a session."""

    async def shown(client):
        found = [await client.call_tool("prep_search", {"query": "mix colours"}) for _ in range(3)]
        return [{chunk["source_path"] for chunk in each.meta["laconic"]["chunks"]} for each in found]

    async with stdio(root, mode=mode) as client:
        first, second, third = await shown(client)
    assert second == third
    assert "src/paint.py" in second
    assert "src/store.py" in first - second
    async with http(address, f"shown {mode}", mode) as client:
        assert await shown(client) == [first, second, third]
    async with http(address, f"shown {mode}", mode) as client:
        assert (await shown(client))[0] == (first if mode == "legacy" else second)


OUTSIDE = ("../secret.py", "src/../../secret.py", "/etc/passwd", "..\\secret.py", "C:\\secret.py", "src/auth.py\0", "")


async def test_what_is_wrong_with_a_call_is_told(address):
    async with http(address) as client:
        assert await refused(client, "prep_serch", query="a") == (
            "there is no tool 'prep_serch' (did you mean prep_search?): there is " + ", ".join(
                ("prep_search", "file", "symbol", "neighbours", "expand")
            )
        )  # fmt: skip
        assert "query is missing" in await refused(client, "prep_search")
        assert await refused(client, "prep_search", query=3) == "query is 3: input should be a valid string"
        assert "did you mean query?" in await refused(client, "prep_search", query="a", qery="a")
        assert await refused(client, "prep_search", query="a", tier=3) == "tier is 3: it must be one of auto, 1, 2, 2.5"
        assert "lod is 6" in await refused(client, "file", path="src/auth.py", lod=6)
        assert "src/auth.py" in await refused(client, "file", path="src/auht.py")
        assert "prep_search" in await refused(client, "symbol", name="nothing_of_that_name")
        assert "ends at" in await refused(client, "expand", path="src/auth.py", start_line=1000)
        assert "before" in await refused(client, "expand", path="src/auth.py", start_line=3, end_line=2)
        assert "beside" in await refused(client, "expand", path="src/auth.py", start_line=3, start=2)


@pytest.mark.parametrize("path", OUTSIDE)
async def test_nothing_outside_of_the_project_is_given(address, path):
    async with http(address) as client:
        for tool in ("file", "expand", "neighbours"):
            assert SECRET not in await refused(client, tool, path=path)


async def test_a_link_out_of_the_project_is_not_followed(address):
    async with http(address) as client:
        assert SECRET not in await refused(client, "file", path="src/link.py")
        assert SECRET not in await call(client, "prep_search", query=f"{SECRET} {QUESTION}")


async def test_a_token_is_asked_for(root):
    import httpx

    command = laconic_command("mcp", "--root", str(root), "--transport", "http", "--port", "0")
    with running(command, LACONIC_TOKEN="open sesame") as url, httpx.Client(trust_env=False) as plain:
        asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        kinds = {"accept": "application/json, text/event-stream"}
        answers = [
            plain.post(url, json=asked, headers=kinds | more).status_code
            for more in ({}, {"authorization": "Bearer open"}, {"authorization": "Bearer open sesame"})
        ]
        assert answers[:2] == [401, 401]
        assert answers[2] != 401


def test_lines_that_are_no_messages_do_not_end_the_server(root):
    """Over stdio: bytes that are no JSON, then a handshake."""
    import subprocess

    hello = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
    }  # fmt: skip
    done = subprocess.run(
        laconic_command("mcp", "--root", str(root)),
        input=b"\xff\xfe not json\n[1\n" + json.dumps(hello).encode() + b"\n",
        capture_output=True,
        env=environment(),
        timeout=50,
        check=False,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["result"]["serverInfo"]["name"] for answer in answers if answer.get("id") == 1] == ["laconic"]
    assert done.returncode == 0, done.stderr
