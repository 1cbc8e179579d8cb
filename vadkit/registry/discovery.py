"""Finding plugins: entry points and files, each loaded alone, so that none can break the host."""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from importlib.metadata import Distribution, distributions
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import perf_counter
from typing import Literal

import pluggy

from vadkit.errors import PluginError
from vadkit.registry import hookspecs
from vadkit.registry.card_validation import HOOKS, check_card
from vadkit.registry.cards import Card

GROUP = "vadkit"
OWN = "vadkit"
"""The distribution whose plugins are built in."""


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """A plugin that was found, and what came of it."""

    name: str
    """Name of its entry point, or the stem of its file."""
    distribution: str
    """The distribution that brought it, or the file's name."""
    version: str = ""
    state: Literal["ok", "broken", "blocked"] = "ok"
    reason: str = ""
    """Why it is not `ok`."""
    seconds: float = 0.0
    """What importing it and asking its hooks took."""
    cards: tuple[Card, ...] = ()
    file: Path | None = None
    """The file that it is, if it is a single one."""


def installed_plugins() -> list[Plugin]:
    """Every entry point of the group, loaded unless `VADKIT_PLUGINS` blocks its distribution."""
    return [plugin for distribution in _distributions() for plugin in _plugins_of(distribution)]


def file_plugin(file: Path) -> Plugin:
    """A plugin that is one file, importable under the file's stem.

    Raises:
        PluginError: It was asked for by name, so unlike an installed one it may not be broken.
    """
    named = Plugin(name=file.stem, distribution=file.name, file=file)
    plugin = _loaded(named, lambda: _import_file(file))
    if plugin.state != "ok":
        raise PluginError(f"The plugin {file} cannot be used: {plugin.reason}")
    return plugin


def normal_name(distribution: str) -> str:
    """The distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def one_line(error: BaseException) -> str:
    """An exception as one line of text."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:400]


@contextmanager
def undisturbed() -> Iterator[None]:
    """While a plugin is imported: what it prints goes to stderr, what it draws is undone."""
    state = random.getstate()
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        random.setstate(state)


def _distributions() -> Iterator[Distribution]:
    """Distributions with plugins; of several under one name the first on the path counts."""
    names = set()
    for distribution in distributions():
        name = normal_name(_name(distribution)) if _offers_plugins(distribution) else None
        if name is not None and name not in names:
            names.add(name)
            yield distribution


def _offers_plugins(distribution: Distribution) -> bool:
    try:
        return f"[{GROUP}]" in (distribution.read_text("entry_points.txt") or "")
    except (OSError, ValueError):
        return True  # nobody can tell: it is recorded as broken when its entry points are read


def _name(distribution: Distribution) -> str:
    """Its name; that of its folder where the metadata file is missing."""
    folder = Path(str(getattr(distribution, "_path", "unknown")))
    return _metadata(distribution, "Name") or folder.stem.split("-")[0]


def _metadata(distribution: Distribution, key: str) -> str:
    try:
        return distribution.metadata[key] or ""
    except Exception:  # garbage in another project's files must not stop us
        return ""


def _plugins_of(distribution: Distribution) -> Iterator[Plugin]:
    name, version = _name(distribution), _metadata(distribution, "Version")
    try:
        points = [point for point in distribution.entry_points if point.group == GROUP]
    except Exception as error:
        reason = f"its entry points cannot be read: {one_line(error)}"
        yield Plugin(name=name, distribution=name, version=version, state="broken", reason=reason)
        return
    for point in points:
        plugin = Plugin(name=point.name, distribution=name, version=version)
        blocked = replace(plugin, state="blocked", reason="not named in VADKIT_PLUGINS")
        yield _loaded(plugin, point.load) if _allowed(name) else blocked


def _allowed(distribution: str) -> bool:
    chosen = os.environ.get("VADKIT_PLUGINS")
    names = {normal_name(name.strip()) for name in (chosen or "").split(",")}
    return chosen is None or normal_name(distribution) in names | {OWN}


def _loaded(plugin: Plugin, load: Callable[[], object]) -> Plugin:
    start = perf_counter()
    try:
        with undisturbed():
            cards = tuple(_cards(load()))
    except (Exception, SystemExit) as error:
        text = error.message if isinstance(error, PluginError) else one_line(error)
        return replace(plugin, state="broken", reason=text, seconds=perf_counter() - start)
    return replace(plugin, cards=cards, seconds=perf_counter() - start)


def _cards(module: object) -> Iterator[Card]:
    """Ask one plugin's hooks, in a manager of its own: pluggy's loader stops at the first error."""
    manager = pluggy.PluginManager("vadkit")
    manager.add_hookspecs(hookspecs)
    manager.register(module)
    manager.check_pending()  # a misspelt hook is an error, not silence
    for hook in HOOKS:
        for answer in getattr(manager.hook, hook)():
            yield from (check_card(card, hook) for card in answer)


def _import_file(file: Path) -> object:
    if file.stem in sys.modules:
        loaded = getattr(sys.modules[file.stem], "__file__", None)
        if loaded is None or Path(loaded).resolve() != file.resolve():
            raise PluginError(f"A module named {file.stem} is in use; rename the file.")
        return sys.modules[file.stem]
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise PluginError("it is not a Python file.")
    module = sys.modules[file.stem] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[file.stem]
        raise
    return module
