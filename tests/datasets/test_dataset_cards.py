"""What holds of every data set: what its card says, and what is said where it is missing."""

from __future__ import annotations

from importlib import import_module

import pytest

from vadkit.data.dataset import Dataset
from vadkit.errors import DataError
from vadkit.registry.registry import load_plugins

CARDS = load_plugins().cards("dataset")
ON_DISK = [card for card in CARDS if card.layout]


@pytest.mark.parametrize("card", ON_DISK, ids=lambda card: card.name)
@pytest.mark.parametrize("root", ["none", "empty", "missing"])
def test_a_missing_data_set_shows_tree_terms_and_source(tmp_path, card, root):
    where = {"none": None, "empty": tmp_path, "missing": tmp_path / "gone"}[root]
    module, _, name = card.load.partition(":")
    with pytest.raises(DataError, match=f"data set '{card.name}' is missing") as caught:
        getattr(import_module(module), name)(where, card.config())
    for part in (card.layout, card.terms, card.url):
        assert part in str(caught.value)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_names_a_class_that_exists(card):
    module, _, name = card.load.partition(":")
    assert issubclass(getattr(import_module(module), name), Dataset)
    assert card.config()
