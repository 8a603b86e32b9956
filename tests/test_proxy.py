"""The proxy before a model provider: what arrives there, what comes back, and what never changes."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
import sys
from contextlib import contextmanager

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("typer")
pytest.importorskip("httpx")
pytest.importorskip("openai")
pytest.importorskip("anthropic")

import anthropic
import httpx
import openai
from hypothesis import given, settings
from hypothesis import strategies as st
from provider_server import WORDS, provider
from served_project import laconic_command, run, running, started

from laconic.exceptions import ConfigurationError
from laconic.messages import MessagePipeline
from laconic.servers.listening import _bound
from laconic.servers.provider_bodies import SHAPES, shrink_body
from laconic.servers.proxy import proxy_app

KEY = "sk-test-9dK3vQ7m"
ANSWER = "".join(WORDS)
ORDERS = [{"order_id": f"#W{n}", "status": "shipped", "total": n * 1.5, "note": f"Größe {n}"} for n in range(120)]
RECORDS = json.dumps(ORDERS, ensure_ascii=False, indent=1)
QUESTION = "Where is #W77?"
RULES = "Answer in one sentence.\n\n\n\nNever guess.   \n" * 40
IMAGE = "iVBORw0KGgo" * 40

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
MESSAGES = "/v1/messages"

# A proxy whose engine fails or dawdles where the text says so, and that allows little.
FRAIL = """
import sys, time
from laconic.messages import HeuristicEngine, MessagePipeline
from laconic.servers.listening import listen
from laconic.servers.proxy import ProxyLimits, proxy_app
class Frail(HeuristicEngine):
    def clean(self, text, kind, language):
        if "EXPLODE" in text:
            raise RuntimeError(f"failed at {text}")
        if "DAWDLE" in text:
            time.sleep(2)
        return super().clean(text, kind, language)
pipeline = MessagePipeline(engine=Frail(), threshold_tokens=50)
limits = ProxyLimits(body_bytes=20_000, read_seconds=0.5, connect_seconds=2, answer_seconds=1, compress_seconds=1)
app = proxy_app(sys.argv[1], pipeline, token="open sesame", limits=limits)
listen(app, "127.0.0.1", 0, limits=limits, ready=lambda url: print(url, file=sys.stderr, flush=True), dated=False)
"""


@pytest.fixture(scope="module")
def served():
    with provider() as made:
        yield made


@pytest.fixture
def upstream(served):
    served.reset()
    yield served
    served.go_on.set()


@pytest.fixture(scope="module")
def address(served):
    with running(laconic_command("serve", "--upstream", served.url, "--port", "0", "--threshold", "500")) as url:
        yield url


@pytest.fixture(scope="module")
def frail(served):
    with running([sys.executable, "-c", FRAIL, served.url]) as url, httpx.Client(base_url=url) as client:
        client.headers["x-laconic-token"] = "open sesame"
        yield client


@pytest.fixture
def client(address):
    with httpx.Client(base_url=address, headers={"authorization": f"Bearer {KEY}"}) as made:
        yield made


@pytest.fixture
def openai_client(address):
    with openai.OpenAI(api_key=KEY, base_url=f"{address}/v1", max_retries=0) as made:
        yield made


@pytest.fixture
def anthropic_client(address):
    with anthropic.Anthropic(api_key=KEY, base_url=address, max_retries=0) as made:
        yield made


def chat(question=QUESTION, records=RECORDS):
    function = {"name": "orders", "arguments": '{"of":  "Ada"}'}
    return [
        {"role": "system", "content": RULES},
        {"role": "user", "content": [
            {"type": "text", "text": "Read my orders."},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}},
        ]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c1", "content": records},
        {"role": "assistant", "content": RULES},
        {"role": "user", "content": question},
    ]  # fmt: skip


def responses(question=QUESTION, records=RECORDS):
    return [
        {"role": "user", "content": [
            {"type": "input_text", "text": "Read my orders."},
            {"type": "input_image", "image_url": f"data:image/png;base64,{IMAGE}", "detail": "auto"},
        ]},
        {"type": "function_call", "call_id": "c1", "name": "orders", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": records},
        {"role": "assistant", "content": RULES},
        {"role": "user", "content": question},
    ]  # fmt: skip


def messages(question=QUESTION, records=RECORDS):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": IMAGE}}
    return [
        {"role": "user", "content": [{"type": "text", "text": "Read my orders."}, image]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "orders", "input": {"of": "Ada"}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": records}, image]},
        ]},
        {"role": "assistant", "content": RULES},
        {"role": "user", "content": question},
    ]  # fmt: skip


BODIES = {
    CHAT: {"model": "m", "messages": chat()},
    RESPONSES: {"model": "m", "instructions": RULES, "input": responses()},
    MESSAGES: {"model": "m", "max_tokens": 9, "system": [{"type": "text", "text": RULES}], "messages": messages()},
}


def changes(before, after, place=()):
    """Places at which two values of JSON differ."""
    if type(before) is type(after) and isinstance(before, dict) and before.keys() == after.keys():
        pairs = ((key, before[key], after[key]) for key in before)
    elif type(before) is type(after) and isinstance(before, list) and len(before) == len(after):
        pairs = ((at, *both) for at, both in enumerate(zip(before, after, strict=True)))
    else:
        return [] if before == after else [place]
    return [found for key, one, other in pairs for found in changes(one, other, (*place, key))]


def shrunk(path, body, **options):
    """A body through the proxy's own function, in the mode that has no threshold."""
    pipeline = MessagePipeline(**{"mode": "strict", **options})
    result = shrink_body(json.dumps(body).encode(), SHAPES[path], pipeline)
    assert result.tokens_after <= result.tokens_before
    assert (result.tokens_after < result.tokens_before) == (json.loads(result.body) != body)
    return json.loads(result.body)


def told(headers):
    return int(headers["x-laconic-tokens-before"]), int(headers["x-laconic-tokens-after"])


# -- the official clients ---------------------------------------------------------------------------------------------


def asked(path, openai_client, anthropic_client):
    """An official client's call and its answer's headers."""
    body = BODIES[path]
    if path == MESSAGES:
        raw = anthropic_client.messages.with_raw_response.create(**body)
        return raw.headers, raw.parse().content[0].text
    if path == RESPONSES:
        raw = openai_client.responses.with_raw_response.create(**body)
        return raw.headers, raw.parse().output_text
    raw = openai_client.chat.completions.with_raw_response.create(**body)
    return raw.headers, raw.parse().choices[0].message.content


RECORDS_AT = {
    CHAT: ("messages", 3, "content"),
    RESPONSES: ("input", 2, "output"),
    MESSAGES: ("messages", 2, "content", 0, "content", 0, "text"),
}


@pytest.mark.parametrize("path", SHAPES)
def test_what_a_tool_gave_arrives_shorter_and_nothing_else_changed(path, upstream, openai_client, anthropic_client):
    headers, answer = asked(path, openai_client, anthropic_client)
    assert answer == ANSWER
    [arrived] = upstream.arrived
    assert arrived.path == path
    assert changes(BODIES[path], arrived.json) == [RECORDS_AT[path]]
    value = arrived.json
    for key in RECORDS_AT[path]:
        value = value[key]
    assert ORDERS[77] in json.loads(value)
    before, after = told(headers)
    count = MessagePipeline().counter.count
    assert before - after == count(RECORDS) - count(value) > 0
    assert "x-laconic-fallback" not in headers


def streamed(path, openai_client, anthropic_client):
    """The words of a streamed answer, as they come."""
    if path == MESSAGES:
        with anthropic_client.messages.stream(**BODIES[path]) as stream:
            yield from stream.text_stream
    elif path == RESPONSES:
        for event in openai_client.responses.create(**BODIES[path], stream=True):
            if event.type == "response.output_text.delta":
                yield event.delta
    else:
        for event in openai_client.chat.completions.create(**BODIES[path], stream=True):
            yield event.choices[0].delta.content


@pytest.mark.parametrize("path", SHAPES)
def test_a_stream_comes_as_it_is_sent(path, upstream, openai_client, anthropic_client):
    """The provider says the second word only when the client has heard the first."""
    upstream.waits = True
    words = streamed(path, openai_client, anthropic_client)
    heard = [next(words)]
    upstream.go_on.set()
    heard += [word for word in words if word]
    assert heard == list(WORDS)
    assert changes(BODIES[path] | {"stream": True}, upstream.arrived[0].json) == [RECORDS_AT[path]]


@pytest.mark.parametrize("path", SHAPES)
def test_a_client_that_leaves_a_stream_ends_the_request_to_the_provider(path, upstream, client):
    """Although the provider is silent and would be so for long."""
    upstream.waits = True
    with client.stream("POST", path, json=BODIES[path] | {"stream": True}) as answer:
        next(answer.iter_bytes())
    assert upstream.left.wait(60)


def test_a_client_that_leaves_before_the_answer_ends_it_too(upstream, client):
    upstream.waits = True
    with pytest.raises(httpx.ReadTimeout):
        client.post(CHAT, json=BODIES[CHAT], timeout=1)
    assert upstream.left.wait(60)


def test_parts_of_an_answer_do_not_wait_for_one_another():
    """No connection of a server has Nagle's algorithm, which keeps a part until the last one's receipt is told."""
    with _bound("127.0.0.1", 0) as bound, socket.create_connection(bound.getsockname()), bound.accept()[0] as accepted:
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_many_clients_at_once_each_get_their_own(upstream, address):
    """32 of both kinds, half of them streaming; each names a record of its own."""

    async def ask_openai(made, number):
        body = {"model": f"m{number}", "messages": chat(f"Where is #W{number}?")}
        if number % 4 == 0:
            return (await made.chat.completions.create(**body)).choices[0].message.content
        parts = [
            each.choices[0].delta.content or ""
            async for each in await made.chat.completions.create(**body, stream=True)
        ]
        return "".join(parts)

    async def ask_anthropic(made, number):
        body = {"model": f"m{number}", "max_tokens": 9, "messages": messages(f"Where is #W{number}?")}
        if number % 4 == 1:
            return (await made.messages.create(**body)).content[0].text
        async with made.messages.stream(**body) as stream:
            return await stream.get_final_text()

    ours = openai.AsyncOpenAI(api_key=KEY, base_url=f"{address}/v1", max_retries=0)
    theirs = anthropic.AsyncAnthropic(api_key=KEY, base_url=address, max_retries=0)
    async with ours, theirs:
        calls = [ask_anthropic(theirs, n) if n % 2 else ask_openai(ours, n) for n in range(32)]
        assert await asyncio.gather(*calls) == [ANSWER] * 32
    assert len(upstream.arrived) == 32
    for arrived in upstream.arrived:
        number = int(arrived.json["model"].removeprefix("m"))
        assert arrived.json["messages"][-1]["content"] == f"Where is #W{number}?"
        path = RECORDS_AT[arrived.path]
        value = arrived.json
        for key in path:
            value = value[key]
        assert ORDERS[number] in json.loads(value)
        assert len(value) < len(RECORDS) / 2


# -- what is left as it is --------------------------------------------------------------------------------------------


def test_below_the_threshold_the_very_bytes_go_on(upstream, client):
    body = b'{ "model":"m",\t"messages" : [{"content":"\\u0048i \\/ 1","role":"user"}], "temperature": 1.10 }\n'
    answer = client.post(CHAT, content=body, headers={"content-type": "application/json"})
    assert upstream.arrived[0].body == body
    before, after = told(answer.headers)
    assert before == after > 0


def test_above_it_all_bytes_but_the_texts_that_got_shorter(upstream, client):
    head, tail = b'{ "seed":1.10, "x":{"a":1,"a":2},"messages" : [{"role":"user","content":', b"}, \n"
    question = b'{"role":"user","content":"\\u0057here is #W77?" }],"model":"m"}'
    client.post(CHAT, content=head + json.dumps(RECORDS).encode() + tail + question)
    [arrived] = upstream.arrived
    assert arrived.body.startswith(head)
    assert arrived.body.endswith(tail + question)
    assert len(arrived.body) < len(RECORDS)


@pytest.mark.parametrize("path", SHAPES)
def test_where_nothing_is_saved_the_very_bytes_go_on(path):
    body = {CHAT: {"messages": [{"role": "user", "content": QUESTION}]}, RESPONSES: {"input": QUESTION}}
    given = json.dumps(body.get(path, body[CHAT]), indent=3).encode()
    assert shrink_body(given, SHAPES[path], MessagePipeline(mode="strict")).body == given


def test_system_and_assistant_stay_whatever_the_recipe_says():
    recipe = {"name": "all", "directives": [{"type": kind, "action": "truncate", "ratio": 0.1}
                                            for kind in ("system", "text", "markdown", "tool_result")]}  # fmt: skip
    body = {"messages": [*chat(), {"role": "assistant", "content": RULES}, {"role": "user", "content": QUESTION}]}
    assert ("messages", 0, "content") not in changes(body, shrunk(CHAT, body, recipe=recipe))
    for path, sent in BODIES.items():
        assert changes(sent, shrunk(path, sent, recipe=recipe)) == [RECORDS_AT[path]]
    assert changes(body, shrunk(CHAT, body, recipe=recipe)) == [RECORDS_AT[CHAT]]


def test_a_turn_that_repeats_stays_as_a_note():
    """No message goes, so that calls, results and turns stand where they stood."""
    body = {"messages": [*chat()[:2], {"role": "user", "content": RULES}, {"role": "assistant", "content": "Yes."},
                         {"role": "user", "content": RULES}, {"role": "user", "content": QUESTION}]}  # fmt: skip
    after = shrunk(CHAT, body)
    assert after["messages"][4] == {"role": "user", "content": "[same as above]"}
    assert [message["role"] for message in after["messages"]] == [message["role"] for message in body["messages"]]


def test_a_question_that_is_asked_again_is_still_the_question():
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    body = {"messages": [{"role": "user", "content": RULES}, {"role": "assistant", "content": "Yes."},
                         {"role": "user", "content": RULES}, {"role": "assistant", "tool_calls": [call]},
                         {"role": "tool", "tool_call_id": "c1", "content": RECORDS}]}  # fmt: skip
    assert shrunk(CHAT, body)["messages"][2] == body["messages"][2]


@pytest.mark.parametrize(
    "mark",
    [
        lambda body: body["messages"][4].update(content=[{"type": "text", "text": QUESTION, "cache_control": {}}]),
        lambda body: body["messages"][2]["content"][0].update(cache_control={"type": "ephemeral"}),
        lambda body: body["messages"][2]["content"][0]["content"][0].update(cache_control={"type": "ephemeral"}),
        lambda body: body.update(cache_control={"type": "ephemeral"}),
    ],
)
def test_what_the_provider_caches_stays(mark):
    body = json.loads(json.dumps(BODIES[MESSAGES]))
    mark(body)
    assert shrunk(MESSAGES, body) == body


def test_behind_what_is_cached_texts_get_shorter():
    body = json.loads(json.dumps(BODIES[MESSAGES]))
    body["system"][0]["cache_control"] = body["messages"][1]["content"][0]["cache_control"] = {"type": "ephemeral"}
    assert changes(body, shrunk(MESSAGES, body)) == [RECORDS_AT[MESSAGES]]


TEXTS = st.sampled_from((RECORDS, RULES, f"{RULES}\n\n```json\n{RECORDS}\n```", QUESTION, "", "  \n"))
TEXT_PARTS = TEXTS.map(lambda text: {"type": "text", "text": text})
RESULTS = TEXTS | st.lists(TEXT_PARTS, max_size=2)
OTHER_PARTS = st.sampled_from(({"type": "image", "source": {}}, {"type": "new", "text": RECORDS}, {"type": "text"}))
TOOL_PARTS = RESULTS.map(lambda content: {"type": "tool_result", "tool_use_id": "c1", "content": content})
PARTS = st.lists(TEXT_PARTS | OTHER_PARTS | TOOL_PARTS, max_size=4)
TURNS = st.fixed_dictionaries({"role": st.sampled_from(("user", "assistant", "system")), "content": TEXTS | PARTS})


@given(turns=st.lists(TURNS, max_size=6), recipe=st.sampled_from(("default", "agent-tools", "rag-qa")))
@settings(max_examples=60, deadline=None)
def test_only_texts_of_users_and_tools_change_whatever_a_chat_is_made_of(turns, recipe):
    body = {"messages": turns}
    after = shrunk(MESSAGES, body, recipe=recipe)
    for place in changes(body, after):
        assert turns[place[1]]["role"] == "user" or "tool_result" in str(turns[place[1]]["content"])
        assert place[-1] in ("content", "text")
        value = after
        for key in place:
            value = value[key]
        assert value.strip()


def test_parts_that_are_not_known_stay():
    page = {"type": "document", "source": {"type": "text", "data": RECORDS}, "text": RECORDS}
    thinking = {"type": "thinking", "thinking": RECORDS, "signature": RECORDS}
    said = [page, {"type": "new", "text": RECORDS}], [thinking], QUESTION
    roles = ("user", "assistant", "user")
    body = {"messages": [{"role": role, "content": each} for role, each in zip(roles, said, strict=True)]}
    assert shrunk(MESSAGES, body) == body
    reasoning = {"type": "reasoning", "summary": [{"type": "summary_text", "text": RECORDS}]}
    screen = {"type": "computer_call_output", "output": RECORDS}
    body = {"input": [reasoning, screen, {"role": "user", "content": "Go on."}]}
    assert shrunk(RESPONSES, body) == body


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/models?limit=2&x=%2F"), ("DELETE", "/v1/files/a%20b"), ("GET", CHAT)]
)
def test_other_paths_and_methods_pass(method, path, upstream, client):
    answer = client.request(method, path)
    assert answer.status_code == 200
    assert (upstream.arrived[0].method, upstream.arrived[0].path) == (method, path)
    assert not [name for name in answer.headers if name.startswith("x-laconic")]


@pytest.mark.parametrize("whole", [True, False])
def test_an_upload_passes_at_any_length(whole, upstream, frail):
    body = bytes(range(256)) * 400
    parts = (body[at : at + 9999] for at in range(0, len(body), 9999))
    assert frail.post("/v1/files", content=body if whole else parts).text == "/v1/files"
    assert upstream.arrived[0].body == body
    assert ("content-length" in upstream.arrived[0].headers) == whole


# -- keys and headers -------------------------------------------------------------------------------------------------


def test_keys_pass_and_the_proxys_own_token_does_not(upstream, frail):
    headers = {
        "authorization": f"Bearer {KEY}",
        "x-api-key": KEY,
        "connection": "close, x-hop",
        "x-hop": "1",
        "te": "x",
    }
    frail.post(CHAT, json=BODIES[CHAT] | {"messages": []}, headers=headers)
    sent = upstream.arrived[0].headers
    assert (sent["authorization"], sent["x-api-key"]) == (f"Bearer {KEY}", KEY)
    assert sent["host"] == upstream.url.removeprefix("http://")
    assert not {"x-laconic-token", "x-hop", "te", "connection"} & set(sent)


def test_no_header_is_added_to_a_request(upstream, address):
    with socket.create_connection(address.removeprefix("http://").split(":"), timeout=20) as connection:
        connection.sendall(b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    assert set(upstream.arrived[0].headers) == {"host"}


def test_a_token_is_asked_for(frail):
    for wrong in ("", "open"):
        answer = frail.post(CHAT, json={}, headers={"x-laconic-token": wrong, "authorization": "Bearer open sesame"})
        assert answer.status_code == 401
        assert "x-laconic-token" in answer.json()["error"]["message"]


def test_cookies_of_one_client_are_not_sent_for_another(upstream, client):
    upstream.answer = (200, {"set-cookie": "who=ada"}, b"{}")
    assert client.get("/v1/models").headers["set-cookie"] == "who=ada"
    client.cookies.clear()
    client.get("/v1/models")
    assert "cookie" not in upstream.arrived[1].headers


def test_a_redirect_is_not_followed(upstream, client):
    with provider() as other:
        upstream.answer = (307, {"location": f"{other.url}/v1/models"}, b"")
        answer = client.get("/v1/models", headers={"x-api-key": KEY})
        assert (answer.status_code, answer.headers["location"]) == (307, f"{other.url}/v1/models")
        assert other.arrived == []


def test_an_answer_comes_as_it_was_encoded(upstream, client):
    packed = gzip.compress(b'{"a": 1}')
    upstream.answer = (200, {"content-encoding": "gzip", "x-request-id": "r1"}, packed)
    with client.stream("POST", CHAT, json=BODIES[CHAT], headers={"accept-encoding": "gzip;q=0.5"}) as answer:
        assert b"".join(answer.iter_raw()) == packed
        assert (answer.headers["content-encoding"], answer.headers["x-request-id"]) == ("gzip", "r1")
    assert upstream.arrived[0].headers["accept-encoding"] == "gzip;q=0.5"


def test_what_the_provider_refuses_is_told_as_it_says(upstream, openai_client):
    said = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
    upstream.answer = (429, {"content-type": "application/json", "retry-after": "7"}, json.dumps(said).encode())
    with pytest.raises(openai.RateLimitError, match="slow down") as caught:
        openai_client.chat.completions.create(**BODIES[CHAT])
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.body == said["error"]


# -- failures ---------------------------------------------------------------------------------------------------------


def body_saying(word):
    return json.dumps({"messages": [{"role": "user", "content": f"{word} {RULES}"}, {"role": "user", "content": "?"}],
                       "model": "m"}, indent=1).encode()  # fmt: skip


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (body_saying("EXPLODE"), "failed"),
        (body_saying("DAWDLE"), "slow"),
        (body_saying("\ud800"), "failed"),
        (b'{"model": "m", "messages": "none"}', "unknown-shape"),
        (b'{"model": "m", "messages": [3]}', "unknown-shape"),
        (b'{"model": "m", "messages": [{"content": "who?"}]}', "unknown-shape"),
        (b'{"model": "m"}', "unknown-shape"),
        (b"[]", "unknown-shape"),
        (b"", "not-json"),
        (b'{"model": "m"', "not-json"),
        (b'{"model": "\xff"}', "not-json"),
        (b"[" * 9000, "not-json"),
    ],
)
def test_what_fails_of_ours_goes_on_unchanged(body, reason, upstream, frail):
    upstream.answer = (200, {}, b"fine")
    answer = frail.post(CHAT, content=body)
    assert (answer.status_code, answer.text) == (200, "fine")
    assert answer.headers["x-laconic-fallback"] == reason
    assert upstream.arrived[0].body == body


def test_an_encoded_body_goes_on_unchanged(upstream, frail):
    upstream.answer = (200, {}, b"fine")
    packed = gzip.compress(body_saying("a"))
    answer = frail.post(CHAT, content=packed, headers={"content-encoding": "gzip"})
    assert answer.headers["x-laconic-fallback"] == "encoded"
    assert upstream.arrived[0].body == packed


async def test_more_than_can_be_compressed_in_time_goes_on_unchanged(upstream, frail):
    upstream.answer = (200, {}, b"fine")
    async with httpx.AsyncClient(base_url=frail.base_url, headers=frail.headers) as client:
        calls = [client.post(CHAT, content=body_saying("DAWDLE")) for _ in range(40)]
        found = await asyncio.gather(*calls, return_exceptions=True)
    # on a busy machine the short deadline of this server's heads closes some of so many connections
    answers = [answer for answer in found if not isinstance(answer, httpx.ReadError)]
    assert len(answers) > 20
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["x-laconic-fallback"] for answer in answers} <= {"busy", "slow"}
    assert {arrived.body for arrived in upstream.arrived} == {body_saying("DAWDLE")}


def test_a_body_that_is_too_long_or_does_not_end_is_refused(upstream, frail):
    assert frail.post(CHAT, content=b" " * 20_001).status_code == 413
    assert frail.post(CHAT, content=(b" " * 9000 for _ in range(4))).status_code == 413
    for path in (CHAT, "/v1/files"):
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Laconic-Token: open sesame\r\nContent-Length: 9\r\n\r\n{{"
        with socket.create_connection((frail.base_url.host, frail.base_url.port), timeout=20) as connection:
            connection.sendall(head.encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 408 ")
    assert [arrived for arrived in upstream.arrived if arrived.path == CHAT] == []


def test_a_provider_that_breaks_off_is_not_taken_for_one_that_ended(frail, upstream):
    """A silent one, here: the part that came has no end."""
    upstream.waits = True
    with frail.stream("POST", CHAT, json={"model": "m", "stream": True, "messages": []}) as answer:
        heard = answer.iter_bytes()
        assert WORDS[0].encode() in next(heard)
        with pytest.raises(httpx.RemoteProtocolError):
            list(heard)


@contextmanager
def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers
        yield bound.getsockname()[1]


def test_a_provider_that_is_not_there_and_nothing_of_a_request_in_the_log(upstream):
    """What the server says on its standard error, to the end."""
    with free_port() as port:
        command = laconic_command("serve", "--upstream", f"http://127.0.0.1:{port}", "--port", "0", "--mode", "strict")
        with started(command) as process:
            url = re.search(r"http://\S+", process.stderr.readline()).group()
            made = anthropic.Anthropic(api_key=KEY, base_url=url, max_retries=0)
            with made, pytest.raises(anthropic.InternalServerError) as caught:
                made.messages.create(**BODIES[MESSAGES])
            assert caught.value.status_code == 502
            httpx.post(url + CHAT, content=body_saying("\ud800"), headers={"authorization": KEY})
            process.terminate()
            said = process.stderr.read()
    assert "ConnectError" in said
    assert "InputError" in said
    assert KEY not in said
    assert "guess" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("path", ["/", "/metrics", "/v2/models", "/v1/../health", "/v1/%2e%2e/x"])
def test_nothing_outside_of_v1_is_passed_on(path, upstream, address):
    with socket.create_connection(address.removeprefix("http://").split(":"), timeout=20) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 404 ")
    assert upstream.arrived == []


def test_a_page_of_another_site_cannot_ask(address):
    assert httpx.get(f"{address}/v1/models", headers={"host": "evil.example"}).status_code == 403


# -- options ----------------------------------------------------------------------------------------------------------


def test_an_address_may_have_a_path_and_the_clients_v1(upstream):
    with running(laconic_command("serve", "--upstream", f"{upstream.url}/api/v1/", "--port", "0")) as url:
        assert httpx.get(f"{url}/v1/models").text == "/api/v1/models"
        assert httpx.get(f"{url}/health").json()["status"] == "ok"


@pytest.mark.parametrize("wrong", ["", "api.openai.com", "ftp://a", "https://", "https://a:b@c", "https://a?key=b"])
def test_an_address_that_is_none_is_refused(wrong):
    with pytest.raises(ConfigurationError, match="upstream"):
        proxy_app(wrong)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe", "logs"], "--upstream"),
        (["--threshold", "3"], "--upstream"),
        (["--upstream", "https://a", "--project", "."], "--project"),
        (["--upstream", "https://a", "--mode", "harsh"], "hybrid, strict, aggressive"),
        (["--upstream", "https://a", "--recipe", "nothing"], "nothing"),
        (["--upstream", "https://a", "--host", "0.0.0.0"], "--token"),  # noqa: S104
    ],
)
def test_options_that_cannot_work_are_told(arguments, message):
    assert message in re.sub(r"\s+", " ", run("serve", *arguments, code=2)[1])


def test_the_threshold_of_tokenpak_is_obeyed(upstream):
    command = laconic_command("serve", "--upstream", upstream.url, "--port", "0")
    with running(command, TOKENPAK_COMPACT_THRESHOLD_TOKENS="100") as url:
        httpx.post(url + CHAT, json={"model": "m", "messages": [{"role": "user", "content": RULES * 2}] * 2})
    assert changes([RULES * 2], [upstream.arrived[0].json["messages"][0]["content"]]) != []
