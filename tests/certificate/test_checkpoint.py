"""Checkpoints and signed notes: the specifications' own examples, and notes that must not open."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.certificate.checkpoint import (
    Checkpoint,
    includes,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from pii_guard.certificate.leaf import leaf_data
from pii_guard.certificate.merkle import EMPTY_ROOT, MOST_LEAVES, Inclusion, leaf_hash, node_hash
from pii_guard.certificate.note import (
    MOST_CHARACTERS,
    Kind,
    Note,
    NoteKey,
    NoteSigner,
    check_note,
    parse_note,
    parse_verifier_key,
)
from pii_guard.certificate.strict import Malformed

ORIGIN = "pii-guard.example/ledger"
LOG = NoteSigner.of(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
OTHER = NoteSigner.of(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\2" * 32))
WITNESS = Ed25519PrivateKey.from_private_bytes(b"\3" * 32)
WITNESS_KEY = NoteKey("witness.example/w1", WITNESS.public_key(), Kind.COSIGNATURE)
SEEN_AT = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
STATE = Checkpoint(ORIGIN, 3, bytes(range(32)))
SIGNED = sign_checkpoint(STATE, LOG)

# The published pair and note of the format's reference implementation.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf"
    "qdngotpRZb6KE6RyyBwJnAM=\n"
)
PUBLISHED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""


def witnessed(note=SIGNED, at=SEEN_AT):
    return str(parse_note(note).cosigned(WITNESS_KEY, WITNESS.sign, at))


def test_the_text_is_three_lines():
    assert STATE.text == f"{ORIGIN}\n3\n{base64.b64encode(STATE.root).decode()}\n"
    assert SIGNED.startswith(f"{STATE.text}\n— {ORIGIN} ")
    assert open_checkpoint(SIGNED, [LOG.key]).checkpoint == STATE


def test_the_key_hash_is_the_specification_s():
    raw = LOG.key.public.public_bytes_raw()
    assert LOG.key.hash == hashlib.sha256(ORIGIN.encode() + b"\n\x01" + raw).digest()[:4]
    raw = WITNESS.public_key().public_bytes_raw()
    expected = hashlib.sha256(b"witness.example/w1\n\x04" + raw).digest()[:4]
    assert WITNESS_KEY.hash == expected


def test_a_note_of_another_implementation_is_read():
    key = parse_verifier_key(PETER)
    note = parse_note(f"{PETER_TEXT}\n{PETER_LINE}")
    assert note.text == PETER_TEXT
    assert check_note(note, [key]).keys == (key,)
    assert str(note) == f"{PETER_TEXT}\n{PETER_LINE}"


def test_the_published_checkpoint_is_read():
    note = parse_note(PUBLISHED)
    state = parse_checkpoint(note)
    assert (state.origin, state.size) == ("example.com/behind-the-sofa", 20852163)
    assert state.text == note.text
    when = int.from_bytes(note.signatures[1].signature[:8], "big")
    assert when == 1679315147  # the specification's example message names this time


def test_a_witness_vouches_for_the_time():
    opened = open_checkpoint(witnessed(), [LOG.key], [WITNESS_KEY])
    assert opened.independent_time == SEEN_AT
    assert opened.signed_by == (LOG.key,)


def test_the_earliest_of_several_witnesses_counts():
    second = Ed25519PrivateKey.generate()
    key = NoteKey("witness.example/w2", second.public_key(), Kind.COSIGNATURE)
    earlier = datetime(2026, 1, 2, tzinfo=UTC)
    note = str(parse_note(witnessed()).cosigned(key, second.sign, earlier))
    assert open_checkpoint(note, [LOG.key], [WITNESS_KEY, key]).independent_time == earlier


def test_a_witness_alone_makes_no_checkpoint():
    note = str(Note(STATE.text, ()).cosigned(WITNESS_KEY, WITNESS.sign, SEEN_AT))
    with pytest.raises(Malformed, match="no trusted log"):
        open_checkpoint(note, [LOG.key], [WITNESS_KEY])


def test_the_log_is_not_its_own_witness():
    """Whoever holds the log's key must not vouch for the time with it."""
    private = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
    own = NoteKey(ORIGIN, private.public_key(), Kind.COSIGNATURE)
    note = str(parse_note(SIGNED).cosigned(own, private.sign, SEEN_AT))
    assert open_checkpoint(note, [LOG.key], [WITNESS_KEY]).independent_time is None
    with pytest.raises(ValueError, match="own witness"):
        open_checkpoint(note, [LOG.key], [own])


def test_a_witness_s_time_cannot_be_moved():
    note = parse_note(witnessed())
    line = note.signatures[1]
    earlier = (int(SEEN_AT.timestamp()) - 86_400).to_bytes(8, "big")
    moved = replace(line, signature=earlier + line.signature[8:])
    with pytest.raises(Malformed, match="does not hold"):
        open_checkpoint(
            str(replace(note, signatures=(note.signatures[0], moved))), [LOG.key], [WITNESS_KEY]
        )


def test_signatures_of_unknown_keys_are_passed_over():
    note = str(parse_note(witnessed()).signed(OTHER))
    opened = open_checkpoint(note, [LOG.key])
    assert opened.signed_by == (LOG.key,)
    assert opened.witnessed == ()


def test_a_rotated_log_signs_with_both_keys():
    note = str(parse_note(SIGNED).signed(OTHER))
    assert open_checkpoint(note, [LOG.key, OTHER.key]).signed_by == (LOG.key, OTHER.key)


def test_a_known_key_s_broken_signature_spoils_the_note():
    note = parse_note(str(parse_note(SIGNED).signed(OTHER)))
    broken = replace(note.signatures[1], signature=bytes(64))
    with pytest.raises(Malformed, match="does not hold"):
        open_checkpoint(
            str(replace(note, signatures=(note.signatures[0], broken))), [LOG.key, OTHER.key]
        )


def test_another_log_s_signature_does_not_stand_for_this_one():
    """A trusted log must not speak for an origin that is not its own."""
    elsewhere = NoteSigner.of("elsewhere.example/log", Ed25519PrivateKey.generate())
    note = str(Note(STATE.text, ()).signed(elsewhere))
    with pytest.raises(Malformed, match="no trusted log"):
        open_checkpoint(note, [LOG.key, elsewhere.key])


def test_a_p256_log_is_understood():
    signer = NoteSigner.of(ORIGIN, ec.generate_private_key(ec.SECP256R1()))
    note = sign_checkpoint(STATE, signer)
    assert open_checkpoint(note, [signer.key]).checkpoint == STATE
    with pytest.raises(Malformed):
        open_checkpoint(note.replace("\n3\n", "\n4\n"), [signer.key])


@pytest.mark.parametrize("private", [ec.generate_private_key(ec.SECP384R1()), object()])
def test_other_kinds_of_key_are_refused(private):
    with pytest.raises(ValueError, match="P-256"):
        NoteSigner.of(ORIGIN, private)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "a\x7fb"])
def test_names_that_notes_cannot_have_are_refused(name):
    with pytest.raises(ValueError, match="name"):
        NoteSigner.of(name, Ed25519PrivateKey.generate())


def test_a_device_that_signs_wrongly_is_noticed():
    with pytest.raises(ValueError, match="does not verify"):
        sign_checkpoint(STATE, replace(LOG, sign=lambda text: bytes(64)))


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n03\n{ROOT}\n",
        f"{ORIGIN}\n+3\n{ROOT}\n",
        f"{ORIGIN}\n-3\n{ROOT}\n",
        f"{ORIGIN}\n3 \n{ROOT}\n",
        f"{ORIGIN}\n٣\n{ROOT}\n",
        f"{ORIGIN}\n{MOST_LEAVES + 1}\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ROOT}\n",
        f"{ORIGIN}\n3\n{ROOT[:-4]}\n",
        f"{ORIGIN}\n3\n{ROOT}=\n",
        f"{ORIGIN}\n3\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n3\n",
        f"\n3\n{ROOT}\n",
        f"{ORIGIN} x\n3\n{ROOT}\n",
        f"{ORIGIN}\n3\n{ROOT}\n\nmore\n",
        "\n",
    ],
)
def test_a_malformed_checkpoint_is_refused_though_signed(text):
    with pytest.raises(Malformed):
        open_checkpoint(str(Note(text, ()).signed(LOG)), [LOG.key])


@pytest.mark.parametrize(
    "note",
    [
        "",
        STATE.text,
        STATE.text + "\n",
        SIGNED[:-1],
        SIGNED.replace("\n\n", "\n"),
        SIGNED.replace("\n", "\r\n"),
        SIGNED.replace("—", "-"),
        SIGNED + "\n",
        SIGNED + "rest",
        SIGNED + "— \n",
        SIGNED + "— name \n",
        SIGNED + "— name AAAA\n",
        SIGNED + "— na+me AAAAAAAA\n",
        SIGNED.replace(ORIGIN, ORIGIN + "\x01"),
        SIGNED.replace(ORIGIN, ORIGIN + "\ud800"),
        SIGNED + "— name AAAAAAAA\n" * 64,
        SIGNED + "— name " + "A" * MOST_CHARACTERS + "\n",
    ],
)
def test_a_malformed_note_is_refused(note):
    with pytest.raises(Malformed):
        open_checkpoint(note, [LOG.key])


def test_many_signatures_are_taken_as_the_specification_asks():
    note = SIGNED + "— name AAAAAAAA\n" * 16 + f"— pq {'A' * 6000}\n" * 15
    assert open_checkpoint(note, [LOG.key]).checkpoint == STATE


def test_extension_lines_are_kept_and_signed():
    state = replace(STATE, extensions=("one", "two"))
    assert open_checkpoint(sign_checkpoint(state, LOG), [LOG.key]).checkpoint == state


@settings(max_examples=500)
@given(st.integers(0), st.integers(1, 255))
def test_no_changed_byte_leaves_another_statement(at, change):
    """Whatever bit is flipped: refused, or (in a witness's unchecked line) the same checkpoint."""
    raw = bytearray(SIGNED.encode())
    raw[at % len(raw)] ^= change
    try:
        opened = open_checkpoint(raw.decode(), [LOG.key])
    except (Malformed, UnicodeDecodeError):
        return
    raise AssertionError(f"opened as {opened}")


@given(st.text(max_size=200))
def test_any_text_is_refused_or_read(text):
    with pytest.raises(Malformed):
        open_checkpoint(text, [LOG.key])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        PETER[:-4],
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("PeterNeumann", "Peter"),
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+",
    ],
)
def test_a_malformed_verifier_key_is_refused(text):
    with pytest.raises(Malformed):
        parse_verifier_key(text)


def test_includes_takes_the_size_from_the_checkpoint():
    """The root of three leaves also answers to a size of which the path has the same shape."""
    leaves = [leaf_hash(bytes([number])) for number in range(7)]
    pairs = [node_hash(*leaves[at : at + 2]) for at in (0, 2, 4)]
    top = node_hash(node_hash(*pairs[:2]), node_hash(pairs[2], leaves[6]))
    proof = Inclusion(3, 7, (leaves[2], pairs[0], node_hash(pairs[2], leaves[6])))
    state = Checkpoint(ORIGIN, 7, top)
    assert includes(state, leaves[3], proof)
    assert not includes(state, leaves[3], replace(proof, size=5))
    assert not includes(replace(state, size=0, root=EMPTY_ROOT), leaves[3], proof)


def test_a_leaf_names_the_type_and_the_digest():
    data = leaf_data("urn:pii-guard:deletion-certificate:v1", b"{}")
    digest = hashlib.sha256(b"{}").hexdigest()
    assert data.decode() == (
        f'{{"payload":"sha256:{digest}","type":"urn:pii-guard:deletion-certificate:v1","v":1}}'
    )
