"""Walking through a list while it moves: every interleaving of a small one, and every lie."""

import itertools
import random

import pytest

from shared.core.pages import MOST_PASSES, End, ListPage, Position, Tracks, follow
from tests.soak import SOAK

ROWS = (10, 11, 12, 13, 14, 15, 16)
LISTS = [(4, 2), (5, 2), *([(7, 3)] if SOAK else [])]  # rows and the size of a page


class Shelf:
    """A list that changes by plan: what happens before the n-th read."""

    def __init__(self, rows, size, plan):
        self.rows, self.size, self.plan = list(rows), size, plan
        self.stayed = set(rows)
        self.reads = []
        self.seen = set()
        self.most_pages = 0

    def happen(self, what, which):
        if what == "leave" and which < len(self.rows):
            self.stayed.discard(self.rows.pop(which))
        elif what == "enter":
            place = 0 if which == 0 else len(self.rows)
            self.rows.insert(place, 100 + len(self.reads) * 2 + which)
        elif what in {"front", "back"} and which < len(self.rows):
            row = self.rows.pop(which)
            self.rows.insert(0 if what == "front" else len(self.rows), row)

    def fetch(self, number):
        for move in self.plan.get(len(self.reads), ()):
            self.happen(*move)
        self.reads.append(number)
        pages = -(-len(self.rows) // self.size)
        self.most_pages = max(self.most_pages, pages)
        start = (number - 1) * self.size
        keys = tuple(self.rows[start : start + self.size])
        return ListPage(keys=keys, pages=pages, total=len(self.rows))

    def walk(self):
        at, tracks = Position(), Tracks()
        while isinstance(at, Position):
            page = self.fetch(at.page)
            fresh = len(set(page.keys) - self.seen)
            self.seen |= set(page.keys)
            at = follow(at, tracks.answered(at, page, fresh=fresh))
        return at


def moves(rows):
    for place in range(rows):
        yield from (("leave", place), ("front", place), ("back", place))
    yield from (("enter", 0), ("enter", 1))


def missed(rows, size, plan):
    shelf = Shelf(rows, size, plan)
    end = shelf.walk()
    assert len(shelf.reads) <= MOST_PASSES * (shelf.most_pages + 1)
    return (shelf.stayed - shelf.seen) if end is End.COMPLETE else set()


@pytest.mark.parametrize(("rows", "size"), LISTS)
@pytest.mark.parametrize("order", [1, -1])
def test_no_row_is_missed_whatever_two_moves_come_between_whichever_reads(rows, size, order):
    gaps = range(1, 2 * -(-rows // size) + 2)
    for (first, second), (one, two) in itertools.product(
        itertools.combinations_with_replacement(gaps, 2),
        itertools.product(moves(rows), repeat=2),
    ):
        plan = {first: (one, two)} if first == second else {first: (one,), second: (two,)}
        assert not missed(ROWS[:rows][::order], size, plan), plan


@pytest.mark.parametrize("seed", range(4))
def test_no_row_is_missed_while_rows_come_and_go_before_every_read_of_a_pass(seed):
    draw = random.Random(seed)
    for _ in range(1500):
        rows, size = draw.randint(3, 7), draw.choice([2, 3])
        every = list(moves(rows))
        plan = {gap: draw.sample(every, draw.randint(0, 2)) for gap in range(1, 5)}
        assert not missed(ROWS[:rows], size, plan), plan


def test_a_list_at_rest_is_read_twice_and_one_of_a_single_page_once():
    long, short = Shelf(ROWS, 3, {}), Shelf(ROWS[:3], 3, {})

    assert (long.walk(), short.walk()) == (End.COMPLETE, End.COMPLETE)
    assert (long.reads, short.reads) == ([1, 2, 3, 1, 2, 3], [1])


def test_an_empty_list_is_read_once():
    shelf = Shelf((), 3, {})

    assert shelf.walk() is End.COMPLETE
    assert shelf.reads == [1]


def walked(answer, *, most=200_000):
    """Walk through a list that answers whatever it likes; return the end and how often it asked."""
    at, tracks, asked = Position(), Tracks(), 0
    while isinstance(at, Position) and asked < most:
        asked += 1
        page = answer(asked, at.page)
        at = follow(at, tracks.answered(at, page, fresh=len(page.keys)))
    return at, asked


def test_a_list_that_always_has_one_more_page_ends_after_a_multiple_of_what_it_said_first():
    end, asked = walked(
        lambda turn, page: ListPage(keys=tuple(range(turn * 9, turn * 9 + 9)), pages=page + 2)
    )

    assert end is End.ENDLESS
    assert asked <= 20


def test_a_list_that_answers_one_page_again_and_again_ends_soon():
    end, asked = walked(lambda _turn, _page: ListPage(keys=(1, 2), pages=10**9, total=10**11))

    assert end is End.ENDLESS
    assert asked <= 5


def test_a_list_that_has_only_pages_without_rows_ends_after_a_few():
    end, asked = walked(lambda _turn, _page: ListPage(keys=(), pages=10**9, total=5))

    assert end is End.ENDLESS
    assert asked <= 25


def test_pages_of_rows_that_we_may_not_see_hide_no_later_ones():
    pages = {1: (), 2: (), 3: (7,)}
    seen = []

    def fetch(_turn, page):
        seen.append(page)
        return ListPage(keys=pages[page], pages=3, total=9)

    walked(fetch)

    assert 3 in seen


def test_a_list_that_never_rests_is_given_up():
    end, asked = walked(
        lambda turn, _page: ListPage(keys=(turn, -turn), pages=3, total=turn),
    )

    assert end is End.RESTLESS
    assert asked == 3 * MOST_PASSES


def test_no_lie_keeps_a_walk_going_for_ever():
    draw = random.Random(1)
    for _ in range(300):

        def lie(turn, _page):
            keys = tuple(draw.sample(range(50), draw.randint(0, 3)))
            return ListPage(keys=keys, pages=draw.randint(-5, 30), total=draw.randint(-5, 99))

        end, asked = walked(lie)
        assert isinstance(end, End)
        assert asked <= 5 * 2 * 30 + 50
