"""In-scope domains: their hosts survive and are recorded; mail addresses and known people do not."""

from __future__ import annotations

import pytest

from pii_guard.decide.scope import HOST, SCOPE, InScope
from pii_guard.document import Kind, Segment
from pii_guard.entities import entity
from pii_guard.findings import Basis, Finding
from pii_guard.guard import Guard
from pii_guard.policy import Keep, Policy


def finding(start, end, kind="PERSON"):
    return Finding(kind, entity(kind).category, 0, start, end, 0.9)


def hosts(text, domains=("shop.example",), found=(), known=()):
    marked = InScope(domains).mark([Segment(text, (), Kind.PROSE)], found, known)
    return [text[f.start : f.end] for f in marked if f.recognizer == SCOPE]


@pytest.mark.parametrize(
    "text",
    [
        "see shop.example now",
        "https://shop.example/a",
        "Host: shop.example:8443",
        "shop.example.",
        "(shop.example)",
    ],
)
def test_a_domain_in_scope_is_found(text):
    assert hosts(text) == ["shop.example"]


def test_hosts_below_the_domain_are_in_scope_in_any_case():
    assert hosts("API.eu-1.Shop.Example answers") == ["API.eu-1.Shop.Example"]


@pytest.mark.parametrize(
    "text",
    ["jane@shop.example", "myshop.example", "shop.example.attacker.test", "shop.examples", "shop"],
)
def test_other_hosts_and_mail_addresses_are_not(text):
    assert hosts(text) == []


def test_what_is_found_within_a_host_is_the_host():
    text = "at roe.shop.example"
    assert hosts(text, found=[finding(3, 6)]) == ["roe.shop.example"]


def test_a_finding_that_is_longer_than_the_host_wins():
    text = "at roe.shop.example"
    assert hosts(text, found=[finding(0, len(text), "ADDRESS")]) == []


def test_a_host_that_holds_a_known_value_is_no_longer_evidence():
    text = "at roe.shop.example"
    assert hosts(text, known=[finding(3, 6)]) == []


def test_many_hosts_cost_in_proportion():
    text = "a.shop.example jane " * 20_000
    assert len(hosts(text, found=[finding(15 + 20 * n, 19 + 20 * n) for n in range(20_000)])) == (
        20_000
    )


def test_kept_hosts_are_recorded_on_the_certificate(signer):
    guard = Guard(Policy(keep=Keep(domains=frozenset({"shop.example"}))), signer=signer)
    case = guard.case("R-1")
    case.add(b"https://app.shop.example/ shows jane.roe@shop.example\n", name="a.txt")
    (result,) = case.redact()
    assert result.output == b"https://app.shop.example/ shows <EMAIL_ADDRESS_1>\n"
    assert [(a.finding.entity_type, a.basis) for a in result.actions if a.operator == "keep"] == [
        (HOST, Basis.IN_SCOPE)
    ]
    assert "in_scope" in str(case.close().statement)
