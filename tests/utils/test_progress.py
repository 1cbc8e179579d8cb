"""What a training says while it runs."""

import io
import os
import subprocess
import sys

import pytest

from vadkit.utils.progress import Progress, duration


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")


def _train(progress, epochs=2, steps=4, step_s=4.0):
    progress.phase(1, 3, "prediction", epochs)
    for epoch in range(1, epochs + 1):
        progress.epoch(epoch, steps)
        for step in range(steps):
            terms = {"l2": 0.5 / epoch, "gradient": float(step)}
            progress.step(terms, units=100, waited_s=0.08, step_s=step_s)


def test_plain_lines_one_an_epoch_and_one_each_ten_seconds():
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress.note("12 videos, 34567 cubes")
        _train(progress)
        progress.note("finished")
    head = "phase 1/3 prediction  epoch"
    assert stream.getvalue().splitlines() == [
        "12 videos, 34567 cubes",
        f"{head} 1/2  step 3/4  l2 0.5  gradient 1  25 cubes/s  data 2%  phase left 20s",
        f"{head} 1/2  l2 0.5  gradient 1.5  25 cubes/s  data 2%  phase left 16s",
        f"{head} 2/2  step 3/4  l2 0.25  gradient 1  25 cubes/s  data 2%  phase left 4s",
        f"{head} 2/2  l2 0.25  gradient 1.5  25 cubes/s  data 2%  phase left 0s",
        "finished",
    ]


def test_steps_without_terms_do_not_lower_the_means():
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress.phase(2, 2, "virtual", 1)
        progress.epoch(1, 2, "frames")
        progress.step({"cross_entropy": 0.7}, 8, 0.0, 0.5)
        progress.step({}, 8, 0.0, 0.5)
    expected = "phase 2/2 virtual  epoch 1/1  cross_entropy 0.7  16 frames/s  data 0%"
    assert stream.getvalue() == f"{expected}  phase left 0s\n"


def test_steps_of_no_time_divide_by_nothing():
    stream = io.StringIO()
    with Progress(stream) as progress:
        _train(progress, epochs=1, step_s=0.0)
    assert "  0 cubes/s  data 0%" in stream.getvalue()


def test_a_terminal_gets_a_live_line_and_a_line_that_stays_an_epoch():
    stream = Terminal()
    with Progress(stream) as progress:
        _train(progress, epochs=1)
    text = stream.getvalue()
    assert "\x1b[2K" in text
    assert "step 1/4" in text
    assert "epoch 1/1  l2 0.5  gradient 1.5" in text
    assert text.rstrip().endswith("phase left 0s")  # and nothing out of date stays below it
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")  # the cursor comes back


def test_a_later_live_line_erases_nothing_that_stays():
    stream = Terminal()
    with Progress(stream) as progress:
        _train(progress, epochs=1)
        end_of_first = len(stream.getvalue())
        progress.note("scored 12 videos")
        _train(progress, epochs=1)
    first_update = stream.getvalue()[end_of_first:].split("step 1/4")[0]
    assert "scored 12 videos\n" in first_update
    assert "\x1b[1A" not in first_update  # the cursor moves up


def test_a_narrow_terminal_gets_all_of_it_wrapped(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    with Progress(stream) as progress:
        progress.phase(1, 3, "prediction", 1)
        progress.epoch(1, 9)
        progress.step({"l2": 0.5}, 100, 0.1, 4.0)
    shown, _, _ = stream.getvalue().removeprefix("\x1b[?25l").partition("\n\x1b[")
    assert max(len(line) for line in shown.splitlines()[:3]) <= 40
    assert "phase left 32s" in " ".join(shown.split())


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_the_environment_can_ask_for_plain_lines(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    stream = Terminal()
    with Progress(stream) as progress:
        _train(progress)
    assert "\x1b" not in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == 4


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_control_characters_and_markup_of_a_name_do_nothing(stream):
    with Progress(stream) as progress:
        progress.note("clip \x1b]0;own\x07\nthe [red]title[/red]")
    assert stream.getvalue() == "clip ?]0;own??the [red]title[/red]\n"


@pytest.mark.parametrize("plain", [True, False])
def test_a_stream_of_few_letters_gets_what_it_can_take(plain):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    with Progress(stream, plain=plain) as progress:
        progress.note("Straße")
        assert raw.getvalue() == b"Stra?e\n"


@pytest.mark.parametrize("plain", [True, False])
def test_a_stream_that_breaks_stops_nothing(plain):
    tries = []

    class Broken(Terminal):
        def write(self, text):
            tries.append(text)
            raise BrokenPipeError

    with Progress(Broken(), plain=plain) as progress:
        _train(progress)
        progress.note("still here")
    assert "still here" in "".join(tries)


def test_stdout_stays_clean_and_rich_is_not_imported():
    program = (
        "import sys; from vadkit.utils.progress import Progress\n"
        "with Progress() as progress: progress.note('hello')\n"
        "print('rich' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == "False False\n"
    assert done.stderr == "hello\n"


def test_durations():
    assert [duration(s) for s in (0, 59.4, 59.6, 3599, 3600, 90061)] == [
        "0s",
        "59s",
        "1m00s",
        "59m59s",
        "1h00m",
        "25h01m",
    ]
