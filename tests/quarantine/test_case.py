"""A case keeps what it could not redact, and its certificate says so of nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pii_guard import Policy, originals, sections, streamed
from pii_guard.certificate.consistency import contradictions
from pii_guard.certificate.grammar import misfit
from pii_guard.certificate.statement import LEFT
from pii_guard.errors import CertificateError, PolicyError, QuarantineError
from pii_guard.quarantine import entries, purge, release
from tests.quarantine.conftest import SECRET

BROKEN = b"%PDF-1.7\n1 0 obj (Wilhelmina Drachenfels"


@pytest.fixture
def keeping(guard, store, monkeypatch):
    """The guard of the session, with a quarantine."""
    monkeypatch.setattr(guard, "quarantine", store)
    return guard


def said(certificate):
    statement = json.loads(certificate.payload)
    assert misfit(statement) is None
    assert list(contradictions(statement)) == []
    return statement["predicate"]


def of_quarantine(predicate):
    return [
        (one["artifact"], one["claim"])
        for one in predicate["deletions"]
        if one["store"] == "quarantine"
    ]


def test_what_is_quarantined_is_kept_and_retained(keeping, store, identity, out):
    case = keeping.case("VDP-1")
    case.add(SECRET, name="report.txt")
    case.add(BROKEN, name="wilhelmina.pdf")
    list(case.redact())
    assert not store.folder.exists()
    predicate = said(case.close())
    (listed,) = entries(store.folder)
    assert case.kept == {1: listed.entry}
    kept = {
        "artifact": "artifact-002",
        "basis": "quarantined",
        "entry": listed.id,
        "occurrences": 1,
    }
    assert predicate["retained"] == [kept]
    assert of_quarantine(predicate) == [("artifact-002", "scheduled_expiry")]
    assert predicate["result"] == "complete_with_exceptions"
    assert release(store.folder, listed.id, identity, out).read_bytes() == BROKEN
    assert release(store.folder, listed.id, identity, out, named=True).name == "wilhelmina.pdf"
    assert "ilhelmina" not in repr(case.kept)


def test_by_default_nothing_is_kept(guard, tmp_path):
    case = guard.case("VDP-1")
    case.add(BROKEN)
    predicate = said(case.close())
    assert case.kept == {}
    assert (predicate["retained"], of_quarantine(predicate)) == ([], [])


def test_a_second_close_keeps_nothing_twice(keeping, store):
    case = keeping.case("VDP-1")
    case.add(BROKEN)
    assert case.close() == case.close()
    assert len(list(entries(store.folder))) == 1


def test_what_was_streamed_is_kept_from_its_file(
    keeping, store, identity, out, tmp_path, monkeypatch
):
    for module in (streamed, originals):
        monkeypatch.setattr(module, "SMALL", 1_000)
    for module in (streamed, sections):
        monkeypatch.setattr(module, "SIZE", 1_500)
    path = tmp_path / "large.jsonl"
    path.write_bytes(b'{"n": 1}\n' * 60_000 + b"{oops\n")
    case = keeping.case("VDP-1")
    case.add(path)
    assert "counted from byte" in next(case.redact()).reason.where
    case.close()
    (entry,) = case.kept.values()
    assert release(store.folder, entry.id, identity, out).read_bytes() == path.read_bytes()


def test_an_original_that_is_gone_is_not_said_to_be_kept(keeping, store, tmp_path):
    path = tmp_path / "large.pdf"
    path.write_bytes(BROKEN + bytes(600_000))
    case = keeping.case("VDP-1")
    case.add(path)
    list(case.redact())
    path.unlink()
    assert said(case.close())["retained"] == []
    assert list(entries(store.folder)) == []


def test_a_certificate_that_cannot_be_signed_takes_what_was_kept_back(keeping, store, monkeypatch):
    def fails(*_):
        assert len(list(entries(store.folder))) == 1
        raise CertificateError("no key")

    case = keeping.case("VDP-1")
    case.add(BROKEN)
    monkeypatch.setattr("pii_guard.certify.issue", fails)
    with pytest.raises(CertificateError):
        case.close()
    assert list(entries(store.folder)) == []
    monkeypatch.undo()
    monkeypatch.setattr(keeping, "quarantine", store)
    assert len(said(case.close())["retained"]) == 1


def test_a_quarantine_that_cannot_be_written_ends_without_a_certificate(keeping, store):
    store.folder.write_bytes(b"")
    case = keeping.case("VDP-1")
    case.add(SECRET)
    case.add(BROKEN)
    with pytest.raises(QuarantineError, match="cannot be written"):
        case.close()
    assert case.kept == {}


def test_what_was_purged_is_not_retained_in_the_next_certificate(keeping, store):
    case = keeping.case("VDP-1")
    case.add(BROKEN)
    case.close()
    (entry,) = case.kept.values()
    (gone,) = purge(store.folder, now=entry.expires)
    claim = replace(gone.claim, at=entry.received)
    predicate = said(case.amend({0: [claim, LEFT]}))
    assert (predicate["retained"], of_quarantine(predicate)) == ([], [("artifact-001", "unlinked")])


def test_a_certificate_that_says_one_without_the_other_contradicts_itself(keeping):
    case = keeping.case("VDP-1")
    case.add(BROKEN)
    statement = json.loads(case.close().payload)
    predicate = statement["predicate"]
    for changed in (
        {"retained": []},
        {"deletions": [one for one in predicate["deletions"] if one["store"] != "quarantine"]},
    ):
        told = list(contradictions({**statement, "predicate": predicate | changed}))
        assert "what is in quarantine and what is retained differ" in told
    redacted = [{**one, "disposition": "clean"} for one in predicate["artifacts"]]
    told = list(contradictions({**statement, "predicate": predicate | {"artifacts": redacted}}))
    assert "something is in quarantine that was redacted" in told
    predicate["retained"][0]["type"] = "PERSON"
    assert misfit(statement) == "/predicate/retained/0"


KEY = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"


def test_a_policy_says_where_for_whom_and_for_how_long(tmp_path):
    (tmp_path / "pii-guard.toml").write_text(f'[quarantine]\npath = "q"\nrecipient = "{KEY}"\n')
    policy = Policy.load(tmp_path / "pii-guard.toml")
    assert policy.quarantine.table() == {"path": str(tmp_path / "q"), "recipient": KEY, "days": 30}
    assert policy.digest() == Policy().digest()
    assert Policy().quarantine.path is None


@pytest.mark.parametrize(
    ("table", "named"),
    [({"path": "q"}, "recipient"), ({"recipient": KEY}, "path"), ({"path": "", "recipient": KEY}, "path"),
     ({"path": "q", "recipient": "age1x"}, "recipient"), ({"path": "q", "recipient": 1}, "recipient"),
     ({"path": "q", "recipient": KEY, "days": 0}, "days"), ({"path": "q", "recipient": KEY, "days": True}, "days"),
     ({"path": "q", "recipient": KEY, "days": 99999}, "days"), ({"pth": "q"}, "pth"), ([], "quarantine")],
)  # fmt: skip
def test_half_a_policy_is_refused(table, named):
    with pytest.raises(PolicyError, match=named):
        Policy.from_table({"quarantine": table})
