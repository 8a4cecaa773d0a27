"""When an entry goes to its record's history: as another one takes its place, and once."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry, succeeding
from shared.core.outcomes import OutcomeName

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
CREATED = JournalEntry(RecordId("xazq5", Kind.INVOICE, 7), OutcomeName.CREATED, AT)
UPDATED = replace(CREATED, outcome=OutcomeName.UPDATED)
UNCHANGED = replace(CREATED, outcome=OutcomeName.UNCHANGED)


def test_the_first_entry_waits_for_its_turn():
    entry, past = succeeding(CREATED, None)

    assert (entry.filed, past) == (False, None)


def test_an_entry_files_the_one_whose_place_it_takes():
    before = replace(CREATED, filed=False, version="3")

    entry, past = succeeding(UPDATED, before)

    assert past == before
    assert (entry.filed, entry.version) == (False, "3")


def test_what_an_earlier_release_filed_at_once_is_not_filed_again():
    _, past = succeeding(UPDATED, replace(CREATED, version="3"))

    assert past is None


def test_a_handling_that_found_nothing_to_do_is_not_remembered_and_what_it_follows_is():
    before = replace(CREATED, filed=False)

    entry, past = succeeding(UNCHANGED, before)

    assert (entry.filed, past) == (True, before)


@pytest.mark.parametrize("filed", [False, True])
def test_one_that_ended_as_the_one_before_stands_for_that_one(filed):
    before = replace(CREATED, outcome=OutcomeName.HELD, filed=filed)

    entry, past = succeeding(replace(before, filed=True), before, history=False)

    assert (entry.filed, past) == (filed, None)
