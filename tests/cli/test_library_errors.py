"""An error out of a library in a version that was not tried names the library, not a bug."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest
from conftest import Site

from vadkit.cli import execute

BUG = "This is a bug in vadkit"
LIBRARY = """
class Reader:
    def read(self):
        return self._read()

    def _read(self):
        raise RuntimeError("Not supported any more")

def open(file):
    return Reader()
"""
COMMAND = "vadkit.cli.machine.version"
"""What a command calls, so that a test can let it fail."""


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, capsys) -> Callable[..., str]:
    """Let a command run a line of vadkit's own code, and return what it says on stderr."""

    def run(source: str, code: int = 1) -> str:
        space = {"__name__": "vadkit.cli.somewhere"}
        exec(f"def version(_):\n    {source}", space)  # noqa: S102
        monkeypatch.setattr(COMMAND, space["version"])
        assert execute(["doctor"]) == code
        return capsys.readouterr().err

    return run


@pytest.fixture
def untried(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """PyAV as a version that is far from what was tried, with another interface."""
    for name in [name for name in sys.modules if name.split(".")[0] == "av"]:
        monkeypatch.delitem(sys.modules, name)
    site.distribution("av", "", "99.1")
    site.module("av", LIBRARY)
    return site


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import av; av.open('a', errors='replace')", "TypeError: open() got an unexpected"),
        ("import av; av.open('a').decode()", "AttributeError: 'Reader' object has no attribute"),
        ("import av; av.open('a').read()", "RuntimeError: Not supported any more"),
        ("from av import VideoFrame", "ImportError: cannot import name 'VideoFrame' from 'av'"),
        ("import av.error", "ModuleNotFoundError: No module named 'av.error'"),
    ],
)
def test_the_library_its_version_and_what_to_install_are_named(
    untried: Site, failing: Callable[..., str], source: str, error: str
) -> None:
    said = failing(source)
    assert error in said
    assert "Perhaps the reason is av 99.1 (tried: 17.1 to " in said
    assert 'Try: pip install "av>=17.1,<=' in said
    assert BUG not in said


def test_an_error_of_vadkit_stays_a_bug_beside_a_library_that_was_not_tried(
    untried: Site, failing: Callable[..., str]
) -> None:
    assert BUG in failing("import av\n    x = None\n    x.shape")


def test_an_error_that_names_a_library_in_a_version_that_was_tried_is_a_bug(
    failing: Callable[..., str],
) -> None:
    assert BUG in failing("import pluggy; pluggy.no_such_function()")


def test_a_library_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, failing: Callable[..., str]
) -> None:
    monkeypatch.setattr("vadkit.dependencies.Dependency.installed", "")
    monkeypatch.setitem(sys.modules, "tomli_w", None)
    said = failing("import tomli_w")
    assert 'tomli-w is not installed, and vadkit needs it. Try: pip install "tomli-w>=1.0' in said


def test_a_library_that_does_not_import_is_named(site: Site, failing: Callable[..., str]) -> None:
    site.module("tomli_w", "import a_library_that_it_needs")
    for name in [name for name in sys.modules if name == "tomli_w"]:
        del sys.modules[name]
    said = failing("import tomli_w")
    assert "cannot be imported. Try: pip install" in said
    assert "--force-reinstall" in said


def test_a_plugin_that_fails_in_a_library_keeps_its_name(
    untried: Site, failing: Callable[..., str]
) -> None:
    said = failing(
        """import av
    from vadkit.registry.isolation import blamed
    with blamed("detector", "boxy", "detect"):
        av.open("a", errors="replace")""",
        code=5,
    )
    assert "Detector 'boxy' failed in detect: TypeError: open() got" in said
    assert "--debug shows where in its code. Perhaps the reason is av 99.1" in said


def test_doctor_names_what_was_not_tried(untried: Site, capsys) -> None:
    assert execute(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["av"] == "99.1"
    assert found["not tried"].startswith("av 99.1 (tried: 17.1 to ")
