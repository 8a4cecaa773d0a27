from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.besides import SURELY_THERE, cleared, marked, may_stand
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from tests.memory import FakeClock

NOW = FakeClock()()
ENTRY = JournalEntry(RecordId("xazq5", Kind.INVOICE, 7), OutcomeName.UNCHANGED, NOW)


@pytest.mark.parametrize(("beside", "may"), [(None, True), (True, True), (False, False)])
def test_something_may_stand_beside_a_record_unless_its_entry_says_no(beside, may):
    assert may_stand(replace(ENTRY, beside=beside)) is may
    assert not may_stand(None)


@pytest.mark.parametrize(
    ("age", "stays"),
    [
        (timedelta(0), True),
        (timedelta(minutes=-5), True),
        (SURELY_THERE - timedelta(seconds=1), True),
        (SURELY_THERE, False),
    ],
)
def test_a_mark_stays_while_what_it_stands_for_may_be_on_its_way(age, stays):
    before = marked(ENTRY, NOW - age)

    after = cleared(ENTRY, before, NOW)

    assert (after.beside, after.beside_since) == ((True, NOW - age) if stays else (False, None))


def test_what_an_earlier_release_noted_is_cleared_once_it_was_looked():
    assert cleared(ENTRY, ENTRY, NOW).beside is False
