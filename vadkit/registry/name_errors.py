"""Errors for names that no plugin offers, or several."""

from __future__ import annotations

from collections.abc import Sequence

from vadkit.errors import PluginError
from vadkit.registry.discovery import Plugin, normal_name
from vadkit.utils.suggestions import allowed_words, did_you_mean, where_to_get


class UnknownNameError(PluginError):
    """A name that no plugin offers."""


def ambiguous_name(kind: str, name: str, plugins: Sequence[Plugin]) -> PluginError:
    """The error for a name that these plugins offer."""
    sources = sorted({plugin.distribution for plugin in plugins})
    if len(sources) == 1:
        return PluginError(f"{sources[0]} offers the {kind} {name!r} twice.")
    choice = " or ".join(f"{source}:{name}" for source in sources)
    return PluginError(
        f"The {kind} {name!r} is offered by {' and by '.join(sources)}.", f"Write {choice}."
    )


def missing_name(
    kind: str, name: str, plugins: Sequence[Plugin], offered: Sequence[str]
) -> PluginError:
    """The error for a name that nobody offers.

    A plugin that is not in use and seems to have brought it is blamed; otherwise the names that are
    offered are compared with it.
    """
    for plugin in plugins:
        if plugin.state != "ok" and _may_bring(plugin, name):
            release = f"{plugin.distribution} {plugin.version}".strip()
            return PluginError(
                f"The {kind} {name!r} seems to come from {release}, which is "
                f"{plugin.state}: {plugin.reason}",
                "`vadkit plugins` shows every plugin.",
            )
    unused = [plugin.name for plugin in plugins if plugin.state != "ok"]
    doubt = f"Plugins not in use: {', '.join(unused)}." if unused else ""
    near = did_you_mean(name, offered)
    hint = f"{where_to_get(kind, name)} {near} {allowed_words(offered)} {doubt}"
    return UnknownNameError(f"No plugin offers the {kind} {name!r}.", " ".join(hint.split()))


def _may_bring(plugin: Plugin, name: str) -> bool:
    bare = normal_name(name.rpartition(":")[2])
    return any(
        stem == bare or stem.endswith(f"-{bare}")
        for stem in (normal_name(plugin.name), normal_name(plugin.distribution))
    )
