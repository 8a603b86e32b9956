"""Chats for the tests of `laconic.messages`: small, real in form, one of every kind of content."""

from __future__ import annotations

import json

CODE = '''\
#!/usr/bin/env python3
# Copyright 2024 Somebody
import os  # noqa: F401


def area(width, height):
    """Area of a rectangle."""
    # multiply
    result = width * height  # type: ignore
    return result


class Shape:
    """A shape."""

    def name(self):
        return "# not a comment"
'''

LOG = "\n".join(
    [
        *(
            f"2024-05-01 12:00:{n:02} INFO worker-{n % 3}: finished job {1000 + n} in {n * 7 % 50} ms"
            for n in range(50)
        ),
        "2024-05-01 12:01:00 ERROR worker-1: job 1050 failed: disk /dev/sda1 is full",
        *(
            f"2024-05-01 12:02:{n:02} INFO worker-{n % 3}: finished job {1100 + n} in {n * 3 % 40} ms"
            for n in range(50)
        ),
    ]
)

ORDERS = json.dumps(
    [
        {
            "order_id": f"#W{1000 + n}",
            "status": "delivered" if n % 2 else "pending",
            "items": [{"sku": n, "price": n + 0.5}],
        }
        for n in range(60)
    ],
    indent=1,
)

DIFF = "".join(
    f"diff --git a/f{n}.py b/f{n}.py\n--- a/f{n}.py\n+++ b/f{n}.py\n"
    f"@@ -1,3 +1,3 @@ def f{n}():\n a = {n}\n-b = {n}\n+b = {n + 1}\n c = 0\n"
    for n in range(12)
)

CSV = "name,city,age\n" + "".join(f"person {n},city {n % 7},{20 + n % 50}\n" for n in range(80))

PROSE = (
    "The tower was built in 1889 by the company of Gustave Eiffel. It is 330 metres high. Many people thought that it "
    "was ugly at first. It was not meant to stay. Radio saved it, because antennas need a high place. Today seven "
    "million people come every year. The paint is renewed every seven years, which takes sixty tonnes of it. The lifts "
    "travel far each day. "
) * 3

MARKDOWN = (
    f"# Guide\n\n{PROSE}\n\n## Setup\n\n- first **do** this\n- then [that](https://example.org/x)\n\n"
    f"### Details\n\n{PROSE}\n"
)


def tool_chat(*results, question="What went wrong with order #W1007?"):
    """A chat with one call for each tool result."""
    chat = [
        {"role": "system", "content": "Obey the   policy.\n\n\n\nAlways."},
        {"role": "user", "content": "Look it up."},
    ]
    for at, result in enumerate(results):
        call = {"id": f"call_{at}", "type": "function", "function": {"name": "look", "arguments": f'{{"n": {at}}}'}}
        chat.append({"role": "assistant", "content": None, "tool_calls": [call]})
        chat.append({"role": "tool", "tool_call_id": f"call_{at}", "content": result})
    return [*chat, {"role": "user", "content": question}]


def everything():
    """A chat that holds one of every type of block."""
    fence = f"Please look:\n\n```python\n{CODE}```\n\nand at this:\n\n```\n{LOG}\n```\n"
    return [
        {"role": "system", "content": "You are careful."},
        {"role": "user", "content": fence},
        {"role": "assistant", "content": MARKDOWN},
        {"role": "user", "content": f"The API said {ORDERS} to me."},
        *tool_chat(ORDERS, LOG, DIFF, CSV)[2:-1],
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Why is #W1007 pending?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ],
        },
    ]
