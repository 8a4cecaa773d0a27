import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.__main__ import NAMES
from bench.page import page_of, replaced
from bench.requests_made import named
from bench.spread import Spread, percentile
from bench.tables import Table, rendered

shares = st.floats(min_value=0.001, max_value=1)
measured = st.lists(st.floats(min_value=0, max_value=1e6), min_size=1)


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "journal(PartitionKey='x.invoice',RowKey='y')", "journal read"),
        ("GET", "holds()?$filter=PartitionKey%20eq", "holds list"),
        ("DELETE", "deadletters(PartitionKey='letter',RowKey='y')", "deadletters delete"),
        ("POST", "$batch", "several rows written at once"),
        ("POST", "sync-requests/messages?visibilitytimeout=5", "queue send"),
    ],
)
def test_a_request_at_storage_is_called_by_what_it_does(method, path, name):
    assert named(method, path) == name


@given(values=measured, share=shares)
def test_a_percentile_is_the_smallest_value_that_enough_others_do_not_exceed(values, share):
    found = percentile(values, share)

    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_the_99th_of_a_hundred_is_not_the_largest():
    assert percentile(range(1, 101), 0.99) == 99


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.1)])
def test_a_percentile_of_nothing_is_refused(values, share):
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)


def test_several_runs_show_their_median_and_extremes():
    assert Spread.of([12.34, 1000.0, 11.0]).shown(1) == "12.3 (11.0 to 1,000.0)"


def test_runs_that_look_the_same_show_one_number():
    assert Spread.of([2.04, 2.01]).shown(1) == "2.0"


def test_a_table_is_markdown_with_even_columns():
    table = Table(
        ("what", "ms"), (("one thing", "9"), ("two", "10,000")), "one run", ("Measured.",)
    )

    assert rendered(table).splitlines() == [
        "| what      |     ms |",
        "| --------- | -----: |",
        "| one thing |      9 |",
        "| two       | 10,000 |",
        "",
        "Measured.",
    ]


def test_only_what_stands_between_the_markers_is_replaced():
    page = "before\n<!-- bench:a -->\nold\n<!-- /bench:a -->\nafter\n"

    assert replaced(page, "a", r"new \1") == (
        "before\n<!-- bench:a -->\nnew \\1\n<!-- /bench:a -->\nafter\n"
    )


def test_a_page_without_the_markers_is_refused():
    with pytest.raises(ValueError, match="bench:a"):
        replaced("nothing here", "a", "new")


@pytest.mark.parametrize("name", NAMES)
def test_the_page_has_a_place_for_every_figure(name):
    assert "42 ms" in replaced(page_of(name).read_text(), name, "42 ms")
