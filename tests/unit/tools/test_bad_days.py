"""The program that measures bad days: every figure can be measured, and a missed bar is said."""

import pytest

from bench.effort import Effort
from bench.page import PAGE, replaced
from tests.soak import SOAK
from tools.bad_days.__main__ import FIGURES, NAME, main
from tools.bad_days.measured import Measured, table

# The short ones always; what measures for seconds in the long run only: what they measure is held
# by test_bad_days, test_first_load and test_kept of the functional tests.
LONG = ("outage", "year", "refusal", "load", "plateau")
MEASURED = [name for name in FIGURES if SOAK or name not in LONG]


@pytest.mark.parametrize("name", MEASURED)
def test_every_figure_is_measured_and_a_small_one_reaches_its_bar(name):
    measured = FIGURES[name](Effort(quick=True))

    assert measured
    assert [each for each in measured if not each.is_met] == []
    assert FIGURES[name].__doc__


def test_a_figure_shows_whether_its_bar_is_met():
    shown = table(
        [
            Measured("records missing", 0, 0),
            Measured("requests", 1200, 800),
            Measured("time", None, 180, "s"),
        ]
    )

    assert shown.splitlines()[2:] == [
        "| records missing |        0 |             0 |    met |",
        "| requests        |    1,200 |   at most 800 | missed |",
        "| time            |    never | at most 180 s | missed |",
    ]


def test_the_page_has_a_place_for_the_table():
    assert "a table" in replaced(PAGE.read_text(), NAME, "a table")


def test_a_figure_that_does_not_exist_is_named(capsys):
    assert main(["no-such-figure"]) == 2
    assert "no-such-figure" in capsys.readouterr().err
