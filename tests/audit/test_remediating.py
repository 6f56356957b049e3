"""Redacted copies with certificates in place of what is found; originals go only when asked for twice."""

from __future__ import annotations

import json
from importlib.util import find_spec
from zipfile import ZipFile

import pytest

from pii_guard.audit import remediating
from pii_guard.audit.engine_local import work as local
from pii_guard.audit.rows import read_rows
from pii_guard.audit.run import Asked, run
from pii_guard.certificate import verify
from pii_guard.cli.trust import pinned
from pii_guard.errors import PolicyError
from tests.audit.scene import CODES, NOTHING, PERSON, SECRETS, parts

pytest.importorskip("fsspec", reason="pip install pii-guard-vdp[fsspec]")


@pytest.fixture
def source(tmp_path):
    """Two files with a person in them, one with a person in its name, a clean and a broken one."""
    folder = tmp_path / "in"
    (folder / "Jane Roe").mkdir(parents=True)
    (folder / "Jane Roe" / "a.txt").write_bytes(PERSON)
    (folder / "b.json").write_bytes(b'{"email": "jane.roe@mail.example"}')
    (folder / "Jane Roe.txt").write_bytes(NOTHING)
    (folder / "clean.txt").write_bytes(NOTHING)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj (x")
    return folder


def remedied(guard, source, tmp_path, deletes=False, name="out"):
    asked = Asked((str(source),), tmp_path / name, given=CODES, target=str(tmp_path / "copies"), deletes=deletes)  # fmt: skip
    return run(guard, asked, lambda w, n: local(w, n, 1))


def copied(tmp_path):
    return {row.location: row for row in read_rows(tmp_path / "out") if row.copy}


def originals(source):
    return sorted(p.relative_to(source).as_posix() for p in source.rglob("*") if p.is_file())


def test_what_is_found_gets_a_copy_with_a_certificate_and_stays(
    unconfined, signer, source, tmp_path
):
    told = remedied(unconfined, source, tmp_path)
    assert (told.complete, told.copies) == (True, 3)
    before = originals(source)
    done = copied(tmp_path)
    assert set(done) == {"in/PERSON_1/a.txt", "in/b.json", "in/PERSON_1.txt"}
    target = tmp_path / "copies"
    content = (target / done["in/b.json"].copy).read_bytes()
    assert json.loads(content) == {"email": "<EMAIL_ADDRESS_1>"}
    trust = pinned(signer.path.with_suffix(".pub"), None)
    for row in done.values():
        certificate = (target / f"{row.copy}.certificate.json").read_bytes()
        assert row.copy_sha256.encode() in _payload(certificate)
        assert verify(certificate, trust).exit_code == 0
    everything = b"".join(
        str(p.relative_to(target)).encode() + p.read_bytes()
        for p in target.rglob("*")
        if p.is_file()
    )
    assert not [one for one in SECRETS if one in everything]
    assert originals(source) == before


def _payload(certificate):
    import base64

    return base64.b64decode(json.loads(certificate)["payload"])


def test_originals_go_once_their_copies_are_there_and_certificates_say_so(
    unconfined, source, tmp_path
):
    told = remedied(unconfined, source, tmp_path, deletes=True)
    assert (told.complete, told.copies) == (True, 3)
    assert originals(source) == ["broken.pdf", "clean.txt"]
    for row in copied(tmp_path).values():
        certificate = (tmp_path / "copies" / f"{row.copy}.certificate.json").read_bytes()
        assert b'"unlinked"' in _payload(certificate).replace(b": ", b":")
    said = [json.loads(x) for x in (tmp_path / "out" / "deletions.jsonl").read_text().splitlines()]
    assert [one["gone"] for one in said] == [True] * 3
    assert not [one for one in SECRETS if one.decode() in json.dumps(said)]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_ends_amid_deleting_goes_on_to_the_same_parts(
    unconfined, source, tmp_path, monkeypatch, when
):
    import shutil

    again = shutil.copytree(source, tmp_path / "again" / "in", copy_function=shutil.copy2)
    undisturbed = tmp_path / "whole"
    undisturbed.mkdir()
    remedied(unconfined, source, undisturbed, deletes=True)

    class Killed(BaseException):
        pass

    delete, count = remediating.delete_files, 0

    def ending(files):
        nonlocal count
        count += 1
        if count == 2:
            if when == "after":
                delete(files)
            raise Killed
        return delete(files)

    monkeypatch.setattr(remediating, "delete_files", ending)
    with pytest.raises(Killed):
        remedied(unconfined, again, tmp_path, deletes=True)
    assert parts(tmp_path / "out") == {}
    monkeypatch.undo()
    told = remedied(unconfined, again, tmp_path, deletes=True)
    assert (told.complete, told.copies) == (True, 3)
    assert originals(again) == ["broken.pdf", "clean.txt"]
    mine, theirs = (
        [(r.location, r.verdict, r.copy_sha256, r.by_type) for r in read_rows(x / "out")]
        for x in (tmp_path, undisturbed)
    )
    assert mine == theirs


def test_an_original_that_changes_before_it_is_deleted_stays(
    unconfined, source, tmp_path, monkeypatch
):
    delete = remediating.delete_files

    def changing(files):
        (source / "b.json").write_bytes(b'{"email": "somebody.else@mail.example"}')
        return delete(files)

    monkeypatch.setattr(remediating, "delete_files", changing)
    remedied(unconfined, source, tmp_path, deletes=True)
    assert "b.json" in originals(source)


def test_nothing_is_deleted_where_the_copy_is_not_what_was_proved(
    unconfined, source, tmp_path, monkeypatch
):
    monkeypatch.setattr(remediating.Remedy, "_digest", lambda *_: "0" * 64)
    before = originals(source)
    told = remedied(unconfined, source, tmp_path, deletes=True)
    assert not told.complete
    assert originals(source) == before
    assert not [p for p in (tmp_path / "copies").rglob("*") if p.is_file()]


def test_what_cannot_be_proved_has_no_copy_and_is_not_called_found(
    unconfined, source, tmp_path, monkeypatch
):
    from pii_guard.errors import NotStored, Reason, ReasonCode

    def refusing(*_, **__):
        raise NotStored(Reason(ReasonCode.VERIFICATION_FAILED))

    monkeypatch.setattr(remediating, "admit", refusing)
    told = remedied(unconfined, source, tmp_path, deletes=True)
    assert (told.complete, told.copies) == (True, 0)
    assert told.reasons["verification_failed"] == 3
    assert len(originals(source)) == 5


def test_members_of_archives_cannot_be_deleted(unconfined, tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", PERSON)
    with pytest.raises(PolicyError, match="directories and S3"):
        remedied(unconfined, tmp_path / "a.zip", tmp_path, deletes=True)
    assert remedied(unconfined, tmp_path / "a.zip", tmp_path, name="other").copies == 1


def test_no_name_is_too_long_for_a_copy(unconfined, tmp_path):
    """A file system that takes names of 255 bytes does not take a code and an ending beside them; members of
    archives have names as long as whoever made them wanted.
    """
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / ("c" * 251 + ".txt")).write_bytes(PERSON)
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("d" * 300 + "/a.txt", PERSON)
        archive.writestr("報" * 300 + ".txt", PERSON)
        archive.writestr("/".join(["e" * 200] * 30) + "/a.txt", PERSON)
    asked = Asked(
        (str(folder), str(tmp_path / "a.zip")), tmp_path / "out", target=str(tmp_path / "copies")
    )
    told = run(unconfined, asked, lambda w, n: local(w, n, 1))
    assert (told.complete, told.copies) == (True, 4)
    for row in copied(tmp_path).values():
        stored = tmp_path / "copies" / row.copy
        assert stored.is_file()
        assert stored.with_name(f"{stored.name}.certificate.json").is_file()


def test_copies_are_not_put_among_the_originals(unconfined, source, tmp_path):
    asked = Asked((str(source),), tmp_path / "out", target=str(source / "copies"))
    with pytest.raises(PolicyError, match="among the originals"):
        run(unconfined, asked, lambda w, n: local(w, n, 1))


@pytest.mark.parametrize(
    "options",
    [
        ["--redact-to", "x", "--delete-originals"],
        ["--redact-to", "x", "--confirm-deletion"],
        ["--delete-originals", "--confirm-deletion"],
    ],
)
def test_deletion_has_to_be_asked_for_twice(tmp_path, options):
    from typer.testing import CliRunner

    from pii_guard.cli.app import app

    told = CliRunner().invoke(app, ["audit", str(tmp_path), "-o", str(tmp_path / "o"), *options])
    assert told.exit_code == 2
    assert not (tmp_path / "o").exists()


@pytest.mark.localhost
@pytest.mark.skipif(
    find_spec("s3fs") is None or find_spec("boto3") is None, reason="pip install s3fs boto3"
)
def test_objects_go_with_all_their_versions(unconfined, s3, s3_endpoint, tmp_path, monkeypatch):
    import fsspec

    from tests.object_store import CREDENTIALS

    access, secret = CREDENTIALS["admin"]
    told = {"key": access, "secret": secret, "client_kwargs": {"endpoint_url": s3_endpoint}}
    monkeypatch.setitem(fsspec.config.conf, "s3", told)
    for bucket in ("dirty", "redacted"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket="dirty", VersioningConfiguration={"Status": "Enabled"})
    for text in (PERSON * 2, PERSON):
        s3.put_object(Bucket="dirty", Key="a.txt", Body=text)
    s3.put_object(Bucket="dirty", Key="clean.txt", Body=NOTHING)
    asked = Asked(("s3://dirty",), tmp_path / "out", given=CODES, target="s3://redacted", deletes=True)  # fmt: skip
    ended = run(unconfined, asked, lambda w, n: local(w, n, 1))
    assert (ended.complete, ended.copies) == (True, 1)
    left = s3.list_object_versions(Bucket="dirty")
    assert [one["Key"] for one in left.get("Versions", ())] == ["clean.txt"]
    assert not left.get("DeleteMarkers")
    [row] = [row for row in read_rows(tmp_path / "out") if row.copy]
    blob = s3.get_object(Bucket="redacted", Key=row.copy)["Body"].read()
    assert b"<PERSON_1>" in blob
    assert not [one for one in SECRETS if one in blob]
