"""A mail server that stores what comes in redacted and certified."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from pathlib import Path

from pii_guard import Guard, Policy
from pii_guard.certificate import generate, load
from pii_guard.intake.mail import RedactingHandler, controller

HERE = Path(__file__).parent
RECIPIENT = "security@acme.example"


def main() -> None:
    """Serve until a signal asks for the end."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=8025)
    options.add_argument("--store", default="mail", help="a folder, or a URL of fsspec's")
    options.add_argument("--key", type=Path, default=Path("mail-issuer.pem"))
    given = options.parse_args()
    logging.basicConfig(format="%(levelname)s %(message)s")

    signer = load(given.key) if given.key.exists() else generate(given.key)
    guard = Guard(Policy.load(HERE / "pii-guard.toml"), signer=signer)
    handler = RedactingHandler(given.store, guard, recipients=[RECIPIENT], ref="mail")
    server = controller(handler, given.host, given.port)

    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    server.start()
    print(f"taking mail for {RECIPIENT} at {given.host}:{given.port}", flush=True)
    over.wait()
    handler.close()  # what was taken in is stored before the server goes
    server.stop()


if __name__ == "__main__":
    main()
