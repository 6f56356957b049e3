"""Binary Word and Excel files with a password, as LibreOffice writes them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile

import pytest
from test_passwords import OTHER, PASSWORD, held, word

pytestmark = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed"
)
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1"
 script:language="StarBasic">
Sub Keep(given As String, target As String, how As String)
  Dim opening(0) As New com.sun.star.beans.PropertyValue
  Dim storing(1) As New com.sun.star.beans.PropertyValue
  Dim document As Object
  opening(0).Name = "Hidden"
  opening(0).Value = True
  document = StarDesktop.loadComponentFromURL(given, "_blank", 0, opening())
  storing(0).Name = "FilterName"
  storing(0).Value = how
  storing(1).Name = "Password"
  storing(1).Value = "{password}"
  document.storeToURL(target, storing())
  document.close(True)
End Sub
Sub Main
  Keep("{here}/word.docx", "{here}/word.doc", "MS Word 97")
  Keep("{here}/table.csv", "{here}/table.xls", "MS Excel 97")
End Sub
</script:module>
"""


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    here = tmp_path_factory.mktemp("locked")
    (here / "word.docx").write_bytes(word())
    (here / "table.csv").write_text("name,mail\nJane Roe,jane.roe@mail.example\n")
    profile = f"-env:UserInstallation={(here / 'profile').as_uri()}"

    def run(what):
        command = ["soffice", "--headless", "--norestore", profile, what]
        subprocess.run(command, capture_output=True, check=False, timeout=120)

    run("--terminate_after_init")  # a new profile has an empty Module1, which it knows
    module = _MODULE.format(here=here.as_uri(), password=PASSWORD)
    (here / "profile/user/basic/Standard/Module1.xba").write_text(module)
    run("macro:///Standard.Module1.Main")
    return here


@pytest.mark.parametrize("name", ["word.doc", "table.xls"])
def test_they_are_held_whatever_the_password(unconfined, locked, monkeypatch, name):
    """What takes it off writes the text to a file on disk: nothing may get there."""

    def refused(*_, **__):
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    blob = (locked / name).read_bytes()
    for passwords in ((), [OTHER], [OTHER, PASSWORD]):
        result = unconfined.redact(blob, name=name, passwords=passwords)
        assert held(result)
        assert result.unlocked == 0
    assert "save it as" in result.reason.where


def test_they_are_held_without_libreoffice_too(unconfined, locked, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert held(unconfined.redact((locked / "word.doc").read_bytes(), passwords=[PASSWORD]))
