"""Ways into a store, as the contract sees them. A new hook is one more class here, and a line in `KINDS`."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import fsspec
import pytest

from pii_guard import Guard
from tests.contract.boto3_adapter import Boto3
from tests.object_store import CREDENTIALS

_numbers = itertools.count(1)


class Adapter(Protocol):
    """One hook before one store, empty at first. Paths are relative, with `/`."""

    has_server: bool
    """Whether it speaks with a server on this machine."""
    takes_headers: bool
    """Whether a file may come with headers, or other fields of its form."""
    takes_options: bool
    """Whether such a header goes on to the store as an option of the write."""
    keeps_headers: bool
    certifies_headers: bool
    replaces: bool
    """Whether a file may take the place of one of its name; else it gets another name."""
    atomic: bool
    """Whether the store has what was there until all of what replaces it is."""
    is_memory: bool
    """Whether what is stored takes memory of this process."""

    def put(self, name: str, parts: Iterable[bytes], **how: Any) -> None:
        """Send a file through the hook, part by part; what `parts` raises comes out of it.

        `how`: `headers` for the store, `certificates`, a sink.
        """
        ...

    def plant(self, name: str, content: bytes) -> None:
        """Put something into the store past the hook."""
        ...

    def copies(self) -> Sequence[Callable[[str, str], None]]:
        """What copies and moves within the store."""
        ...

    def partial(self) -> Sequence[Callable[[str, bytes], None]]:
        """What would add to a file, or change a part of it."""
        ...

    def held(self) -> dict[str, bytes]:
        """All that the store holds, by name, looked at past the hook."""
        ...

    def seen(self) -> str:
        """All names that the store has, of directories too."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file past the hook."""
        ...

    def record(self, name: str) -> bytes:
        """What the headers of a file became."""
        ...

    def headers(self, name: str) -> str:
        """What the store keeps beside its bytes, as text."""
        ...

    def elsewhere(self) -> Adapter:
        """The same store, from another process."""
        ...

    def slow_down(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the store take its time, now and then."""
        ...

    def break_store(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        """Let the store fail once it took so many pieces."""
        ...


class Fsspec:
    """`redact::` before a file system of fsspec's."""

    takes_headers = takes_options = certifies_headers = replaces = atomic = True
    has_server = keeps_headers = is_memory = False

    def __init__(self, guard: Guard, target: fsspec.AbstractFileSystem, root: str) -> None:
        from pii_guard.intake.fsspec import RedactFileSystem

        self.hook = RedactFileSystem
        self.guard, self.target, self.root = guard, target, root

    def fs(self, **more: Any):
        return self.hook(self.target, guard=self.guard, **more)

    def at(self, name: str) -> str:
        return f"{self.root}/{name}"

    def put(self, name, parts, *, headers=None, certificates=None):
        with self.fs(certificates=certificates).open(self.at(name), "wb", **headers or {}) as file:
            for part in parts:
                file.write(part)

    def plant(self, name, content):
        self.target.makedirs(self.at(name).rpartition("/")[0], exist_ok=True)
        self.target.pipe_file(self.at(name), content)

    def copies(self):
        fs = self.fs()
        return [
            lambda old, new: fs.cp_file(self.at(old), self.at(new)),
            lambda old, new: fs.copy(self.at(old), self.at(new)),
            lambda old, new: fs.mv(self.at(old), self.at(new)),
            lambda old, new: fs.rename(self.at(old), self.at(new)),
            lambda old, new: fs.pipe({self.at(new): self.target.cat_file(self.at(old))}),
        ]

    def partial(self):
        def opened(mode):
            def add(name, content):
                with self.fs().open(self.at(name), mode) as file:
                    file.write(content)

            return add

        return [opened(mode) for mode in ("ab", "a+b", "r+b", "w+b", "x+b")]

    def held(self):
        self.target.invalidate_cache()
        found = self.target.find(self.root)
        return {path.removeprefix(self.root + "/"): self.target.cat_file(path) for path in found}

    def seen(self):
        return str(self.target.find(self.root, withdirs=True))

    def remove(self, name):
        self.target.rm_file(self.at(name))

    def record(self, name):
        return self.held()[f"{name}.headers.json"]

    def headers(self, name):
        return str(self.target.info(self.at(name)))

    def elsewhere(self):
        return Fsspec(self.guard, self.target, self.root)

    def slow_down(self, monkeypatch):
        real = self.target.open

        def opened(*given, **more):
            time.sleep(random.uniform(0, 0.1))
            return real(*given, **more)

        monkeypatch.setattr(self.target, "open", opened)

    def break_store(self, monkeypatch, after):
        real, took = self.target.open, itertools.count()

        def opened(path, mode="rb", *given, **more):
            file = real(path, mode, *given, **more)
            if mode in ("wb", "xb") and ".certificate." not in path:
                write = file.write

                def failing(piece):
                    if next(took) >= after:
                        raise OSError(28, "no space")
                    return write(piece)

                monkeypatch.setattr(file, "write", failing, raising=False)
            return file

        monkeypatch.setattr(self.target, "open", opened)


class Memory(Fsspec):
    """It keeps no headers of files: here, what it was told of them is remembered."""

    atomic = False
    keeps_headers = is_memory = True

    def __init__(self, guard, _):
        target = fsspec.filesystem("memory", skip_instance_cache=True)
        real, self.told = target.open, {}

        def opened(path, mode="rb", *given, **more):
            self.told.setdefault(path, []).append(more)
            return real(path, mode, *given, **more)

        target.open = opened
        root = f"/store-{next(_numbers)}"
        target.makedirs(root)
        super().__init__(guard, target, root)

    def headers(self, name):
        return repr(self.told.get(self.at(name)))


class File(Fsspec):
    def __init__(self, guard, request):
        root = request.getfixturevalue("tmp_path") / "store"
        root.mkdir(exist_ok=True)
        target = fsspec.filesystem("file", skip_instance_cache=True)
        super().__init__(guard, target, root.as_posix())


class S3(Fsspec):
    has_server = keeps_headers = True

    def __init__(self, guard, request):
        pytest.importorskip("s3fs", reason="pip install s3fs")
        self.endpoint = request.getfixturevalue("s3_endpoint")
        root = f"contract-{os.urandom(8).hex()}"
        super().__init__(guard, self.client(), root)
        self.target.mkdir(root)

    def client(self):
        key, secret = CREDENTIALS["admin"]
        return fsspec.filesystem(
            "s3", key=key, secret=secret, endpoint_url=self.endpoint, skip_instance_cache=True
        )

    def elsewhere(self):
        return Fsspec(self.guard, self.client(), self.root)

    def held(self):
        uploads = self.target.call_s3("list_multipart_uploads", Bucket=self.root)
        assert not uploads.get("Uploads")
        return super().held()

    def headers(self, name):
        return repr(self.target.call_s3("head_object", Bucket=self.root, Key=name))


KINDS = {"fsspec-memory": Memory, "fsspec-file": File, "fsspec-s3": S3, "boto3": Boto3}
