"""A run has one row for each file, the same ones each time, or says that it is not complete."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard import Policy
from pii_guard.audit.codes import Codes
from pii_guard.audit.directory import Audit, alone, prepare
from pii_guard.audit.entries import Entry, StoreFails
from pii_guard.audit.manifest import BYTES, LARGEST, SMALLEST, batches
from pii_guard.audit.reconciling import missing, reconcile
from pii_guard.audit.rows import read_part
from pii_guard.audit.scope import Scope
from pii_guard.cli.audit import exit_code
from pii_guard.errors import IsolationError, PolicyError
from pii_guard.guard import Guard
from tests.audit.scene import CODES, NOTHING, PERSON, SECRETS, audit, fill, parts, rows


@pytest.fixture(scope="module")
def given_files(tmp_path_factory):
    """A tree of every kind of file."""
    folder = fill(tmp_path_factory.mktemp("given") / "reports")
    (folder / "person.txt").write_bytes(PERSON)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj (x")
    (folder / "empty").write_bytes(b"")
    (folder / "link").symlink_to("empty")
    os.mkfifo(folder / "pipe")
    return folder


@pytest.fixture(scope="module")
def undisturbed(given_files, unconfined, tmp_path_factory):
    """The directory of an audit that ran to its end, and what it said."""
    output = tmp_path_factory.mktemp("audit") / "out"
    return output, audit(unconfined, given_files, output)


@pytest.fixture
def finished(undisturbed, tmp_path):
    """A copy of it, to be damaged."""
    shutil.copytree(undisturbed[0], tmp_path / "out")
    return tmp_path / "out"


def test_every_file_has_one_row_with_its_verdict(undisturbed):
    output, told = undisturbed
    assert told.complete
    assert told.rows == told.audit.terms.files == 45
    found = rows(output)
    assert found["reports/person.txt"].verdict == "found"
    assert found["reports/empty"].verdict == "clean"
    assert found["reports/broken.pdf"].verdict == "quarantined"
    assert found["reports/link"].verdict == "skipped"
    assert (found["reports/pipe"].verdict, found["reports/pipe"].where) == (
        "quarantined", "not a regular file",
    )  # fmt: skip
    assert told.verdicts == {"clean": 21, "found": 21, "quarantined": 2, "skipped": 1}


def test_a_row_says_what_was_found_and_with_what(undisturbed):
    row = rows(undisturbed[0])["reports/person.txt"]
    assert row.by_type == {"PERSON": 1, "EMAIL_ADDRESS": 1, "US_SSN": 1}
    assert row.by_category["government_id"] == 1
    assert (row.severity, row.size, row.media_type) == ("critical", len(PERSON), "text/plain")
    assert len(row.modified) == 7
    [ssn] = [one for one in row.findings if one.entity_type == "US_SSN"]
    assert (ssn.start, ssn.end, ssn.rule) == (49, 60, "strong_identifier")
    assert (len(ssn.fingerprint), ssn.recognizer, ssn.kind) == (64, "UsSsn", "prose")
    assert json.loads(row.limits)["maxFileBytes"] > 0
    assert row.model.startswith("sha256:")


def test_nothing_raw_is_in_what_may_be_passed_on(undisturbed):
    output, _ = undisturbed
    public = [p for p in output.rglob("*") if p.is_file() and p.parent.name != "private"]
    assert {p.name for p in public} > {"summary.json", "log.jsonl"}
    shown = b"".join(
        json.dumps([str(row) for row in read_part(p)]).encode() if p.suffix == ".parquet" else p.read_bytes()
        for p in public
    )  # fmt: skip
    assert not [one for one in SECRETS if one in shown]
    assert b"PERSON_1" in shown


def test_what_holds_raw_paths_is_the_owners_alone(undisturbed):
    private = undisturbed[0] / "private"
    assert private.stat().st_mode & 0o777 == 0o700
    for name in ("manifest.parquet", "key", "terms.json", "policy.json"):
        assert (private / name).stat().st_mode & 0o777 == 0o600, name


def test_two_runs_make_the_same_parts_and_the_same_summary(
    undisturbed, given_files, unconfined, tmp_path
):
    audit(unconfined, given_files, tmp_path / "out", threads=1)
    assert parts(tmp_path / "out") == parts(undisturbed[0])
    one, other = (x / "summary.json" for x in (tmp_path / "out", undisturbed[0]))
    assert one.read_bytes() == other.read_bytes()


def test_a_guard_with_workers_makes_the_same_parts(undisturbed, given_files, guard, tmp_path):
    private = tmp_path / "out" / "private"
    audit(guard, given_files, tmp_path / "out")
    mine = {name[:8]: rest for name, rest in _rows_by_part(tmp_path / "out").items()}
    theirs = {name[:8]: rest for name, rest in _rows_by_part(undisturbed[0]).items()}
    assert mine.keys() == theirs.keys()
    # The policies differ in `isolation`, which rows state in a digest.
    assert [_without_policy(r) for r in mine.values()] == [_without_policy(r) for r in theirs.values()]  # fmt: skip
    assert (private / "key").read_text().strip() == CODES.key.hex()


def _rows_by_part(output):
    return {p.name: read_part(p) for p in sorted((output / "parts").iterdir())}


def _without_policy(found):
    from dataclasses import replace

    return [replace(row, policy="") for row in found]


def test_another_run_does_nothing_but_look(finished, given_files, unconfined, monkeypatch):
    before = parts(finished)
    monkeypatch.setattr(Guard, "inspect", None)
    assert audit(unconfined, given_files, finished).complete
    assert parts(finished) == before


def test_what_is_missing_is_done_again_and_the_same(finished, given_files, unconfined):
    before = parts(finished)
    for name in sorted(before)[::2]:
        (finished / "parts" / name).unlink()
    assert not reconcile(Audit.at(finished)).complete
    assert audit(unconfined, given_files, finished).complete
    assert parts(finished) == before


def damage_removed(folder):
    sorted(folder.iterdir())[1].unlink()
    return "missing"


def damage_duplicated(folder):
    from dataclasses import replace

    from pii_guard.audit.parts import commit, name_of

    path = sorted(folder.iterdir())[1]
    _, batch, _ = name_of(path)
    commit(folder.parent, 1, batch, [replace(one, verdict="clean") for one in read_part(path)])
    return "duplicated"


def damage_changed(folder):
    path = sorted(folder.iterdir())[1]
    blob = bytearray(path.read_bytes())
    blob[len(blob) // 2] ^= 1
    path.write_bytes(blob)
    return "changed"


def damage_cut_off(folder):
    path = sorted(folder.iterdir())[1]
    path.write_bytes(path.read_bytes()[:-10])
    return "changed"


def damage_one_row_less(folder):
    from pii_guard.audit.parts import commit, name_of

    path = sorted(folder.iterdir())[1]
    _, batch, _ = name_of(path)
    found = read_part(path)
    path.unlink()
    commit(folder.parent, 1, batch, found[:-1])
    return "other"


def damage_forged(folder):
    from dataclasses import replace

    from pii_guard.audit.parts import commit, name_of

    path = sorted(folder.iterdir())[1]
    _, batch, _ = name_of(path)
    found = [replace(one, verdict="clean", counts=(), findings=()) for one in read_part(path)]
    path.unlink()
    commit(folder.parent, 1, batch, found)
    return "other"


def damage_of_another_batch(folder):
    path = sorted(folder.iterdir())[1]
    path.rename(folder / path.name.replace("00000001-", "00000099-"))
    return "other"


def damage_stranger(folder):
    (folder / "notes.parquet").write_bytes(b"")
    return "stranger"


@pytest.mark.parametrize(
    "damage", [f for name, f in sorted(globals().items()) if name.startswith("damage_")]
)
def test_parts_that_do_not_fit_the_manifest_are_not_complete(
    finished, given_files, unconfined, damage
):
    expected = damage(finished / "parts")
    told = reconcile(Audit.at(finished))
    assert expected in {one.kind for one in told.problems}
    assert not told.complete
    assert exit_code(told) == 3
    assert told.table()["complete"] is False


def test_a_manifest_that_was_changed_is_refused(finished):
    path = finished / "private" / "manifest.parquet"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(PolicyError, match="manifest"):
        Audit.at(finished)


def test_a_file_that_changed_since_it_was_listed_says_so(given_files, unconfined, tmp_path):
    source = shutil.copytree(
        given_files, tmp_path / "reports", symlinks=True, ignore=lambda *_: ["pipe"]
    )
    output = tmp_path / "out"

    def changing(worker, numbers):
        (source / "person.txt").write_bytes(PERSON * 2)
        (source / "empty").unlink()
        from pii_guard.audit.engine_local import work

        return work(worker, numbers)

    from pii_guard.audit.run import run
    from tests.audit.scene import asked

    told = run(unconfined, asked(source, output), changing)
    found = rows(output)
    assert told.complete
    assert found["reports/person.txt"].where == "it changed since it was listed"
    assert found["reports/person.txt"].findings == ()
    assert found["reports/empty"].where == "it is gone since it was listed"


def test_an_audit_goes_on_under_its_own_terms_only(finished, given_files, unconfined, tmp_path):
    with pytest.raises(PolicyError, match="scope"):
        audit(unconfined, given_files, finished, limit=3)
    with pytest.raises(PolicyError, match="sources"):
        audit(unconfined, given_files / "0", finished)
    other = Guard(Policy(isolation="off", media="keep"))
    with pytest.raises(PolicyError, match="policy"):
        audit(other, given_files, finished)
    with pytest.raises(PolicyError, match="another key"):
        Codes.kept(finished / "private" / "key", Codes(b"o" * 32))


def test_one_run_at_a_time_is_at_work_in_a_directory(tmp_path):
    prepare(tmp_path)
    with (
        alone(tmp_path),
        pytest.raises(PolicyError, match="another run"),
        alone(tmp_path),
    ):
        pass


@pytest.mark.parametrize("error", [StoreFails(), IsolationError("no workers"), OSError(28, "full")])
def test_a_batch_that_fails_stays_missing_and_the_next_run_does_it(
    given_files, unconfined, tmp_path, monkeypatch, caplog, error
):
    from pii_guard.audit.work import Worker

    batch = Worker.batch

    def failing(self, number):
        if number == 1:
            raise error
        return batch(self, number)

    monkeypatch.setattr(Worker, "batch", failing)
    told = audit(unconfined, given_files, tmp_path / "out")
    assert not told.complete
    assert [(one.kind, one.which) for one in told.problems] == [("missing", "1")]
    assert missing(told.audit) == [1]
    told_why = f"batch 1 is left for another run: {type(error).__name__} at pii_guard.audit."
    assert told_why in caplog.text
    assert "full" not in caplog.text  # what the system says may hold a path
    monkeypatch.undo()
    assert audit(unconfined, given_files, tmp_path / "out").complete


def test_a_source_that_fails_again_and_again_ends_the_run(
    given_files, unconfined, tmp_path, monkeypatch
):
    from pii_guard.audit import engine_local
    from pii_guard.audit.work import Worker

    tried = []

    def failing(self, number):
        tried.append(number)
        raise StoreFails

    monkeypatch.setattr(engine_local, "_MOST_FAILURES", 1)
    monkeypatch.setattr(Worker, "batch", failing)
    told = audit(unconfined, given_files, tmp_path / "out", threads=1)
    assert not told.complete
    assert tried == [0]


def test_limit_sample_and_since_choose_the_same_files_each_time(tmp_path):
    made = [Entry(b"%d" % n, f"in/{n}", 1, "v", float(n * 86_400)) for n in range(100)]
    unknown = Entry(b"x", "in/x")
    assert list(Scope(limit=3).of(made)) == made[:3]
    one = list(Scope(sample=10, seed=1).of(made))
    assert len(one) == 10
    assert one == list(Scope(sample=10, seed=1).of(made))
    assert one != list(Scope(sample=10, seed=2).of(made))
    assert one == sorted(one, key=made.index)
    assert list(Scope(since="1970-04-10").of([*made, unknown])) == [made[99], unknown]
    for wrong in ({"limit": 0}, {"sample": -1}, {"since": "yesterday"}):
        with pytest.raises(PolicyError):
            Scope(**wrong)


def test_an_audit_of_some_says_so(given_files, unconfined, tmp_path):
    told = audit(unconfined, given_files, tmp_path / "out", sample=5, seed=3)
    table = told.table()
    assert (table["files"], table["listed"], table["rows"]) == (5, 45, 5)
    assert table["scope"]["sample"] == 5


def test_several_sources_of_several_kinds_are_one_audit(given_files, unconfined, tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.writestr("Jane Roe.txt", PERSON)
    box = tmp_path / "box.mbox"
    box.write_bytes(b"From a Sat\nSubject: x\n\n" + PERSON)
    sources = (str(tmp_path / "more.zip"), str(box), str(given_files / "empty"))
    told = audit(unconfined, sources, tmp_path / "out")
    assert told.complete
    found = rows(tmp_path / "out")
    assert {row.source for row in found.values()} == {1, 2, 3}
    assert found["more.zip/PERSON_1.txt"].verdict == "found"
    assert found["box.mbox/message 1.mbox"].verdict == "found"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(0, BYTES)), max_size=3000))
def test_batches_are_the_files_in_order_and_grow(sizes):
    made = [Entry(b"%d" % n, "", size) for n, size in enumerate(sizes)]
    cut = list(batches(made))
    assert [one for batch in cut for one in batch] == made
    assert cut == list(batches(iter(made)))
    for batch in cut:
        assert 0 < len(batch) <= LARGEST
        assert sum(one.size or 0 for one in batch[:-1]) < BYTES


def test_a_large_audit_has_few_parts_and_a_small_one_enough():
    small = [len(batch) for batch in batches(Entry(b"", "", 1) for _ in range(100))]
    assert small[:-1] == [SMALLEST] * (len(small) - 1)
    large = [len(batch) for batch in batches(Entry(b"", "", 1) for _ in range(200_000))]
    assert large[-2] == LARGEST
    assert len(large) < 500


def test_the_command_says_how_it_went(given_files, tmp_path, unconfined, monkeypatch, capsys):
    from pii_guard.cli import audit as verb

    monkeypatch.setattr(verb, "Guard", lambda policy, signer: unconfined)
    monkeypatch.setenv("PII_GUARD_AUDIT_KEY", CODES.key.hex())

    def ran(source, **more):
        told = {"limit": None} | more
        scope = Scope(limit=told["limit"])
        return verb.run([str(source)], tmp_path / source.name, None, [], scope, None, "local", 1, "json")  # fmt: skip

    clean = tmp_path / "clean"
    clean.mkdir()
    (clean / "a.txt").write_bytes(NOTHING)
    assert ran(clean / "a.txt") == 0
    assert json.loads(capsys.readouterr().out)["complete"] is True
    assert ran(given_files / "person.txt") == 1
    assert ran(given_files / "broken.pdf") == 3
    with pytest.raises(PolicyError, match="standard input"):
        verb.run(["-"], tmp_path / "x", None, [], Scope(), None, "local", 1, "json")


def test_a_setting_of_the_audited_tree_is_not_heard(tmp_path, unconfined, monkeypatch):
    from pii_guard.cli import audit as verb

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "pii-guard.toml").write_text('media = "keep"\n')
    heard = []
    monkeypatch.setattr(verb, "Guard", lambda policy, signer: heard.append(policy) or unconfined)
    monkeypatch.chdir(tmp_path / "in")
    for number, source in enumerate((str(tmp_path / "in"), f"file://{tmp_path}/in", ".")):
        output = tmp_path / f"out{number}"
        verb.run([source], output, None, [], Scope(), None, "local", 1, "json")
        assert heard[-1].media == "quarantine"


def test_a_terminal_shows_a_bar_with_what_is_left(monkeypatch):
    import io
    import sys

    from pii_guard.audit.run import Left
    from pii_guard.audit.work import Done
    from pii_guard.cli.audit import _progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with _progress() as tell:
        tell(Left(10, 2_000_000, 4, 500_000))
        tell(Done(0, 3, 500_000, 0.1, {}))
    assert "7 files" in shown.getvalue()
    assert "MB" in shown.getvalue()
    plain = io.StringIO()
    monkeypatch.setattr(sys, "stderr", plain)
    with _progress() as tell:
        tell(Left(10, 1, 0, 0))
    assert plain.getvalue() == ""
