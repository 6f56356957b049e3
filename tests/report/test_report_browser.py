"""The report in a real browser: axe finds nothing, the keyboard reaches everything, it fits and prints."""

from __future__ import annotations

import importlib.util
import json
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from pii_guard.report import Difference, Standing, Trend, render_html, summarise
from tests.certificate.render.browser import PROGRAM, Browser
from tests.report.samples import rows
from tests.report.test_page import soiled

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")
COMPLETE = Standing("complete", 900, 900, "k")
PAPERS = {"a4": (8.27, 11.69), "letter": (8.5, 11.0)}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture(scope="module", params=["rich", "soiled", "empty"])
def report(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    given = {"rich": rows(900, sources=2), "soiled": list(soiled()) * 3, "empty": []}[request.param]
    summary = summarise(given)
    trend = Trend(summarise(rows(700, seed=2)), COMPLETE, Difference(1, 2, 3))
    standing = COMPLETE if request.param == "rich" else Standing("incomplete", 900, 7_000)
    path.write_text(render_html(summary, standing=standing, trend=trend), "utf-8")
    return path


def axe():
    """axe-core's source. MPL-2.0, test-time only: it is read from a package, and stays there."""
    package = importlib.util.find_spec("axe_playwright_python")
    if package is None or package.origin is None:
        pytest.skip("axe-core is not installed: pip install --no-deps axe-playwright-python")
    return (Path(package.origin).parent / "axe.min.js").read_text("utf-8")


CHECK = """
axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
                   resultTypes: ['violations', 'incomplete', 'passes']})
   .then(found => JSON.stringify({
      violations: found.violations.map(one => [one.id, one.nodes.slice(0, 3).map(n => n.html.slice(0, 200))]),
      incomplete: found.incomplete.map(one => [one.id, one.nodes.slice(0, 3).map(n => n.html.slice(0, 200))]),
      passes: found.passes.map(one => one.id)}))
"""


def checked(browser):
    browser.evaluate(axe())
    told = browser(
        "Runtime.evaluate", expression=CHECK, awaitPromise=True, returnByValue=True
    )["result"]["value"]  # fmt: skip
    return json.loads(told)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_nothing(browser, report, width, dark):
    browser.open(report, width=width, dark=dark)
    browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    told = checked(browser)
    assert told["violations"] == []
    assert {"color-contrast", "document-title", "html-has-lang", "skip-link"} <= set(told["passes"])


def test_axe_would_find_something(browser, report, tmp_path):
    """The control: the same page with a pale ink and a chart without a name."""
    broken = report.read_text("utf-8").replace("--soft: #585c60", "--soft: #c8ccd0")
    path = tmp_path / "broken.html"
    path.write_text(
        broken.replace('role="img" aria-label', 'role="img" data-x').replace("style-src", "x-src")
    )
    browser.open(path)
    browser.evaluate("document.documentElement.lang = ''")
    found = {name for name, _ in checked(browser)["violations"]}
    assert "html-has-lang" in found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 1280])
def test_it_fits_its_window_asks_for_nothing_and_breaks_no_rule_of_its_own(
    browser, report, width, dark
):
    browser.open(report, width=width, dark=dark)
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.evaluate(over) == 0
    beyond = (
        "(s => [...s.querySelectorAll('*')].filter(e => !e.closest('thead, svg, .wide') && "
        "e.getBoundingClientRect().right > s.getBoundingClientRect().right + 1)"
        ".map(e => e.outerHTML.slice(0, 80)))(document.querySelector('.sheet'))"
    )
    assert browser.evaluate(beyond) == []
    assert browser.asked == [report.as_uri()]
    assert browser.complaints == []


def test_the_policy_lets_no_other_style_and_no_script_in(browser, report, tmp_path):
    """The control: somebody adds to the page. Its style sheet still applies, and nothing else does."""
    added = "<style>h1{color:rgb(1,2,3)}</style><script>window.ran=1</script><img src=x onerror='window.ran=1'>"
    path = tmp_path / "added.html"
    path.write_text(report.read_text("utf-8").replace("</main>", added + "</main>"), "utf-8")
    browser.open(path)
    assert browser.evaluate("window.ran === undefined")
    colour = "getComputedStyle(document.querySelector('h1')).color"
    assert browser.evaluate(colour) == "rgb(30, 32, 34)"
    refused = [one["entry"]["text"] for one in browser.complaints if "entry" in one]
    assert sum("Content Security Policy" in text for text in refused) >= 3


def press(browser, key):
    for kind in ("rawKeyDown", "keyUp"):
        code = {"Tab": 9, "Enter": 13}[key]
        browser("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser, report):
    browser.open(report)
    expected = browser.evaluate("document.querySelectorAll('a, summary, [tabindex=\"0\"]').length")
    reached = []
    for _ in range(expected):
        press(browser, "Tab")
        reached.append(
            browser.evaluate(
                "(e => [e.tagName, e.textContent.slice(0, 30), getComputedStyle(e).outlineStyle,"
                " e.getBoundingClientRect().top >= 0])(document.activeElement)"
            )
        )
    assert reached[0][:2] == ["A", "Skip to the findings"]
    assert len({tuple(one[:2]) for one in reached}) == expected
    assert all(style == "solid" and inside for _, _, style, inside in reached)


def test_the_skip_link_shows_when_it_is_reached_and_leads_on(browser, report):
    browser.open(report)
    place = "document.querySelector('.skip').getBoundingClientRect().bottom"
    assert browser.evaluate(place) < 0
    press(browser, "Tab")
    assert browser.evaluate(place) > 0
    press(browser, "Enter")
    assert browser.evaluate("document.activeElement.tagName") == "MAIN"


def test_who_wants_no_motion_gets_none(browser, report):
    browser.open(report)
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    assert browser.evaluate(behaviour) == "smooth"
    wish = {"name": "prefers-reduced-motion", "value": "reduce"}
    browser("Emulation.setEmulatedMedia", features=[wish])
    assert browser.evaluate(behaviour) == "auto"


def test_the_colours_follow_the_readers_scheme(browser, report):
    grounds = []
    for dark in (False, True):
        browser.open(report, dark=dark)
        grounds.append(Image.open(BytesIO(browser.screenshot())).convert("L").getpixel((2, 2)))
    assert grounds[0] > 200
    assert grounds[1] < 50


@pytest.mark.parametrize("paper", PAPERS)
def test_it_prints_with_the_figures_of_each_chart(browser, report, paper):
    browser.open(report, dark=True)
    read = pypdf.PdfReader(BytesIO(browser.pdf(PAPERS[paper])))
    pages = [page.extract_text() for page in read.pages]
    assert 1 <= len(pages) <= 14
    assert all(f"Page {number} / {len(pages)}" in page for number, page in enumerate(pages, 1))
    said = "".join(pages)
    assert "Skip to" not in said
    if "of their last change" in report.read_text("utf-8"):
        assert "Mar 2025" in said or "Mar 2026" in said
