"""Files as Azure Developer CLI writes them, and as people do."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cli.dotenv import parse_dotenv


def as_azd_writes(values):
    """What godotenv's `Marshal` makes of them."""
    escaped = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", '"': '\\"', "!": "\\!", "$": "\\$"}
    escaped |= {"`": "\\`"}
    return "".join(
        f'{name}="{"".join(escaped.get(c, c) for c in value)}"\n' for name, value in values.items()
    )


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True),
        st.text(alphabet=st.characters(exclude_categories=("Cs",))),
        max_size=4,
    )
)
def test_what_azd_writes_is_read_back_to_the_letter(values):
    assert parse_dotenv(as_azd_writes(values)) == values


def test_what_people_write_is_read_too():
    text = (
        "# a remark\r\n"
        "\n"
        "  export A=1\n"
        "B = two words  # a remark\n"
        "C='it is $HOME \\n'\n"
        'D="a\\nb" # a remark\n'
        "E=\n"
        "F=a#b\n"
        "AzureWebJobsStorage__queueServiceUri=https://x/?a=b&c=d"
    )

    assert parse_dotenv(text) == {
        "A": "1",
        "B": "two words",
        "C": "it is $HOME \\n",
        "D": "a\nb",
        "E": "",
        "F": "a#b",
        "AzureWebJobsStorage__queueServiceUri": "https://x/?a=b&c=d",
    }


def test_the_last_of_two_counts():
    assert parse_dotenv("A=1\nA=2\n") == {"A": "2"}


@pytest.mark.parametrize("line", ["just words", 'A="open', "=1", "A='x' y", "9A=1"])
def test_a_line_that_is_none_is_named_by_its_number_and_not_shown(line):
    with pytest.raises(ValueError, match="line 2 is not") as caught:
        parse_dotenv(f"B=1\n{line}\n")

    assert line not in str(caught.value)


@given(st.text(alphabet="A= \n\r\"'\\#x"))
def test_any_text_is_read_or_refused(text):
    try:
        found = parse_dotenv(text)
    except ValueError:
        return

    assert set(found) <= set(re.findall(r"[Ax]+", text))
