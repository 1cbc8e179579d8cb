"""The command line: parse, call the Python API, print. Only here are errors caught."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from vadkit.cli.output import close_quietly, complain, tolerate
from vadkit.distributed.ranks import leads, leave, speaks
from vadkit.errors import VadkitError

_REPORT = "This is a bug in vadkit; please report it with what --debug shows."


def main() -> None:
    """Run the command line and exit with its code."""
    leave(execute(sys.argv[1:]))


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
        if speaks():
            _explain(error)
        return int(getattr(error, "exit_code", 1))
    except KeyboardInterrupt:
        if leads():
            complain("Interrupted.")
        return 130
    finally:
        close_quietly()


def _invoke(args: list[str]) -> int:
    from typer.main import get_command

    from vadkit.cli.app import app

    code = get_command(app).main(args=args, prog_name="vadkit", standalone_mode=False)
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> None:
    from vadkit.dependencies import advice, is_of_interface

    if isinstance(error, VadkitError):
        hints = [error.hint, advice(error) if is_of_interface(error) else ""]
        complain(error.message, " ".join(filter(None, hints)))
    elif hasattr(error, "format_message") and hasattr(error, "show"):  # the parser's own
        error.show()
    else:
        complain(f"{type(error).__name__}: {error}", advice(error) or _REPORT)
