"""The first signal asks, the second stops."""

import signal
import threading

import pytest

from vadkit.distributed.signals import Interrupted, stop_on_signals
from vadkit.errors import VadkitError


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_waits_for_the_check(number, code):
    with stop_on_signals() as stop:
        stop.check()
        signal.raise_signal(number)  # the batch goes on
        with pytest.raises(Interrupted, match=f"by {number.name}. Go on") as caught:
            stop.check("Go on with --resume.")
    assert caught.value.exit_code == code
    assert isinstance(caught.value, VadkitError)


def test_the_second_signal_raises_where_it_is():
    before = signal.getsignal(signal.SIGINT)  # ignored, where a shell started the tests with &
    with stop_on_signals():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted) as caught:
            signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGINT) is before
    assert caught.value.exit_code == 143


RANK = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}


def test_one_of_several_processes_hears_an_order_more_than_once(monkeypatch):
    """From the terminal, from torchrun, from the others; what comes later is another order."""
    for name, value in RANK.items():
        monkeypatch.setenv(name, value)
    with stop_on_signals() as stop:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Interrupted, match=r"by SIGINT\. Go on"):
            stop.check("Go on with --resume.")
        monkeypatch.setattr("vadkit.distributed.signals._ECHO_S", 0)
        with pytest.raises(Interrupted, match=r"by SIGTERM\. Stopped at once"):
            signal.raise_signal(signal.SIGTERM)


def test_the_handlers_come_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stop_on_signals():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_outside_the_main_thread_signals_stay_as_they_are():
    seen = []

    def work():
        with stop_on_signals() as stop:
            stop.check()
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]
