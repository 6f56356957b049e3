"""Every operator in every kind of file: the values go, the file parses, the key holder reads on."""

from __future__ import annotations

import html
import json
import re
import sqlite3
from urllib.parse import unquote

import pytest
import yaml

from pii_guard import Guard, Policy
from pii_guard.policy import OPERATORS
from pii_guard.redact.operators import decrypt
from tests.conftest import REPORTS

KEY = bytes(range(32))
NAME, MAIL, SSN = "Margaret Whitfield", "m.whitfield@mail.example", "536228417"
CARD = "4532015112830366"
FILES = {
    "a.json": f'{{"name": "{NAME}", "email": "{MAIL}", "ssn": {SSN}, "card": {CARD}, "n": 1.50}}',
    "a.csv": f"id,name,email,ssn\r\n1,{NAME},{MAIL},536-22-8417\r\n",
    "a.sql": f"INSERT INTO c (id, full_name, email, ssn) VALUES (1,'{NAME}','{MAIL}',{SSN});\n",
    "a.yaml": f"---\nname: {NAME}\nemail: {MAIL}\nssn: {SSN}\nflow: {{name: {NAME}, mail: {MAIL}}}\n",
    "a.html": f"<!DOCTYPE html><html><body><p title='{NAME}'>{MAIL}</p></body></html>",
    "a.http": f"GET /p?email={MAIL.replace('@', '%40')} HTTP/1.1\r\nHost: h.example\r\n\r\n",
    "a.txt": f"{NAME} ({MAIL}), SSN 536-22-8417\n",
    "letter.pdf": (REPORTS / "idor" / "letter.pdf").read_bytes(),
}
BARE = ("whitfield", SSN, "536-22-8417", CARD)


@pytest.fixture(scope="module", params=OPERATORS)
def outputs(request, guard, signer):
    policy = Policy.from_table({"defaults": {"operator": request.param}}, key=KEY)
    engine = guard.detector.nlp_engine
    case = Guard(policy, nlp_engine=engine, signer=signer).case("R-1")
    for name, text in FILES.items():
        case.add(text if isinstance(text, bytes) else text.encode(), name=name)
    results = list(case.redact())
    assert [str(r.reason) for r in results if r.reason] == []
    return request.param, {n: r.output for n, r in zip(FILES, results, strict=True)}


def test_no_value_is_left_and_all_parses(outputs):
    operator, files = outputs
    if operator == "keep":
        assert files == {n: t if isinstance(t, bytes) else t.encode() for n, t in FILES.items()}
        return
    for name, output in files.items():
        text = output.decode("latin-1").lower()
        assert [v for v in BARE if v in text] == [], name
    record = json.loads(files["a.json"])
    assert all(isinstance(record[key], int) for key in ("ssn", "card"))
    assert b"1.50" in files["a.json"]
    assert isinstance(yaml.safe_load(files["a.yaml"])["ssn"], int)
    base = sqlite3.connect(":memory:")
    base.executescript("CREATE TABLE c (id, full_name, email, ssn);" + files["a.sql"].decode())
    assert len(base.execute("SELECT * FROM c").fetchall()) == 1
    assert files["a.csv"].count(b",") == FILES["a.csv"].count(",")


def test_the_key_holder_gets_every_value_back(outputs):
    operator, files = outputs
    if operator != "encrypt":
        return
    for name, output in files.items():
        if name.endswith("pdf"):
            continue
        text = unquote(html.unescape(output.decode()))
        back = {decrypt(token, KEY) for token in re.findall(r"<[A-Z_]+:[\w-]+>|\b\d{40,}\b", text)}
        wanted = {v for v in (NAME, MAIL, SSN, CARD) if v in unquote(str(FILES[name]))}
        assert wanted <= back, name


def test_stand_ins_have_the_form_of_what_they_stand_for(outputs):
    operator, files = outputs
    if operator == "format_preserving":
        for name in ("a.json", "a.csv", "a.sql", "a.yaml", "a.html", "a.txt"):
            assert b"person1@example.com" in files[name], name
        assert json.loads(files["a.json"])["card"] == 4000000000000010
