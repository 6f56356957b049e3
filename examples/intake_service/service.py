"""An intake service: reports come in by a form, and what is redacted goes into a store and a ledger."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import fsspec
import uvicorn
from fastapi import Depends, FastAPI
from fastapi.responses import FileResponse, JSONResponse

from pii_guard import Guard, Policy
from pii_guard.certificate import Signer, generate, load
from pii_guard.certificate.note import NoteKey, NoteSigner
from pii_guard.intake.asgi import RedactedForm, Refused, Submission, answer
from pii_guard.intake.landing import Landing
from pii_guard.ledger import Ledger, enter, open_ledger

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("INTAKE_DATA", HERE / "data"))
DATA.mkdir(parents=True, exist_ok=True)
ORIGIN = "intake.example/ledger"


def key(name: str) -> Signer:
    """A key of the service, made at its first start."""
    path = DATA / f"{name}.pem"
    return load(path) if path.exists() else generate(path)


LOG = NoteSigner(NoteKey.of(ORIGIN, (log := key("log")).public), log.sign)
guard = Guard(Policy.load(HERE / "pii-guard.toml"), signer=key("issuer"))
fs, root = fsspec.core.url_to_fs(os.environ.get("INTAKE_STORE", str(DATA / "store")))
form = RedactedForm(guard=guard)
app = FastAPI(title="Intake")
app.add_exception_handler(Refused, answer)


@contextmanager
def ledger() -> Iterator[Ledger]:
    """The ledger of certificates."""
    path = DATA / "ledger.sqlite3"
    opened = open_ledger(path, signer=LOG, create=not path.exists())
    try:
        yield opened
    finally:
        opened.close()


@app.get("/")
def page() -> FileResponse:
    """The form."""
    return FileResponse(HERE / "page.html")


@app.post("/reports")
def report(form: Annotated[Submission, Depends(form)]) -> JSONResponse:
    """Store a report: its files, its text, and the certificate of all of it with its place in the ledger."""
    number = secrets.token_hex(8)
    folder = f"{root}/{number}"
    landing = Landing(fs, guard)
    fs.makedirs(folder, exist_ok=True)
    # In a folder of their own: one of them may be called `report.json`.
    stored = [landing.land(file.admission, f"{folder}/files") for file in form.files]
    fs.pipe_file(f"{folder}/report.json", form.record)
    certificate = form.certify(ref=f"report/{number}")
    with ledger() as opened:
        bundle = enter(opened, certificate)
    fs.pipe_file(f"{folder}/certificate.json", bundle.to_json())
    names = [path.rpartition("/")[2] for path in stored]
    told = {"number": number, "title": form.value("title"), "attachments": names}
    return JSONResponse({**told, "result": certificate.result}, status_code=201)


if __name__ == "__main__":
    host, _, port = os.environ.get("INTAKE_ADDRESS", "127.0.0.1:8000").rpartition(":")
    uvicorn.run(app, host=host, port=int(port))
