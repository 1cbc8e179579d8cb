"""The event log."""

import json
import os

import pytest

from vadkit.errors import DataError, ResourceError
from vadkit.runs.events import Events, read_events


def test_events_are_numbered_and_go_on_where_they_ended(tmp_path):
    path = tmp_path / "events.jsonl"
    with Events(path) as events:
        events.emit("start", recipe="sota")
        events.emit("epoch", phase=1, loss=0.25)
    with Events(path) as events:
        events.emit("done")
    read = list(read_events(path))
    assert [(event["seq"], event["event"]) for event in read] == [
        (0, "start"),
        (1, "epoch"),
        (2, "done"),
    ]
    assert read[1]["loss"] == 0.25
    assert read[0]["time"].endswith("+00:00")


def test_each_event_is_one_write(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr("os.write", lambda _, line: written.append(line) or len(line))
    with Events(tmp_path / "events.jsonl") as events:
        events.emit("start", text="two\nlines")
    (line,) = written
    assert line.count(b"\n") == 1
    assert json.loads(line)["text"] == "two\nlines"


def test_half_a_last_line_is_dropped_and_written_over(tmp_path):
    path = tmp_path / "events.jsonl"
    with Events(path) as events:
        events.emit("start")
        events.emit("epoch")
    path.write_bytes(path.read_bytes()[:-9])
    assert [event["event"] for event in read_events(path)] == ["start"]
    with Events(path) as events:
        events.emit("resumed")
    assert [(e["seq"], e["event"]) for e in read_events(path)] == [(0, "start"), (1, "resumed")]


def test_a_broken_whole_line_is_named(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text('{"seq": 0}\n17\n')
    with pytest.raises(DataError, match=r"events\.jsonl, line 2"):
        list(read_events(path))


def test_what_json_cannot_say_is_refused(tmp_path):
    with Events(tmp_path / "events.jsonl") as events, pytest.raises(ValueError, match="JSON"):
        events.emit("epoch", loss=float("nan"))
    assert (tmp_path / "events.jsonl").read_bytes() == b""


def test_a_disk_that_takes_half_a_line_leaves_none(tmp_path, monkeypatch):
    path, write = tmp_path / "events.jsonl", os.write
    with Events(path) as events:
        events.emit("start")
        monkeypatch.setattr("os.write", lambda to, line: write(to, line[:9]))
        with pytest.raises(ResourceError, match="disk full while saving event 'epoch'"):
            events.emit("epoch")
        monkeypatch.undo()
        events.emit("stopped")
    assert [(e["seq"], e["event"]) for e in read_events(path)] == [(0, "start"), (1, "stopped")]
