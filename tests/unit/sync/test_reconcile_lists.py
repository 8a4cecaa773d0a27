"""A list of FreshBooks read for a comparison: once while it is calm, again while its rows move."""

import pytest

from shared.core.identity import Kind
from shared.core.pages import ListPage
from shared.errors import RetryLaterError
from shared.sync.reading import Reader
from shared.sync.reconcile.lists import BookList
from tests.conftest import Builders

SIZE = 100


class Moving:
    """A FreshBooks whose list changes before some of its pages are read.

    Attributes:
        asked: how many pages were read.
    """

    def __init__(self, numbers, changes=()):
        self.numbers = list(numbers)
        self._changes = dict(changes)
        self.asked = 0

    def list_page(self, _business, _kind, _listing, *, number, size):
        self.asked += 1
        if (change := self._changes.get(self.asked)) is not None:
            change(self.numbers)
        here = self.numbers[(number - 1) * size : number * size]
        return ListPage(
            records=tuple(Builders.an_invoice(each) for each in here),
            keys=tuple(here),
            pages=-(-len(self.numbers) // size),
            total=len(self.numbers),
        )


def read(moving):
    """Read it whole; return the list and how often each record was yielded."""
    found = BookList(Kind.INVOICE)
    rows = list(found.read(Reader(moving, "xazq5")))
    return found, [each.id for page in rows for each in page.records]


@pytest.mark.parametrize("length", [0, 1, SIZE, SIZE + 1, 5 * SIZE])
def test_a_calm_list_is_read_in_one_pass_and_is_whole(length):
    moving = Moving(range(1, length + 1))

    found, numbers = read(moving)

    assert numbers == list(range(1, length + 1))
    assert moving.asked == max(1, -(-length // SIZE))
    assert found.is_whole


def test_a_row_that_leaves_lets_none_be_missed_and_none_come_twice():
    moving = Moving(range(1, 301), {2: lambda numbers: numbers.pop(0)})

    found, numbers = read(moving)

    assert sorted(numbers) == list(range(1, 301))
    assert found.is_whole


def test_a_row_that_enters_at_the_front_is_found():
    moving = Moving(range(1, 301), {2: lambda numbers: numbers.insert(0, 999)})

    found, numbers = read(moving)

    assert sorted(numbers) == [*range(1, 301), 999]
    assert found.is_whole


def test_a_list_that_never_rests_is_not_said_to_be_whole():
    changes = {page: lambda numbers: numbers.insert(0, max(numbers) + 1) for page in range(1, 100)}
    moving = Moving(range(1, 301), changes)

    found, _numbers = read(moving)

    assert found.done
    assert not found.is_whole
    assert moving.asked < 20


def test_a_list_is_gone_on_with_where_it_was_left():
    moving = Moving(range(1, 301))
    first = BookList(Kind.INVOICE)
    next(first.read(Reader(moving, "xazq5")))

    rest = list(first.read(Reader(moving, "xazq5")))

    assert [each.id for page in rest for each in page.records] == list(range(101, 301))
    assert (moving.asked, first.is_whole) == (3, True)


def test_a_first_page_that_cannot_be_read_is_the_services_trouble():
    def fail(_numbers):
        raise RetryLaterError("no page")

    moving = Moving([1], {1: fail})

    with pytest.raises(RetryLaterError, match="no page"):
        read(moving)
