"""What laconic never does unasked: unpickle, run code, reach the network, write files, tell secrets."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from structure_support import ROOT, imported, modules, tree

SOURCES = [path for folder in ("engine", "integrations") for path in modules(folder)]

RUNS_CODE = {"eval", "exec", "compile", "__import__"}
UNPICKLES = {
    "pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.load", "marshal.loads", "shelve.open", "dill.load",
    "dill.loads", "joblib.load", "cloudpickle.load", "cloudpickle.loads", "yaml.load", "yaml.unsafe_load",
    "yaml.full_load", "os.system", "os.popen", "numpy.load", "np.load",
}  # fmt: skip
NETWORKED = {
    "aiohttp", "ftplib", "http.client", "httpx", "huggingface_hub", "imaplib", "poplib", "requests", "smtplib",
    "socket", "socketserver", "ssl", "subprocess", "telnetlib", "urllib.request", "urllib3", "uvicorn", "websockets",
    "xmlrpc",
}  # fmt: skip
MAY = {
    "laconic/_utils/http.py": "the clients of hosted services, for who asks for them",
    "laconic/chain/testing.py": "tests for others, which pickle their own bytes",
    "laconic/evaluation/endpoint.py": "a judge that is given by its address",
    "laconic/messages/engines.py": "looks whether a model lies in the local cache",
    "laconic/scaledown/hosted.py": "backend='api'",
    "laconic/score/vectors/openai_api.py": "an embedder that is named after a service",
    "laconic/servers/listening.py": "a server listens",
    "laconic/servers/proxy.py": "a proxy before the provider that is given",
}
"""Files that do one of these, and when."""


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix().partition("/")[2]


def called(node: ast.Call) -> str:
    return ast.unparse(node.func)


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_no_file_unpickles_runs_text_or_knows_the_network(path: Path) -> None:
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    found = {called(node) for node in calls} & (RUNS_CODE | UNPICKLES)
    found |= {name for name in imported(path) if name in NETWORKED or name.partition(".")[0] in NETWORKED}
    for node in calls:
        options = {each.arg: ast.unparse(each.value) for each in node.keywords}
        if called(node) == "torch.load" and options.get("weights_only") != "True":
            found.add("torch.load without weights_only")
        if options.get("allow_pickle", "False") != "False" or options.get("shell", "False") != "False":
            found.add(called(node))
        if options.get("trust_remote_code", "False") != "False":
            found.add("trust_remote_code")
    assert bool(found) == (place(path) in MAY), f"{sorted(found)}: say in MAY when, or leave it"


_WATCHED = """
import os, sys
os.environ.update(LANGSMITH_TRACING="false", HF_HUB_OFFLINE="1")
seen = []
at_work = False

def importing():
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False

def watch(event, arguments):
    if not at_work:
        return
    if event.startswith(("socket.connect", "socket.bind", "socket.get", "socket.send", "subprocess.", "os.exec",
                         "os.posix_spawn", "os.spawn", "os.system", "os.fork", "pickle.", "shutil.", "tempfile.",
                         "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod",
                         "os.truncate", "urllib.", "http.", "ftplib.", "smtplib.", "sqlite3.", "webbrowser.")):
        if not (event == "socket.bind" and importing()):  # urllib3 looks whether there is IPv6
            seen.append(f"{event} {arguments!r}"[:300])
    elif event == "open" and not importing():
        _, mode, flags = arguments
        if set(mode or "") & set("wax+") or (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            seen.append(f"open {arguments!r}"[:300])
    elif event in ("exec", "marshal.loads") and not importing():
        seen.append(f"{event} {arguments!r}"[:300])

sys.addaudithook(watch)
at_work = True
import laconic
"""

_CALLS = """
at_work = False
import json
from doors import DOORS, Call
from laconic.kinds.catalogue import KINDS
from laconic.types import Passage
at_work = True
done = 0
for name, door in DOORS.items():
    if door.budgets and sys.argv[1] in name or sys.argv[1] == "all":
        for kind in KINDS:
            passages = (Passage(kind.example, id="a"), Passage("It is red. It is old.", id="b"))[: 2 - door.one_text]
            budget = {"max_tokens": 40} if "max_tokens" in door.budgets else {"rate": 0.5}
            try:
                door.run(Call(passages, "which one failed?", budget))
            except laconic.exceptions.LaconicError:
                pass
            done += 1
at_work = False
print(json.dumps([seen, done]))
"""


def watched(code: str, *arguments: str) -> object:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LANG", "COV"))}
    environment |= {
        "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in ("engine", "integrations", "tests")),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


def test_importing_laconic_touches_nothing() -> None:
    assert watched(f"{_WATCHED}\nat_work = False\nimport json\nprint(json.dumps(seen))") == []


def test_no_door_reaches_out() -> None:
    """Every door, adapters among them, over an example of every kind, watched by the interpreter."""
    pytest.importorskip("hypothesis")
    seen, done = watched(_WATCHED + _CALLS, "all")
    assert done > 300
    assert seen == []


def test_the_watch_sees_what_it_is_for() -> None:
    deeds = (
        "import pickle, tempfile, socket, subprocess\n"
        "class Evil:\n    def __reduce__(self): return print, ('',)\n"
        "data = pickle.dumps(Evil())\nat_work = True\npickle.loads(data)\nexec('1')\n"
        "open(os.devnull, 'w').close()\nsubprocess.run(['true'])\n"
        "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.close()\nat_work = False\nimport json\n"
        "print(json.dumps(seen))"
    )
    seen = watched(f"{_WATCHED}\nat_work = False\n{deeds}")
    for event in ("pickle.find_class", "exec", "open", "subprocess.Popen", "socket.bind"):
        assert any(each.startswith(event) for each in seen), (event, seen)


# -- secrets ------------------------------------------------------------------------------------------------------

_SECRET_CALLS = """
import io, logging, traceback, warnings
log = io.StringIO()
logging.basicConfig(level=logging.DEBUG, stream=log, force=True)
from doors import DOORS, Call
from laconic.types import Passage
MARK = "zq7secretzq7"
TEXT = (f"The password of the server is {MARK}-text and nobody may know it. The tower is 324 metres high. "
        "Many people visit it every year, and most of them come in summer. It was painted again in 1998. ") * 3
told = []
done = 0
for name, door in DOORS.items():
    for budget in ({"max_tokens": 40}, {"max_tokens": -1}, {"rate": 0.5}, {"rate": 7.0}, {"recall": 0.5}):
        for text in (TEXT, TEXT + "\\ud800", f'[{{"word": "{MARK}", "a": ' * 3, f"def f():\\n  x = '{MARK}'\\n  (("):
            try:
                made = Passage(text, id=f"{MARK}-id", metadata={"key": f"{MARK}-metadata"})
                door.run(Call((made,), f"What is {MARK}-query?", budget))
            except Exception as error:
                told.append((name, str(error) + repr(error)))
            done += 1
said = [name for name, text in told if MARK in text]
logged = [line for line in log.getvalue().splitlines() if MARK in line]
import json
print(json.dumps([said[:20], logged[:20], done, len(told)]))
"""


def test_no_door_tells_what_the_text_says() -> None:
    """Logs at DEBUG and errors, of calls that go well and of calls that cannot."""
    said, logged, done, failed = watched(_SECRET_CALLS)
    assert done > 500
    assert failed > 100
    assert logged == []
    assert said == []


MARK = "zq7secretzq7"


def test_what_is_kept_between_calls_shows_nothing_of_the_text(tmp_path: Path) -> None:
    """Reprs of engines and stores after their calls, and the file of telemetry."""
    import laconic
    from laconic.chain.cuts import CutStore
    from laconic.messages import MessagePipeline
    from laconic.supercompress.context import ContextEviction
    from laconic.types import Passage

    text = f"The word is {MARK}. The tower is 324 metres high. Many people visit it. It was painted in 1998. " * 20
    store, compressor = CutStore(), laconic.Compressor(max_tokens=40)
    handle = store.put([Passage(text)])
    compressor.compress(text, f"Where is {MARK}?")
    eviction = ContextEviction()
    eviction.compress(text, f"Where is {MARK}?")
    pipeline = MessagePipeline("default", telemetry=tmp_path / "calls.sqlite", threshold_tokens=0)
    pipeline.run([{"role": "user", "content": text}, {"role": "user", "content": f"Where is {MARK}?"}])
    pipeline.telemetry.flush()
    for each in (store, store.backend, handle, compressor, eviction, pipeline, pipeline.telemetry):
        assert MARK not in repr(each) + str(each)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert written
    assert MARK.encode() not in written
