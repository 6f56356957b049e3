"""`redact::s3://bucket/key`: a file system of fsspec's that redacts what is written through it.

    with fsspec.open("redact::s3://reports/dump.csv", "wb", redact={"policy": "pii-guard.toml"}) as file:
        file.write(raw)

fsspec finds it by the entry point `redact`; pandas, pyarrow, dask and universal_pathlib take such URLs.
Only what is written here is redacted; reading gives what is there. What is not listed here does not exist:
a verb passed on unseen could store what nobody redacted.
"""

from __future__ import annotations

import os
from pathlib import Path
from shutil import copyfileobj
from typing import Any

from fsspec import AbstractFileSystem, filesystem
from fsspec.callbacks import DEFAULT_CALLBACK
from fsspec.implementations.chained import ChainedFileSystem

from pii_guard.errors import PolicyError
from pii_guard.guard import Guard
from pii_guard.intake.guards import guard_for
from pii_guard.intake.landing import Landing, Sink
from pii_guard.intake.names import belongs_to
from pii_guard.intake.objects import alone, remove_companions
from pii_guard.intake.writing import AllOrNothing, Writer

_FSSPECS = frozenset(
    {"use_listings_cache", "listings_expiry_time", "max_paths", "asynchronous", "loop"}
)
"""Options that every file system of fsspec's takes."""
_MODES = {"overwrite": "wb", "create": "xb"}


class RedactFileSystem(ChainedFileSystem):  # type: ignore[misc]
    """Redacts before the file system it is chained to (`target_protocol`, `target_options`) sees a byte.

    `policy`: the path of a policy file, the built-in policy by default; or `guard`: a `Guard`, which is
    not copied into other processes. `certificates`: takes each certificate; by default it is put beside
    its file, as NAME.certificate.json. `ref`: the programme's reference in certificates; `ref=` of a
    write goes before it. Raises `PolicyError`, and whatever the other file system raises.
    """

    protocol = "redact"
    cachable = False  # a URL is part of what fsspec would remember one by, for as long as the process lives
    transaction_type = AllOrNothing

    def __init__(
        self,
        fs: AbstractFileSystem | None = None,
        target_protocol: str | None = None,
        target_options: dict[str, Any] | None = None,
        *,
        policy: str | os.PathLike[str] | None = None,
        guard: Guard | None = None,
        certificates: Sink | None = None,
        ref: str = "case",
        **options: Any,
    ) -> None:
        options.pop("fo", None)
        if not options.keys() <= _FSSPECS:
            # Passed over, a misspelt `policy` would have the built-in one redact.
            raise PolicyError(
                "redact:: was given an option that it does not have",
                remedy="its own are policy, guard, certificates and ref, in redact={…}; those of the store "
                'go under its protocol, as in s3={"anon": True}',
            )
        super().__init__(**options)
        if (fs is None) == (target_protocol is None):
            raise PolicyError(
                "redact:: stands before another file system", remedy="write redact::s3://bucket/key"
            )
        if policy is not None and guard is not None:
            raise PolicyError("a policy and a guard were given", remedy="give one of them")
        self.fs = fs or filesystem(target_protocol, **(target_options or {}))
        if getattr(self.fs, "asynchronous", False):
            raise PolicyError(
                "redact:: does not work in an event loop", remedy="call it in a thread"
            )
        self.ref = ref
        self._policy, self._guard, self._sink = policy, guard, certificates

    def __reduce__(self) -> Any:
        if "guard" in self.storage_options:
            raise PolicyError(
                "a guard does not go into another process: it may hold keys", remedy="give a policy"
            )
        return super().__reduce__()

    @property
    def guard(self) -> Guard:
        """What redacts. The first in a process takes seconds."""
        if self._guard is None:
            self._guard = guard_for(self._policy)
        return self._guard

    @property
    def _landing(self) -> Landing:
        return Landing(self.fs, self.guard, self._sink)

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(one) for one in path]
        return os.fspath(path).removeprefix("redact::").removeprefix("redact://")

    def _target(self, path: Any) -> str:
        """The path as the other file system writes it."""
        stripped: str = self.fs._strip_protocol(self._strip_protocol(path))  # noqa: SLF001
        return stripped

    # -- reading: what is there, as it is ------------------------------------------------------

    def ls(self, path: str, detail: bool = True, **options: Any) -> Any:
        return self.fs.ls(self._target(path), detail=detail, **options)

    def info(self, path: str, **options: Any) -> Any:
        return self.fs.info(self._target(path), **options)

    def cat_file(
        self, path: str, start: int | None = None, end: int | None = None, **options: Any
    ) -> Any:
        return self.fs.cat_file(self._target(path), start, end, **options)

    def modified(self, path: str) -> Any:
        return self.fs.modified(self._target(path))

    def created(self, path: str) -> Any:
        return self.fs.created(self._target(path))

    def invalidate_cache(self, path: str | None = None) -> None:
        self.fs.invalidate_cache(path if path is None else self._target(path))

    # -- writing: through the guard ------------------------------------------------------------

    def open(
        self,
        path: Any,
        mode: str = "rb",
        block_size: int | None = None,
        cache_options: dict[str, Any] | None = None,
        compression: str | None = None,
        **options: Any,
    ) -> Any:
        """As fsspec has it. Modes of writing are `w`, `wb`, `x` and `xb`; `compression` is not for them."""
        if "r" not in mode and compression:
            raise PolicyError(
                "compressing within a write would leave the end of the file to chance",
                remedy="use fsspec.open(…, compression=…) in a with statement",
            )
        return super().open(path, mode, block_size, cache_options, compression, **options)

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_options: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        if mode == "rb":
            told = {"block_size": block_size, "cache_options": cache_options}
            told = {name: value for name, value in told.items() if value is not None}
            return self.fs.open(self._target(path), mode, **told, **options)
        if mode not in ("wb", "xb"):
            raise PolicyError(
                "a file can be written as a whole only: nothing can be proved of a part of it",
                remedy='use mode "wb" or "xb", with all that the file is to hold',
            )
        ref = options.pop("ref", self.ref)
        transaction = None if autocommit else self.transaction
        return Writer(self._landing, self._target(path), mode, ref, options, transaction)

    def pipe_file(self, path: str, value: Any, mode: str = "overwrite", **options: Any) -> None:
        with self.open(path, _MODES[mode], **options) as file:
            file.write(value)

    def put_file(
        self,
        lpath: Any,
        rpath: str,
        callback: Any = DEFAULT_CALLBACK,  # noqa: ARG002 - whoever wants progress hears of none
        mode: str = "overwrite",
        **options: Any,
    ) -> None:
        if Path(lpath).is_dir():
            self.makedirs(rpath, exist_ok=True)
            return
        with self.open(rpath, _MODES[mode], **options) as file:
            file.take(Path(lpath))

    def cp_file(self, path1: str, path2: str, **options: Any) -> None:
        source = self._target(path1)
        whose = belongs_to(source)
        if self.fs.isdir(source):
            self.makedirs(path2, exist_ok=True)
        elif not (whose and self.fs.exists(whose)):  # a copy has a certificate of its own
            with self.fs.open(source, "rb") as old, self.open(path2, "wb", **options) as new:
                copyfileobj(old, new)

    # -- directories and removal ---------------------------------------------------------------

    def mkdir(self, path: str, create_parents: bool = True, **options: Any) -> None:
        self.fs.mkdir(
            self._landing.folder(self._target(path).rstrip("/")), create_parents, **options
        )

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        self.fs.makedirs(self._landing.folder(self._target(path).rstrip("/")), exist_ok=exist_ok)

    def rmdir(self, path: str) -> None:
        self.fs.rmdir(self._target(path))

    def rm_file(self, path: str) -> None:
        """Remove a file with what stands beside it, which is not removed alone."""
        target = self._target(path)
        whose = belongs_to(target)
        if whose and self.fs.exists(whose):
            raise PolicyError(
                "a file keeps its certificate",
                remedy="remove the file: it takes what is beside it along",
            )
        with alone(self.fs, target):
            remove_companions(self.fs, target)
            self.fs.rm_file(target)

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        expanded = self.expand_path(path)
        # Files first: they take along what is beside them.
        for one in sorted(map(self._target, expanded), key=lambda each: bool(belongs_to(each))):
            if self.fs.isdir(one):
                self.fs.rm(one, recursive=recursive, maxdepth=maxdepth)
            elif len(expanded) == 1 or not belongs_to(one) or self.fs.exists(one):
                self.rm_file(one)
