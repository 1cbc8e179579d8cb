"""The docs are a contract: what they show runs, and they speak of all there is and nothing else.

What follows the language of a fenced block says how it is tested:

    toml recipe         is a valid recipe
    toml grid           is a valid grid, and so is each of its recipes
    toml of=FILE        is made of lines of that file, in their order
    python plugin       is a plugin in one file
    python file=FILE    is that file, word for word; FILE beside the page
    console run         its commands run, in an empty folder
    python run          runs after those before it on the page, in an empty folder

Every other command that a page shows is only looked up.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import vadkit
from vadkit import errors
from vadkit.cli import execute
from vadkit.metrics.figures import all_figures
from vadkit.recipe import load_recipe, schema, shipped_recipes
from vadkit.registry.card_validation import HOOKS
from vadkit.registry.registry import KINDS, load_plugins

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
SOURCES = [*sorted((ROOT / "vadkit").rglob("*.py")), *sorted((ROOT / "plugins").rglob("*.py"))]
FENCE = re.compile(r"^```(\w*) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SIGNALS = {130, 143}
"""Exit codes that a shell gives to Ctrl-C and SIGTERM."""


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    page: Path
    number: int
    language: str
    tag: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}-{self.number}"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _blocks_of(page: Path) -> list[Block]:
    found = enumerate(FENCE.findall(_text(page)), start=1)
    return [Block(page, number, *parts) for number, parts in found]


BLOCKS = [block for page in PAGES for block in _blocks_of(page)]


def _tagged(language: str, tag: str) -> list[Block]:
    found = [b for b in BLOCKS if b.language == language and b.tag.partition("=")[0] == tag]
    assert found, f"no page has a block `{language} {tag}`"
    return found


def _spans(text: str) -> set[str]:
    """What stands in backticks, outside fenced blocks."""
    return set(re.findall(r"`([^`\n]+)`", FENCE.sub("", text)))


def _words(page: Path) -> set[str]:
    """Identifiers in backticks on a page."""
    names = re.compile(r"[\w-]+(?:/[\w-]+)*")
    return {word for span in _spans(_text(page)) for word in names.findall(span)}


# What is shown runs.


def test_every_tag_is_known() -> None:
    known = {"", "recipe", "grid", "of", "plugin", "file", "run"}
    others = [block for block in BLOCKS if block.page.name != "my-data.md"]  # in test_my_data
    assert {block.tag.partition("=")[0] for block in others} <= known


@pytest.mark.parametrize("block", _tagged("toml", "recipe"), ids=str)
def test_recipe_is_valid(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "shown.toml"
    path.write_text(block.text)
    assert load_recipe(path)


@pytest.mark.parametrize("block", _tagged("toml", "grid"), ids=str)
def test_grid_is_valid(block: Block, tmp_path: Path) -> None:
    from vadkit.sweep.expansion import entries_of
    from vadkit.sweep.grid import read_grid

    path = tmp_path / "shown.toml"
    path.write_text(block.text)
    assert entries_of(read_grid(path, load_plugins()))


@pytest.mark.parametrize("block", _tagged("toml", "of"), ids=str)
def test_excerpt_is_of_its_file(block: Block) -> None:
    lines = iter(_text(ROOT / block.tag.partition("=")[2]).splitlines())
    missing = [line for line in block.text.splitlines() if line not in lines]
    assert missing == []


@pytest.mark.parametrize("block", [*_tagged("python", "file"), *_tagged("toml", "file")], ids=str)
def test_file_is_shown_as_it_is(block: Block) -> None:
    assert block.text == _text(block.page.parent / block.tag.partition("=")[2])


@pytest.mark.parametrize("block", _tagged("python", "plugin"), ids=str)
def test_plugin_is_one(block: Block, tmp_path: Path) -> None:
    (stem,) = re.findall(r'load="(\w+):', block.text)
    file = tmp_path / f"{stem}.py"
    file.write_text(block.text)
    registry = load_plugins([file])
    cards = next(plugin.cards for plugin in registry.plugins if plugin.distribution == file.name)
    assert [registry.load(card).__module__ for card in cards] == [file.stem]


@pytest.mark.parametrize("block", _tagged("console", "run"), ids=str)
def test_console_runs(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = [line.removeprefix("$ vadkit ") for line in block.text.splitlines()]
    assert [execute(shlex.split(command)) for command in commands] == [0] * len(commands)


@pytest.mark.parametrize(
    "page", sorted({block.page for block in _tagged("python", "run")}), ids=lambda page: page.name
)
def test_python_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in _tagged("python", "run"):
        if block.page == page:
            exec(compile(block.text, str(block), "exec"), names)  # noqa: S102


# What is named is there.


def _commands(path: Path) -> Iterator[list[str]]:
    """The words after `vadkit` in every command that a page or a message shows."""
    fenced = [b.text for b in _blocks_of(path) if b.language in ("bash", "console")]
    shown = "\n".join([*fenced, *_spans(_text(path))]).replace("\\\n", " ")
    for found in re.findall(r"(?:^|[$&]) ?vadkit ([a-z-][^\n&]*)", shown, re.MULTILINE):
        yield shlex.split(found)


def _find(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words name, and the words after its name."""
    from typer.main import get_command

    from vadkit.cli.app import app

    command: Any = get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def _mistakes(words: list[str]) -> Iterator[str]:
    """What a command that is shown names and there is not."""
    command, rest = _find(words)
    options = {option for parameter in command.params for option in parameter.opts}
    shown = {word.partition("=")[0] for word in rest if word.startswith("--")}
    yield from shown - options - {"--help", "--debug"}
    if hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        yield f"no command {rest[0]!r}"
    name = rest[0] if command.name in ("run", "show", "validate") and rest else ""
    if name.isidentifier() and not name.isupper() and name not in shipped_recipes():
        yield f"no recipe {name!r}"


@pytest.mark.parametrize("words", ["run nothing", "recipe sho sota", "run sota --nothing=1"])
def test_a_mistake_in_a_command_is_noticed(words: str) -> None:
    assert len(list(_mistakes(words.split()))) == 1


def test_commands_exist() -> None:
    commands = [(path, words) for path in (*PAGES, *SOURCES) for words in _commands(path)]
    assert len(commands) > 100
    assert [
        f"{path.relative_to(ROOT)}: vadkit {shlex.join(words)}: {mistake}"
        for path, words in commands
        for mistake in _mistakes(words)
    ] == []


def test_links_lead_somewhere() -> None:
    links = [
        (page, link)
        for page in PAGES
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", FENCE.sub("", _text(page)))
        if "://" not in link
    ]
    assert len(links) > 100
    assert [
        f"{page.relative_to(ROOT)}: {link}"
        for page, link in links
        if not (page.parent / link).exists()
    ] == []


def test_pages_of_tasks_are_of_tasks() -> None:
    assert {page.stem for page in (DOCS / "tasks").glob("*.md")} == _built_in("task")


# What there is, is named.


def _built_in(kind: str) -> set[str]:
    offers = load_plugins().offers(kind)
    return {offer.card.name for offer in offers if offer.plugin.distribution == "vadkit"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_built_in_is_listed(kind: str) -> None:
    assert _built_in(kind) <= _words(ROOT / "README.md")


@pytest.mark.parametrize("name", sorted(_built_in("task")))
def test_page_of_a_task_has_its_options(name: str) -> None:
    from dataclasses import fields

    options = {field.name for field in fields(load_plugins().card("task", name).config)}
    _, _, section = _text(DOCS / "tasks" / f"{name}.md").partition("\n## Options\n")
    rows = re.findall(r"^\| `(\w+)` \|", section.partition("\n## ")[0], re.MULTILINE)
    assert set(rows) == options


def test_every_command_is_shown() -> None:
    shown = [words for page in PAGES for words in _commands(page)]
    leaves = list(_leaves(_find([])[0]))
    assert ["recipe", "show"] in leaves
    assert [leaf for leaf in leaves if all(w[: len(leaf)] != leaf for w in shown)] == []


def _leaves(command: Any) -> Iterator[list[str]]:
    for name, below in getattr(command, "commands", {}).items():
        if hasattr(below, "commands"):
            yield from ([name, *rest] for rest in _leaves(below))
        else:
            yield [name]


def test_every_hook_and_card_has_its_place() -> None:
    words = _words(DOCS / "write-other-plugins.md")
    assert set(HOOKS) | {card.__name__ for card in HOOKS.values()} <= words
    assert {word for word in words if word.startswith("vadkit_")} == set(HOOKS)


def test_every_name_of_the_python_api_is_described() -> None:
    assert set(vadkit.__all__) <= _words(DOCS / "python.md")


def test_every_recipe_is_described() -> None:
    assert set(shipped_recipes()) <= _words(DOCS / "recipes.md")
    orders = {name for name in shipped_recipes() if "/" in name}
    assert set(shipped_recipes()) - orders <= _words(ROOT / "README.md")


def test_every_key_of_a_recipe_is_described() -> None:
    described = schema()
    tables = [described, *described["$defs"].values()]
    keys = {key for table in tables for key in table.get("properties", {})}
    assert "schedule" in keys
    assert keys <= _words(DOCS / "recipes.md") | {"phase"}


def test_every_key_of_a_grid_is_described() -> None:
    from vadkit.sweep.schema import Dataset, Grid, Row, Step

    keys = {key for model in (Grid, Step, Dataset, Row) for key in model.model_fields}
    assert keys - {"stage"} <= _words(DOCS / "sweeps.md")


def test_what_a_grid_needs_is_said() -> None:
    from vadkit.sweep.schema import Grid

    rows = [line.split("|")[1:3] for line in _text(DOCS / "sweeps.md").splitlines() if "|" in line]
    needed = {key.strip(" `") for key, *default in rows if default == [" none: needed "]}
    assert needed == {name for name, field in Grid.model_fields.items() if field.is_required()}


def test_every_key_of_the_protocol_is_explained() -> None:
    keys = set(schema()["$defs"]["Score"]["properties"])
    assert keys <= _words(DOCS / "protocol.md")


@pytest.mark.parametrize("page", ["protocol.md", "sweeps.md"])
def test_every_figure_is_explained(page: str) -> None:
    assert set(all_figures()) <= _spans(_text(DOCS / page))


def test_the_table_of_figures_is_that_of_the_code() -> None:
    row = re.compile(r"^\| `([^`]+)` \| `([\w.]+)` \| (higher|lower) \|", re.MULTILINE)
    directions = {True: "higher", False: "lower"}
    assert row.findall(_text(DOCS / "protocol.md")) == [
        (figure.name, ".".join(figure.path), directions[figure.higher_is_better])
        for figure in all_figures().values()
    ]


def test_every_exit_code_is_explained() -> None:
    codes = {error.exit_code for error in _errors(errors.VadkitError)} | SIGNALS
    from vadkit.cli.options import FAILED_PARTS

    rows = re.findall(r"^\| (\d+) \|", _text(DOCS / "troubleshooting.md"), re.MULTILINE)
    assert {int(row) for row in rows} == codes | {0, FAILED_PARTS}


def _errors(error: type[errors.VadkitError]) -> Iterator[type[errors.VadkitError]]:
    yield error
    for child in error.__subclasses__():
        yield from _errors(child)


def test_size_of_the_first_command_is_told_before_it() -> None:
    before = _text(ROOT / "README.md").partition("```")[0]
    assert len(re.findall(r"\d GB", before)) > 1


def test_readme_names_the_pythons_of_the_classifiers() -> None:
    listed = re.findall(
        r'"Programming Language :: Python :: ([\d.]+)"', _text(ROOT / "pyproject.toml")
    )
    _, _, tried = _text(ROOT / "README.md").partition("### Where it was tried")
    assert re.findall(r"\b3\.\d+\b", tried.partition("\n#")[0]) == listed


def test_first_two_commands_install_run_and_test() -> None:
    install, check = [b.text.strip() for b in _blocks_of(ROOT / "README.md")][:2]
    assert install.endswith("&& vadkit run recipes/sota.toml")
    assert "pip install -e '.[dev]'" in install
    assert f"\n{check} " in _text(ROOT / ".ci" / "run")
