import threading

import pytest

from shared.core.identity import Kind, RecordId
from shared.sync.under_way import UnderWay

INVOICE = RecordId("xazq5", Kind.INVOICE, 7)
OTHER = RecordId("xazq5", Kind.INVOICE, 8)


def test_of_many_at_once_one_handles_the_record_and_learns_that_others_came():
    under_way = UnderWay()
    ready, firsts, agains = threading.Barrier(24), [], []

    def arrive():
        ready.wait()
        with under_way.join(INVOICE) as handling:
            firsts.append(handling.first)
            if handling.first:
                while len(firsts) < 24:
                    pass
                agains.append(under_way.leave(handling))

    threads = [threading.Thread(target=arrive) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert firsts.count(True) == 1
    assert agains == [True]


def test_records_do_not_stand_for_each_other():
    under_way = UnderWay()
    with under_way.join(INVOICE) as one, under_way.join(OTHER) as other:
        assert one.first
        assert other.first
        assert not under_way.leave(one)


def test_whoever_comes_after_the_end_handles_the_record_anew():
    under_way = UnderWay()
    with under_way.join(INVOICE) as first:
        under_way.leave(first)
        with under_way.join(INVOICE) as second:
            assert second.first
    with under_way.join(INVOICE) as third:
        assert third.first


def test_a_handling_that_fails_is_over():
    under_way = UnderWay()

    def fail():
        with under_way.join(INVOICE):
            return 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()

    with under_way.join(INVOICE) as handling:
        assert handling.first
