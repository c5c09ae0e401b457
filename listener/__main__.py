"""`listener`, and `python -m listener`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from listener.cli.app import app
from listener.cli.common import ExitCode, say


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        app(arguments, prog_name="listener")
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except Exception as error:
        code = _expected(error)
        if code is None:
            raise
        return code
    return ExitCode.DONE


def _expected(error: Exception) -> int | None:
    """Say an error that an operator can mend; None for a fault of ours, whose traceback is wanted."""
    # Imported here, when something failed: `listener version` needs none of it.
    from classifiers.classifier import ModelError
    from listener.config import ConfigError
    from listener.storage.database import DatabaseError

    if isinstance(error, ConfigError):
        say(f"{error.path or 'configuration'} cannot be used:")
        for problem in error.problems:
            say(f"  {problem}")
        return ExitCode.USAGE
    if isinstance(error, DatabaseError):
        say(f"database: {error}")
        return ExitCode.DATABASE
    if isinstance(error, ModelError):
        say(f"scoring: {error}")
        return ExitCode.FAILED
    return None


if __name__ == "__main__":
    main()
