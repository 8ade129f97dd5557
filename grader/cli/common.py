"""What every command shares: its exit code, its one sentence, where it prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from rich.console import Console

from grader.errors import GraderError

RIGHT, NOT_RIGHT, COULD_NOT = 0, 1, 2  # exit codes


def sentences(command: Callable[..., int]) -> Callable[..., None]:
    """Exit with what the command returns; whatever it raises is one sentence on stderr and COULD_NOT."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            code = command(*args, **kwargs)
        except click.ClickException:
            raise
        except GraderError as error:
            fail(str(error))
            code = error.exit_code
        except OSError as error:
            name = f" ({error.filename})" if error.filename else ""
            code = fail(f"{error.strerror or error}{name}")
        except KeyboardInterrupt:
            code = fail("stopped")
        except Exception as error:
            if os.environ.get("GRADER_DEBUG"):
                raise
            code = fail(f"a fault in grader itself: {type(error).__name__}: {error} (GRADER_DEBUG=1 shows where)")
        sys.stdout.flush()
        sys.exit(code)

    return run


def fail(sentence: str) -> int:
    """Say it on stderr; COULD_NOT."""
    click.echo(f"grader: {' '.join(sentence.split())}", err=True)
    return COULD_NOT


def tell(line: str) -> None:
    """Replace the line on stderr, on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[2K{line[:100]}", nl=False, err=True)


def console() -> Console:
    """As wide as the terminal; wide and without colour elsewhere."""
    return Console() if sys.stdout.isatty() else Console(width=160, no_color=True, force_terminal=False)
