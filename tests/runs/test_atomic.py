"""Files and folders appear whole or not at all."""

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from vadkit.errors import ResourceError
from vadkit.runs import atomic
from vadkit.runs.atomic import atomic_folder, atomic_path, sweep, write_json, write_text


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_only_when_the_block_ends(tmp_path):
    path = tmp_path / "curve.png"
    with atomic_path(path) as temporary:
        temporary.write_text("whole")
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(f".curve.png.tmp-{os.getpid()}-")
        assert temporary.suffix == ".png"
        assert not path.exists()
    assert path.read_text() == "whole"
    assert _names(tmp_path) == ["curve.png"]


def test_a_failure_keeps_the_old_file_and_removes_the_temporary(tmp_path):
    path = tmp_path / "metrics.json"
    write_text(path, "old")
    with pytest.raises(FileNotFoundError), atomic_path(path) as temporary:
        temporary.write_text(Path("nowhere").read_text())
    assert path.read_text() == "old"
    assert _names(tmp_path) == ["metrics.json"]


def test_parents_are_made(tmp_path):
    write_text(tmp_path / "scores" / "a" / "b.csv", "x")
    assert (tmp_path / "scores" / "a" / "b.csv").read_text() == "x"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o002, 0o664)])
def test_the_mode_is_the_umask_s_whoever_wrote_the_file(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        with atomic_path(tmp_path / "w.safetensors") as temporary:
            temporary.unlink()
            os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY, 0o600))
    finally:
        os.umask(before)
    assert (tmp_path / "w.safetensors").stat().st_mode & 0o777 == mode


def test_json_is_sorted_ends_with_a_newline_and_keeps_letters(tmp_path):
    write_json(tmp_path / "a.json", {"b": 0.1, "a": "ü"})
    assert (tmp_path / "a.json").read_text("utf-8") == '{\n  "a": "ü",\n  "b": 0.1\n}\n'


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_refuses_what_is_not_finite(tmp_path, value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"auc": value})
    assert _names(tmp_path) == []


def test_a_folder_appears_whole_and_replaces_the_old_one(tmp_path):
    folder = tmp_path / "model"
    for text in ("old", "new"):
        with atomic_folder(folder) as temporary:
            write_text(temporary / "a", text)
    assert (folder / "a").read_text() == "new"
    assert _names(tmp_path) == ["model"]


def test_a_failed_folder_leaves_the_old_one(tmp_path):
    folder = tmp_path / "model"
    with atomic_folder(folder) as temporary:
        write_text(temporary / "a", "old")
    with pytest.raises(ValueError, match="JSON"), atomic_folder(folder) as temporary:
        write_json(temporary / "b", float("nan"))
    assert _names(folder) == ["a"]
    assert _names(tmp_path) == ["model"]


def test_no_space_is_said_with_both_sizes(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "_megabytes", lambda size: f"{size} B")
    usage = type("Usage", (), {"free": 400})
    monkeypatch.setattr(atomic.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ResourceError) as caught, atomic_path(tmp_path / "w", "epoch 3", 6100):
        raise RuntimeError("torch names no errno")
    assert "disk full while saving epoch 3 (needs 6100 B, free 400 B)" in str(caught.value)
    assert _names(tmp_path) == []


def test_the_system_s_own_word_is_enough(tmp_path):
    with pytest.raises(ResourceError, match=r"saving w \(needs 0\.0 MB"):  # noqa: SIM117
        with atomic_path(tmp_path / "w"):
            raise OSError(errno.ENOSPC, "No space left on device")


def test_another_failure_stays_what_it_is(tmp_path):
    with pytest.raises(PermissionError), atomic_path(tmp_path / "w", need=10):
        raise PermissionError


def _dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_only_the_temporaries_of_the_dead_are_swept(tmp_path):
    dead = _dead_pid()
    stray = tmp_path / "phases" / f".a.json.tmp-{dead}-0123abcd.json"
    folder = tmp_path / "phases" / f".e0003.tmp-{dead}-0123abcd"
    kept = tmp_path / f".a.json.tmp-{os.getpid()}-0123abcd.json"
    folder.mkdir(parents=True)
    for path in (stray, folder / "weights.safetensors", kept, tmp_path / ".tmp-notes"):
        path.write_text("half")
    assert sorted(sweep(tmp_path)) == sorted([folder, stray])
    assert _names(tmp_path) == sorted([kept.name, ".tmp-notes", "phases"])
    assert _names(tmp_path / "phases") == []


def test_where_nobody_can_tell_who_lives_what_is_old_is_swept(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "os", SimpleNamespace(name="nt"))
    fresh, old = (tmp_path / f".{name}.tmp-{_dead_pid()}-0123abcd" for name in "ab")
    for path in (fresh, old):
        path.write_text("half")
    two_days_ago = time.time() - 2 * 24 * 60 * 60
    os.utime(old, (two_days_ago, two_days_ago))
    assert sweep(tmp_path) == [old]
    assert _names(tmp_path) == [fresh.name]


def test_numbers_come_back_from_json_bit_for_bit(tmp_path):
    values = [0.1, 1 / 3, 3e-4, 1e300]
    write_json(tmp_path / "a.json", values)
    assert json.loads((tmp_path / "a.json").read_text()) == values
