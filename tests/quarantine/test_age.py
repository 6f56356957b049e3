"""The format is age's: what is closed here opens with age, and what age closed opens here."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.errors import QuarantineError
from pii_guard.quarantine import Identity, Recipient, bech32, generate
from pii_guard.quarantine.age import closed, opened
from pii_guard.quarantine.contents import LEAST, packed, padded, unpacked
from pii_guard.quarantine.header import read
from pii_guard.quarantine.payload import CHUNK

SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK)
# age 1.1.1: `age -r …` of the line "kept\n", to the key of the specification's example
VECTOR_KEY = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
VECTOR_PUBLIC = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
VECTOR = (
    "6167652d656e6372797074696f6e2e6f72672f76310a2d3e20583235353139207861355873436d314e332f6f63714a4d"
    "697a6762764d683841636d2f5a76396e6f3033544d64666f3167340a746b633668322f2f31757143694e7061634e4843"
    "59766367306d716d306e457079514177476566314942300a2d2d2d20434e4c6549503970476e70334871694763344d56"
    "777062516e61692b584d5058752f6835466b385a3563630a7d20fae7112b97101e3057e74532faa7569fc06c0a1f305b"
    "9154eec7c7cd24be515063a465"
)


def close(blob, recipient, note=("note",)):
    return b"".join(closed([blob], recipient, note))


def open_(content, identity):
    file = io.BytesIO(content)
    return b"".join(opened(read(file), file, identity))


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key.txt"
    generate(path)
    return Identity.load(path)


@given(st.lists(st.binary(max_size=200), max_size=20), st.sampled_from(SIZES))
def test_what_is_closed_opens_whatever_its_blocks(identity, blocks, extra):
    blocks = [*blocks, bytes(extra)]
    whole = b"".join(blocks)
    assert open_(b"".join(closed(blocks, identity.recipient, ("note",))), identity) == whole


@pytest.mark.skipif(not shutil.which("age"), reason="age is not installed")
@pytest.mark.parametrize("size", SIZES)
def test_age_opens_what_is_closed_here_and_the_other_way_round(tmp_path, size):
    generate(tmp_path / "key.txt")
    identity = Identity.load(tmp_path / "key.txt")
    blob = bytes(range(256)) * (size // 256 + 1)
    blob = blob[:size]
    done = subprocess.run(
        ["age", "-d", "-i", tmp_path / "key.txt"],
        input=close(blob, identity.recipient), capture_output=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, blob), done.stderr
    theirs = subprocess.run(
        ["age", "-r", str(identity.recipient)], input=blob, capture_output=True, check=True
    ).stdout
    assert open_(theirs, identity) == blob


@pytest.mark.parametrize("size", SIZES)
def test_rage_opens_what_is_closed_here_and_the_other_way_round(tmp_path, size):
    pyrage = pytest.importorskip("pyrage")
    generate(tmp_path / "key.txt")
    identity = Identity.load(tmp_path / "key.txt")
    theirs = pyrage.x25519.Identity.from_str((tmp_path / "key.txt").read_text().split()[-1])
    assert str(theirs.to_public()) == str(identity.recipient)
    blob = bytes(size)
    assert pyrage.decrypt(close(blob, identity.recipient), [theirs]) == blob
    assert open_(pyrage.encrypt(blob, [theirs.to_public()]), identity) == blob


def test_a_file_that_age_wrote_opens_for_ever(tmp_path):
    (tmp_path / "key.txt").write_text(f"# public key: {VECTOR_PUBLIC}\n{VECTOR_KEY}\n")
    identity = Identity.load(tmp_path / "key.txt")
    assert str(identity.recipient) == VECTOR_PUBLIC
    assert open_(bytes.fromhex(VECTOR), identity) == b"kept\n"


def test_contents_come_apart_with_tar_under_names_of_ours(tmp_path):
    blob = b"".join(packed("../../etc/Jane Roe\n.zip", 5, [b"12", b"345"]))
    with tarfile.open(fileobj=io.BytesIO(blob)) as archive:
        assert archive.getnames() == ["name", "content"]
        assert archive.extractfile("content").read() == b"12345"


@given(st.text(st.characters(), max_size=300), st.binary(max_size=2000))
def test_contents_are_unpacked_as_they_were_packed(name, blob):
    again, pieces = unpacked(packed(name, len(blob), [blob]))
    assert (again, b"".join(pieces)) == (name, blob)


@given(st.integers(0, 2**45))
def test_a_length_is_rounded_up_by_an_eighth_at_most(size):
    assert size <= padded(size) <= max(LEAST, size + size // 8)
    assert padded(padded(size)) == padded(size)


def test_few_lengths_are_told_apart():
    assert len({padded(size) for size in range(1, 2**20, 509)}) == 1 + 4 * 8


def test_nothing_but_what_was_packed_is_taken_for_contents():
    whole = b"".join(packed("a", 3, [b"abc"]))
    strange = tarfile.TarInfo("content")
    strange.type, strange.linkname, strange.size = tarfile.SYMTYPE, "/etc/passwd", 3
    for blob in (
        b"", bytes(1024), whole[:600], whole[512:], whole + b"more", b"text" * 500,
        whole[:1024] + strange.tobuf() + whole[1536:],
    ):  # fmt: skip
        with pytest.raises(QuarantineError, match="holds"):
            list(unpacked(iter([blob] if blob else []))[1])


@given(st.binary(max_size=80), st.sampled_from(["age", "age-secret-key-"]))
def test_bech32_comes_back(content, prefix):
    assert bech32.decode(bech32.encode(prefix, content)) == (prefix, content)
    assert bech32.decode(bech32.encode(prefix, content).upper()) == (prefix, content)


@given(st.integers(4, 61), st.sampled_from("023456789acdefghjklmnpqrstuvwxyz"))
def test_a_mistyped_letter_of_a_key_is_noticed(place, letter):
    typed = VECTOR_PUBLIC[:place] + letter + VECTOR_PUBLIC[place + 1 :]
    if typed != VECTOR_PUBLIC:
        with pytest.raises(QuarantineError) as raised:
            Recipient.parse(typed)
        assert typed not in str(raised.value)


@pytest.mark.parametrize(
    "text", ["", "age1", "1", "age1é", VECTOR_PUBLIC.replace("a", "A"), VECTOR_KEY, VECTOR_PUBLIC[:-1],
             bech32.encode("age", bytes(31)), bech32.encode("age", bytes(33)), "age1\x00"],
)  # fmt: skip
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(QuarantineError):
        Recipient.parse(text)


def test_a_private_key_is_never_shown_and_never_replaced(tmp_path, identity):
    assert "SECRET" not in repr(identity)
    path = tmp_path / "key.txt"
    generate(path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(QuarantineError, match="already"):
        generate(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", VECTOR_PUBLIC.encode(), b"AGE-SECRET-KEY-1QQ"]
)
def test_what_is_no_private_key_is_refused(tmp_path, content):
    (tmp_path / "key.txt").write_bytes(content)
    with pytest.raises(QuarantineError, match="no private key"):
        Identity.load(tmp_path / "key.txt")
