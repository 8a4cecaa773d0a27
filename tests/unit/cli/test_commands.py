from hypothesis import given
from hypothesis import strategies as st

from shared.cli.commands import printable


def test_a_plain_text_is_printed_as_it_is():
    assert printable("Zoë & Söhne, 東京 (42)") == "Zoë & Söhne, 東京 (42)"


def test_a_name_cannot_play_tricks_on_the_terminal():
    assert printable("Twin\x9b2J\x9d\n  ok \x1b[31m") == "Twin 2J ok [31m"


@given(text=st.text(alphabet=st.characters(exclude_categories=())))
def test_whatever_comes_is_one_line_that_can_be_printed(text):
    assert printable(text).isprintable()
