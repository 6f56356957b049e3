"""`--keep` adds to the policy in force and changes nothing else of it."""

from __future__ import annotations

import pytest

from pii_guard import PolicyError
from pii_guard.cli.inputs import load_policy

POLICY = """
nlp_configuration = "engine.yaml"
[keep]
usernames = ["tester_lina"]
[entities.PERSON]
operator = "mask"
"""


def test_all_else_of_the_policy_stays(tmp_path):
    (tmp_path / "p.toml").write_text(POLICY)
    plain, kept = (load_policy(tmp_path / "p.toml", keep) for keep in ((), ("Zed_42",)))
    assert kept.nlp_configuration == plain.nlp_configuration == tmp_path / "engine.yaml"
    assert kept.entities == plain.entities
    assert kept.limits == plain.limits
    assert kept.keep.usernames == {"tester_lina", "zed_42"}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("1337hacker", "usernames"), ("42", "usernames"), ("@Zed_42", "usernames"), ("a:b", "usernames"),
        ("Lina@Researcher.example", "emails"), ("203.0.113.7", "ip_addresses"),
        ("203.0.113.0/24", "ip_addresses"), ("2001:db8::7", "ip_addresses"), ("app.shop.example", "domains"),
    ],
)  # fmt: skip
def test_a_value_goes_where_it_belongs(value, place):
    keep = load_policy(None, (value,), ("/",)).keep
    assert value.lstrip("@").casefold() in getattr(keep, place)
    others = {"usernames", "emails", "ip_addresses", "domains"} - {place, "usernames"}
    assert not any(getattr(keep, other) for other in others)


@pytest.mark.parametrize("value", ["203.0.113.256", "10.0.0.0/99", "203.0.113"])
def test_an_address_with_a_slip_is_said(value):
    with pytest.raises(PolicyError, match="ip_addresses"):
        load_policy(None, (value,), ("/",))
