"""Of every teacher with weights: they are read from disk, or what is missing is said at once."""

from __future__ import annotations

import pickle
import socket
from pathlib import Path

import pytest
import torch
from torch import nn
from vadkit_teachers import vadkit_teachers
from vadkit_teachers.flow_cards import RAFT
from vadkit_teachers.weights import Weights, library

from vadkit.errors import DataError
from vadkit.registry.cards import TeacherCard
from vadkit.registry.registry import load_plugins
from vadkit.testing.rig import ROLES

CARDS = vadkit_teachers()
TRAINED = [card for card in CARDS if card.weights and hasattr(card.config(), "weights")]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may even look up a host."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("card", TRAINED, ids=lambda card: card.name)
def test_missing_weights_are_explained_without_the_network(
    card: TeacherCard, offline: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def heavy(name: str) -> None:
        raise AssertionError(f"{name} was imported before the weights were looked for")

    monkeypatch.setattr("vadkit_teachers.weights.import_module", heavy)
    place = tmp_path / "nowhere" / "weights"
    with pytest.raises(DataError) as caught:
        load_plugins().create("teacher", card.name, {"weights": str(place)})
    text = str(caught.value)
    free = [other.name for other in CARDS if other.role == card.role and not other.weights]
    assert all(part in text for part in (str(place), card.weights, f"[teachers.{card.role}]"))
    assert text.endswith(f"Without weights: {', '.join(free)}.")
    assert not place.parent.exists()


@pytest.mark.parametrize("role", sorted({card.role for card in CARDS}))
def test_a_role_has_a_stand_in_and_a_trained_teacher(role: str) -> None:
    assert role in ROLES
    assert {bool(card.weights) for card in CARDS if card.role == role} == {True, False}


def test_stand_ins_need_no_extra() -> None:
    assert [card.name for card in CARDS if card.extra and not card.weights] == []


def test_a_pth_file_is_read_and_runs_no_code(tmp_path: Path) -> None:
    kept = {"weight": torch.rand(2, 3), "bias": torch.rand(2)}
    torch.save(kept, tmp_path / "good.pth")
    layer, good = nn.Linear(3, 2), Weights(RAFT, tmp_path / "good.pth")
    good.load_into(layer, good.state())
    assert torch.equal(layer.weight, kept["weight"])

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "run",)  # type: ignore[return-value]

    torch.save({"weight": Evil()}, tmp_path / "evil.pth")
    (tmp_path / "raw.pth").write_bytes(pickle.dumps(Evil(), protocol=2))
    for name in ("evil.pth", "raw.pth"):
        with pytest.raises(DataError, match=f"{name}.*cannot be read"):
            Weights(RAFT, tmp_path / name).state()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not weights", b"\xff" * 64])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_rubbish_is_refused(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"rubbish{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"rubbish\{suffix}.*cannot be read"):
        Weights(RAFT, path).state()


@pytest.mark.parametrize("fault", [ImportError("gone"), RuntimeError("no torchvision::nms")])
def test_however_an_import_fails_it_is_an_import_error(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def fail(name: str) -> None:
        raise fault

    monkeypatch.setattr("vadkit_teachers.weights.import_module", fail)
    with pytest.raises(ImportError, match=f"heavy: {fault}"):
        library("heavy")


def test_so_is_a_member_that_is_imported_late(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lazy:
        def __getattr__(self, name: str) -> None:
            raise ModuleNotFoundError("see the log") from RuntimeError(f"no {name}")

    monkeypatch.setattr("vadkit_teachers.weights.import_module", lambda name: Lazy())
    with pytest.raises(ImportError, match="heavy: no Model"):
        library("heavy", "Model")
