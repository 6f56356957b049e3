"""`acknowledge` and `countersign`: asked or by options, with any of the keys, and by the programme."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pii_guard.certificate import build_statement, generate, sign
from pii_guard.certificate.envelope import MOST_BYTES
from pii_guard.certificate.terms import PLACES, shipped_terms
from pii_guard.cli.app import app
from pii_guard.cli.asking import moment, remainder
from pii_guard.errors import PolicyError
from tests.certificate.conftest import IDENTIFIER, facts, spki, statement, trusting
from tests.certificate.ssh import needs_ssh_keygen, new_key

SCRIPT = (
    "--place", "device", "--place", "downloads", "--statement", "all",
    "--exception", "backups:automatic_backup:2027-01-31", "--completed", "2026-11-25T19:40:00Z",
)  # fmt: skip


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Keys of both parties, a trust policy, a certificate; the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pii_guard.cli.acknowledge.datetime", Clock)
    issuer, researcher = generate(tmp_path / "issuer.pem"), generate(tmp_path / "researcher.pem")
    trusting(tmp_path / "trust.json", issuer, {"spki": spki(researcher), "role": "researcher"})
    (tmp_path / "certificate.json").write_bytes(sign(statement(), issuer).to_json())
    return tmp_path


class Clock(datetime):
    @classmethod
    def now(cls, tz=None):  # noqa: ARG003
        return datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def run(*arguments, **given):
    return CliRunner().invoke(app, list(map(str, arguments)), **given)


def acknowledge(*arguments, **given):
    return run("acknowledge", "certificate.json", *arguments, **given)


def countersign(*arguments):
    return run("countersign", "acknowledgement.json", "--certificate", "certificate.json",
               "--trust", "trust.json", "--key", "issuer.pem", *arguments)  # fmt: skip


def said(path="acknowledgement.json"):
    envelope = json.loads(Path(path).read_bytes())
    return json.loads(base64.b64decode(envelope["payload"]))["predicate"]


def test_a_script_signs_with_a_file_and_the_programme_countersigns(room):
    done = acknowledge(*SCRIPT, "--key", "researcher.pem", "--trust", "trust.json")
    assert done.exit_code == 0, done.output
    assert said()["placesChecked"] == ["device", "downloads"]
    assert said()["exceptions"] == [
        {"place": "backups", "reason": "automatic_backup", "until": "2027-01-31"}
    ]
    assert said()["certificate"] == {"id": IDENTIFIER}
    checked = countersign()
    assert checked.exit_code == 0, checked.output
    assert "countersigned" in checked.stdout
    assert len(json.loads((room / "acknowledgement.json").read_bytes())["signatures"]) == 2
    again = countersign("--format", "jsonl")
    assert json.loads(again.stdout) == {
        "schema": "pii-guard/countersign/1",
        "ok": True,
        "faults": [],
    }


def test_a_bundle_is_read_as_the_certificate_in_it(room):
    envelope = json.loads((room / "certificate.json").read_bytes())
    bundle = {"schema": "pii-guard/bundle/1", "envelope": envelope, "checkpoint": "…"}
    (room / "bundle.json").write_text(json.dumps(bundle))
    signing = ("--key", "researcher.pem", "--trust", "trust.json")
    done = run("acknowledge", "bundle.json", *SCRIPT, *signing)
    assert done.exit_code == 0, done.output
    assert countersign().exit_code == 0


def test_a_directory_is_read_as_the_certificate_in_it(room):
    assert run("acknowledge", ".", *SCRIPT, "--key", "researcher.pem").exit_code == 0


@needs_ssh_keygen
@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_an_ssh_key_that_is_registered_for_the_case_signs(room, kind):
    path = new_key(room, kind)
    done = acknowledge(*SCRIPT, "--ssh-key", path)
    assert done.exit_code == 0, done.output
    assert said()["signer"] == {"method": "sshsig"}
    assert countersign("--researcher", path.with_suffix(".pub")).exit_code == 0


@needs_ssh_keygen
def test_an_unregistered_ssh_key_is_not_countersigned(room):
    acknowledge(*SCRIPT, "--ssh-key", new_key(room, "ed25519"))
    before = (room / "acknowledgement.json").read_bytes()
    done = countersign("--format", "json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["faults"] == ["a signature is not by a trusted key"]
    assert (room / "acknowledgement.json").read_bytes() == before


def test_what_is_no_ssh_key_is_refused(room):
    (room / "id").write_bytes(b"no key")
    for key in ("id", "missing"):
        done = acknowledge(*SCRIPT, "--ssh-key", key)
        assert done.exit_code
        assert not (room / "acknowledgement.json").exists()


def test_where_there_is_no_ssh_keygen_it_says_so(room, monkeypatch):
    (room / "id").write_bytes(b"a key")
    monkeypatch.setenv("PATH", str(room))
    done = acknowledge(*SCRIPT, "--ssh-key", "id")
    assert "OpenSSH" in done.exception.remedy


def test_the_programme_records_a_session(room):
    recorded = ("--platform-session", "u-7Q2K", "--accepted", "2026-11-26T09:00:00Z")
    done = acknowledge(*SCRIPT, *recorded, "--key", "issuer.pem")
    assert done.exit_code == 0, done.output
    assert said()["signer"] == {
        "method": "platform_session", "account": "u-7Q2K", "acceptedAt": "2026-11-26T09:00:00Z",
    }  # fmt: skip
    assert countersign().exit_code == 1
    assert countersign("--assurance", "platform_session").exit_code == 0


def test_the_programme_records_a_signed_page_by_its_digest(room):
    (room / "page.png").write_bytes(os.urandom(1000))
    assert acknowledge(*SCRIPT, "--wet-ink", "page.png", "--key", "issuer.pem").exit_code == 0
    assert said()["identityAssurance"] == "wet_ink"
    assert countersign("--assurance", "platform_session").exit_code == 1
    assert countersign("--assurance", "wet_ink").exit_code == 0


def test_a_person_is_asked_for_places_remainders_and_each_statement(room):
    places = "".join("y\n" if place in ("device", "paper") else "n\n" for place in PLACES)
    left = "y\n99\n17\n1\ntomorrow\n2027-01-31\nn\n"
    given = places + left + "y\n" * 6 + "soon\n2026-11-27\n2026-11-25\ny\n"
    done = acknowledge("--key", "researcher.pem", input=given)
    assert done.exit_code == 0, done.output
    assert said()["placesChecked"] == ["device", "paper"]
    assert said()["exceptions"] == [
        {"place": "backups", "reason": "automatic_backup", "until": "2027-01-31"}
    ]
    assert said()["completedAt"] == "2026-11-25T23:59:59Z"
    assert IDENTIFIER in done.stderr
    assert countersign().exit_code == 0


def test_a_person_who_finished_now_need_not_say_when(room):
    given = "y\n" * len(PLACES) + "n\n" + "y\n" * 6 + "\ny\n"
    assert acknowledge("--key", "researcher.pem", input=given).exit_code == 0
    assert said()["completedAt"] == "2026-11-26T12:00:00Z"


def test_without_a_yes_to_each_statement_nothing_is_signed(room):
    given = "y\n" * len(PLACES) + "n\n" + "y\ny\nn\ny\ny\ny\n" + "\ny\n"
    done = acknowledge("--key", "researcher.pem", input=given)
    assert "not ticked" in str(done.exception)
    assert not (room / "acknowledgement.json").exists()


@pytest.mark.parametrize("given", ["", "y\n" * len(PLACES) + "n\n" + "y\n" * 6 + "\nn\n"])
def test_who_stops_or_does_not_sign_has_signed_nothing(room, given):
    done = acknowledge("--key", "researcher.pem", input=given)
    assert done.exit_code
    assert not (room / "acknowledgement.json").exists()


def test_the_terms_are_printed_in_each_language():
    for language in ("en", "de", "fr"):
        done = run("acknowledge", "--show-terms", "--language", language)
        terms = shipped_terms(language)
        assert done.exit_code == 0
        assert terms.digest in done.stdout
        assert terms.review in done.stdout
        assert all(word in done.stdout for word in PLACES)


def test_a_programmes_own_terms_are_signed_and_approved_by_it(room):
    done = run("acknowledge", "--show-terms")
    folder = resources.files("pii_guard.certificate.terms")
    own = (folder / "researcher-deletion-1.en.toml").read_bytes().replace(b"three", b"two")
    (room / "own.toml").write_bytes(own)
    assert acknowledge(*SCRIPT, "--key", "researcher.pem", "--terms", "own.toml").exit_code == 0
    refused = countersign("--format", "json")
    assert json.loads(refused.stdout)["faults"] == ["its terms are not approved"]
    assert countersign("--terms", "own.toml").exit_code == 0
    assert shipped_terms().digest in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (*SCRIPT,),
        (*SCRIPT, "--key", "researcher.pem", "--ssh-key", "id"),
        (*SCRIPT, "--key", "issuer.pem", "--platform-session", "u-1"),
        (*SCRIPT, "--key", "issuer.pem", "--platform-session", "u-1", "--wet-ink", "page.png"),
        (*SCRIPT, "--key", "issuer.pem", "--platform-session", "u-1", "--accepted", "2026-11-30"),
        (*SCRIPT, "--ssh-key", "id", "--wet-ink", "page.png"),
        (*SCRIPT, "--key", "issuer.pem", "--wet-ink", "missing.png"),
        (*SCRIPT, "--key", "missing.pem"),
        (*SCRIPT, "--key", "researcher.pem", "--language", "xx"),
        (*SCRIPT, "--key", "researcher.pem", "--place", "attic of Jane Roe"),
        (*SCRIPT, "--key", "researcher.pem", "--exception", "backups"),
        (*SCRIPT, "--key", "researcher.pem", "--exception", "paper:no_access:Jane Roe"),
        (*SCRIPT[:-2], "--key", "researcher.pem", "--completed", "2026-11-27"),
        (*SCRIPT[:-2], "--key", "researcher.pem", "--completed", "2026-11-20"),
        (*SCRIPT[:-2], "--key", "researcher.pem", "--completed", "soon"),
    ],
    ids="no_key two_keys session_without_time session_and_page session_in_future page_with_ssh no_page no_such_key "
    "language place exception exception_date future before_issue no_time".split(),
)
def test_a_call_that_cannot_be_used_signs_nothing_and_repeats_nothing(room, arguments):
    done = acknowledge(*arguments)
    assert getattr(done.exception, "exit_code", 0) == 2, done.exception
    assert "Jane" not in str(done.exception)
    assert not (room / "acknowledgement.json").exists()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": 1, "a": 2}', b'{"payload": "!"}', b"\xff"])
def test_what_is_no_certificate_is_malformed(room, content):
    acknowledge(*SCRIPT, "--key", "researcher.pem")
    (room / "certificate.json").write_bytes(content)
    done = acknowledge(*SCRIPT, "--key", "researcher.pem", "-o", "other.json")
    assert done.exit_code == 3
    assert not (room / "other.json").exists()
    assert countersign().exit_code == 3


def test_a_certificate_over_the_size_cap_is_malformed(room):
    with (room / "certificate.json").open("ab") as file:
        file.write(b" " * MOST_BYTES)
    assert acknowledge(*SCRIPT, "--key", "researcher.pem").exit_code == 3


def test_a_certificate_that_fails_is_not_acknowledged(room):
    stranger = generate(room / "stranger.pem")
    (room / "certificate.json").write_bytes(sign(statement(), stranger).to_json())
    done = acknowledge(*SCRIPT, "--key", "researcher.pem", "--trust", "trust.json")
    assert done.exit_code == 1
    assert not (room / "acknowledgement.json").exists()


def test_an_acknowledgement_that_is_there_is_not_overwritten(room):
    assert acknowledge(*SCRIPT, "--key", "researcher.pem").exit_code == 0
    before = (room / "acknowledgement.json").read_bytes()
    assert getattr(acknowledge(*SCRIPT, "--key", "researcher.pem").exception, "exit_code", 0) == 2
    assert (room / "acknowledgement.json").read_bytes() == before
    assert not list(room.glob(".*"))


def test_the_passphrases_of_encrypted_keys_are_asked_for_and_not_shown(room):
    """Of both parties; the countersignature is P-384."""
    researcher = generate(room / "locked.pem", b"open sesame")
    issuer = generate(room / "locked-issuer.pem", b"barley", "ecdsa-p384")
    trusting(room / "trust.json", issuer, {"spki": spki(researcher), "role": "researcher"})
    done = acknowledge(*SCRIPT, "--key", "locked.pem", input="open sesame\n")
    assert done.exit_code == 0, done.output
    assert "sesame" not in done.stderr
    arguments = ("countersign", "acknowledgement.json", "--certificate", "certificate.json")
    signing = ("--trust", "trust.json", "--key", "locked-issuer.pem")
    refused = run(*arguments, *signing, input="wheat\n")
    assert getattr(refused.exception, "exit_code", 0) == 2
    assert run(*arguments, *signing, input="barley\n").exit_code == 0


def test_a_key_that_is_no_issuer_does_not_countersign(room):
    acknowledge(*SCRIPT, "--key", "researcher.pem")
    done = countersign("--key", "researcher.pem")
    assert getattr(done.exception, "exit_code", 0) == 2


def test_another_cases_acknowledgement_is_not_countersigned(room):
    acknowledge(*SCRIPT, "--key", "researcher.pem")
    issuer = generate(room / "again.pem")
    (room / "certificate.json").write_bytes(sign(statement(ref="VDP-2"), issuer).to_json())
    done = countersign("--format", "json")
    assert done.exit_code == 1
    assert "it is about another certificate" in json.loads(done.stdout)["faults"]


def test_the_real_command_ends_with_one_line_and_the_exit_code(room):
    # The command asks the real clock: certificate and search lie behind it, whatever it says.
    issued = build_statement(
        facts(),
        issued_at=datetime(2024, 1, 1, tzinfo=UTC),
        certificate_id=IDENTIFIER,
        nonce="ab" * 16,
    )
    (room / "certificate.json").write_bytes(sign(issued, generate(room / "old.pem")).to_json())
    signing = ["--completed", "2024-01-02", "--key", "researcher.pem"]
    arguments = ["acknowledge", "certificate.json", *SCRIPT[:-2], *signing]
    code = "from pii_guard.cli import main; main()"
    for expected in (0, 2):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True
        )
        assert (done.returncode, done.stderr.count("\n")) == (expected, 1), done.stderr


def test_a_day_means_its_end_but_no_later_than_now():
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert moment("2026-11-25", now) == datetime(2026, 11, 25, 23, 59, 59, tzinfo=UTC)
    assert moment("2026-11-26", now) == now
    assert moment("2026-11-25T10:00:00+02:00", now) == datetime(2026, 11, 25, 8, tzinfo=UTC)
    for text in ("2026-11-25T10:00:00", "2026-W48-3", "20261125", ""):
        with pytest.raises(PolicyError):
            moment(text, now)


def test_an_exception_is_place_reason_and_perhaps_a_day():
    assert remainder("paper:no_access").until is None
    assert str(remainder("backups:automatic_backup:2027-01-31").until) == "2027-01-31"
    with pytest.raises(PolicyError):
        remainder("backups:automatic_backup:2027-1-31")
