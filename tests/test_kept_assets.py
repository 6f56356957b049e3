"""What a researcher tested with is kept, with their own name in it, and the name itself still goes."""

from __future__ import annotations

import base64
import io
import json

import pikepdf
import pypdf
import pytest

from pii_guard import Guard, Policy
from pii_guard.policy import Keep
from pii_guard.residue import Residue

MAIL, ACCOUNT, HOST = "lina.test@researcher.example", "lina-test", "linatest.example"
SAID = f"I am Lina Test ({MAIL}), logged in as {ACCOUNT} at https://api.{HOST}/me. Max Whitfield is max@mail.example."
FILES = {
    "a.txt": SAID.encode(),
    "a.md": f"# Report\n\n- Reporter: Lina Test\n- Contact: {MAIL}\n\n{SAID}\n".encode(),
    "a.json": json.dumps({"name": "Lina Test", "email": MAIL, "login": ACCOUNT, "said": SAID}).encode(),
    "a.html": f"<p>{SAID.replace('@', '&#64;')}</p>".encode(),
    "a.http": f"GET /me?email={MAIL.replace('@', '%40')}&name=Lina+Test HTTP/1.1\r\nHost: api.{HOST}\r\n\r\n".encode(),
    "a.csv": f"name,email\nLina Test,{MAIL}\nMax Whitfield,max@mail.example\n".encode(),
    "a.eml": f"From: Lina Test <{MAIL}>\r\nTo: desk@{HOST}\r\nSubject: IDOR\r\n\r\n{SAID}\r\n".encode(),
}  # fmt: skip


@pytest.fixture(scope="module")
def keeping():
    keep = Keep(frozenset({ACCOUNT}), frozenset({MAIL}), (), frozenset({HOST}))
    return Guard(Policy(keep=keep, isolation="off"))


@pytest.mark.parametrize("name", FILES)
def test_the_name_goes_and_the_assets_stay(keeping, name):
    result = keeping.redact(FILES[name], name=name)
    assert result.verdict == "redacted"
    shown = result.output.decode().replace("%40", "@").replace("&#64;", "@")
    assert "Lina Test" not in shown.replace("+", " ")
    assert "Whitfield" not in shown
    assert MAIL in shown


def test_the_same_in_a_pdf(keeping):
    held = io.BytesIO()
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(600, 800))
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))
    content = f"BT /F1 12 Tf 72 700 Td (I am Lina Test, {MAIL}) Tj 0 -20 Td (Max Whitfield: max@mail.example) Tj ET"
    page.obj.Contents = pdf.make_stream(content.encode())
    pdf.save(held)
    result = keeping.redact(held.getvalue(), name="a.pdf")
    assert result.verdict == "redacted"
    shown = pypdf.PdfReader(io.BytesIO(result.output)).pages[0].extract_text()
    assert MAIL in shown
    assert "Lina" not in shown
    assert "Whitfield" not in shown


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"write to {MAIL}", False),
        (f"write to {MAIL.upper()}", False),
        (f"?email={MAIL.replace('@', '%40')}&a=b", False),
        (f"at api.{HOST}/me", False),
        (f"{MAIL} is Lina Test", True),
        ("write to lina.test@elsewhere.example", True),
        (f"write to {MAIL}s", True),
        (f"is {base64.b64encode(b'says Lina Test').decode()}", True),
    ],
)
def test_values_are_looked_for_beside_what_is_spared(text, left):
    assert Residue([("PERSON", "Lina Test")], None, (MAIL, HOST)).remains_in(text) is left
