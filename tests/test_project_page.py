"""The page of the HTTP server, in a real browser; skipped where there is none."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("typer")
pytest.importorskip("httpx")

from browser import CHROMIUM, DRIVER, browser
from served_project import FILES, QUESTION, laconic_command, make_project, running

pytestmark = pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="Chromium and its driver are not installed")

TAB, ENTER = "\ue004", "\ue007"  # keys, as WebDriver numbers them
ASSEMBLED = "return document.querySelector('#status').innerText.startsWith('Assembled')"
LOADED = "return document.querySelectorAll('#project option').length"
TOKEN = "open sesame"

# The least contrast of all text with what stands behind it, by WCAG 2's formula.
CONTRAST = """
const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const rgba = (text) => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const behind = (e) => {
  for (; e; e = e.parentElement) {
    const colour = rgba(getComputedStyle(e).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
return [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility() &&
    [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())).map((e) => {
  const [a, b] = [light(rgba(getComputedStyle(e).color)), light(behind(e))];
  return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.outerHTML.slice(0, 80)];
}).sort((a, b) => a[0] - b[0])[0];
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def address(root):
    with running(laconic_command("serve", "--project", f"my-project={root}", "--port", "0")) as url:
        yield url


@pytest.fixture(scope="module")
def window():
    with browser() as opened:
        yield opened


@pytest.fixture
def page(window, address):
    window.emulate("light")
    window.open(address)
    window.wait(LOADED)
    yield window
    assert window.complaints() == []  # neither errors nor what the page's policy forbids


def assemble(page, question=QUESTION, compression="lod"):
    page.run("document.querySelector('#query').value = ''")
    page.type("#query", question)
    page.click(f"#compression option[value={compression}]")
    page.click("#assemble")
    page.wait(ASSEMBLED)


def sources(page):
    """Path, level, ratio and text of each source, as shown."""
    return [
        (path, int(badge.removeprefix("LOD")), float(ratio.removesuffix("×")), text)
        for path, badge, ratio, text in page.run(
            "return [...document.querySelectorAll('#sources details')].map((d) => "
            "[d.querySelector('.path').textContent, d.querySelector('.badge').textContent, "
            "d.querySelector('.number').textContent, d.querySelector('pre').textContent])"
        )
    ]


def test_a_question_gives_sources_with_levels_and_ratios(page):
    assert page.text("#assemble") == "Assemble"
    assert "my-project" in page.text("#project")
    assert page.text("#compression").splitlines()[0].strip() == "LOD (Structural)"
    assemble(page)
    found = {path: (lod, ratio, text) for path, lod, ratio, text in sources(page)}
    lod, ratio, text = found["src/auth.py"]
    assert 0 <= lod <= 5
    assert ratio == pytest.approx(len(FILES["src/auth.py"]) / len(text), rel=0.1)
    assert "login" in text
    assert all("lod=" not in text for *_, text in found.values())
    assert re.search(r"\d files, [\d,]+ → [\d,]+ characters", page.text("#figures"))
    if folder := os.environ.get("PAGE_PICTURES"):  # to be looked at
        for scheme in ("light", "dark"):
            page.emulate(scheme)
            page.picture(Path(folder) / f"{scheme}.png")


def test_compression_can_be_switched_off(page):
    assemble(page, compression="none")
    assert {lod for _, lod, _, _ in sources(page)} == {0}
    assert FILES["src/auth.py"].rstrip() in [text for *_, text in sources(page)]


def test_code_is_shown_and_never_run(page):
    title = page.run("return document.title")
    assemble(page, "Which colours has the house?", "none")
    assert "<img src=x" in {path: text for path, _, _, text in sources(page)}["src/paint.py"]
    assert page.run("return document.images.length") == 0
    assert page.run("return document.title") == title


def test_everything_works_by_keyboard(page):
    def press_until(selector):
        for _ in range(20):
            if page.run("return document.activeElement.matches(arguments[0])", selector):
                return
            page.keys(TAB)
        raise AssertionError(f"{selector} cannot be reached")

    page.run("document.activeElement.blur()")
    press_until("#query")
    page.keys(*"login")
    press_until("#assemble")
    page.keys(ENTER)
    page.wait(ASSEMBLED)
    assert sources(page)
    press_until("#sources summary")
    was = page.run("return document.activeElement.parentElement.open")
    page.keys(ENTER)
    assert page.run("return document.activeElement.parentElement.open") is not was
    assert page.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_themes(page, scheme):
    page.emulate(scheme)
    assemble(page)
    least, where = page.run(CONTRAST)
    assert least >= 4.5, where
    red = int(re.findall(r"\d+", page.run("return getComputedStyle(document.body).backgroundColor"))[0])
    assert (red < 100) is (scheme == "dark")


def test_fields_have_names_and_the_status_is_announced(page):
    nameless = "return [...document.querySelectorAll('input, select, textarea')].filter((e) => !e.labels.length).length"
    assert page.run(nameless) == 0
    assert page.run("return document.querySelector('#status').getAttribute('aria-live')") == "polite"
    assert page.run("return document.documentElement.lang") == "en"


def test_what_the_server_refuses_is_said(page):
    page.run("document.querySelector('#k').removeAttribute('max'); document.querySelector('#k').value = 5000")
    page.type("#query", "x")
    page.click("#assemble")
    assert "k is 5000" in page.wait("return document.querySelector('#status.bad')?.innerText")
    assert page.run("return document.querySelector('#result').hidden")
    assert "422" in " ".join(page.complaints())  # the browser's own line on the answer


def test_a_token_is_asked_for_and_kept_for_the_visit(window, root):
    command = laconic_command("serve", "--project", f"my-project={root}", "--port", "0")
    with running(command, LACONIC_TOKEN=TOKEN) as url:
        window.open(url)
        assert "asks for its token" in window.wait("return document.querySelector('#status.bad')?.innerText")
        window.type("#token", f"wrong{ENTER}")
        assert "not the server's token" in window.wait(
            "const said = document.querySelector('#status').innerText; return said.includes('not') && said"
        )
        window.run("document.querySelector('#token').value = ''")
        window.type("#token", f"{TOKEN}{ENTER}")
        window.wait(LOADED)
        assemble(window)
        assert sources(window)
        window.open(url)
        window.wait(LOADED)
    window.complaints()


def test_the_page_brings_all_that_it_needs(address):
    import httpx

    with httpx.Client(trust_env=False) as client:
        answer = client.get(address)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.findall(r"(?:src|href)=[\"'](?!data:,)", answer.text)
    assert not re.findall(r"https?://", answer.text)
