"""Has an installed LibreOffice convert a file, without a network, macros or anything left behind.

It runs headless with a profile of its own in a private directory, in memory where the system has such
a place, and both are gone when it is done. What a document links to is not fetched: its proxy leads
nowhere, links are blocked, and where the system allows it the process has no network at all.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.leftovers import MEMORY, TEMPORARY, held_folder
from pii_guard.programs import bound, elsewhere
from pii_guard.spills import child, lost_child

SECONDS = 120
"""How long it is waited for: within what a step may take by the default policy."""
_TMP = Path("/tmp")  # noqa: S108 - nothing of ours is made in it
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
{}</oor:items>
"""
_ITEM = '<item oor:path="{}"><prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>\n'
_SAFE = (
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("/org.openoffice.Inet/Settings", "ooInetProxyType", "2"),
    *(
        ("/org.openoffice.Inet/Settings", f"ooInet{kind}Proxy{what}", value)
        for kind in ("HTTP", "HTTPS", "FTP")
        for what, value in (("Name", "127.0.0.1"), ("Port", "9"))
    ),
)


def installed() -> bool:
    """Whether there is a LibreOffice to convert with."""
    return _program() is not None


def convert(blob: bytes, source: str, target: str, reader: str) -> bytes:
    """The file in another format. `source` and `target` are file extensions, `reader` the name of
    the import filter. Raises `Unreadable(UNSUPPORTED)` where it cannot be converted.
    """
    run = elsewhere()
    if run is not None:
        return run("libreoffice", {"source": source, "target": target, "reader": reader}, blob)
    program = _program()
    if program is None:
        raise Unreadable(
            ReasonCode.UNSUPPORTED, f"LibreOffice is not installed: save it as .{target}"
        )
    try:
        with held_folder(_directory(), TEMPORARY) as held:
            return _converted(program, held.path, blob, source, target, reader)
    except OSError:
        raise Unreadable(
            ReasonCode.UNSUPPORTED, f"no room to convert it: save it as .{target}"
        ) from None


def _converted(
    program: str, folder: Path, blob: bytes, source: str, target: str, reader: str
) -> bytes:
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    items = "".join(_ITEM.format(*one) for one in _SAFE)
    (user / "registrymodifications.xcu").write_text(_SETTINGS.format(items), "utf-8")
    given, made = folder / f"file.{source}", folder / "out" / f"file.{target}"
    given.write_bytes(blob)
    command = [
        *_alone(own_tmp=not folder.resolve().is_relative_to(_TMP)), program, "--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo",
        f"-env:UserInstallation={user.parent.as_uri()}", f"--infilter={reader}",
        "--convert-to", target, "--outdir", str(made.parent), str(given),
    ]  # fmt: skip
    environment = {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
    }
    child("libreoffice", str(folder.parent))
    with bound(command) as (tied, life):
        process = subprocess.Popen(  # noqa: S603 - our own words, and no argument is taken from the input
            tied, env=environment, cwd=folder, start_new_session=True,
            stdin=life, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            lost_child()
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if not made.is_file():
        raise Unreadable(
            ReasonCode.UNSUPPORTED, f"LibreOffice cannot convert it: save it as .{target}"
        )
    return made.read_bytes()


@lru_cache(maxsize=1)
def _program() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


@lru_cache(maxsize=2)
def _alone(own_tmp: bool) -> tuple[str, ...]:
    """What to put before a command so that it runs without a network; nothing where that is not allowed.

    With `own_tmp` it gets a /tmp of its own in memory too, which hides the one there is: LibreOffice
    makes a socket there whatever it is told, and what is made on a disk is counted against it.
    """
    program = shutil.which("unshare")
    if program is None:
        return ()
    apart = (program, "--user", "--map-root-user", "--net")
    mounted = (*apart, "--mount", "sh", "-c", 'mount -t tmpfs none /tmp && exec "$@"', "sh")
    for command in (mounted, apart) if own_tmp else (apart,):
        done = subprocess.run([*command, "true"], capture_output=True, check=False)  # noqa: S603
        if done.returncode == 0:
            return command
    return ()


def _directory() -> Path:
    return MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
