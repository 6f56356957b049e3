"""The signature can be checked without us: the commands of docs/verify-with-openssl.md are run."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pii_guard.certificate import generate, sign
from pii_guard.certificate.envelope import pae
from pii_guard.certificate.public_keys import ALGORITHMS
from tests.certificate.conftest import statement

DOCS = Path(__file__).parents[2] / "docs" / "verify-with-openssl.md"
pytestmark = [
    pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed"),
    pytest.mark.skipif(not shutil.which("sh"), reason="there is no POSIX shell"),
]


def commands(algorithm):
    """The shell blocks of the page: those for all keys, and the check of this algorithm."""
    blocks = re.findall(r"```sh ?([\w-]*)\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert {name for name, _ in blocks} == {"", *ALGORITHMS}
    return "set -e\n" + "\n".join(text for name, text in blocks if name in ("", algorithm))


def check(folder, algorithm):
    done = subprocess.run(["sh", "-c", commands(algorithm)], cwd=folder, capture_output=True)
    return done.returncode, done.stdout.decode()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "there"
    path.mkdir()
    return path


def issued(folder, algorithm, payload, others=()):
    issuer = generate(folder.parent / "k.pem", None, algorithm)
    (folder / "issuer.pub").write_bytes(issuer.public_pem)
    (folder / "certificate.json").write_bytes(sign(payload, *others, issuer).to_json())
    return issuer


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_openssl_alone_verifies_a_signature(folder, algorithm):
    issuer = issued(folder, algorithm, statement())
    code, printed = check(folder, algorithm)
    assert code == 0
    assert printed.startswith(issuer.key_id)
    assert (folder / "statement.json").read_bytes() == statement()
    assert (folder / "signed").read_bytes() == pae(statement())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_openssl_alone_refuses_what_was_altered(folder, algorithm):
    issued(folder, algorithm, statement())
    file = folder / "certificate.json"
    good = file.read_text()
    at = good.index('"payload": "') + 99
    file.write_text(good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :])
    assert check(folder, algorithm)[0] == 1


def test_openssl_alone_verifies_a_long_statement_and_picks_the_right_signature(folder, key):
    """A megabyte in one line of base64, and two signatures of which the second is asked for."""
    issued(folder, "ed25519", statement() + b" " * 2**20, [key])
    assert check(folder, "ed25519")[0] == 0


def test_a_key_that_has_not_signed_is_refused(folder, key):
    issued(folder, "ed25519", statement())
    (folder / "issuer.pub").write_bytes(key.public_pem)
    code, printed = check(folder, "ed25519")
    assert code
    assert "has not signed" in printed
