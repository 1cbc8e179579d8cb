"""The registry: one broken plugin hurts nobody, names mean one thing, options are checked."""

from __future__ import annotations

import random
import sys
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import vadkit
from vadkit.errors import PluginError, RecipeError
from vadkit.registry.card_validation import check_card
from vadkit.registry.cards import DetectorCard, Need, Sampling, TaskCard
from vadkit.registry.discovery import Plugin
from vadkit.registry.name_errors import UnknownNameError
from vadkit.registry.registry import KINDS, Registry, load_plugins

pytestmark = pytest.mark.edges


@dataclass(frozen=True, kw_only=True)
class Config:
    width: int = 4
    rates: tuple[float, ...] = (1.0,)
    path: Path | None = None
    mode: str = "plain"

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ValueError("width starts at 1")


TASK = TaskCard(
    name="flicker",
    summary="A test.",
    level="visual",
    config=Config,
    load="collections:Counter",
    api=2,
    sampling=lambda config: Sampling(frames=config.width),
)


def _plugin(distribution: str, *cards: TaskCard, state: str = "ok", reason: str = "") -> Plugin:
    name = cards[0].name if cards else "broken"
    return Plugin(
        name=name,
        distribution=distribution,
        version="0.1",
        state=state,  # type: ignore[arg-type]
        reason=reason,
        cards=cards,
    )


def _found(registry: Registry, distribution: str) -> Plugin:
    return next(plugin for plugin in registry.plugins if plugin.distribution == distribution)


def test_built_in_plugins_are_found() -> None:
    registry = load_plugins()
    assert "unet" in [card.name for card in registry.cards("backbone")]
    assert registry.source("backbone", "unet") == "vadkit"


def test_installed_plugin_is_listed_with_its_distribution(site) -> None:
    site.task("vadkit-strange", "strange_plugin", "strange")
    registry = load_plugins()
    plugin = _found(registry, "vadkit-strange")
    assert (plugin.state, plugin.version, plugin.name) == ("ok", "0.1", "strange")
    assert registry.source("task", "strange") == "vadkit-strange"


BROKEN = {
    "raises": ("raise ValueError('no\\nway')", "ValueError: no way"),
    "needs": ("import not_there_at_all", "No module named 'not_there_at_all'"),
    "syntax": ("def :", "SyntaxError"),
    "exits": ("import sys; sys.exit(3)", "SystemExit: 3"),
    "runtime": ("raise RuntimeError('operator torchvision::nms does not exist')", "nms"),
}


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_broken_plugin_is_recorded_and_hurts_nobody(site, case: str) -> None:
    source, reason = BROKEN[case]
    site.broken("vadkit-bad", f"vadkit_bad_{case}", source)
    site.task("vadkit-good", "good_plugin", "good")
    registry = load_plugins()
    assert _found(registry, "vadkit-bad").state == "broken"
    assert reason in _found(registry, "vadkit-bad").reason
    assert registry.card("task", "good").name == "good"
    with pytest.raises(PluginError, match=r"seems to come from vadkit-bad 0\.1, which is broken"):
        registry.card("task", f"bad_{case}")


HOOKS = {
    "raises": ("raise KeyError('x')", "KeyError"),
    "number": ("return 3", "not iterable"),
    "strings": ("return ['jigsaw']", "expected a TaskCard"),
    "detector": ("return [DetectorCard(name='x', summary='.', load='a:B')]", "expected a TaskCard"),
    "api": ("return [replace(CARD, api=9)]", "for version 9 of vadkit.api, this"),
    "old_api": ("return [replace(CARD, api=1)]", "write it for `batch.clips[:, 0]`"),
    "no_api": ("return [replace(CARD, api=0)]", "expected a version, 1 or more"),
    "raised_by": (
        "return [replace(CARD, raised_by={'a': 'fog'})]",
        "by score one of invert, noise",
    ),
    "scores": ("return [replace(CARD, scores=lambda config: 3)]", "expected str or a tuple"),
    "exempt": ("return [replace(CARD, exempt={'views': 'Why not?'})]", "of learns, direction"),
    "no_reason": ("return [replace(CARD, exempt={'learns': ''})]", "reasons by check"),
    "name": ("return [replace(CARD, name='No Way')]", "expected 1 to 64"),
    "load": ("return [replace(CARD, load='no class')]", '"package.module:Class"'),
    "config": ("return [replace(CARD, config=dict)]", "a frozen dataclass"),
    "thawed": ("return [replace(CARD, config=Thawed)]", "a frozen dataclass"),
    "bare": ("return [replace(CARD, config=Bare)]", "without a default: frames"),
    "sampling": ("return [replace(CARD, sampling=lambda config: 3)]", "expected Sampling"),
    "needs": ("return [replace(CARD, needs=lambda config: ['flow'])]", "expected Need"),
}
HOOK = """
from dataclasses import dataclass, replace
from vadkit.api import DetectorCard, Sampling, TaskCard, hookimpl

@dataclass
class Thawed:
    frames: int = 3

@dataclass(frozen=True)
class Bare:
    frames: int

CARD = TaskCard(name="x", summary="A test.", level="visual", load="a:B", api=2,
                sampling=lambda config: Sampling(frames=1))

@hookimpl
def vadkit_tasks():
    {body}
"""


@pytest.mark.parametrize("case", sorted(HOOKS))
def test_hook_that_breaks_the_contract_is_told(site, case: str) -> None:
    body, reason = HOOKS[case]
    site.broken("vadkit-bad", f"vadkit_hook_{case}", HOOK.format(body=body))
    plugin = _found(load_plugins(), "vadkit-bad")
    assert plugin.state == "broken"
    assert reason in plugin.reason


def test_misspelt_hook_is_told(site) -> None:
    source = "from vadkit.api import hookimpl\n@hookimpl\ndef vadkit_taskz():\n    return []\n"
    site.broken("vadkit-bad", "vadkit_misspelt", source)
    assert "vadkit_taskz" in _found(load_plugins(), "vadkit-bad").reason


def test_plugin_prints_to_stderr_and_leaves_the_seed_alone(site, capsys) -> None:
    site.task("vadkit-loud", "loud_plugin", "loud", extra="import random; random.seed(1); print(1)")
    state = random.getstate()
    load_plugins()
    assert random.getstate() == state
    assert capsys.readouterr().out == ""


def test_names_of_two_distributions_are_ambiguous(site) -> None:
    site.task("vadkit-one", "one_plugin", "twin")
    site.task("vadkit-two", "two_plugin", "twin")
    registry = load_plugins()
    with pytest.raises(PluginError, match="offered by vadkit-one and by vadkit-two") as caught:
        registry.card("task", "twin")
    assert "vadkit-two:twin" in caught.value.hint
    assert registry.card("task", "vadkit-two:twin").load == "two_plugin:Config"
    assert registry.source("task", "vadkit_ONE:twin") == "vadkit-one"


def test_one_distribution_with_one_name_twice() -> None:
    registry = Registry((_plugin("vadkit-x", TASK), _plugin("vadkit-x", TASK)))
    with pytest.raises(PluginError, match="vadkit-x offers the task 'flicker' twice"):
        registry.card("task", "vadkit-x:flicker")


def test_class_that_prints_at_import_leaves_stdout_alone(site, capsys) -> None:
    site.module("printing_module", "print('hello')\nclass X: pass")
    Registry().load(replace(TASK, load="printing_module:X"))
    assert capsys.readouterr() == ("", "hello\n")


def test_built_in_name_wins_over_a_strangers() -> None:
    own, strange = replace(TASK, summary="Own."), replace(TASK, summary="Strange.")
    registry = Registry((_plugin("vadkit-x", strange), _plugin("vadkit", own)))
    assert registry.card("task", "flicker") is own
    assert registry.card("task", "vadkit-x:flicker") is strange
    assert registry.cards("task") == [own]
    assert "hidden by the built-in one" in registry.warnings[0]


def test_distributions_are_limited_by_the_environment(site, monkeypatch) -> None:
    site.task("vadkit-one", "first_plugin", "first")
    site.task("vadkit-two", "second_plugin", "second")
    states = {}
    for value in ("", "vadkit.TWO", " vadkit-one , vadkit-two"):
        monkeypatch.setenv("VADKIT_PLUGINS", value)
        found = load_plugins()
        states[value] = (_found(found, "vadkit-one").state, _found(found, "vadkit-two").state)
        assert _found(found, "vadkit").state in ("ok", "broken")
    assert list(states.values()) == [("blocked", "blocked"), ("blocked", "ok"), ("ok", "ok")]


def test_blocked_plugin_is_not_imported(site, monkeypatch) -> None:
    site.task("vadkit-one", "sleeping_plugin", "sleeping")
    monkeypatch.setenv("VADKIT_PLUGINS", "")
    with pytest.raises(PluginError, match="is blocked: not named in VADKIT_PLUGINS"):
        load_plugins().card("task", "sleeping")
    assert "sleeping_plugin" not in sys.modules


def test_garbage_in_metadata_is_skipped(site) -> None:
    site.distribution("vadkit-garbage", "= = =\n[[[")
    bare = site.distribution("vadkit-bare", "bare = not_there_at_all")
    (bare / "METADATA").unlink()
    binary = site.distribution("vadkit-binary", "")
    (binary / "entry_points.txt").write_bytes(b"[vadkit]\n\xff\xfe\x00")
    registry = load_plugins()
    assert registry.card("backbone", "unet")
    assert _found(registry, "vadkit_bare").state == "broken"
    assert "cannot be read" in _found(registry, "vadkit-binary").reason


def test_first_distribution_of_a_name_on_the_path_counts(site, tmp_path, monkeypatch) -> None:
    site.task("vadkit-twice", "twice_plugin", "twice")
    nearer = type(site)(tmp_path / "nearer")
    nearer.folder.mkdir()
    nearer.task("vadkit-twice", "nearer_plugin", "twice")
    monkeypatch.syspath_prepend(str(nearer.folder))
    assert load_plugins().card("task", "twice").load == "nearer_plugin:Config"


def test_file_plugin_is_found_and_loadable(site, tmp_path) -> None:
    site.task("vadkit-other", "other_plugin", "other")
    file = tmp_path / "single_task.py"
    file.write_text((site.folder / "other_plugin.py").read_text().replace("other", "single"))
    file.write_text(file.read_text().replace("single_plugin:", "single_task:"))
    registry = load_plugins([file])
    assert registry.source("task", "single") == "single_task.py"
    assert registry.load(registry.card("task", "single")).__name__ == "Config"
    assert load_plugins([file]).card("task", "single")


@pytest.mark.parametrize(
    ("name", "source"), [("gone", None), ("bad", "1/0"), ("json", "x = 1"), ("note.txt", "")]
)
def test_file_plugin_that_fails_is_an_error(tmp_path, name: str, source: str | None) -> None:
    file = tmp_path / (name if "." in name else f"{name}.py")
    if source is not None:
        file.write_text(source)
    import json  # noqa: F401  its name is then in use

    with pytest.raises(PluginError, match="cannot be used"):
        load_plugins([file])


def test_unknown_name_has_a_near_match() -> None:
    registry = Registry((_plugin("vadkit", TASK),))
    with pytest.raises(UnknownNameError, match="No plugin offers the task 'fliker'") as caught:
        registry.card("task", "fliker")
    assert "'flicker'" in caught.value.hint


def _known() -> list[tuple[str, str, dict[str, str]]]:
    """(kind, name, row) of every known plugin of a third party."""
    table = tomllib.loads((Path(vadkit.__file__).parent / "utils/known.toml").read_text())
    return [(kind, name, row) for kind, rows in table.items() for name, row in rows.items()]


@pytest.mark.parametrize(("kind", "name", "row"), _known(), ids=lambda value: str(value)[:20])
def test_known_name_says_how_to_install_it(kind: str, name: str, row: dict[str, str]) -> None:
    assert kind in KINDS
    for asked in (name, f"{row['distribution']}:{name}"):
        with pytest.raises(UnknownNameError) as caught:
            Registry().card(kind, asked)
        assert f"{row['distribution']} offers it: pip install " in caught.value.hint


def test_known_name_of_another_kind_has_no_such_hint() -> None:
    with pytest.raises(UnknownNameError) as caught:
        Registry().card("teacher", "flicker")
    assert "pip install" not in caught.value.hint


def test_known_example_is_what_the_table_says() -> None:
    row = next(row for kind, name, row in _known() if (kind, name) == ("task", "flicker"))
    root = Path(__file__).parents[2]
    folder = root / row["install"].removeprefix("pip install ").partition(",")[0]
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == row["distribution"]
    assert "flicker" in project["entry-points"]["vadkit"]


@pytest.mark.parametrize("name", ["os.system", "../../x", "", ":", "a:b:c", "flicker\n", "é"])
def test_odd_names_are_unknown(name: str) -> None:
    with pytest.raises(UnknownNameError):
        Registry((_plugin("vadkit", TASK),)).card("task", name)


def test_options_become_the_config() -> None:
    config = Registry().options(TASK, {"width": 3, "rates": [1, 0.5], "path": "a/b"})
    assert config == Config(width=3, rates=(1.0, 0.5), path=Path("a/b"))


def test_wrong_options_are_told_all_at_once() -> None:
    table = {"widht": 1, "width": "3", "rates": [1, "x"], "mode": 2}
    with pytest.raises(RecipeError) as caught:
        Registry().options(TASK, table)
    text = str(caught.value)
    assert all(part in text for part in ("Did you mean 'width'?", "width:", "rates.1:", "mode:"))


@pytest.mark.parametrize("value", [True, 3.0, "3", None, [3], {}])
def test_options_are_not_bent_into_shape(value: object) -> None:
    with pytest.raises(RecipeError, match="width: "):
        Registry().options(TASK, {"width": value})


def test_config_may_refuse_its_values() -> None:
    with pytest.raises(RecipeError, match="width starts at 1"):
        Registry().options(TASK, {"width": 0})


def test_load_imports_the_class() -> None:
    assert Registry().load(TASK).__name__ == "Counter"


@pytest.mark.parametrize(
    "load", ["not_there_at_all:X", "collections:Nothing", "os:sep", "raising_module:X"]
)
def test_load_failures_say_what_to_install(site, load: str) -> None:
    site.module("raising_module", "raise OSError('libGL.so.1: cannot open shared object file')")
    card = replace(TASK, load=load, extra="frames")
    registry = Registry((_plugin("vadkit-x", card),))
    with pytest.raises(PluginError) as caught:
        registry.load(card)
    assert caught.value.hint == 'Try: pip install "vadkit-x[frames]"'
    assert caught.value.exit_code == 5


MADE = """
class Made:
    def __init__(self, *args):
        self.args = args
"""


@pytest.mark.parametrize("kind", KINDS)
def test_create_passes_arguments_in_the_order_of_the_contract(site, kind: str) -> None:
    from vadkit.registry.card_validation import HOOKS

    site.module("made_module", MADE)
    cls = next(card for card in HOOKS.values() if card.kind == kind)
    extra = {
        "task": {"level": "visual", "sampling": TASK.sampling},
        "teacher": {"role": "flow", "sampling": TASK.sampling},
        "evidence": {"attributes": ("size",)},
    }
    card = cls(name="x", summary=".", load="made_module:Made", config=Config, **extra.get(kind, {}))
    registry = Registry((_plugin("vadkit", card),))  # type: ignore[arg-type]
    args = registry.create(kind, "x", {"width": 2}, 7).args
    assert args == ((7, Config(width=2)) if kind == "dataset" else (Config(width=2), 7))


def test_card_with_every_declaration_conforms() -> None:
    card = replace(
        TASK,
        sampling=lambda config: (Sampling(frames=3), Sampling(frames=1, role="virtual")),
        score_sampling=lambda config: Sampling(frames=3),
        needs=lambda config: (Need(role="flow"),),
    )
    assert check_card(card, "vadkit_tasks") is card
    detector = DetectorCard(name="x", summary=".", load="a:B")
    assert check_card(detector, "vadkit_detectors") is detector
