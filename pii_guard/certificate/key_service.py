"""Keys that never leave a service: a cloud KMS, an HSM (PKCS#11) or Vault, through securesystemslib.

What speaks to the service is loaded when it signs, never for verifying.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pii_guard.certificate.public_keys import PublicKey, algorithm, holds, key_id
from pii_guard.errors import CertificateError

EXTRAS = {
    "awskms": "awskms", "gcpkms": "gcpkms", "azurekms": "azurekms", "hsm": "hsm", "hv": "vault",
}  # fmt: skip
"""The schemes that may be used, with the extra that installs what each needs."""
_VAULT_SIGNS = "ed25519"
_URI = re.compile(r"([a-z][a-z0-9]+):", re.ASCII)
# What securesystemslib knows besides: no encrypted keys (file2, file), no pinned SPKI (the others).
_REFUSED = frozenset({"file", "file2", "gnupg", "sigstore", "tkey", "http", "https", "s3"})


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A private key in a service, by its URI, with its public key and what asks for a PIN."""

    uri: str = field(repr=False)
    public: PublicKey = field(repr=False)
    secret: Callable[[], bytes] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse an algorithm that the service does not sign with. Raises `CertificateError`."""
        vault = self.uri.startswith("hv:")
        if vault != (algorithm(self.public) == _VAULT_SIGNS):
            raise CertificateError(
                "the service does not sign with such a key",
                remedy="use ECDSA in a KMS or an HSM, Ed25519 in Vault",
            )

    def public_key(self) -> PublicKey:
        """The public key, as it was given: the service is not asked."""
        return self.public

    def sign(self, data: bytes) -> bytes:
        """The service's signature over `data`, checked with the public key before it is used.

        Raises `CertificateError`, which says nothing of what the service said.
        """
        from securesystemslib.exceptions import UnsupportedLibraryError
        from securesystemslib.signer import Signer, SSlibKey

        extra = EXTRAS[self.uri.partition(":")[0]]
        key = SSlibKey.from_crypto(self.public, keyid=key_id(self.public))
        try:
            signer = Signer.from_priv_key_uri(self.uri, key, lambda _: self.secret().decode())
            signature = bytes.fromhex(signer.sign(data).signature)
        except UnsupportedLibraryError:
            raise CertificateError(
                "what speaks to the key's service is not installed",
                remedy=f"install pii-guard-vdp[{extra}]",
            ) from None
        except CertificateError:
            raise  # there is no PIN
        except Exception as error:  # noqa: BLE001 - each service has errors of its own
            # Their messages name accounts, hosts and tokens: only the type is said.
            raise CertificateError(
                f"the key's service did not sign: {type(error).__name__}",
                remedy="check the key's URI, the credentials, and that the service can be reached",
            ) from None
        if not holds(self.public, signature, data):
            raise CertificateError(
                "the service signed with another key than the public key's",
                remedy="pass the .pub file of the key that the URI names",
            )
        return signature


def is_uri(where: str) -> bool:
    """Whether `where` names a key in a service, not a file.

    Raises `CertificateError` for a URI of a kind that is not used here.
    """
    match = _URI.match(where)
    if match is None or match[1] not in EXTRAS.keys() | _REFUSED:
        return False
    if match[1] in _REFUSED:
        raise CertificateError(
            "keys are not taken from such a URI",
            remedy=f"give a file, or one of {', '.join(f'{scheme}:' for scheme in EXTRAS)}",
        )
    return True
