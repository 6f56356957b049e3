"""The example site, started as its README says and used in a real browser: nothing raw is in what it keeps."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from contextlib import suppress
from types import SimpleNamespace
from urllib.request import urlopen

import pytest

from pii_guard.certificate import Checks, Trust, verify
from pii_guard.certificate.trust import TrustedKey
from tests.certificate.render.browser import PROGRAM, Browser
from tests.conftest import ROOT

FOLDER = ROOT / "examples" / "django"
README = (FOLDER / "README.md").read_text("utf-8")
pytestmark = [
    pytest.mark.localhost,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed"),
]
LOG = b"2026-11-01 login wilhelmina.drachenfels@mail.example\n"
RAW = (b"wilhelmina", b"Wilhelmina", b"drachenfels", b"Drachenfels", b"536-22-8417")


@pytest.fixture(scope="module")
def site(tmp_path_factory, signer):
    """The site in its own process: its address, the administrator's password, its data."""
    data = tmp_path_factory.mktemp("site")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    ((_, _, command),) = [re.findall(r"^pip install (.*) && (python) (.*)$", README, re.M)[0]]
    environment = {**os.environ, "DESK_DATA": str(data), "PII_GUARD_KEY": str(signer.path)}
    process = subprocess.Popen(
        [sys.executable, *shlex.split(command), address],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        password = process.stdout.readline().rpartition(" ")[2].strip()
        assert process.stdout.readline().strip() == f"http://{address}/"
        while "Quit the server" not in process.stdout.readline():
            assert process.poll() is None
        yield SimpleNamespace(url=f"http://{address}/", password=password, data=data)
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


class Page:
    """What somebody does on a page."""

    def __init__(self, browser, url):
        self.browser = browser
        browser.complaints.clear()
        self._follow(lambda: browser("Page.navigate", url=url))

    def fill(self, **values):
        for name, value in values.items():
            self.run(f"document.querySelector('[name={name}]').value = {value!r}")
        return self

    def attach(self, selector, *paths):
        document = self.browser("DOM.getDocument")["root"]["nodeId"]
        node = self.browser("DOM.querySelector", nodeId=document, selector=selector)["nodeId"]
        self.browser("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])
        return self

    def press(self, selector):
        assert self.run(f"document.querySelector({selector!r}) !== null"), self.text
        self._follow(lambda: self.run(f"document.querySelector({selector!r}).click()"))
        return self

    def _follow(self, go):
        """Go, until another page is there."""
        self.run("window.before = true")
        go()
        there = "window.before === undefined && document.readyState === 'complete'"
        for _ in range(6000):
            with suppress(AssertionError):  # between two pages there is none to ask
                if self.run(there):
                    return
            time.sleep(0.05)
        raise AssertionError("no page came")

    def run(self, expression):
        return self.browser.evaluate(expression)

    @property
    def text(self):
        return self.run("document.body.innerText")

    @property
    def address(self):
        return self.run("location.href")


def nothing_raw(site):
    """Of what came, nothing is in the database or among the files, nor in their names."""
    for path in site.data.rglob("*"):
        assert not any(raw.decode() in str(path) for raw in RAW), path
        if path.is_file():
            content = path.read_bytes()
            assert not any(raw in content for raw in RAW), path


@pytest.fixture
def attachment(tmp_path):
    path = tmp_path / "wilhelmina.drachenfels@mail.example.log"
    path.write_bytes(LOG * 50_000)  # more than Django holds in memory
    return path


@pytest.fixture
def unreadable(tmp_path):
    path = tmp_path / "tool.bin"
    path.write_bytes(b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 8)
    return path


def sent(site, browser, *files):
    page = Page(browser, site.url)
    page.fill(
        title="Data of Wilhelmina Drachenfels",
        description="SSN 536-22-8417 of wilhelmina.drachenfels@mail.example",
        contact="lina",
    )
    return page.attach("[name=attachments]", *files).press("button")


def test_a_report_is_sent_stored_and_certified(site, browser, attachment, signer, tmp_path):
    page = sent(site, browser, attachment)
    assert "/sent/" in page.address, page.text[:2000]
    assert "Data of <PERSON_1>" in page.text
    assert "<US_SSN_1> of <EMAIL_ADDRESS_1>" in page.text
    assert browser.complaints == []
    nothing_raw(site)
    (stored,) = (site.data / "media").rglob("*.log")
    assert stored.read_bytes().count(b"<EMAIL_ADDRESS_1>") == 50_000
    trust = Trust((TrustedKey(signer.public),))
    beside = stored.with_name(stored.name + ".certificate.json").read_bytes()
    told = {
        one.name: one.status for one in verify(beside, trust, Checks(artifacts=stored.parent)).rules
    }
    assert (told["signature"], told["outputs"]) == ("pass", "pass")
    with urlopen(page.run("document.querySelector('a').href")) as answer:
        whole = verify(answer.read(), trust, Checks())
    assert {one.name: one.status for one in whole.rules}["signature"] == "pass"


def test_a_file_that_is_refused_is_an_error_at_its_field(site, browser, unreadable):
    before = sorted(site.data.rglob("*"))
    page = sent(site, browser, unreadable)
    assert page.address == site.url
    assert "This file was not stored: unsupported." in page.text
    assert page.run("document.querySelector('[name=title]').value") == "Data of <PERSON_1>"
    assert sorted(site.data.rglob("*")) == before
    nothing_raw(site)


def test_the_admin_shows_reports_and_is_no_way_around(site, browser, attachment, unreadable):
    sent(site, browser, attachment)
    page = Page(browser, f"{site.url}admin/")
    page.fill(username="admin", password=site.password).press("[type=submit]")
    page = Page(browser, f"{site.url}admin/desk/report/")
    page.press("#result_list tbody th a")
    assert page.run("document.querySelector('[name=title]')?.value") == "Data of <PERSON_1>", (
        page.text[:2000]
    )
    report = page.address
    page.fill(contact="Wilhelmina Drachenfels").attach("[name=attachments-1-file]", unreadable)
    page.press("[name=_continue]")
    assert "This file was not stored: unsupported." in page.text
    page = Page(browser, report)
    page.fill(contact="Wilhelmina Drachenfels").attach("[name=attachments-1-file]", attachment)
    page.press("[name=_continue]")
    assert "was changed successfully" in page.text
    assert page.run("document.querySelector('[name=contact]').value") == "<PERSON_1>"
    nothing_raw(site)
    assert len(list((site.data / "media").rglob("*.certificate.json"))) >= 2
