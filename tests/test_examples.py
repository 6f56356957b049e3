"""The three example reports: nothing personal left, the evidence there, people still recognisable."""

from __future__ import annotations

import pypdf
import pypdfium2
import pytest

from tests.conftest import REPORTS

PERSONAL = {
    "idor": "Maria|Fernández|Ortega|Chidi|Okafor|Aoife|O'Neill|Harbour|62704|BS1 4ST|536-22-8417|"
    "1985-03-12|12 March 1985|555-0147|900461|5407324931|Zhang|Al-Rashid|Yılmaz|Moreau|Kovalenko|"
    "Haines|22109|20931774|81.2.69|mail.example",
    "sqli": "Omar|Haddad|Siobhan|O'Brien|O''Brien|219463021|219-46-3021|Nguyễn|lan.nguyen|555-0164|"
    "77 Lake|1981-04-17|12 Elm|536228418|obrien.example",
    "bucket": "Amina|Noor|noor|Tomás|Herrera|herrera|Ingrid|Vogel|00482213|00482377|W55209317|"
    "7946 0018|442079460018|900641|1987-02-14|14 February|hlenweg|Canal Road|Lucía|asthma|mail.example",
}
EVIDENCE = {
    "idor": "tester_lina|lina.test@researcher.example|203.0.113.77|CWE-639|CVE-2021-44228|"
    "app.shop.example|20418|OR 1=1|9f86d081884c7d659a2feaa0c55ad015|550e8400-e29b-41d4|"
    "log4j-core-2.14.1|412.50 USD|1000234567|web-03|nginx/1.25.3|docgen 4.2.1|CVSS:3.1/AV:N",
    "sqli": "SLEEP(5)|sqlmap/1.8.4|tester_kai|203.0.113.45|CVE-2023-34362|"
    "5f4dcc3b5aa765d61d8327deb882cf99|1000234599|0x80070005|Chrome/126.0.6478.61|"
    "pymysql.err.ProgrammingError|31337|UNION%20SELECT|search.py",
    "bucket": "clinic-backup|d41d8cd98f00b204e9800998ecf8427e|3f2c1ab|app-2.14.1|CVE-2023-28432|"
    "da39a3ee5e6b4b0d3255bfef95601890afd80709|tester_ro|ListObjects|2026-09-30T07:11:09Z",
}


def text_of(path, output: bytes) -> str:
    if path.suffix != ".pdf":
        return output.decode()
    import io

    reader = pypdf.PdfReader(io.BytesIO(output))
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(output)]
    other = [page.extract_text() for page in reader.pages]
    return "\n".join([*pages, *other, str(reader.metadata), str(reader.outline)])


@pytest.fixture(scope="module", params=sorted(PERSONAL))
def report(request, programme):
    files = sorted((REPORTS / request.param).iterdir())
    case = programme.case(request.param)
    for file in files:
        case.add(file)
    results = list(case.redact())
    texts = {f.name: text_of(f, r.output) for f, r in zip(files, results, strict=True) if r.output}
    return request.param, results, texts, case.close()


def test_every_attachment_comes_out(report):
    name, results, texts, certificate = report
    assert [r.reason for r in results if r.verdict == "quarantined"] == []
    assert len(texts) == len(results)
    assert certificate.result == "complete_with_exceptions"  # the originals were left


def test_nothing_personal_is_left(report):
    name, _, texts, _ = report
    left = [(f, v) for f, text in texts.items() for v in PERSONAL[name].split("|") if v in text]
    assert left == []


def test_the_evidence_is_there(report):
    name, _, texts, _ = report
    whole = "\n".join(texts.values())
    assert [v for v in EVIDENCE[name].split("|") if v not in whole] == []


def test_the_personal_values_were_there_before(report):
    name, *_ = report
    raw = "\n".join(text_of(f, f.read_bytes()) for f in sorted((REPORTS / name).iterdir()))
    assert [v for v in PERSONAL[name].split("|") if v not in raw] == []


def test_a_person_is_the_same_in_every_attachment(programme):
    case = programme.case("idor")
    for name in ("report.md", "exchange.http", "export.csv"):
        case.add(REPORTS / "idor" / name)
    report, exchange, table = (r.output.decode() for r in case.redact())
    victim = exchange.split('"first_name": "')[1].split('"')[0]
    assert victim.startswith("<PERSON_")
    assert f"profile of another customer, {victim}" in report
    assert f"20418,{victim},{victim}," in table


def test_the_letter_is_built_by_its_script(tmp_path):
    from examples.build_letter import build

    build(tmp_path / "letter.pdf")
    assert (tmp_path / "letter.pdf").read_bytes() == (REPORTS / "idor" / "letter.pdf").read_bytes()
