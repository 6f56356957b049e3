"""What goes along unread is said by results, scans, the certificate, its verifier and the command line."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from dataclasses import replace

import pytest

from pii_guard.certificate import ArtifactFacts, verify
from pii_guard.certificate.consistency import contradictions
from pii_guard.certificate.grammar import misfit
from pii_guard.document import Matter, Unread, together
from pii_guard.errors import CertificateError, ReasonCode
from pii_guard.tally import Tally
from tests.certificate.conftest import facts, statement, trusting
from tests.cli.test_cli import run  # noqa: F401 - a fixture
from tests.fixtures import CANARY
from tests.fixtures.archives import zipped
from tests.fixtures.traffic import conversation, datagram, pcap
from tests.formats.test_unread_traffic import HELLO, NOISE, SEALED
from tests.test_streamed import small  # noqa: F401 - a fixture

QUIET = pcap(*conversation(("c", HELLO + SEALED), port=443))
TOLD = (Unread(Matter.TLS, 1),)
FIELD = [{"what": "tls", "occurrences": 1}]


def test_counts_are_put_together_by_matter():
    held = [Unread(Matter.TLS, 2), Unread(Matter.QUIC, 0), Unread(Matter.AUDIO, 1), *TOLD]
    assert together(held) == (Unread(Matter.AUDIO, 1), Unread(Matter.TLS, 3))


def test_results_and_scans_say_so_whether_or_not_anything_was_found(guard):
    clean = guard.redact(QUIET)
    assert (clean.verdict, clean.unread) == ("clean", TOLD)
    assert clean.output == QUIET
    found = pcap(
        *conversation(("c", HELLO + SEALED), port=443),
        datagram(f"ask {CANARY}".encode()),
    )
    redacted = guard.redact(found)
    assert (redacted.verdict, redacted.unread) == ("redacted", TOLD)
    assert guard.scan(QUIET).unread == TOLD
    assert guard.redact(b"status 403").unread == ()
    assert guard.redact(b"\0" * 99).unread == ()


def test_of_files_within_files_too(guard):
    noisy = pcap(datagram(NOISE[:80], dport=9999))
    result = guard.redact(zipped({"a.pcap": QUIET, "b.pcap": QUIET, "c.pcap": noisy}))
    assert result.unread == (Unread(Matter.BINARY, 1), Unread(Matter.TLS, 2))
    assert zipfile.ZipFile(io.BytesIO(result.output)).read("a.pcap") == QUIET


def test_of_files_that_are_read_in_sections_too(unconfined, small):  # noqa: F811
    coded = base64.b64encode(QUIET).decode()
    rows = [f"{n},{coded if n in (3, 60) else 'a note'},done\n" for n in range(90)]
    blob = ("id,file,state\n" + "".join(rows)).encode()
    result = unconfined.redact(blob, name="a.csv")
    assert result.counted is not None  # it was streamed
    assert (result.output, result.unread) == (blob, (Unread(Matter.TLS, 2),))
    assert unconfined.scan(blob, name="a.csv").unread == result.unread


def test_the_certificate_and_its_verifier_say_so(guard, signer, tmp_path):
    case = guard.case("VDP-7")
    case.add(QUIET, name="a.pcap")
    case.add(b"status 403", name="a.txt")
    certificate = case.close()
    predicate = certificate.statement["predicate"]
    assert [one.get("unread") for one in predicate["artifacts"]] == [FIELD, None]
    assert predicate["coverage"]["partial"] == 1
    assert predicate["result"] == "complete_with_exceptions"
    report = verify(certificate.to_json(), trusting(tmp_path / "trust.json", signer))
    assert report.exit_code == 0
    consistency = next(rule for rule in report.rules if rule.name == "consistency")
    assert consistency.reason.endswith("; passed on unread: tls 1")


def altered(**changes):
    """A statement of which the first artifact has other fields."""
    whole = json.loads(statement(artifacts=with_unread(facts().artifacts)))
    whole["predicate"]["artifacts"][0] |= changes
    return whole


def with_unread(artifacts, number=0, unread=TOLD):
    return [replace(one, unread=unread) if n == number else one for n, one in enumerate(artifacts)]


@pytest.mark.parametrize(
    "unread",
    [
        [],
        [{"what": "tls"}],
        [{"what": CANARY, "occurrences": 1}],
        [{"what": "tls", "occurrences": -1}],
        [{"what": "tls", "occurrences": 1, "note": "x"}],
        {"what": "tls", "occurrences": 1},
    ],
)
def test_only_words_and_counts_fit(unread):
    assert misfit(altered()) is None
    where = misfit(altered(unread=unread))
    assert where is not None
    assert where.startswith("/predicate/artifacts/0/unread")


@pytest.mark.parametrize(
    "unread",
    [
        [{"what": "tls", "occurrences": 0}],
        FIELD * 2,
        [{"what": "tls", "occurrences": 1}, {"what": "quic", "occurrences": 1}],
    ],
)
def test_counts_that_do_not_reconcile_are_found(unread):
    assert not list(contradictions(altered()))
    assert list(contradictions(altered(unread=unread)))


def test_partial_and_result_follow():
    for path, value in (("result", "complete"), ("coverage", 0)):
        whole = altered()
        if path == "coverage":
            whole["predicate"]["coverage"]["partial"] = value
        else:
            whole["predicate"]["artifacts"][2] = {
                **whole["predicate"]["artifacts"][1], "id": "artifact-003",
            }  # fmt: skip
            whole["predicate"][path] = value
        assert list(contradictions(whole))


def test_nothing_is_passed_on_of_what_is_quarantined():
    held = ArtifactFacts(
        "image/png", "quarantined", None, Tally(), ReasonCode.UNSUPPORTED, unread=TOLD
    )
    with pytest.raises(CertificateError):
        statement(artifacts=[held])


def test_the_command_line_says_so(run, tmp_path):  # noqa: F811
    (tmp_path / "a.pcap").write_bytes(QUIET)
    done = run("scan", tmp_path / "a.pcap", "--format", "json")
    assert json.loads(done.stdout)["files"][0]["unread"] == {"tls": 1}
    assert b"passed on unread: tls 1" in run("scan", tmp_path / "a.pcap").stdout
    done = run("redact", tmp_path / "a.pcap", "--output", tmp_path / "out", "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["files"][0]["unread"] == {"tls": 1}
    done = run("redact", tmp_path / "a.pcap", "--output", tmp_path / "out2")
    assert b"passed on unread: tls 1" in done.stdout
