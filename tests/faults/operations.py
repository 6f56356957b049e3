"""Every file operation of a process below one directory, counted; and the k-th of them failed.

Wrapped are the functions of `os` and the file objects that Python code calls, and the statements that
reach SQLite, whose own file operations are out of sight here.
"""

from __future__ import annotations

import builtins
import errno
import functools
import io
import os
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

KINDS = ("ENOSPC", "EIO", "EINTR", "short", "kill")
_BY_PATH = (
    "open", "stat", "lstat", "scandir", "mkdir", "rmdir", "unlink", "remove", "rename", "replace", "link",
)  # fmt: skip
_BY_DESCRIPTOR = ("write", "fsync", "ftruncate")
_OF_FILES = ("write", "flush", "read", "seek")


@dataclass(slots=True)
class Operations:
    """Counts; the one of number `fails` ends as `kind` says. `log`: a file that names each."""

    root: Path
    fails: int = 0
    kind: str = "EIO"
    log: int = -1
    count: int = 0
    _opened: set[int] = field(default_factory=set)

    def install(self) -> None:
        """For the rest of this process."""
        for name in _BY_PATH:
            setattr(os, name, self._path_call(name, getattr(os, name)))
        for name in _BY_DESCRIPTOR:
            setattr(os, name, self._descriptor_call(name, getattr(os, name)))
        builtins.open = io.open = self._file_call(io.open)
        sqlite3.connect = functools.partial(sqlite3.connect, factory=_connection(self))

    def step(self, name: str, short: Callable[[], Any] | None = None, path: object = None) -> Any:
        """Count one. Raises what the k-th is to fail with; `short` does half of what was asked."""
        self.count += 1
        if self.log >= 0:
            _WRITE(self.log, f"{name}\n".encode())
        if self.count != self.fails:
            return None
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "short":
            return None if short is None else short()
        number = getattr(errno, self.kind)
        raise OSError(number, os.strerror(number), path)

    def _within(self, path: object) -> bool:
        if isinstance(path, int):
            return path in self._opened
        try:
            return Path(os.path.abspath(os.fspath(path))).is_relative_to(self.root)  # noqa: PTH100 - resolving asks the system
        except (TypeError, ValueError):
            return False

    def _path_call(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def called(path: Any = ".", *args: Any, **named: Any) -> Any:
            directory = named.get("dir_fd")
            inside = self._within(path) if directory is None else directory in self._opened
            if inside:
                self.step(f"{name} {Path(str(path)).name}", path=path)
            result = call(path, *args, **named)
            if inside and name == "open":
                self._opened.add(result)
            return result

        # What `shutil` and others asked of the system is true of this, too.
        for asked in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
            if call in asked:
                asked.add(called)
        return called

    def _descriptor_call(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def called(descriptor: int, *args: Any) -> Any:
            if descriptor in self._opened:
                half = (
                    (lambda: call(descriptor, args[0][: len(args[0]) // 2]))
                    if name == "write"
                    else None
                )
                done = self.step(name, half)
                if done is not None:
                    return done
            return call(descriptor, *args)

        return called

    def _file_call(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def called(path: Any, *args: Any, **named: Any) -> Any:
            if not self._within(path):
                return call(path, *args, **named)
            if not isinstance(path, int):
                self.step(f"file {Path(str(path)).name} {args[:1]}", path=path)
            file = call(path, *args, **named)
            self._opened.add(file.fileno())
            return _File(file, self)

        return called


class _File:
    """A file object, its calls counted."""

    def __init__(self, file: Any, operations: Operations) -> None:
        self._file, self._operations = file, operations
        for name in _OF_FILES:
            setattr(self, name, self._counted(name, getattr(file, name)))

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any) -> Any:
            def half() -> None:
                """As a buffered writer does it: some of it is on the disk, then the disk is full."""
                call(args[0][: len(args[0]) // 2])
                self._file.flush()
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            self._operations.step(f"file.{name}", half if name == "write" else None)
            return call(*args)

        return called

    def close(self) -> None:
        self._operations._opened.discard(-1 if self._file.closed else self._file.fileno())
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Any:
        return iter(self._file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _connection(operations: Operations) -> type[sqlite3.Connection]:
    def step(text: str) -> None:
        try:
            operations.step(f"sqlite {text.split('(', maxsplit=1)[0][:40]!r}")
        except OSError:
            raise sqlite3.OperationalError("disk I/O error") from None

    class Cursor(sqlite3.Cursor):
        def execute(self, text: str, *args: Any) -> Any:
            step(text)
            return super().execute(text, *args)

        def executemany(self, text: str, *args: Any) -> Any:
            step(text)
            return super().executemany(text, *args)

    class Connection(sqlite3.Connection):
        def cursor(self, *_: Any) -> Any:
            return super().cursor(Cursor)

        def execute(self, text: str, *args: Any) -> Any:
            return self.cursor().execute(text, *args)

        def commit(self) -> None:
            step("commit")
            super().commit()

    return Connection


_WRITE = os.write
