"""D: somebody independent checked a certificate, and says by which rules and with what outcome."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files

import jsonschema
import pytest
import rfc8785
from typer.testing import CliRunner

from pii_guard import CertificateError, PiiGuardError
from pii_guard.certificate import Checks, Trust, generate, sign, verify
from pii_guard.certificate.bundle import MOST_STATEMENTS, Bundle, open_bundle
from pii_guard.certificate.envelope import open_envelope, seal
from pii_guard.certificate.leaf import leaf_of
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.trust import TrustedKey
from pii_guard.certificate.validation import (
    JUDGED,
    build_validation,
    check_validation,
    json_schema,
    statement_fault,
)
from pii_guard.cli.app import app
from pii_guard.ledger import due, enter
from tests.certificate.acknowledging import CERTIFICATE, acknowledged, signed
from tests.certificate.conftest import (
    OUTPUTS,
    WHEN,
    failed,
    spki,
    statement,
    statuses,
    watched,
)

CHECKED, HOUR = WHEN + timedelta(days=1), timedelta(hours=1)
TOOL = {"name": "pii_guard", "version": "0.1.0", "digest": "sha256:" + "7" * 64}


@pytest.fixture
def validator(tmp_path):
    return generate(tmp_path / "validator.pem")


@pytest.fixture
def believing(trusted, validator):
    """The trust in issuer, log and witness, with a validator."""

    def made(**changes):
        return Trust((*trusted().keys, TrustedKey(validator.public, "validator", **changes)))

    return made


@pytest.fixture
def report(key, trust):
    return verify(sign(CERTIFICATE, key).to_json(), trust, Checks(now=CHECKED))


def validation(report, payload=CERTIFICATE, **changes):
    given = {"checked_at": CHECKED, "nonce": "9a" * 16, "tool": TOOL, **changes}
    return build_validation(payload, report, **given)


def changed(payload, **predicate):
    whole = json.loads(payload)
    whole["predicate"] |= predicate
    return rfc8785.dumps(whole)


def held(key, payload, *signers):
    """The certificate's file with a validation in it."""
    bundle = Bundle(sign(CERTIFICATE, key).envelope)
    return bundle.with_validation(Bundle(seal(payload, signers))).to_json()


def outcome(payload):
    return json.loads(payload)["predicate"]["outcome"]


def reasons(report):
    return {rule.name: rule.reason for rule in report.rules}


def test_a_validation_says_which_rules_were_checked_when_and_with_what_outcome(report):
    said = json.loads(validation(report))
    predicate = said["predicate"]
    assert statement_fault(said) == ""
    assert [one["rule"] for one in predicate["rules"]] == list(JUDGED)
    assert {one["rule"]: one["status"] for one in predicate["rules"]} == {
        name: status for name, status in statuses(report).items() if name in JUDGED
    }
    assert (predicate["checkedAt"], predicate["outcome"]) == ("2026-11-24T19:40:00Z", "holds")
    assert (
        said["subject"][0]["digest"]["sha256"]
        == json.loads(acknowledged())["subject"][0]["digest"]["sha256"]
    )


def test_it_says_nothing_but_words_of_ours(report):
    """No reason of a rule, no path, no name: those may hold what a file says."""
    said = validation(report).decode()
    assert not any(rule.reason in said for rule in report.rules if " " in rule.reason)
    jsonschema.Draft202012Validator(json_schema()).validate(json.loads(said))


def test_the_packaged_schema_is_the_grammar():
    # After a change of the grammar before a release: write `json_schema()` there again.
    packaged = files("pii_guard.certificate") / "schemas" / "validation-v1.json"
    assert json.loads(packaged.read_text("utf-8")) == json_schema()
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        (Checks(now=CHECKED), "holds"),
        (Checks(required=frozenset({"deadlines"})), "incomplete"),
        (Checks(now=CHECKED + timedelta(days=4000)), "fails"),
    ],
)
def test_the_outcome_is_what_follows_from_the_rules(key, trust, checks, said):
    report = verify(sign(CERTIFICATE, key).to_json(), trust, checks)
    payload = validation(report)
    assert outcome(payload) == said
    others = {"holds", "incomplete", "fails"} - {said}
    assert all(statement_fault(json.loads(changed(payload, outcome=one))) for one in others)


def test_what_no_issuer_signed_is_not_validated(key, tmp_path, trust):
    stranger = generate(tmp_path / "stranger.pem")
    for content in (sign(CERTIFICATE, stranger).to_json(), b"{}"):
        with pytest.raises(CertificateError, match="no trusted issuer signed it"):
            validation(verify(content, trust))


def test_a_validation_before_the_certificate_is_not_signed(report):
    with pytest.raises(CertificateError, match="before the certificate was issued"):
        validation(report, checked_at=WHEN - HOUR)


# -- checked as B and C are


def test_a_validation_in_the_file_is_checked_with_it(key, validator, believing, report):
    content = held(key, validation(report), validator)
    checked = verify(content, believing(), Checks(required=frozenset({"validation"})))
    assert (statuses(checked)["validation"], checked.exit_code) == ("pass", 0)
    assert reasons(checked)["validation"] == "1 signed"


def test_without_a_validator_to_trust_it_is_not_checked(key, validator, trust, report):
    # A key that nobody pins says nothing, for the certificate or against it.
    assert statuses(verify(held(key, validation(report), validator), trust))["validation"] == (
        "not_checked"
    )


@pytest.mark.parametrize("who", ["key", "log", "researcher", "stranger"])
def test_nobody_else_validates(request, key, believing, report, tmp_path, who):
    signer = generate(tmp_path / "x.pem") if who == "stranger" else request.getfixturevalue(who)
    assert failed(verify(held(key, validation(report), signer), believing())) == ["validation"]


@pytest.mark.parametrize(
    "changes",
    [
        {"certificate": {"id": "urn:uuid:00000000-0000-4000-8000-000000000000"}},
        {"checkedAt": "2026-11-23T19:39:59Z"},
        {"outcome": "fails"},
        {"outcome": "fine"},
        {"rules": []},
        {"rules": [{"rule": "signature", "status": "pass", "required": False}]},
        {"note": "Jane Roe"},
        {"tool": {"name": "another", "version": "1.0"}},
    ],
)
def test_a_validation_that_cannot_be_fails_its_rule(key, validator, believing, report, changes):
    payload = changed(validation(report), **changes)
    checked = verify(held(key, payload, validator), believing())
    assert failed(checked) == ["validation"]
    assert "Jane" not in reasons(checked)["validation"]


def test_a_validation_of_another_certificate_fails_its_rule(key, validator, believing, report):
    other = validation(report, statement(ref="VDP-2"))
    assert failed(verify(held(key, other, validator), believing())) == ["validation"]
    found, faults = check_validation(signed(other, validator), CERTIFICATE, believing())
    assert (found, faults) == (None, ["it is about another certificate"])


def test_two_rules_that_swap_places_or_are_there_twice_are_refused(report):
    payload = validation(report)
    rules = json.loads(payload)["predicate"]["rules"]
    for other in ([*rules[::-1]], [*rules, rules[-1]]):
        assert "out of order" in statement_fault(json.loads(changed(payload, rules=other)))


def test_the_last_validation_counts(key, trust, validator, believing, report):
    late = Checks(now=CHECKED + timedelta(days=4000))
    bad = validation(verify(sign(CERTIFICATE, key).to_json(), trust, late))
    good = validation(report, checked_at=CHECKED + HOUR)
    both = Bundle(sign(CERTIFICATE, key).envelope)
    for payload in (good, bad):
        both = both.with_validation(Bundle(seal(payload, [validator])))
    assert statuses(verify(both.to_json(), believing()))["validation"] == "pass"
    alone = verify(held(key, bad, validator), believing())
    assert failed(alone) == ["validation"]
    # What another found before is not among what the next one judges: it could never hold again.
    assert outcome(validation(alone)) == "holds"


def test_a_validator_who_left_a_required_rule_open_vouches_for_nothing(
    key, trust, validator, believing
):
    open_ = Checks(required=frozenset({"outputs"}))
    payload = validation(verify(sign(CERTIFICATE, key).to_json(), trust, open_))
    asked = Checks(required=frozenset({"validation"}))
    assert verify(held(key, payload, validator), believing(), asked).exit_code == 2


# -- its time, and the ledger


def test_a_revoked_validators_word_counts_where_it_was_seen_before(
    key, validator, believing, report, ledger, watcher
):
    trust = believing(revoked_at=CHECKED + timedelta(days=2))
    said = enter(ledger, Bundle(seal(validation(report), [validator])))
    whole = Bundle(sign(CERTIFICATE, key).envelope)
    early, late = (
        whole.with_validation(watched(said, watcher, CHECKED + timedelta(days=days)))
        for days in (1, 3)
    )
    assert reasons(verify(early.to_json(), trust))["validation"] == (
        "1 signed, 1 seen by something independent"
    )
    assert failed(verify(late.to_json(), trust)) == ["validation"]
    alone = whole.with_validation(Bundle(seal(validation(report), [validator])))
    assert failed(verify(alone.to_json(), trust)) == ["validation"]


def test_the_leaf_of_a_validation_is_of_its_signatures_too(key, validator, report):
    payload = validation(report)
    one, two = (open_envelope(seal(payload, [signer])) for signer in (validator, key))
    assert leaf_of(one) != leaf_of(two)


def test_a_bundle_enters_the_ledger_with_its_validation_and_leaves_with_it(
    key, validator, believing, report, ledger
):
    content = held(key, validation(report), validator)
    entered = enter(ledger, open_bundle(content))
    assert entered.validations[0].inclusion is not None
    assert open_bundle(entered.to_json()) == entered
    assert statuses(verify(entered.to_json(), believing()))["validation"] == "pass"
    places = due(ledger, WHEN.date() + timedelta(days=4000))
    assert list(places) == [entered.inclusion.index, entered.validations[0].inclusion.index]


def test_a_ledger_takes_no_validation_that_says_more(validator, report, ledger):
    odd = changed(validation(report), note="Jane Roe")
    with pytest.raises(Malformed, match="no word of ours"):
        enter(ledger, Bundle(seal(odd, [validator])))


def test_a_bundle_holds_a_limited_number(key, validator, report):
    one = Bundle(seal(validation(report), [validator]))
    bundle = Bundle(sign(CERTIFICATE, key).envelope)
    many = replace(bundle, validations=(one,) * (MOST_STATEMENTS + 1))
    with pytest.raises(Malformed, match="too many"):
        open_bundle(many.to_json())


# -- on the command line


@pytest.fixture
def room(tmp_path, monkeypatch, key, validator):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "certificate.json").write_bytes(sign(CERTIFICATE, key).to_json())
    keys = [
        {"spki": spki(one), "role": role}
        for one, role in ((key, "issuer"), (validator, "validator"))
    ]
    policy = {"schema": "pii-guard/trust/1", "keys": keys}
    (tmp_path / "trust.json").write_text(json.dumps(policy))
    (tmp_path / "out").mkdir()
    for number, blob in enumerate(OUTPUTS):
        (tmp_path / "out" / str(number)).write_bytes(blob)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, [*arguments])


VERIFY = ("verify", "certificate.json", "--trust", "trust.json")
ATTEST = ("--attest", "validation.json", "--key", "validator.pem")


def test_a_validator_checks_states_and_attaches(room):
    done = run(*VERIFY, "--artifacts", "out", *ATTEST)
    assert done.exit_code == 0, done.output
    assert run("attach", "certificate.json", "validation.json").exit_code == 0
    done = run(*VERIFY, "--require", "validation", "--format", "json")
    assert done.exit_code == 0, done.output
    rules = {one["rule"]: one["status"] for one in json.loads(done.stdout)["rules"]}
    assert rules["validation"] == "pass"
    said = json.loads(open_envelope((room / "validation.json").read_bytes()).payload)["predicate"]
    assert {"rule": "outputs", "status": "pass", "required": True} in said["rules"]
    # Once more the same: it takes the place of the one that is there.
    assert run("attach", "certificate.json", "validation.json").exit_code == 0
    assert len(open_bundle((room / "certificate.json").read_bytes()).validations) == 1


def test_a_failure_is_stated_too_and_still_ends_with_its_code(room):
    (room / "out" / "0").write_bytes(b"altered")
    assert run(*VERIFY, "--artifacts", "out", *ATTEST).exit_code == 1
    assert outcome(open_envelope((room / "validation.json").read_bytes()).payload) == "fails"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--attest", "validation.json"), "give --attest and --key"),
        (("--key", "validator.pem"), "give --attest and --key"),
        (("--attest", "validation.json", "--key", "issuer.pem"), "another role"),
        (("--attest", "trust.json", "--key", "validator.pem"), "already"),
    ],
)
def test_what_cannot_be_attested_is_refused(room, arguments, says):
    done = run(*VERIFY, *arguments)
    assert isinstance(done.exception, PiiGuardError)
    assert says in f"{done.exception} {done.exception.remedy}"
    assert done.exception.exit_code == 2
    assert not (room / "validation.json").exists()


def test_nothing_is_attested_of_what_nobody_vouches_for(room):
    (room / "certificate.json").write_bytes(b"{}")
    done = run(*VERIFY, *ATTEST)
    assert done.exit_code == 3
    assert "nothing is attested" in done.output
    assert not (room / "validation.json").exists()
