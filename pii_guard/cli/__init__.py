"""The command line: one module per verb; each parses, calls one function, prints, exits.

Nothing here decides what is personal, and nothing ever prints a raw value.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Entry point of `pii-guard`."""
    from pii_guard.cli.app import app
    from pii_guard.errors import ExitCode, PiiGuardError

    try:
        app()
    except PiiGuardError as error:
        remedy = f" ({error.remedy})" if error.remedy else ""
        sys.stderr.write(f"pii-guard: {error}{remedy}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("pii-guard: interrupted; nothing half-written is left\n")
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone: nobody is left to tell.
        sys.stderr.close()
        sys.exit(ExitCode.OK)
    except Exception as error:  # noqa: BLE001 - a traceback could show values
        sys.stderr.write(f"pii-guard: internal error: {type(error).__name__}\n")
        sys.exit(ExitCode.INTERNAL)
