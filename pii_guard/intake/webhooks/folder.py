"""A report in a folder of its own, in any file system that fsspec reaches: all of it, or none."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress

from fsspec.core import url_to_fs

from pii_guard.intake.alone import alone_at
from pii_guard.intake.objects import Upload, put
from pii_guard.intake.webhooks.receiving import CERTIFICATE, Report


class ReportFolder:
    """A `Store`: each report in `root`/NAME/, its files first and `certificate.json` last.

    NAME begins the event's fingerprint, so that the same event, whatever number it is delivered under,
    raises `FileExistsError` the second time. `root`: a path, or a URL of fsspec's. A folder without
    `certificate.json` is being written, or was when a process was killed: the next delivery replaces it.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._fs, self._root = url_to_fs(os.fspath(root))
        self._fs.makedirs(self._root, exist_ok=True)

    def path_of(self, report: Report) -> str:
        """Where a report is, or would be."""
        return f"{self._root.rstrip('/')}/{report.event.fingerprint[:32]}"

    def __call__(self, report: Report) -> None:
        """Store it. Raises `FileExistsError`, and what the file system raises; nothing is there then."""
        path = self.path_of(report)
        with alone_at(self._fs.unstrip_protocol(path)), ExitStack() as undo:
            self._fs.invalidate_cache(self._root)
            if self._fs.exists(f"{path}/{CERTIFICATE}"):
                raise FileExistsError("the event is stored already")
            self._remove(path)  # of a run that was killed
            undo.callback(self._remove, path)
            self._fs.makedirs(path)
            uploads = []
            for file in report.files:
                upload = Upload(self._fs, f"{path}/{file.name}", exclusive=False, options={})
                undo.callback(upload.discard)
                upload.write(file.pieces)
                uploads.append(upload)
            for upload in uploads:
                upload.commit()
            put(self._fs, f"{path}/{CERTIFICATE}", report.certificate.to_json())
            undo.pop_all()

    def _remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._fs.rm(path, recursive=True)
