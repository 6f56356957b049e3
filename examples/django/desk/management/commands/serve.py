"""`serve`: prepare the database, make the administrator, start the server."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandParser, call_command


class Command(BaseCommand):
    """All that a first start needs."""

    help = "prepares everything and starts the report desk"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", nargs="?", default="127.0.0.1:8000")

    def handle(self, *_: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        users = get_user_model().objects
        if not users.filter(username="admin").exists():
            password = secrets.token_urlsafe(9)
            users.create_superuser("admin", password=password)
            self.stdout.write(f"user admin, password {password}")
        self.stdout.write(f"http://{options['address']}/")
        self.stdout.flush()
        call_command("runserver", options["address"], use_reloader=False)
