"""One process a run folder."""

import json
import os
import socket

import pytest

from vadkit.errors import RunBusyError
from vadkit.runs.lock import locked, refuse_if_held

pytestmark = pytest.mark.edges


def test_a_second_taker_is_told_who_holds_it(tmp_path):
    with locked(tmp_path), pytest.raises(RunBusyError) as caught, locked(tmp_path):
        pass
    owner = f"in use by pid {os.getpid()} on host {socket.gethostname()} since 20"
    assert owner in str(caught.value)
    assert caught.value.exit_code == 8


def test_it_is_free_afterwards(tmp_path):
    with locked(tmp_path):
        pass
    refuse_if_held(tmp_path)
    with locked(tmp_path):
        assert json.loads((tmp_path / ".owner.json").read_text())["pid"] == os.getpid()
    assert not (tmp_path / ".owner.json").exists()


def test_a_look_does_not_take_it(tmp_path):
    refuse_if_held(tmp_path)
    with locked(tmp_path):
        pass


@pytest.mark.parametrize("owner", ["", "half {", "[]", '{"pid": "x"}'])
def test_an_owner_file_that_says_nothing_is_lived_with(tmp_path, owner):
    with locked(tmp_path):
        (tmp_path / ".owner.json").write_text(owner)
        with pytest.raises(RunBusyError, match="in use by another process"):
            refuse_if_held(tmp_path)


def test_an_owner_of_another_host_frees_nothing(tmp_path):
    owner = {"pid": 2**22 + 1, "host": "elsewhere", "start": "2024-01-01"}
    with locked(tmp_path):
        (tmp_path / ".owner.json").write_text(json.dumps(owner))
        with pytest.raises(RunBusyError, match="on host elsewhere"):
            refuse_if_held(tmp_path)
