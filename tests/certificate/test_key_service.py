"""Keys in a service: a real PKCS#11 token, and how the adapter meets a service that misbehaves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, CryptoSigner, SSlibKey
from securesystemslib.signer import Signer as ServiceSigner

from pii_guard import CertificateError
from pii_guard.certificate import default_signer, generate, load_trust, open_key, sign, verify
from pii_guard.certificate.key_service import EXTRAS, is_uri
from pii_guard.certificate.keys import Signer
from tests.certificate.conftest import failed, statement

PIN = "4711"
SOFTHSM = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


class Pretended(ServiceSigner):
    """A service that signs with a key of its own, or fails: what the adapter is tested against."""

    private = None
    failure: Exception | None = None
    asked: list[str] = []  # noqa: RUF012 - emptied by the fixture

    def __init__(self, public, secret):
        self._public, self._secret = public, secret

    @property
    def public_key(self):
        return self._public

    @classmethod
    def from_priv_key_uri(cls, uri, public, secret=None):
        cls.asked.append(uri)
        return cls(public, secret)

    def sign(self, payload):
        if self.failure:
            raise self.failure
        return CryptoSigner(self.private, SSlibKey.from_crypto(self.private.public_key())).sign(
            payload
        )


@pytest.fixture
def service(monkeypatch, tmp_path):
    held = generate(tmp_path / "held.pem", None, "ecdsa-p256")
    monkeypatch.setattr(Pretended, "private", held.private)
    monkeypatch.setattr(Pretended, "asked", [])
    monkeypatch.setitem(SIGNER_FOR_URI_SCHEME, "awskms", Pretended)
    return held


def test_a_key_in_a_service_signs_by_its_uri(service, tmp_path):
    signer = open_key("awskms:alias/issuer", tmp_path / "held.pub")
    assert (signer.origin, signer.path, signer.key_id) == ("service", None, service.key_id)
    certificate = sign(statement(), signer)
    assert Pretended.asked == ["awskms:alias/issuer"]
    assert verify(certificate.to_json(), load_trust(tmp_path / "held.pub")).exit_code == 0
    assert "alias" not in repr(signer)


def test_the_environment_may_name_a_key_in_a_service(service, tmp_path):
    named = {"PII_GUARD_KEY": "awskms:k", "PII_GUARD_KEY_PUBLIC": str(tmp_path / "held.pub")}
    assert default_signer(named).key_id == service.key_id
    with pytest.raises(CertificateError, match="public key"):
        default_signer({"PII_GUARD_KEY": "awskms:k"})


def test_a_service_that_signs_with_another_key_signs_nothing(service, tmp_path):
    generate(tmp_path / "other.pem", None, "ecdsa-p256")
    signer = open_key("awskms:k", tmp_path / "other.pub")
    with pytest.raises(CertificateError, match="another key"):
        sign(statement(), signer)


def test_what_a_service_says_when_it_fails_is_not_repeated(service, tmp_path, monkeypatch):
    monkeypatch.setattr(Pretended, "failure", RuntimeError("token hvs.SECRET at 10.0.0.7"))
    with pytest.raises(CertificateError) as caught:
        sign(statement(), open_key("awskms:k", tmp_path / "held.pub"))
    assert "RuntimeError" in str(caught.value)
    assert "SECRET" not in str(caught.value) + caught.value.remedy


def test_a_service_whose_library_is_missing_says_what_to_install(service, tmp_path, monkeypatch):
    from securesystemslib.exceptions import UnsupportedLibraryError

    monkeypatch.setattr(Pretended, "failure", UnsupportedLibraryError("no boto3"))
    with pytest.raises(CertificateError) as caught:
        sign(statement(), open_key("awskms:k", tmp_path / "held.pub"))
    assert "pii-guard-vdp[awskms]" in caught.value.remedy


@pytest.mark.parametrize(("scheme", "name"), [("hv", "ecdsa-p256"), ("awskms", "ed25519")])
def test_a_key_that_the_service_cannot_sign_with_is_refused_at_once(tmp_path, scheme, name):
    generate(tmp_path / "k.pem", None, name)
    with pytest.raises(CertificateError, match="does not sign"):
        open_key(f"{scheme}:k/1", tmp_path / "k.pub")


@pytest.mark.parametrize("uri", [f"{scheme}:x" for scheme in EXTRAS] + ["hsm:"])
def test_services_are_known_by_their_scheme(uri):
    assert is_uri(uri)
    with pytest.raises(CertificateError, match="together with its public key"):
        open_key(uri)


@pytest.mark.parametrize("uri", ["file2:/k.pem", "file:/k.pem?encrypted=true", "gnupg:", "tkey:1"])
def test_other_uris_are_refused(uri):
    """`file2:` cannot open an encrypted key, and the others do not keep to a pinned SPKI."""
    with pytest.raises(CertificateError, match="such a URI"):
        open_key(uri)


@pytest.mark.parametrize("name", ["k.pem", "C:\\keys\\k.pem", "a:b", "./hsm:2", "/awskms:k"])
def test_a_path_is_no_uri(name):
    assert not is_uri(name)


def test_a_public_key_beside_a_file_is_that_of_the_file(tmp_path):
    one, _ = generate(tmp_path / "a.pem"), generate(tmp_path / "b.pem")
    assert open_key(str(tmp_path / "a.pem"), tmp_path / "a.pub").key_id == one.key_id
    with pytest.raises(CertificateError, match="another key's"):
        open_key(str(tmp_path / "a.pem"), tmp_path / "b.pub")


def test_an_unknown_pin_is_not_tried(service, tmp_path, monkeypatch):
    """A token locks after a few wrong ones, and an empty one is wrong."""
    monkeypatch.delenv("PII_GUARD_KEY_PASSPHRASE", raising=False)
    monkeypatch.setattr(Pretended, "sign", lambda self, payload: self._secret("pin"))
    for unknown in (None, b"", lambda: b""):
        with pytest.raises(CertificateError, match="PIN is not known"):
            sign(statement(), open_key("awskms:k", tmp_path / "held.pub", unknown))


# -- a PKCS#11 token -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    """A SoftHSM token with keys made inside it: their public keys by number."""
    pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: extra hsm")
    library = next((one for one in SOFTHSM if Path(one).exists()), None)
    if library is None or not shutil.which("softhsm2-util"):
        pytest.skip("SoftHSM 2 is not installed (Debian: softhsm2)")
    from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "conf"))
        patch.setenv("PYKCS11LIB", library)
        command = f"softhsm2-util --init-token --free --label issuer --pin {PIN} --so-pin {PIN}"
        subprocess.run(command.split(), check=True, capture_output=True)
        publics = {}
        with (
            pkcs11.lib(library).get_token(token_label="issuer").open(rw=True, user_pin=PIN) as open_
        ):
            for number, curve in ((2, "secp256r1"), (3, "secp384r1")):
                parameters = open_.create_domain_parameters(
                    pkcs11.KeyType.EC,
                    {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)},
                    local=True,
                )
                public, _ = parameters.generate_keypair(id=bytes([number]), store=True)
                publics[number] = folder / f"{number}.pub"
                publics[number].write_bytes(encode_ec_public_key(public))
        yield publics


@pytest.mark.parametrize("number", [2, 3], ids="p256 p384".split())
def test_a_key_that_never_leaves_a_token_signs(token, number, tmp_path):
    signer = open_key(f"hsm:{number}?label=issuer", token[number], PIN.encode())
    certificate = sign(statement(), signer)
    trust = load_trust(token[number])
    assert verify(certificate.to_json(), trust).exit_code == 0
    tampered = certificate.to_json().replace(b"A", b"B", 1)
    assert verify(tampered, trust).exit_code
    assert failed(verify(certificate.to_json(), load_trust(token[5 - number]))) == ["signature"]


def test_a_token_and_a_file_sign_one_envelope(token, key, tmp_path):
    from pii_guard.certificate.trust import Trust, TrustedKey

    signer = open_key("hsm:2", token[2], PIN.encode)
    trust = Trust((TrustedKey(key.public), TrustedKey(signer.public)), {"issuer": 2})
    assert verify(sign(statement(), key, signer).to_json(), trust).exit_code == 0


def test_a_wrong_pin_or_slot_or_public_key_is_an_error_that_shows_nothing(token, monkeypatch):
    monkeypatch.delenv("PII_GUARD_KEY_PASSPHRASE", raising=False)
    for where, public, pin in (
        ("hsm:2", 2, b"0815"), ("hsm:9", 2, PIN.encode()), ("hsm:2?label=none", 2, PIN.encode()),
        ("hsm:2", 2, None), ("hsm:two", 2, PIN.encode()), ("hsm:3", 2, PIN.encode()),
    ):  # fmt: skip
        signer = open_key(where, token[public], pin)
        assert isinstance(signer, Signer)
        with pytest.raises(CertificateError) as caught:
            sign(statement(), signer)
        assert PIN not in str(caught.value)
        assert "0815" not in str(caught.value)
