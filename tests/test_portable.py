"""What Windows or macOS lack is used behind a guard alone, and files are the same everywhere.

The rules read the syntax tree; they stand in for the systems that the tests do not run on.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("vadkit", "plugins", "benchmarks")
FILES = [ROOT / "setup.py", *sorted(f for name in FOLDERS for f in (ROOT / name).rglob("*.py"))]

MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "readline"}
LACKING = {
    "os": """
        fork forkpty wait waitpid wait4 killpg setsid setpgid getpgid getpgrp nice uname getuid
        geteuid getgid getegid getgroups getloadavg sched_getaffinity sched_setaffinity sysconf
        statvfs mkfifo mknod openpty chown fchown lchown fchmod chroot posix_fallocate posix_fadvise
        posix_spawn sendfile pread pwrite memfd_create symlink O_CLOEXEC O_NONBLOCK O_DIRECTORY
        O_NOFOLLOW
    """,
    "signal": """
        SIGKILL SIGHUP SIGUSR1 SIGUSR2 SIGPIPE SIGALRM SIGCHLD SIGQUIT SIGCONT SIGSTOP SIGTSTP
        SIGWINCH alarm pause setitimer sigwait sigpending pthread_kill pthread_sigmask siginterrupt
    """,
}
METHODS = {"symlink_to", "hardlink_to", "lchmod"}
STARTERS = {"get_context", "set_start_method"}
PLACES = re.compile(r"/(tmp|dev|proc|sys|etc|var|usr)\b")
WRITING = re.compile(r"[wax]")
BINARY = "b"


def offences(source: str) -> list[str]:
    """Line and reason of all that a source uses and another system lacks, or does otherwise."""
    return [
        f"{line}: {reason}"
        for node in ast.parse(source).body
        for line, reason in _visited(node, guarded=False)
    ]


def _visited(node: ast.AST, guarded: bool) -> Iterator[tuple[int, str]]:
    reasons = [*_text_rules(node), *(() if guarded else _system_rules(node))]
    yield from ((getattr(node, "lineno", 0), reason) for reason in reasons)
    for field, value in ast.iter_fields(node):
        inside = guarded or _guards(node, field)
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_docstring(child):
                yield from _visited(child, inside)
                inside = inside or _leaves_elsewhere(child)


def _guards(node: ast.AST, field: str) -> bool:
    """Whether what stands in a field of a node is tried, or comes after asking for the system."""
    if isinstance(node, ast.Try):
        return field == "body" and bool(node.handlers)
    if isinstance(node, ast.With):
        return field == "body" and "suppress(" in ast.unparse(node.items[0])
    return isinstance(node, ast.If | ast.IfExp) and field != "test" and _asks(node.test)


def _leaves_elsewhere(statement: ast.AST) -> bool:
    """Whether a statement leaves its block on other systems, and so guards what follows."""
    if not isinstance(statement, ast.If) or not _asks(statement.test):
        return False
    return isinstance(statement.body[-1], ast.Return | ast.Raise)


def _asks(test: ast.expr) -> bool:
    return any(word in ast.unparse(test) for word in ("hasattr(", "sys.platform", "os.name"))


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _system_rules(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (f"import {of.name}" for of in names if of.name in MODULES)
        case ast.ImportFrom(module=module, names=names):
            yield from (
                f"from {module} import {of.name}"
                for of in names
                if module in MODULES or _lacks(module, of.name)
            )
        case ast.Attribute(value=ast.Name(id=module), attr=name) if _lacks(module, name):
            yield f"{module}.{name}"
        case ast.Attribute(attr=name) if name in METHODS:
            yield f".{name}"
        case ast.Constant(value=str(text)) if PLACES.match(text):
            yield repr(text)
        case ast.Call(
            func=ast.Attribute(attr=name) | ast.Name(id=name), args=[ast.Constant(value=method)]
        ) if name in STARTERS and method != "spawn":
            yield f"processes by {method}"
        case ast.Call(func=ast.Attribute(attr="kill"), args=[_, ast.Constant(value=0)]):
            yield "os.kill(pid, 0) is Ctrl-C on Windows"
        case ast.BinOp(op=ast.Div(), right=name) if _has_colon(name):
            yield "a colon in a file name"


def _lacks(module: str | None, name: str) -> bool:
    return name in LACKING.get(module or "", "").split()


def _has_colon(name: ast.expr) -> bool:
    parts = name.values if isinstance(name, ast.JoinedStr) else [name]
    return any(isinstance(p, ast.Constant) and ":" in str(p.value) for p in parts)


def _text_rules(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Attribute(attr="read_text"), args=args, keywords=words):
            needed = set() if args else {"encoding"}
        case ast.Call(func=ast.Attribute(attr="write_text"), keywords=words):
            needed = {"encoding", "newline"}
        case ast.Call(func=ast.Name(id="open") | ast.Attribute(attr="open"), keywords=words):
            mode = _mode(node)
            writes = {"newline"} if WRITING.search(mode) else set()
            needed = set() if BINARY in mode else {"encoding", *writes}
        case _:
            return
    if missing := needed - {word.arg for word in words}:
        yield f"text without {' and '.join(sorted(missing))}"


def _mode(call: ast.Call) -> str:
    """The mode of an `open`, which `b` stands for where no text file is opened."""
    words = [word.value for word in call.keywords if word.arg == "mode"]
    letters = [of.value for of in (*words, *call.args) if isinstance(of, ast.Constant)]
    modes = [of for of in letters if re.fullmatch(r"[rwaxbt+]{1,3}", str(of))]
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(owner, ast.Name) and owner.id in ("av", "os"):
        return BINARY
    is_file = modes or owner is None or not call.args
    return str(modes[0]) if modes else "r" if is_file else BINARY


def test_nothing_is_used_that_another_system_lacks() -> None:
    assert len(FILES) > 100
    assert [
        f"{file.relative_to(ROOT)}:{offence}"
        for file in FILES
        for offence in offences(file.read_text("utf-8"))
    ] == []


@pytest.mark.parametrize(
    "source",
    [
        "import fcntl",
        "from resource import getrlimit",
        "from signal import SIGKILL",
        "os.fork()",
        "cores = len(os.sched_getaffinity(0))",
        "x = code == signal.SIGKILL",
        "Path('a').symlink_to('b')",
        "os.symlink('a', 'b')",
        "os.kill(pid, 0)",
        "Path('/dev').glob('nvidia*')",
        "get_context('fork')",
        "folder / f'{day}:{hour}'",
        "path.open()",
        "path.open('w', encoding='utf-8')",
        "open(path, 'a', newline='')",
        "path.read_text()",
        "path.write_text(text, encoding='utf-8')",
        "try:\n    pass\nexcept OSError:\n    os.fork()",
        "if hasattr(os, 'fork'):\n    pass\nos.fork()",
    ],
)
def test_an_offence_is_noticed(source: str) -> None:
    assert len(offences(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import fcntl\nexcept ImportError:\n    fcntl = None",
        "if hasattr(os, 'fork'):\n    os.fork()",
        "def f():\n    if sys.platform != 'linux':\n        return []\n    return os.getuid()",
        "n = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else 1",
        "with suppress(OSError):\n    os.symlink('a', 'b')",
        "path.open('rb')",
        "parts.open(told)",
        "path.open('w', encoding='utf-8', newline='')",
        "path.read_text('utf-8')",
    ],
)
def test_what_is_guarded_is_allowed(source: str) -> None:
    assert offences(source) == []
