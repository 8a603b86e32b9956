"""The HTTP server: as SourcePrep's API documents it, and what clients get wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("typer")
pytest.importorskip("httpx")

import httpx
from served_project import FILES, QUESTION, SECRET, environment, laconic_command, make_project, running

import laconic
from laconic.exceptions import ConfigurationError, InputError
from laconic.servers.guard import Limits, is_loopback
from laconic.servers.http_server import http_app
from laconic.servers.listening import check_binding
from laconic.servers.registry import Projects

SEED = {"query": QUESTION, "k": 10, "max_chars": 12000, "structured": True, "compression": "lod"}
CONTEXT = "/projects/my-project/context"
PASSAGES = ["The gateway listens on port 8443. Its roof is blue. Nobody knows why.", "Ada restarts it at night."]

# A server that loses patience soon, so that the tests need none.
IMPATIENT = """
import sys
from laconic.servers.guard import Limits
from laconic.servers.http_server import http_app
from laconic.servers.listening import listen
from laconic.servers.registry import Projects
limits = Limits(body_bytes=1000, read_seconds=0.5, write_seconds=0.5)
app = http_app(Projects({"my-project": sys.argv[1]}), watch=False, limits=limits)
listen(app, "127.0.0.1", 0, limits=limits, ready=lambda url: print(url, file=sys.stderr, flush=True))
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("http"))


@pytest.fixture(scope="module")
def projects(root):
    made = Projects({"my-project": root})
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(root):
    with running(laconic_command("serve", "--project", f"my-project={root}", "--port", "0")) as url:
        yield url


@pytest.fixture(scope="module")
def impatient(root):
    with running([sys.executable, "-c", IMPATIENT, str(root)]) as url:
        yield url.removeprefix("http://")


@pytest.fixture
def client(projects):
    return asking(projects)


def asking(projects, host="127.0.0.1", **options):
    """A client of the application itself."""
    transport = httpx.ASGITransport(http_app(projects, **options), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


async def refused(client, status, *arguments, method="POST", **options):
    """The error of an answer."""
    answer = await client.request(method, *arguments, **options)
    assert answer.status_code == status, answer.text
    assert "Traceback" not in answer.text
    error = answer.json()["error"]
    assert error["code"]
    assert error["message"]
    return error


# -- what is documented -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_documented_command_works_as_printed(address):
    """But for the port, which another program of this machine may have."""
    command = r"""curl -X POST http://localhost:8400/projects/my-project/context \
  -H "Content-Type: application/json" \
  -d '{
    "query": "How does authentication work?",
    "k": 10,
    "max_chars": 12000,
    "structured": true,
    "compression": "lod"
  }'"""
    command = command.replace("http://localhost:8400", address)
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment(), check=True)  # noqa: S602
    found = json.loads(done.stdout)
    assert set(found) == {"context", "chunks", "compression"}
    assert set(found["chunks"][0]) == {"source_path", "score", "lod", "compression_ratio", "fallback"}
    assert set(found["compression"]) == {"enabled", "mode", "input_chars", "output_chars", "lod_distribution"}
    assert found["compression"]["enabled"] is True
    assert found["compression"]["mode"] == "lod"
    chunk = next(chunk for chunk in found["chunks"] if chunk["source_path"] == "src/auth.py")
    assert f"[src/auth.py | lod={chunk['lod']}]\n" in found["context"]
    assert sum(found["compression"]["lod_distribution"].values()) == len(found["chunks"])


async def test_compression_can_be_switched_off_and_headers_too(client):
    found = (await client.post(CONTEXT, json=SEED | {"compression": "none", "structured": False})).json()
    assert found["compression"]["enabled"] is False
    assert {chunk["lod"] for chunk in found["chunks"]} == {0}
    assert FILES["src/auth.py"].rstrip() in found["context"]
    assert "| lod=" not in found["context"]


@pytest.mark.parametrize("tier", [1, 2, 2.5, "auto", "2.5"])
async def test_a_context_fits_what_was_asked_for(client, tier):
    answer = await client.post(CONTEXT, json=SEED | {"max_chars": 300, "tier": tier})
    assert 0 < len(answer.json()["context"]) <= 300
    counted = await client.post(CONTEXT, json=SEED | {"max_chars": None, "max_tokens": 60, "tier": tier})
    assert 0 < laconic.compress(counted.json()["context"]).metrics.original_tokens <= 60


async def test_projects_are_listed_without_their_folders(client, root):
    answer = await client.get("/projects")
    [project] = answer.json()["projects"]
    assert project["name"] == "my-project"
    assert project["files"] == len(FILES)
    assert project["languages"] == {"python": len(FILES)}
    assert str(root) not in answer.text


async def test_passages_are_compressed_as_in_the_library(client):
    asked = {"passages": [PASSAGES[0], {"text": PASSAGES[1], "id": "b"}], "query": "Which port?", "max_tokens": 10}
    answer = (await client.post("/compress", json=asked)).json()
    expected = laconic.compress(asked["passages"], asked["query"], max_tokens=10)
    assert answer["text"] == expected.text
    for kept, passage in zip(answer["passages"], expected.passages, strict=True):
        assert kept["text"] == "".join(PASSAGES[kept["index"]][start:end] for start, end in kept["spans"])
        assert (kept["id"], kept["tokens"]) == (passage.id, passage.tokens)
    assert answer["metrics"]["compressed_tokens"] <= 10
    assert answer["metrics"]["original_tokens"] == expected.metrics.original_tokens
    for how in ({"rate": 0.5}, {"rate": "auto"}, {"recall": 0.9}, {}):
        assert (
            await client.post("/compress", json={"passages": PASSAGES[0], "query": "port?"} | how)
        ).status_code == 200


async def test_health_and_metrics(client):
    assert (await client.get("/health")).json() == {"status": "ok", "version": laconic.__version__}
    await client.post(CONTEXT, json=SEED)
    await client.get("/made/up/by/a/client")
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    sample = re.compile(r'[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? [0-9.e+-]+')
    lines = answer.text.splitlines()
    assert answer.text.endswith("\n")
    assert all(line.startswith("# ") or sample.fullmatch(line) for line in lines)
    assert 'laconic_requests_total{route="/projects/{project}/context",status="200"} 1' in lines
    assert "made" not in answer.text


async def test_the_description_tells_what_the_server_does(client):
    described = (await client.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    text = json.dumps(described)
    for name in re.findall(r'"#/components/schemas/(\w+)"', text):
        assert name in described["components"]["schemas"]
    assert "#/$defs/" not in text
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            body = SEED if path.endswith("context") else {"passages": PASSAGES}
            answer = await client.request(method, path.format(project="my-project"), json=body)
            assert answer.status_code == 200
            [(kind, answered)] = operation["responses"]["200"]["content"].items()
            assert answer.headers["content-type"].startswith(kind)
            if "$ref" in answered["schema"]:
                schema = described["components"]["schemas"][answered["schema"]["$ref"].rpartition("/")[2]]
                assert set(schema["required"]) == set(answer.json())
    context = described["components"]["schemas"]["ContextRequest"]
    assert context["required"] == ["query"]
    assert SEED.keys() <= context["properties"].keys()


# -- what clients get wrong -------------------------------------------------------------------------------------------


async def test_an_unknown_project_is_told_with_those_that_there_are(client):
    error = await refused(client, 404, "/projects/other/context", json=SEED)
    assert error["message"] == "there is no project 'other': there is my-project"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"query": "\xff"}', b'{"query": "\\ud800"}', b"9" * 5000, b"null", b"[]"]
)
async def test_malformed_json(client, body):
    for path in (CONTEXT, "/compress"):
        await refused(client, 400, path, content=body, headers={"content-type": "application/json"})


@pytest.mark.parametrize(
    ("more", "field", "rule"),
    [
        ({"query": 3}, "query", "valid string"),
        ({"query": " \n"}, "query", "blank"),
        ({"query": None}, "query", "valid string"),
        ({"k": 0}, "k", "greater than or equal to 1"),
        ({"k": "10"}, "k", "valid integer"),
        ({"k": 1.5}, "k", "valid integer"),
        ({"k": True}, "k", "valid integer"),
        ({"max_chars": -1}, "max_chars", "greater than or equal to 1"),
        ({"max_tokens": 0}, "max_tokens", "greater than or equal to 1"),
        ({"structured": "yes"}, "structured", "valid boolean"),
        ({"compression": "zip"}, "compression", "'lod' or 'none'"),
        ({"tier": 3}, "tier", "one of auto, 1, 2, 2.5"),
        ({"tier": []}, "tier", "one of auto, 1, 2, 2.5"),
        ({"max_char": 3}, "max_char", "did you mean max_chars?"),
    ],
)  # fmt: skip
async def test_wrong_types_name_the_field_and_the_rule(client, more, field, rule):
    error = await refused(client, 422, CONTEXT, json=SEED | more)
    assert error["field"] == field
    assert field in error["message"]
    assert rule in error["message"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "passages"),
        ({"passages": 3}, "passages"),
        ({"passages": ["a", 3]}, "passages.1"),
        ({"passages": [{"text": 3}]}, "passages.0.text"),
        ({"passages": [{"id": "a"}]}, "passages.0.text"),
        ({"passages": [{"text": "a", "titel": "b"}]}, "titel"),
        ({"passages": "a", "max_tokens": 0}, "max_tokens"),
        ({"passages": "a", "rate": 2}, "rate"),
        ({"passages": "a", "recall": "all"}, "recall"),
        ({"passages": "a", "preserve": "b"}, "preserve"),
    ],
)
async def test_what_is_wrong_with_passages_is_told(client, asked, field):
    error = await refused(client, 422, "/compress", json=asked)
    assert error["field"] == field


async def test_what_the_engine_refuses_is_told_in_its_words(client):
    error = await refused(client, 422, "/compress", json={"passages": ["a"], "preserve": [" "]})
    assert "preserve" in error["message"]


async def test_a_body_of_another_kind_is_refused(client):
    """A form of another site can be sent to this machine without asking, as any kind but JSON."""
    error = await refused(client, 415, CONTEXT, content=json.dumps(SEED), headers={"content-type": "text/plain"})
    assert "application/json" in error["message"]


async def test_other_addresses_and_methods_are_told(client):
    assert "/openapi.json" in (await refused(client, 404, "/nothing", method="GET"))["message"]
    assert "POST" in (await refused(client, 405, CONTEXT, method="GET"))["message"]


ESCAPES = (
    "/projects/../secret.py/context",
    "/projects/..%2Fsecret.py/context",
    "/projects/%2e%2e%2fsecret.py/context",
    "/projects/my-project/../../secret.py/context",
    "/projects/..%5Csecret.py/context",
    "/projects/my-project%00/context",
    "/../secret.py",
    "/%2e%2e/secret.py",
)


@pytest.mark.parametrize("path", ESCAPES)
def test_paths_out_of_the_projects_lead_nowhere(address, path):
    """As written, for a client's library would tidy them up."""
    body = json.dumps(SEED)
    for method in ("GET", "POST"):
        request = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
        )
        head, _, answer = exchanged(address.removeprefix("http://"), request.encode()).partition(b"\r\n\r\n")
        assert re.match(rb"HTTP/1.1 40[045] ", head)
        assert SECRET.encode() not in answer
        assert b"error" in answer


async def test_a_link_out_of_the_project_is_not_followed(client):
    answer = await client.post(CONTEXT, json=SEED | {"query": f"{SECRET} authentication", "compression": "none"})
    assert answer.json()["chunks"]
    assert SECRET not in answer.text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has neither")
async def test_a_link_that_takes_the_place_of_a_file_is_not_followed(tmp_path):
    """Nor is anything waited for that has no end."""
    root = make_project(tmp_path)
    projects = Projects({"my-project": root})
    projects.index("my-project")
    (root / "src/auth.py").unlink()
    (root / "src/auth.py").symlink_to(tmp_path / "secret.py")
    (root / "src/app.py").unlink()
    os.mkfifo(root / "src/app.py")
    answer = await asking(projects).post(CONTEXT, json=SEED | {"compression": "none"})
    assert answer.status_code == 200
    assert SECRET not in answer.text
    projects.close()


async def test_a_bug_has_no_trace_for_the_client(client, projects, monkeypatch):
    def broken(*_):
        raise KeyError("a trace of this must not reach a client")

    monkeypatch.setattr(projects, "index", broken)
    error = await refused(client, 500, CONTEXT, json=SEED)
    assert "must not" not in error["message"]


# -- clients that take too much ---------------------------------------------------------------------------------------


def exchanged(address, request):
    """What a server answers to bytes, until it hangs up; this end stays open."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        answer = b""
        with suppress(ConnectionResetError):  # it hung up while there was more to read
            while part := connection.recv(65536):
                answer += part
        return answer


HEAD = f"POST {CONTEXT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()


def status(answer):
    return int(answer.split(b" ", 2)[1])


def test_a_long_body_is_refused_before_it_is_read(impatient):
    answer = exchanged(impatient, HEAD + b"Content-Length: 1001\r\n\r\n")
    assert status(answer) == 413
    assert b"1000 bytes" in answer


def test_a_long_chunked_body_is_refused_where_it_gets_too_long(impatient):
    chunk = b"190\r\n" + b" " * 400 + b"\r\n"
    answer = exchanged(impatient, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + 3 * chunk)
    assert status(answer) == 413


def test_a_body_of_chunks_is_read(impatient):
    body = json.dumps(SEED).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:20], body[20:])) + b"0\r\n\r\n"
    answer = exchanged(impatient, HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert status(answer) == 200


@pytest.mark.parametrize("begun", [b"Content-Length: 100\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n2\r\n{ \r\n"])
def test_a_body_that_does_not_end_is_not_waited_for(impatient, begun):
    assert status(exchanged(impatient, HEAD + begun)) == 408


@pytest.mark.parametrize("begun", [b"", b"POST / HT", HEAD, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET"])
def test_headers_that_do_not_end_are_not_waited_for(impatient, begun):
    """On a new connection, and on one that was answered before."""
    answer = exchanged(impatient, begun)
    assert answer.count(b"HTTP/1.1") == begun.count(b"GET /health")


def test_what_is_no_http_is_refused(impatient):
    assert status(exchanged(impatient, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")) == 400
    assert status(exchanged(impatient, HEAD + b"X: " + b"x" * 100_000 + b"\r\n\r\n")) == 400


def test_after_all_that_the_server_still_answers(impatient):
    answer = exchanged(impatient, b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert status(answer) == 200


async def test_more_calls_than_may_wait_are_turned_away(projects):
    import anyio

    statuses = []
    async with asking(projects, limits=Limits(waiting=1)) as client, anyio.create_task_group() as group:

        async def ask():
            asked = {"passages": [20 * PASSAGES[0]], "query": "a"}
            statuses.append((await client.post("/compress", json=asked)).status_code)

        for _ in range(40):
            group.start_soon(ask)
    assert set(statuses) == {200, 503}


# -- who may ask ------------------------------------------------------------------------------------------------------


async def test_a_token_is_asked_for(projects):
    client = asking(projects, token="open sesame", host="0.0.0.0")  # noqa: S104
    for wrong in ({}, {"authorization": "Bearer open"}, {"authorization": "Basic open sesame"}, {"authorization": "ü"}):
        headers = {name: value.encode("latin-1") for name, value in wrong.items()}
        await refused(client, 401, CONTEXT, json=SEED, headers=headers)
        await refused(client, 401, "/metrics", method="GET", headers=headers)
        await refused(client, 401, "/projects", method="GET", headers=headers)
    right = {"authorization": "bearer open sesame"}
    assert (await client.post(CONTEXT, json=SEED, headers=right)).status_code == 200
    for free in ("/", "/health", "/openapi.json"):
        assert (await client.get(free)).status_code == 200


@pytest.mark.parametrize(("name", "answered"), [("localhost", 200), ("[::1]", 200), ("attacker.example", 403)])
async def test_a_local_server_answers_to_local_names(projects, name, answered):
    """Another site's name that was made to point here is told apart by itself."""
    assert (await asking(projects, name).get("/projects", headers={"host": f"{name}:8400"})).status_code == answered


def test_what_others_can_reach_needs_a_token():
    for host in ("127.0.0.1", "localhost", "::1", "127.8.8.8"):
        assert is_loopback(host)
        check_binding(host, None)
    for host in ("0.0.0.0", "::", "192.168.1.2", "example.org", ""):  # noqa: S104
        with pytest.raises(ConfigurationError, match="--token"):
            check_binding(host, None)
        check_binding(host, "secret")
        check_binding(host, None, without_token=True)
    with pytest.raises(ConfigurationError, match="empty"):
        check_binding("127.0.0.1", " ")


# -- the registry -----------------------------------------------------------------------------------------------------


def test_projects_have_names_that_stand_in_urls(tmp_path):
    (tmp_path / "my tree").mkdir()
    assert list(Projects.named([str(tmp_path / "my tree")])) == ["my-tree"]
    assert list(Projects.named([f"b={tmp_path}", f"a={tmp_path / 'my tree'}"])) == ["a", "b"]
    for name in ("", "../a", ".a", "a/b", "a b", "ä"):
        with pytest.raises(ConfigurationError, match="URL"):
            Projects({name: tmp_path})
    with pytest.raises(ConfigurationError, match="two projects"):
        Projects.named([f"a={tmp_path}", f"a={tmp_path}"])
    with pytest.raises(ConfigurationError, match="does not exist"):
        Projects.named(["a=/no/such/folder"])
    with pytest.raises(ConfigurationError, match="not a folder"):
        Projects({"a": Path(__file__)})
    with pytest.raises(ConfigurationError, match="no project"):
        Projects({})
    with pytest.raises(InputError, match="there is no project 'c': there is a, b"):
        Projects.named([f"b={tmp_path}", f"a={tmp_path}"]).index("c")
