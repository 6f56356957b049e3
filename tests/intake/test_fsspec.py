"""`redact::` as programs use it: URLs, libraries, transactions, and files that nobody closes as they should."""

from __future__ import annotations

import gc
import gzip
import importlib
import logging
import os
import pickle
import tomllib
from contextlib import suppress
from pathlib import Path

import fsspec
import pytest

from pii_guard.certificate.bundle import open_bundle
from pii_guard.errors import NotStored, PolicyError
from pii_guard.intake.fsspec import RedactFileSystem
from pii_guard.intake.guards import guard_for
from tests.contract.adapters import S3

RAW = "Please ask jane.roe@mail.example about it.\n"
SAFE = "Please ask <EMAIL_ADDRESS_1> about it.\n"
UNREADABLE = b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 8
ENDING = ".certificate.json"
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture(autouse=True)
def _known():
    fsspec.register_implementation("redact", RedactFileSystem, clobber=True)


@pytest.fixture
def store(tmp_path):
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


@pytest.fixture
def url(store):
    return f"redact::file://{store.as_posix()}/notes.txt"


@pytest.fixture
def redact(guard):
    return {"redact": {"guard": guard}}


@pytest.fixture
def fs(guard):
    return fsspec.filesystem("redact", target_protocol="file", guard=guard)


def names(store):
    return sorted(path.name for path in store.iterdir())


def stored(store, name="notes.txt"):
    assert names(store) == [name, name + ENDING]
    return (store / name).read_bytes()


def test_the_entry_point_is_what_it_says():
    told = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["entry-points"]["fsspec.specs"]
    module, _, name = told["redact"].partition(":")
    assert getattr(importlib.import_module(module), name) is RedactFileSystem


# -- ways to write -----------------------------------------------------------------------------


def test_a_url_is_all_it_takes(url, store, redact):
    with fsspec.open(url, "wb", **redact) as file:
        file.write(RAW.encode())
    assert stored(store) == SAFE.encode()


def test_text_is_written_as_anywhere(url, store, redact):
    with fsspec.open(url, "w", encoding="utf-16", **redact) as file:
        file.write(RAW)
    assert stored(store).decode("utf-16") == SAFE


def test_what_fsspec_compresses_is_read_and_compressed_again(store, redact):
    target = f"redact::file://{store.as_posix()}/notes.txt.gz"
    with fsspec.open(target, "wb", compression="gzip", **redact) as file:
        file.write(RAW.encode())
    assert gzip.decompress(stored(store, "notes.txt.gz")) == SAFE.encode()


def test_compression_that_would_not_close_the_file_is_refused(fs, store):
    with pytest.raises(PolicyError) as refused:
        fs.open(f"{store}/notes.txt.gz", "wb", compression="gzip")
    assert refused.value.remedy


@pytest.mark.parametrize("value", [b"", bytearray(b"plain\n"), memoryview(b"plain\n")])
def test_bytes_of_any_kind_can_be_piped(fs, store, value):
    fs.pipe_file(f"{store}/notes.txt", value)
    assert stored(store) == bytes(value)


def test_text_that_is_piped_is_not_taken_for_a_path(fs, store, tmp_path):
    (tmp_path / "secret").write_text("s")
    with pytest.raises(TypeError):
        fs.pipe_file(f"{store}/notes.txt", str(tmp_path / "secret"))
    assert names(store) == []


def test_a_local_file_that_is_put_is_said_to_be_left_where_it_is(fs, store, tmp_path):
    (tmp_path / "raw.txt").write_text(RAW)
    fs.put(str(tmp_path / "raw.txt"), f"{store}/notes.txt")
    assert stored(store) == SAFE.encode()
    statement = open_bundle((store / f"notes.txt{ENDING}").read_bytes()).opened().payload
    assert b"not_deleted" in statement


def test_a_large_log_is_stored_piece_by_piece(fs, store):
    lines = b"GET /health 200\n" * 4096
    with fs.open(f"{store}/notes.txt", "wb") as file:
        for _ in range(18):
            file.write(lines)
        file.write(RAW.encode())
    assert stored(store) == lines * 18 + SAFE.encode()


def test_a_store_that_takes_files_in_parts_is_sent_small_ones(fs, monkeypatch):
    """s3fs holds several parts of 50 MB otherwise, for each upload."""
    told = []
    opened = type(fs.fs).open

    def asked(self, path, mode="rb", block_size=None, **options):
        if "b" in mode and "r" not in mode:
            told.append(block_size)
        return opened(self, path, mode, block_size=block_size, **options)

    monkeypatch.setattr(type(fs.fs), "open", asked)
    fs.pipe_file("a.txt", b"plain\n")
    assert 5 << 20 <= told[0] <= 16 << 20


def test_a_file_that_could_not_be_replaced_keeps_its_certificate(fs, store, monkeypatch):
    fs.pipe_file(f"{store}/notes.txt", b"first\n")
    certificate = (store / f"notes.txt{ENDING}").read_bytes()
    real = Path.replace

    def replace(path, target):
        if str(target).endswith(".txt"):
            raise PermissionError("not this one")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(PermissionError):
        fs.pipe_file(f"{store}/notes.txt", RAW.encode())
    assert stored(store) == b"first\n"
    assert (store / f"notes.txt{ENDING}").read_bytes() == certificate


def test_a_name_that_was_redacted_is_told(fs, store):
    with fs.open(f"{store}/jane.roe@mail.example.txt", "wb") as file:
        file.write(RAW.encode())
    assert Path(file.stored).parent == store
    assert Path(file.stored).read_text() == SAFE
    assert file.certificate.to_json() == Path(file.stored + ENDING).read_bytes()


def test_what_must_be_new_replaces_nothing(fs, store):
    fs.pipe_file(f"{store}/notes.txt", b"first\n")
    with pytest.raises(FileExistsError), fs.open(f"{store}/notes.txt", "xb") as file:
        file.write(b"second\n")
    assert stored(store) == b"first\n"


def test_a_reference_goes_into_the_certificate(fs, store):
    with fs.open(f"{store}/notes.txt", "wb", ref="VDP-2026-0142") as file:
        file.write(b"plain\n")
    assert b"VDP-2026-0142" in file.certificate.payload


def test_pandas_writes_through_it(store, redact):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"email": ["jane.roe@mail.example"], "n": [7]})
    url = f"redact::file://{store.as_posix()}/people.csv"
    table.to_csv(url, index=False, storage_options=redact)
    assert stored(store, "people.csv") == b"email,n\n<EMAIL_ADDRESS_1>,7\n"
    assert pandas.read_csv(url, storage_options=redact)["n"].tolist() == [7]


def test_pyarrow_writes_through_it(fs, store):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import csv
    from pyarrow.fs import FSSpecHandler, PyFileSystem

    through = PyFileSystem(FSSpecHandler(fs))
    with through.open_output_stream(f"{store}/people.csv") as file:
        csv.write_csv(arrow.table({"email": ["jane.roe@mail.example"]}), file)
    assert b"<EMAIL_ADDRESS_1>" in stored(store, "people.csv")
    with pytest.raises(PolicyError):
        through.open_append_stream(f"{store}/people.csv")


def test_pyarrow_that_fails_in_the_middle_stores_nothing(fs, store):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    from pyarrow.fs import FSSpecHandler, PyFileSystem

    table = arrow.table({"email": ["jane.roe@mail.example"]})
    through = PyFileSystem(FSSpecHandler(fs))

    def half():
        target = f"{store}/p.parquet"
        with parquet.ParquetWriter(target, table.schema, filesystem=through) as writer:
            writer.write_table(table)
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        half()
    gc.collect()
    assert names(store) == []


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_universal_pathlib_writes_through_it(store, guard):
    upath = pytest.importorskip("upath")
    path = upath.UPath(
        f"{store.as_posix()}/notes.txt", protocol="redact", target_protocol="file", guard=guard
    )
    path.write_bytes(RAW.encode())
    assert stored(store) == SAFE.encode()
    assert path.read_text() == SAFE


# -- files that are not closed as they should be -----------------------------------------------


@pytest.mark.parametrize("mode", ["wb", "w"])
@pytest.mark.parametrize("how", ["url", "fs"])
def test_an_exception_comes_out_as_it_was_and_stores_nothing(url, fs, store, redact, mode, how):
    raised = RuntimeError("boom")
    opened = fsspec.open(url, mode, **redact) if how == "url" else fs.open(f"{store}/n.txt", mode)

    def half():
        with opened as file:
            file.write(RAW if mode == "w" else RAW.encode())
            raise raised

    with pytest.raises(RuntimeError) as caught:
        half()
    assert caught.value is raised
    assert names(store) == []


def test_closing_in_finally_is_no_way_to_store_half_a_file(fs, store):
    def half():
        file = fs.open(f"{store}/notes.txt", "wb")
        try:
            file.write(RAW.encode())
            raise KeyboardInterrupt
        finally:
            file.close()

    with pytest.raises(KeyboardInterrupt):
        half()
    assert names(store) == []


def test_closing_in_an_except_stores_nothing_and_says_so(fs, store):
    def half():
        file = fs.open(f"{store}/notes.txt", "wb")
        try:
            file.write(RAW.encode())
            raise ValueError("boom")
        except ValueError:
            file.close()

    with pytest.raises(ValueError, match="boom") as caught:
        half()
    assert any("stored nothing" in note for note in caught.value.__notes__)
    assert names(store) == []


def test_a_file_written_while_another_exception_is_handled_is_stored(fs, store):
    try:
        raise ValueError("boom")
    except ValueError:
        with fs.open(f"{store}/notes.txt", "wb") as file:
            file.write(RAW.encode())
    assert stored(store) == SAFE.encode()


@pytest.mark.parametrize("mode", ["wb", "w"])
def test_a_file_that_nobody_closes_is_not_stored(fs, store, mode, caplog):
    file = fs.open(f"{store}/notes.txt", mode)
    file.write(RAW if mode == "w" else RAW.encode())
    with caplog.at_level(logging.WARNING, logger="pii_guard"):
        del file
        gc.collect()
    assert "never closed" in caplog.text
    assert names(store) == []


def test_after_a_refusal_closing_again_stores_nothing(fs, store):
    file = fs.open(f"{store}/tool.bin", "wb")
    file.write(UNREADABLE)
    with pytest.raises(NotStored):
        file.close()
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.write(b"more")
    assert names(store) == []


# -- transactions ------------------------------------------------------------------------------


def transact(fs, store, contents, failure=None):
    with fs.transaction:
        for name, content in contents.items():
            with fs.open(f"{store}/{name}", "wb") as file:
                file.write(content.encode())
        if failure is not None:
            raise failure


def test_a_transaction_shows_all_of_its_files_at_its_end(fs, store):
    with fs.transaction:
        for name in ("a.txt", "b.txt"):
            with fs.open(f"{store}/{name}", "wb") as file:
                file.write(RAW.encode())
        assert all(name.endswith(".part") for name in names(store))
    assert names(store) == ["a.txt", "a.txt" + ENDING, "b.txt", "b.txt" + ENDING]


def test_a_transaction_that_fails_leaves_nothing(fs, store):
    with pytest.raises(RuntimeError, match="boom"):
        transact(fs, store, {"a.txt": RAW, "jane.roe@mail.example.txt": RAW}, RuntimeError("boom"))
    assert names(store) == []
    fs.pipe_file(f"{store}/notes.txt", b"plain\n")  # and is over
    assert stored(store) == b"plain\n"


def test_all_that_writes_is_part_of_the_transaction(fs, store, tmp_path):
    (tmp_path / "raw.txt").write_text(RAW)
    (store / "old.txt").write_text(RAW)

    def half():
        with fs.transaction:
            fs.pipe(f"{store}/piped.txt", RAW.encode())
            fs.put(str(tmp_path / "raw.txt"), f"{store}/put.txt")
            fs.cp(f"{store}/old.txt", f"{store}/copy.txt")
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        half()
    assert names(store) == ["old.txt"]


def test_one_quarantined_file_that_is_overlooked_undoes_its_transaction(fs, store):
    def overlooked():
        with fs.transaction:
            fs.pipe_file(f"{store}/before.txt", b"plain\n")
            with fs.open(f"{store}/a.txt", "wb") as file:
                file.write(RAW.encode())
            with suppress(NotStored), fs.open(f"{store}/tool.bin", "wb") as file:
                file.write(UNREADABLE)

    with pytest.raises(PolicyError):
        overlooked()
    assert names(store) == []


def test_two_names_that_become_one_in_a_transaction_are_two_files(fs, store):
    transact(fs, store, {"21-21@mail.example.txt": "1", "22-22@mail.example.txt": "2"})
    assert len(names(store)) == 4


def test_two_names_that_become_one_are_two_objects_of_a_store_that_shows_none_before(
    guard, request
):
    hook = S3(guard, request)
    transact(hook.fs(), hook.root, {"21-21@mail.example.txt": "1", "22-22@mail.example.txt": "2"})
    assert len(hook.held()) == 4


def test_a_transaction_takes_back_what_it_stored_when_a_later_certificate_cannot_be_kept(
    guard, store
):
    def full(path, _):
        if path.endswith("b.txt"):
            raise OSError("no room for certificates")

    fs = RedactFileSystem(fsspec.filesystem("file"), guard=guard, certificates=full)
    with pytest.raises(OSError, match="no room"):
        transact(fs, store, {"a.txt": RAW, "b.txt": RAW})
    assert names(store) == []


# -- what there is besides ---------------------------------------------------------------------


@pytest.mark.parametrize("path", ["notes.txt", "*", "*.txt", "."])
def test_a_file_goes_with_its_certificate(fs, store, path):
    fs.pipe_file(f"{store}/notes.txt", b"plain\n")
    target = str(store) if path == "." else f"{store}/{path}"
    fs.rm(target, recursive=path == ".")
    assert not store.exists() or names(store) == []


def test_a_certificate_goes_before_its_file(fs, store, monkeypatch):
    fs.pipe_file(f"{store}/notes.txt", b"plain\n")
    gone, real = [], fs.fs.rm_file
    monkeypatch.setattr(fs.fs, "rm_file", lambda path: (real(path), gone.append(Path(path).name)))
    fs.rm_file(f"{store}/notes.txt")
    assert gone == ["notes.txt" + ENDING, "notes.txt"]


def test_a_certificate_does_not_go_without_its_file(fs, store):
    fs.pipe_file(f"{store}/notes.txt", b"plain\n")
    for remove in (fs.rm_file, fs.rm, fs.delete):
        with pytest.raises(PolicyError):
            remove(f"{store}/notes.txt{ENDING}")
    assert stored(store) == b"plain\n"


def test_two_directories_that_become_one_lose_no_file(fs, store):
    for who in ("jane.roe", "joe.doe"):
        folder = f"{store.as_posix()}/{who}@mail.example"
        fs.makedirs(folder, exist_ok=True)
        with fs.open(f"{folder}/a.txt", "wb") as file:
            file.write(who.encode())
    contents = sorted(path.read_bytes() for path in store.rglob("*.txt"))
    assert len(contents) == 2
    assert not [path for path in store.rglob("*") if "jane" in path.name or "joe" in path.name]


def test_a_directory_is_copied_with_certificates_of_its_own(fs, store):
    fs.makedirs(f"{store}/old")
    fs.pipe_file(f"{store}/old/notes.txt", RAW.encode())
    fs.copy(f"{store}/old", f"{store}/new", recursive=True)
    old, new = ((store / name / f"notes.txt{ENDING}").read_bytes() for name in ("old", "new"))
    assert old != new
    assert names(store / "new") == ["notes.txt", "notes.txt" + ENDING]


def test_no_verb_of_the_other_file_system_comes_through_unseen(guard):
    """Presigned URLs, tags, attributes, asynchronous twins: each would go round the guard."""
    s3fs = pytest.importorskip("s3fs")
    verbs = {name for name in dir(s3fs.S3FileSystem) if not name.startswith("__")}
    ours = set(dir(RedactFileSystem))
    for verb in ("put_tags", "setxattr", "_pipe_file", "_put_file", "_cp_file", "call_s3", "chmod"):
        assert verb in verbs
        assert verb not in ours
    fs = RedactFileSystem(fsspec.filesystem("memory"), guard=guard)
    with pytest.raises(NotImplementedError):
        fs.sign("/bucket/key", client_method="put_object")


def test_what_takes_names_or_bytes_and_is_not_ours_ends_in_what_is(fs, store):
    """Verbs that fsspec makes of others; one that a new version of it adds is to be looked at here."""
    (store / "raw.txt").write_text(RAW)
    raw, target = f"{store}/raw.txt", f"{store}/notes.txt"
    ways = [
        lambda: fs.write_text(target, RAW),
        lambda: fs.write_bytes(target, RAW.encode()),
        lambda: fs.pipe({target: RAW.encode()}),
        lambda: fs.put(raw, target),
        lambda: fs.upload(raw, target),
        lambda: fs.put_file(raw, target),
        lambda: fs.cp(raw, target),
        lambda: fs.get_mapper(str(store)).update({"notes.txt": RAW.encode()}),
    ]
    for way in ways:
        way()
        assert Path(target).read_text() == SAFE
        fs.rm(target)
    fs.touch(target)
    assert Path(target).read_bytes() == b""


def test_reading_gives_what_is_there(fs, store):
    (store / "raw.txt").write_text(RAW)
    assert fs.cat(f"{store}/raw.txt") == RAW.encode()
    with fs.open(f"{store}/raw.txt") as file:
        assert file.read() == RAW.encode()


def test_it_goes_into_another_process_with_a_policy_and_not_with_a_guard(guard, tmp_path):
    (tmp_path / "pii-guard.toml").write_text("schema = 1\n")
    told = fsspec.filesystem(
        "redact", target_protocol="file", policy=str(tmp_path / "pii-guard.toml")
    )
    assert pickle.loads(pickle.dumps(told))._policy == told._policy
    with pytest.raises(PolicyError):
        pickle.dumps(fsspec.filesystem("redact", target_protocol="file", guard=guard))


def test_a_policy_file_has_one_guard_until_it_changes(tmp_path):
    path = tmp_path / "pii-guard.toml"
    path.write_text('isolation = "off"\n')
    first = guard_for(path)
    assert guard_for(str(path)) is first
    path.write_text('isolation = "off"\nmedia = "keep"\n')
    assert guard_for(path).policy.media == "keep"


def test_a_policy_that_cannot_be_used_stores_nothing(store):
    with (
        pytest.raises(PolicyError),
        fsspec.open(
            f"redact::file://{store.as_posix()}/notes.txt", "wb", redact={"policy": "/nowhere.toml"}
        ) as file,
    ):
        file.write(RAW.encode())
    assert names(store) == []


@pytest.mark.parametrize(
    "wrong",
    [{}, {"target_protocol": "file", "fs": fsspec.filesystem("memory")}],
    ids=["nothing behind it", "two behind it"],
)
def test_a_wrong_call_says_what_to_do(wrong):
    with pytest.raises(PolicyError) as refused:
        RedactFileSystem(**wrong)
    assert refused.value.remedy


@pytest.mark.skipif(os.name == "nt", reason="modes of files")
def test_a_file_has_the_rights_that_any_new_file_has(fs, store):
    fs.pipe_file(f"{store}/notes.txt", b"plain\n")
    (store / "other").touch()
    assert (store / "notes.txt").stat().st_mode == (store / "other").stat().st_mode


@pytest.mark.parametrize(
    "options", [{"redact": {"polcy": "pii-guard.toml"}}, {"redact": {"guards": 1}}, {"anon": True}]
)
def test_an_option_that_is_none_of_its_own_is_not_passed_over(tmp_path, options):
    """A misspelt policy would be the built-in one."""
    with pytest.raises(PolicyError) as refused:
        fsspec.open(f"redact::file://{tmp_path}/a.txt", "wb", **options)
    assert "policy, guard, certificates and ref" in refused.value.remedy
    assert not list(tmp_path.iterdir())


def test_options_that_every_file_system_takes_pass(tmp_path, redact):
    url = f"redact::file://{tmp_path}/a.txt"
    options = {"use_listings_cache": False, "skip_instance_cache": True}
    with fsspec.open(
        url, "wb", redact=redact["redact"] | options, file={"auto_mkdir": True}
    ) as file:
        file.write(b"x\n")
    assert (tmp_path / "a.txt").read_bytes() == b"x\n"
