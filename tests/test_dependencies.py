"""Versions that were tried: what is recorded fits pyproject.toml, and what lies outside is seen."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from conftest import Site
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from vadkit import dependencies as module
from vadkit.dependencies import Dependency, dependencies

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEWEST = tomllib.loads(Path(module.__file__).with_name("tried.toml").read_text())["newest"]
EXTRAS = {
    name: lines
    for name, lines in PROJECT["optional-dependencies"].items()
    if name not in {"dev", "all"}
}
REQUIRED = [
    Requirement(line) for lines in [PROJECT["dependencies"], *EXTRAS.values()] for line in lines
]


def test_newest_versions_are_recorded_of_python_and_of_every_requirement() -> None:
    assert set(NEWEST) == {"python", *(canonicalize_name(each.name) for each in REQUIRED)}


@pytest.mark.parametrize("requirement", REQUIRED, ids=lambda requirement: requirement.name)
def test_a_requirement_has_a_lower_bound_and_allows_the_newest(requirement: Requirement) -> None:
    assert ">=" in {bound.operator for bound in requirement.specifier}
    assert requirement.specifier.contains(NEWEST[canonicalize_name(requirement.name)])


def test_developers_tools_have_lower_bounds() -> None:
    for line in PROJECT["optional-dependencies"]["dev"]:
        assert ">=" in {bound.operator for bound in Requirement(line).specifier}, line


def test_all_that_is_recorded_is_known_with_what_is_imported() -> None:
    assert [each.name for each in dependencies()] == list(NEWEST)
    modules = {each.name: each.module for each in dependencies()}
    assert modules["opencv-python-headless"] == "cv2"
    assert modules["tomli-w"] == "tomli_w"


@pytest.mark.parametrize(
    ("installed", "untried"),
    [("1.1", True), ("1.2", False), ("1.4.0", False), ("1.4.9", False), ("1.5.0", True),
     ("1.5.0rc1", True), ("2.0", True), ("1.3.0+cpu", False)],
)  # fmt: skip
def test_versions_outside_of_the_range_are_untried(
    site: Site, installed: str, untried: bool
) -> None:
    site.distribution("some-library", "", installed)
    library = Dependency("some-library", "some_library", SpecifierSet(">=1.2,<2"), "1.4.1")
    assert library.installed == installed
    assert library.untried is untried
    assert str(library) == f"some-library {installed} (tried: 1.2 to 1.4.1)"
    assert library.install == 'pip install "some-library>=1.2,<=1.4.1"'


def test_what_is_not_installed_is_not_untried() -> None:
    library = Dependency("no-such-library", "no_such_library", SpecifierSet(">=1"), "1.4")
    assert library.installed == ""
    assert not library.untried


@pytest.mark.parametrize(
    ("running", "untried"), [("3.11.0", False), ("3.13.9", False), ("3.14.0", True)]
)
def test_python_is_told_like_a_library(
    monkeypatch: pytest.MonkeyPatch, running: str, untried: bool
) -> None:
    monkeypatch.setattr(module.platform, "python_version", lambda: running)
    (python,) = (each for each in dependencies() if each.name == "python")
    assert python.untried is untried
    assert str(python) == f"python {running} (tried: 3.11 to {NEWEST['python']})"


def test_a_checkout_that_is_not_installed_knows_of_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PACKAGE", "no-such-distribution")
    assert dependencies() == []
