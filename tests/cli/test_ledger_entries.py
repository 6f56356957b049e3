"""`ledger add` and `ledger erase`, `attach --since`: what was said since gets its proof, and what is kept ends."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from pii_guard.certificate import generate, sign
from pii_guard.certificate.bundle import open_bundle
from pii_guard.certificate.note import NoteKey, NoteSigner
from pii_guard.certificate.trust import Trust, TrustedKey
from pii_guard.certificate.trust_policy import sign_policy
from pii_guard.cli.app import app
from pii_guard.ledger import open_ledger
from pii_guard.programme import Programme
from tests.certificate.acknowledging import acknowledged, signed
from tests.certificate.conftest import LATER, ORIGIN, spki, statement

HELD = statement(ref="VDP-3", programme=Programme(legal_hold=True, retention_days=1))
OVER = statement(ref="VDP-4", programme=Programme(retention_days=1))


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PII_GUARD_LEDGER", str(tmp_path / "ledger.db"))
    monkeypatch.setenv("PII_GUARD_LEDGER_ORIGIN", ORIGIN)
    monkeypatch.setenv("PII_GUARD_LOG_KEY", str(tmp_path / "log.pem"))
    issuer, log = generate(tmp_path / "issuer.pem"), generate(tmp_path / "log.pem")
    researcher = generate(tmp_path / "researcher.pem")
    keys = [
        {"spki": spki(key), "role": role, "identity": name}
        for key, role, name in (
            (issuer, "issuer", ""), (log, "log", ORIGIN), (researcher, "researcher", ""),
        )
    ]  # fmt: skip
    table = {"schema": "pii-guard/trust/1", "keys": keys}
    (tmp_path / "trust.json").write_text(json.dumps(table))
    for name, payload in (("certificate", statement()), ("held", HELD), ("over", OVER)):
        (tmp_path / f"{name}.json").write_bytes(sign(payload, issuer).to_json())
    (tmp_path / "acknowledgement.json").write_bytes(signed(acknowledged(), researcher))
    call("ledger", "create", "--key", "log.pem")
    return tmp_path


def call(*arguments, code=0):
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert getattr(done.exception, "exit_code", done.exit_code) == code, (
        done.output,
        done.exception,
    )
    return done.stdout


def opened(room):
    log = NoteKey.of(ORIGIN, _public(room / "log.pub"))
    return open_ledger(room / "ledger.db", keys=[log])


def _public(path):
    from pii_guard.certificate.public_keys import read_public

    return read_public(path.read_bytes())


def verified(*options, code=0, file="certificate.json"):
    text = call("verify", file, "--trust", "trust.json", "-f", "json", *options, code=code)
    return {one["rule"]: (one["status"], one["reason"]) for one in json.loads(text)["rules"]}


# -- add ------------------------------------------------------------------------------------------


def test_a_revocation_enters_the_ledger_and_its_proof_goes_along(room):
    call("revoke", "certificate.json", "--reason", "issued_in_error", "--key", "issuer.pem")
    call("ledger", "add", "certificate.json", "revocation.json")
    (room / "note").write_text(call("attach", "revocation.json", "--show-checkpoint"))
    call("attach", "revocation.json", "--checkpoint", "note")
    call("attach", "certificate.json", "revocation.json")
    bundle = open_bundle((room / "certificate.json").read_bytes())
    assert (bundle.inclusion.index, bundle.revocations[0].inclusion.index) == (0, 1)
    rules = verified(code=1)
    assert rules["supersession"] == ("fail", "revoked: issued_in_error")
    assert rules["ledger"][0] == "pass"


def test_a_countersigned_acknowledgement_enters_as_it_is_signed(room):
    call("ledger", "add", "acknowledgement.json", "certificate.json")
    done = CliRunner().invoke(
        app,
        "countersign acknowledgement.json --certificate certificate.json --trust trust.json "
        "--key issuer.pem".split(),
    )
    assert done.exit_code == 0
    assert "enter it again with `ledger add`" in done.stderr
    assert open_bundle((room / "acknowledgement.json").read_bytes()).inclusion is None
    call("ledger", "add", "acknowledgement.json")
    call("attach", "certificate.json", "acknowledgement.json")
    assert verified("--countersigned")["acknowledgement"][0] == "pass"
    assert (
        call("revoke", "acknowledgement.json", "--reason", "signer_withdrew", "--key", "issuer.pem")
        == ""
    )


def test_what_has_a_proof_keeps_it(room):
    call("ledger", "add", "certificate.json")
    before = (room / "certificate.json").read_bytes()
    call("ledger", "add", "held.json", "certificate.json")
    assert (room / "certificate.json").read_bytes() == before


def test_attaching_the_same_statement_bare_does_not_lose_its_proof(room):
    bare = (room / "acknowledgement.json").read_bytes()
    call("ledger", "add", "acknowledgement.json")
    call("attach", "certificate.json", "acknowledgement.json")
    (room / "acknowledgement.json").write_bytes(bare)
    call("attach", "certificate.json", "acknowledgement.json")
    (one,) = open_bundle((room / "certificate.json").read_bytes()).acknowledgements
    assert one.inclusion is not None


@pytest.mark.parametrize("content", [b"", b"{}", b'{"a": 1, "a": 2}', b"[1]"])
def test_what_is_no_statement_does_not_enter(room, content):
    (room / "certificate.json").write_bytes(content)
    call("ledger", "add", "certificate.json", code=3)
    assert (room / "certificate.json").read_bytes() == content
    assert list(opened(room).kept()) == []


# -- erase ----------------------------------------------------------------------------------------


@pytest.fixture
def full(room):
    call("ledger", "add", "certificate.json", "acknowledgement.json", "held.json", "over.json")
    return room


def erased(*options, code=0):
    text = call("ledger", "erase", "--trust", "trust.json", "-f", "json", *options, code=code)
    return {one["entry"]: one["claim"] for one in json.loads(text)["entries"]}


def test_an_erased_certificate_is_kept_nowhere_and_still_verifies(full):
    assert erased("certificate.json", "--entry", 1) == dict.fromkeys(
        (0, 1), "overwritten_best_effort"
    )
    ledger = opened(full)
    assert (list(ledger.kept()), ledger.audit()) == ([2, 3], 4)
    ledger.close()
    assert verified("--require", "ledger")["ledger"][0] == "pass"
    assert erased("certificate.json") == {0: "nothing_kept"}


def test_what_is_under_a_legal_hold_stays_until_it_is_said_to_have_ended(full):
    assert erased("held.json", "--entry", 0, code=3) == {
        2: "not_deleted",
        0: "overwritten_best_effort",
    }
    assert 2 in opened(full).kept()
    assert erased("held.json", "--despite-hold") == {2: "overwritten_best_effort"}


def test_what_was_said_of_a_certificate_under_a_legal_hold_stays_too(full):
    call("revoke", "held.json", "--reason", "issued_in_error", "--key", "issuer.pem")
    call("ledger", "add", "revocation.json")
    assert erased("revocation.json", code=3) == {4: "not_deleted"}


def test_what_was_to_be_kept_until_an_earlier_day_goes_with_what_was_said_of_it(full):
    call("revoke", "over.json", "--reason", "issued_in_error", "--key", "issuer.pem")
    call("ledger", "add", "revocation.json")
    later = {3: "overwritten_best_effort", 4: "overwritten_best_effort"}
    assert erased("--due") == later
    assert erased("--due") == {}
    assert list(opened(full).kept()) == [0, 1, 2]


@pytest.mark.parametrize("entry", [4, -1])
def test_a_wrong_number_erases_nothing(full, entry):
    call("ledger", "erase", "--trust", "trust.json", "--entry", 0, "--entry", entry, code=2)
    call("ledger", "erase", "--trust", "trust.json", code=2)
    call("ledger", "erase", "trust.json", "--trust", "trust.json", code=3)
    assert len(opened(full).kept()) == 4


def test_a_statement_that_is_not_in_the_ledger_is_an_error(room):
    call("ledger", "erase", "certificate.json", "--trust", "trust.json", code=2)


def test_the_help_says_what_is_kept(room):
    assert "the signed statement itself is kept" in " ".join(call("ledger", "--help").split())


# -- the signed trust policy ----------------------------------------------------------------------


def test_a_policy_that_its_offline_root_signed_is_taken_with_the_root_only(full):
    root = generate(full / "root.pem")
    log = TrustedKey(_public(full / "log.pub"), "log", ORIGIN)
    policy = sign_policy(Trust((log,), {}, 1, LATER), [root])
    (full / "policy.json").write_bytes(policy)
    for verb in (("checkpoint",), ("prove", "--entry", 1), ("check", "--seen", "seen.json")):
        call("ledger", *verb, "--trust", "policy.json", "--root", "root.pub")
        call("ledger", *verb, "--trust", "policy.json", code=2)
        call("ledger", *verb, "--trust", "policy.json", "--root", "issuer.pub", code=2)
        call("ledger", *verb, "--trust", "log.pub", "--root", "root.pub", code=2)
    assert (full / "policy.json.seen").exists()  # an older one is not taken again


# -- since ----------------------------------------------------------------------------------------

PLACE = ("--trust", "trust.json")


def test_a_file_proves_itself_to_who_saw_the_ledger_at_another_size(full):
    call("ledger", "check", *PLACE, "--seen", "seen.json")
    (full / "note").write_text(call("ledger", "checkpoint", *PLACE))
    call("revoke", "held.json", "--reason", "issued_in_error", "--key", "issuer.pem")
    call("ledger", "add", "revocation.json")
    # The certificate's checkpoint is of one entry, the verifier's of four.
    verified("--seen", "seen.json", code=2)
    call("attach", "certificate.json", "acknowledgement.json", "--since", "seen.json", *PLACE)
    assert verified("--seen", "seen.json")["ledger"] == ("pass", "entry 1 of 1")
    bundle = open_bundle((full / "certificate.json").read_bytes())
    sizes = [(one.old, one.new) for one in bundle.acknowledgements[0].consistency]
    assert sizes == [(2, 4)]
    call("attach", "certificate.json", "--since", "note", *PLACE)
    assert open_bundle((full / "certificate.json").read_bytes()) == bundle


def test_a_ledger_that_does_not_continue_what_was_seen_proves_nothing(full):
    (full / "seen.txt").write_text(call("ledger", "checkpoint", *PLACE))
    before = (full / "certificate.json").read_bytes()
    for path in full.glob("ledger.db*"):
        path.unlink()
    from pii_guard.certificate import load

    signer = NoteSigner.of(ORIGIN, load(full / "log.pem").private)
    other = open_ledger(full / "ledger.db", signer=signer, create=True)
    other.append_many([(b"other %d" % number, None) for number in range(9)])
    other.close()
    call("attach", "certificate.json", "--since", "seen.txt", *PLACE, code=1)
    assert (full / "certificate.json").read_bytes() == before


def test_proofs_need_a_ledger_and_a_place_in_it(full):
    (full / "seen.txt").write_text(call("ledger", "checkpoint", *PLACE))
    call("attach", "certificate.json", "--since", "seen.txt", code=2)
    (full / "seen.txt").write_text("no checkpoint")
    call("attach", "certificate.json", "--since", "seen.txt", *PLACE, code=3)
