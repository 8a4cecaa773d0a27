"""Walking through pages that change meanwhile."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.freshbooks.paging import Page, walk
from shared.errors import RetryLaterError

SIZE = 3


class Shelf:
    """A list of rows that changes by plan: before the n-th read, some leave and some come first."""

    def __init__(self, rows, plan=()):
        self.rows = list(rows)
        self.plan = list(plan)
        self.reads = []
        self.stayed = set(self.rows)

    def fetch(self, number):
        if self.plan and self.reads:
            leaving, coming = self.plan.pop(0)
            for place in leaving:
                if self.rows:
                    self.stayed.discard(self.rows.pop(place % len(self.rows)))
            self.rows = [*coming, *self.rows]
        self.reads.append(number)
        start = (number - 1) * SIZE
        return Page(
            rows=[{"id": row} for row in self.rows[start : start + SIZE]],
            pages=math.ceil(len(self.rows) / SIZE),
            total=len(self.rows),
        )

    def walked(self):
        return [
            row["id"] for row in walk(self.fetch, identity=lambda row: row["id"], what="a list")
        ]


def test_every_page_is_read_twice_when_nothing_changes():
    shelf = Shelf(range(8))

    rows = shelf.walked()

    assert rows == list(range(8))
    assert shelf.reads == [1, 2, 3, 1, 2, 3]


def test_an_empty_list_has_no_pages_and_is_read_once():
    shelf = Shelf([])

    assert shelf.walked() == []
    assert shelf.reads == [1]


def test_a_row_that_slipped_to_the_previous_page_is_found():
    shelf = Shelf(range(6), plan=[([0], [])])

    rows = shelf.walked()

    assert rows == [0, 1, 2, 4, 5, 3]


def test_more_rows_than_a_page_holds_may_leave_at_once():
    shelf = Shelf(range(12), plan=[([], []), ([0] * 5, [])])

    rows = shelf.walked()

    assert set(rows) >= shelf.stayed


def test_a_new_row_at_the_front_does_not_bring_a_row_twice():
    shelf = Shelf(range(6), plan=[([], [100])])

    rows = shelf.walked()

    assert rows == [0, 1, 2, 3, 4, 5, 100]


def test_a_list_that_shrinks_below_the_page_asked_for_ends_the_walk():
    shelf = Shelf(range(4), plan=[([0, 0, 0], [])])

    assert shelf.walked() == [0, 1, 2, 3]


def test_a_row_that_is_none_hides_no_other():
    page = Page(rows=[None, {"id": 1}, "text", {"id": 2}, {}], pages=1, total=5)

    rows = list(walk(lambda _number: page, identity=lambda row: row.get("id"), what="a list"))

    assert rows == [{"id": 1}, {"id": 2}, {}]


def test_a_list_that_never_ends_is_given_up():
    reads = []

    def fetch(number):
        reads.append(number)
        return Page(rows=[{"id": number}], pages=number + 1, total=number + 1)

    with pytest.raises(RetryLaterError, match="ever more pages"):
        list(walk(fetch, identity=lambda row: row["id"], what="a list"))

    assert len(reads) <= 20


def rows_ids(rows):
    return [row["id"] for row in rows]


changes = st.tuples(
    st.lists(st.integers(0, 50), max_size=8), st.integers(0, 3).map(lambda n: ["new"] * n)
)


@given(size=st.integers(0, 40), plan=st.lists(changes, max_size=6))
def test_every_row_that_stays_is_yielded_exactly_once(size, plan):
    named = [
        (leaving, [f"{turn}-{number}" for number, _ in enumerate(coming)])
        for turn, (leaving, coming) in enumerate(plan)
    ]
    shelf = Shelf(range(size), plan=named)

    rows = []
    with contextlib.suppress(RetryLaterError):  # it may have moved all the time
        rows.extend(walk(shelf.fetch, identity=lambda row: row["id"], what="a list"))
        assert set(rows_ids(rows)) >= shelf.stayed

    assert len(rows) == len(set(rows_ids(rows)))
