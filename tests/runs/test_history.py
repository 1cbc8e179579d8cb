"""`history.csv`."""

from vadkit.runs.epochs import append_history, read_history


def test_rows_are_added_and_numbers_come_back(tmp_path):
    path = tmp_path / "history.csv"
    for epoch in (1, 2):
        append_history(path, {"epoch": epoch, "l2": 0.1 / epoch, "lr": 3e-4})
    assert path.read_text() == "epoch,l2,lr\n1,0.1,0.0003\n2,0.05,0.0003\n"
    assert float(read_history(path)[1]["l2"]) == 0.05


def test_a_term_that_joins_later_adds_a_column(tmp_path):
    path = tmp_path / "history.csv"
    append_history(path, {"epoch": 1, "l2": 0.5})
    append_history(path, {"epoch": 2, "l2": 0.4, "adversarial": 0.1})
    assert path.read_text() == "epoch,l2,adversarial\n1,0.5,\n2,0.4,0.1\n"


def test_an_epoch_trained_anew_is_there_once_and_later_ones_go(tmp_path):
    path = tmp_path / "history.csv"
    for epoch, loss in [(1, 0.3), (2, 0.2), (3, 0.1), (2, 0.25)]:
        append_history(path, {"epoch": epoch, "l2": loss})
    assert path.read_text() == "epoch,l2\n1,0.3\n2,0.25\n"


def test_no_file_has_no_rows(tmp_path):
    assert read_history(tmp_path / "history.csv") == []
