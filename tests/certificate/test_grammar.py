"""Nothing that was in an attachment fits into a certificate, whatever it looks like."""

from __future__ import annotations

import ast
import base64
import copy
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import pii_guard
from pii_guard import CertificateError, ReasonCode
from pii_guard.certificate import vocabulary
from pii_guard.certificate.grammar import misfit
from pii_guard.certificate.reference import reference_fault
from pii_guard.document import Step
from pii_guard.findings import Action, Basis, Category, Finding
from pii_guard.formats import Formats
from pii_guard.tally import Tally
from tests.certificate.conftest import DIGEST, facts, parsed, statement

NAMES = ["Jane", "Jane Roe", "jane.roe", "jane-roe.pdf", "JANE_ROE", "María Fernández", "o'brien"]
VALUES = [*NAMES, "536-22-8417", "+1 212-555-0143", "jane@mail.example", "203.0.113.9", ""]


def leaves(value, path=()):
    """The paths of all strings in a statement."""
    if isinstance(value, dict):
        return [p for name, one in value.items() for p in leaves(one, (*path, name))]
    if isinstance(value, list):
        return [p for n, one in enumerate(value) for p in leaves(one, (*path, n))]
    return [path] if isinstance(value, str) else []


def tables(value, path=()):
    """The paths of all objects in a statement."""
    found = [path] if isinstance(value, dict) else []
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, one in steps:
        if isinstance(one, (dict, list)):
            found += tables(one, (*path, step))
    return found


def changed(path, change):
    whole = {"": parsed()}
    target = whole
    steps = ("", *path)
    for step in steps[:-1]:
        target = target[step]
    target[steps[-1]] = change(copy.deepcopy(target[steps[-1]]))
    return whole[""]


def test_what_is_built_keeps_to_the_grammar():
    assert misfit(parsed()) is None
    assert len(leaves(parsed())) > 40


@pytest.mark.parametrize("path", leaves(parsed()), ids=lambda p: "/".join(map(str, p)))
def test_no_string_takes_a_value(path):
    for value in VALUES:
        if path[-1] == "ref" and value == "Jane":
            continue  # one bare word is the programme's to choose
        where = misfit(changed(path, lambda _, value=value: value))
        assert where == "/" + "/".join(map(str, path)), value


@given(st.sampled_from(leaves(parsed())), st.text(max_size=80))
def test_a_string_is_replaced_only_by_words_of_ours(path, text):
    assume(path[-1] not in {"ref", "nonce", "version", "issuedAt", "certificateId", "sha256"})
    if misfit(changed(path, lambda _: text)) is None:
        words = set().union(
            vocabulary.EXTENSIONS, vocabulary.TYPES, vocabulary.REASONS, vocabulary.ACTIONS, "-"
        )
        assert text in words or text.split(" ")[0] in vocabulary.AXES or "_" in text


@pytest.mark.parametrize("path", tables(parsed()), ids=lambda p: "/".join(map(str, p)))
def test_no_object_takes_another_field_or_misses_one(path):
    where = "/" + "/".join(map(str, path)) if path else ""
    for name in ("x-note", "Jane Roe", "notes"):
        found = misfit(changed(path, lambda table, name=name: {**table, name: 1}))
        assert found == where
        assert "Jane" not in found
    for name in changed(path, lambda table: table) and _at(parsed(), path):
        if name not in {"output", "reason", "token", "note"}:
            found = misfit(
                changed(
                    path,
                    lambda table, name=name: {k: v for k, v in table.items() if k != name},
                )
            )
            assert found == where, name


def _at(value, path):
    for step in path:
        value = value[step]
    return value


@pytest.mark.parametrize("value", [None, 1.5, -1, True, 2**60, "3", [], {}])
def test_counts_are_counts(value):
    path = ("predicate", "coverage", "received")
    assert misfit(changed(path, lambda _: value)) == "/predicate/coverage/received"


@pytest.mark.parametrize(
    "place", ["page 0", "page 01", "page", "Jane 1", "page 1 /line 2", "page 1 / Jane 2", "page -1",
              "page ١", "page 1 / ", "/name", "$.Maria"],
)  # fmt: skip
def test_places_are_words_and_ordinals(place):
    path = ("predicate", "findings", 0, "locations", 0, "place")
    assert misfit(changed(path, lambda _: place)) is not None


def test_a_time_is_a_time():
    for text in ("2026-02-30T00:00:00Z", "2026-11-23T19:40:00+00:00", "2026-11-23", "١٢٣٤-01-01"):
        assert misfit(changed(("predicate", "issuedAt"), lambda _, text=text: text)) is not None


def test_every_media_type_that_is_read_has_a_word():
    missing = Formats().media_types - set(vocabulary.EXTENSIONS)
    assert not missing, "add them to certificate/vocabulary.py"


def test_every_axis_that_a_format_counts_has_a_word():
    """`Step("line", n)` and `at("page", n)` in the formats: constants, so they can be read off."""
    axes = set()
    for path in (Path(pii_guard.__file__).parent / "formats").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") in ("Step", "at")
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                axes.add(node.args[0].value)
    assert len(axes) > 10
    assert not axes - vocabulary.AXES, "add them to certificate/vocabulary.py"


def case_of(finding, token="", *, media_type="text/plain", operator="surrogate", basis=None):
    (first, *_) = facts().artifacts
    usual = Basis.UNCOMBINED if operator == "keep" else Basis.STRONG_IDENTIFIER
    action = Action(finding, operator, basis or usual, token, replacement="raw")
    kind = "clean" if operator == "keep" else "redacted"
    tally = Tally().add((action,))
    return [replace(first, media_type=media_type, disposition=kind, tally=tally)]


def test_what_others_name_becomes_a_general_word():
    """Types of somebody's own recognizer, axes and media types of somebody's own format."""
    finding = Finding("JANE_ROE", Category.OTHER_IDENTIFYING, 0, 0, 4, 0.9, (Step("Jane", 3),))
    artifacts = case_of(finding, "<JANE_ROE_1>", media_type="text/x-jane")
    payload = statement(artifacts=artifacts)
    predicate = json.loads(payload)["predicate"]
    assert b"jane" not in payload.lower()
    assert predicate["artifacts"][0]["mediaType"] == "application/octet-stream"
    (found,) = predicate["findings"]
    assert (found["type"], found["distinct"]) == ("CUSTOM", 1)
    assert found["locations"] == [{"place": "part 3"}]
    kept = statement(artifacts=case_of(finding, operator="keep"))
    assert b"jane" not in kept.lower()
    assert json.loads(kept)["predicate"]["retained"][0]["type"] == "CUSTOM"


def test_what_fell_below_its_threshold_was_not_retained_knowingly():
    finding = Finding("PERSON", Category.FULL_NAME, 0, 0, 9, 0.2)
    (one,) = case_of(finding, operator="keep")
    (below,) = case_of(finding, operator="keep", basis=Basis.BELOW_THRESHOLD)
    for artifact, retained in ((one, 1), (below, 0)):
        predicate = json.loads(statement(artifacts=[artifact]))["predicate"]
        assert len(predicate["retained"]) == retained
        assert predicate["findings"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"policy_digest": "Jane Roe"}, {"model_digest": "sha256:jane"}, {"ruleset_digest": ""},
        {"tool_version": "Jane"}, {"tool_version": "1.0+jane"}, {"tool_version": "203.0.113.9"}, {"key_origin": "jane"},
    ],
)  # fmt: skip
def test_a_fact_that_is_text_is_never_signed(change):
    with pytest.raises(CertificateError) as caught:
        statement(**change)
    assert "jane" not in str(caught.value).lower()


raw = st.text("abcdefghijklmnopqrstuvwxyzäñ .'-@0123456789", min_size=9, max_size=30).map(
    lambda text: "zq" + text + "qz"
)


@given(raw, st.sampled_from(["type", "axis", "media", "token", "operator", "version", "ref"]))
def test_no_fact_carries_a_value_into_a_statement(value, where):
    """A value in any field that a format, a recognizer or a caller fills: refused, or not there."""
    finding = Finding(
        value if where == "type" else "PERSON", Category.FULL_NAME, 0, 0, 9, 0.9,
        (Step(value if where == "axis" else "line", 3),), value, value,
    )  # fmt: skip
    artifacts = case_of(
        finding,
        value if where == "token" else "<PERSON_1>",
        media_type=value if where == "media" else "text/plain",
        operator=value if where == "operator" else "surrogate",
    )
    changes = {"artifacts": artifacts}
    changes |= {"tool_version": value} if where == "version" else {}
    changes |= {"ref": f"{value} {value}"} if where == "ref" else {}
    try:
        payload = statement(**changes)
    except CertificateError as error:
        assert value not in str(error) + error.remedy
        assert where in {"token", "operator", "version", "ref"}
        return
    held = payload.decode().casefold()
    assert value.casefold() not in held
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "sha3_256"):
        digest = hashlib.new(name, value.encode()).digest()
        assert digest.hex() not in held
        for code in (base64.b64encode, base64.urlsafe_b64encode, base64.b32encode):
            assert code(digest).decode().casefold().rstrip("=") not in held


def test_no_token_of_another_type_and_no_basis_of_the_other_kind():
    finding = Finding("PERSON", Category.FULL_NAME, 0, 0, 9, 0.9)
    with pytest.raises(CertificateError, match="another type"):
        statement(artifacts=case_of(finding, "<US_SSN_1>"))
    with pytest.raises(CertificateError, match="/predicate/findings/0/basis"):
        statement(artifacts=case_of(finding, "<PERSON_1>", basis=Basis.IN_SCOPE))


@pytest.mark.parametrize(
    "ref",
    ["case", "idor", "VDP-2026-0142", "R-1", "H1:2481930", "#YWH-PGM12-45", "2481930", "INC0012345",
     "5b1f6c1e-3d0e-4b52-9a55-0d4b6c0a7f11", "aaaaaaaa-beef-dead-cafe-000000000000",
     "GHSA-jfhm-c2jm-gvrq", "CVE-2026-12345", "vdp/2026/12"],
)  # fmt: skip
def test_a_programmes_own_numbers_are_references(ref):
    assert statement(ref=ref)


@pytest.mark.parametrize(
    ("ref", "why"),
    [
        ("jane@mail.example", "e-mail"), ("@jane", "e-mail"), ("jane roe", "letters"), ("", "letters"),
        ("x1" * 33, "letters"), ("VDP-1\n", "letters"), ("VDP-é", "letters"), ("VDP-١", "letters"),
        ("maria-fernandez", "name"), ("Jane.Roe-7", "name"), ("VDP/jane/12", "name"),
        ("536-22-8417", "number"), ("VDP-536-22-8417", "number"), ("212-555-0143", "number"),
        ("203.0.113.9", "address"), ("VDP:203.0.113.9", "address"), ("2001:db8::7", "address"),
        ("00:53:00:aa:bb:cc", "address"), ("536228417", "number"), ("4111111111111111", "number"),
        (hashlib.md5(b"jane").hexdigest(), "digest"), (hashlib.sha256(b"x").hexdigest(), "digest"),
        ("sha1:" + hashlib.sha1(b"x").hexdigest().upper(), "digest"),
    ],
)  # fmt: skip
def test_a_reference_that_may_be_personal_is_refused_with_its_reason(ref, why):
    with pytest.raises(CertificateError, match=why) as caught:
        statement(ref=ref)
    assert "VDP-2026-0142" in caught.value.remedy
    assert len(ref) < 4 or ref.strip() not in str(caught.value)
    assert reference_fault(ref)
    assert misfit(changed(("predicate", "case", "ref"), lambda _: ref)) == "/predicate/case/ref"


def test_a_case_that_holds_very_much_keeps_its_list_of_places_short():
    finding = Finding("PERSON", Category.FULL_NAME, 0, 0, 9, 0.9, (Step("line", 1),))
    actions = [Action(finding, "surrogate", Basis.LINKED, "<PERSON_1>")] * 101
    one = replace(facts().artifacts[0], tally=Tally().add(actions))
    (found,) = json.loads(statement(artifacts=[one]))["predicate"]["findings"]
    assert (len(found["locations"]), found["occurrences"]) == (100, 101)
    assert found["locationsTruncated"] is True
    many = [replace(one, tally=Tally().add(actions[:60]))] * 1_000
    assert len(json.loads(statement(artifacts=many))["predicate"]["findings"][0]["locations"]) == 50


def test_the_digests_of_our_own_rules_are_the_only_other_digests():
    payload = statement()
    found = [path[-1] for path in leaves(json.loads(payload)) if "igest" in str(path)]
    assert sorted(set(map(str, found))) == ["digest", "modelDigest", "rulesetDigest", "sha256"]
    assert payload.decode().count(DIGEST) == 4


def test_a_quarantined_input_says_why_by_its_code():
    reason = parsed()["predicate"]["artifacts"][2]["reason"]
    assert reason == ReasonCode.UNSUPPORTED.value
