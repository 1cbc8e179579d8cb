"""The command line: parse, call the Python API, print. Only here are errors caught."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from vadkit.cli.output import close_quietly, complain, tolerate
from vadkit.errors import VadkitError

_REPORT = "This is a bug in vadkit; please report it with what --debug shows."


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(execute(sys.argv[1:]))


def execute(args: Sequence[str]) -> int:
    """Run one command.

    Args:
        args: The words after `vadkit`; `--debug` may stand anywhere.

    Returns:
        The exit code: 0, or the error's own, 1 for a bug, 2 for wrong usage, 130 after Ctrl-C.
    """
    tolerate()
    debug = "--debug" in args
    try:
        return _invoke([word for word in args if word != "--debug"])
    except Exception as error:
        if debug:
            traceback.print_exc()
        return _explain(error)
    except KeyboardInterrupt:
        complain("Interrupted.")
        return 130
    finally:
        close_quietly()


def _invoke(args: list[str]) -> int:
    from typer.main import get_command

    from vadkit.cli.app import app

    code = get_command(app).main(args=args, prog_name="vadkit", standalone_mode=False)
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> int:
    if isinstance(error, VadkitError):
        complain(error.message, error.hint)
        return error.exit_code
    if hasattr(error, "format_message") and hasattr(error, "show"):  # the parser's own
        error.show()
        return 2
    complain(f"{type(error).__name__}: {error}", _REPORT)
    return 1
