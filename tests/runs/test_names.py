"""Names that every file system takes."""

from hypothesis import given
from hypothesis import strategies as st

from vadkit.runs.names import safe_name, safe_names


def test_what_a_path_could_hide_is_gone():
    assert safe_name("../../etc/passwd") == "etc-passwd"
    assert safe_name("-rf\n*") == "rf"
    assert safe_name("") == "unnamed"
    assert safe_name("nul.csv") == "nul.csv_"
    assert len(safe_name("x" * 300)) == 80


@given(st.text())
def test_a_safe_name_is_safe_and_stays_as_it_is(name):
    safe = safe_name(name)
    assert safe
    assert not set(safe) & set('/\\:*?"<>|\n\0 ')
    assert safe[0] not in ".-"
    assert safe_name(safe) == safe


@given(st.lists(st.text(max_size=8), unique=True))
def test_no_two_names_collide(names):
    given_names = safe_names(names)
    assert list(given_names) == names
    assert len({name.casefold() for name in given_names.values()}) == len(names)
