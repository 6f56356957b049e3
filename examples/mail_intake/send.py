"""Sends a report with a customer in it to the mail intake."""

from __future__ import annotations

import argparse
import smtplib
from email.message import EmailMessage


def report() -> EmailMessage:
    """A report of an insecure direct object reference, with a table that should not have been taken along."""
    message = EmailMessage()
    message["From"] = "Lina Tester <lina.test@researcher.example>"
    message["To"] = "security@acme.example"
    message["Subject"] = "IDOR: I can read the profile of Maria Fernandez"
    message.set_content(
        "GET https://app.shop.example/api/v2/customers/20418 gives me another customer:\n"
        "Maria Fernandez, maria.fernandez@mail.example, born 1985-03-12.\n"
        "The server is nginx/1.25.3 on web-03.\n"
    )
    message.add_attachment(
        "id,name,email\n20418,Maria Fernandez,maria.fernandez@mail.example\n",
        subtype="csv",
        filename="customers.csv",
    )
    return message


def main() -> None:
    """Send it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=8025)
    given = options.parse_args()
    with smtplib.SMTP(given.host, given.port) as client:
        client.send_message(report())
    print("stored")


if __name__ == "__main__":
    main()
