"""Make the screenshots of the documentation by running what they show: ``make shots``.

Terminals are drawn by rich from the real output of the command, pages are photographed by Chromium without a window.
Needs ``laconic[cli]`` and, for the pages, a program called ``chromium`` or ``google-chrome``.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
COLUMNS = 100
MOST_LINES = 40
QUESTION = "What happens when the engine fails inside a chain?"
# Rich's own template, which loads its font from another host, without that.
FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def terminal(name: str, *commands: str, folder: Path = ROOT) -> None:
    """What some commands show, as an SVG; long output is cut in the middle."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    environment = os.environ | {"COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment.pop("NO_COLOR", None)
    for command in commands:
        done = subprocess.run(
            shlex.split(command), cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        lines = f"{done.stdout}{done.stderr}".rstrip().split("\n")
        if len(lines) > MOST_LINES:
            half = MOST_LINES // 2
            lines = [*lines[:half], "…", *lines[-half:]]
        console.print(Text(f"$ {command}", style="bold"))
        console.print(Text.from_ansi("\n".join(lines)))
    svg = FONT_FACE.sub("", console.export_svg(title=name, unique_id=name))
    (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")


def page(name: str, path: Path, height: int) -> None:
    """A page as Chromium shows it, as a PNG."""
    browser = next((found for each in ("chromium", "google-chrome") if (found := shutil.which(each))), None)
    if browser is None:
        raise SystemExit("there is no chromium: install it to photograph pages")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size=900,{height}"]
    subprocess.run(
        [browser, *options, f"--screenshot={PICTURES / name}.png", path.as_uri()], check=True, capture_output=True
    )


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        html, rows, report = work / "page.html", work / "rows.jsonl", work / "report.html"
        compress = f"laconic compress docs/langchain.md --query {shlex.quote(QUESTION)} --max-tokens 110"
        terminal("shell", compress, f"{compress} --dry-run")
        command = [sys.executable, "-m", "laconic.cli", *shlex.split(compress)[1:], "--html", str(html)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        page("compressed", html, 900)
        subprocess.run([sys.executable, ROOT / "examples" / "twenty_questions.py", rows], check=True)
        terminal("evaluate", "laconic evaluate rows.jsonl --report report.html", folder=work)
        page("report", report, 900)


if __name__ == "__main__":
    main()
