"""What would become of records, as the terminal prints it."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from shared.cli.foreseen import as_json, lines_of, total_lines
from shared.core.afterwards import STATE, Difference
from shared.core.foreseen import TOTALS, Action, Fate, Foreseen, RowChange
from shared.core.identity import Kind, RecordId
from shared.core.rows import Reference, State
from shared.core.waiting import Shown

ACCOUNT = uuid4()
HEADER = RowChange(
    "invoice",
    uuid4(),
    Action.UPDATE,
    "0000001 Aster Works",
    "",
    (
        Difference("fbx_total", Decimal("1.5"), Decimal("1234.5")),
        Difference("fbx_outstanding", None, Decimal(0)),
        Difference("customerid", None, Reference("account", ACCOUNT)),
        Difference(STATE, State(0, 4), State(2, 100001)),
        Difference("fbx_syncedon", "2026-11-01T12:00:00Z", "2026-11-02T12:00:00Z"),
    ),
)
INVOICE = Foreseen(
    RecordId("xazq5", Kind.INVOICE, 7),
    Shown("0000001", "Aster Works", "1234.50", "EUR"),
    Fate.CARRIED,
    rows=(HEADER,),
    names={ACCOUNT: "Aster Works"},
)


def a_total(**counts):
    return {**dict.fromkeys(TOTALS, 0), **counts}


def test_a_record_is_one_block_with_its_rows_and_the_columns_that_differ():
    assert lines_of(INVOICE, several=False) == [
        "invoice 0000001  Aster Works  1234.50 EUR  to update",
        "  ~ Invoice 0000001 Aster Works",
        "      Total        1.50 EUR -> 1,234.50 EUR",
        "      Outstanding  (empty) -> 0.00 EUR",
        "      Customer     (empty) -> Aster Works",
        "      State        Active -> Paid",
    ]


def test_a_new_row_says_what_it_holds_and_a_deleted_one_only_its_name():
    new = replace(HEADER, action=Action.CREATE)
    gone = RowChange("invoicedetail", uuid4(), Action.DELETE, "2 Work", "", ())

    lines = lines_of(replace(INVOICE, rows=(new, gone)), several=False)

    assert lines[1:3] == ["  + Invoice 0000001 Aster Works", "      Total        1,234.50 EUR"]
    assert lines[-1] == "  - Line 2 Work"


def test_what_is_as_it_should_be_is_no_line():
    assert lines_of(replace(INVOICE, rows=()), several=True) == []


def test_a_row_that_is_only_written_along_is_no_line():
    along = replace(HEADER, differences=HEADER.differences[-1:])

    assert lines_of(replace(INVOICE, rows=(along,)), several=False) == [
        "invoice 0000001  Aster Works  1234.50 EUR  to update"
    ]


@pytest.mark.parametrize(
    ("fate", "word"),
    [
        (Fate.HELD, "held"),
        (Fate.SKIPPED, "skipped"),
        (Fate.WAITING, "waiting"),
        (Fate.REFUSED, "refused"),
        (Fate.UNKNOWN, "cannot be found out now"),
    ],
)
def test_what_would_not_be_carried_over_says_why(fate, word):
    kept_out = replace(INVOICE, rows=(), fate=fate, reason="for a reason")

    assert lines_of(kept_out, several=True) == [
        f"invoice 0000001  Aster Works  1234.50 EUR  (xazq5)  {word}",
        "  because: for a reason",
    ]


def test_what_comes_first_and_what_may_be_in_the_way_is_said():
    told = replace(INVOICE, rows=(), fate=Fate.WAITING, first=("one", "two"), warning="three")

    assert lines_of(told, several=False)[1:] == ["  first: one; two", "  but: three"]


def test_a_record_without_a_number_of_its_own_is_called_by_its_id():
    bare = replace(INVOICE, shown=Shown())

    assert lines_of(bare, several=False)[0] == "invoice 7  to update"


def test_nothing_that_comes_from_outside_steers_the_terminal():
    evil = "\x1b[2J\nAll is well"
    row = replace(
        HEADER,
        name=evil,
        differences=(
            Difference("name", evil, "x" * 200),
            Difference("customerid", None, Reference("account", ACCOUNT)),
        ),
    )
    told = Foreseen(
        RecordId("xazq5", Kind.INVOICE, 7),
        Shown(evil, evil, f"1{evil}", f"EUR{evil}"),
        Fate.HELD,
        reason=evil,
        first=(evil,),
        warning=evil,
        rows=(row,),
        names={ACCOUNT: evil},
    )

    lines = lines_of(told, several=True)

    assert not [line for line in lines if "\x1b" in line or "\n" in line]
    assert max(map(len, lines)) < 300


def test_the_last_line_counts_what_there_is_and_nothing_else():
    some = a_total(create=3, update=2, cancel=1, held=4, unchanged=12)

    assert total_lines(some, most=500, whole=True) == [
        "3 to create, 2 to update, 1 to cancel, 4 held; 12 as they should be"
    ]


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({}, "Nothing to write: Nothing changed"),
        ({"unchanged": 2}, "Nothing to write: 2 as they should be"),
        ({"held": 1, "unknown": 1}, "Nothing to write: 1 held, 1 not found out"),
    ],
)
def test_where_nothing_would_be_written_the_last_line_says_so(counts, line):
    assert total_lines(a_total(**counts), most=500, whole=True) == [line]


def test_a_plan_that_was_cut_short_says_so():
    (_, line) = total_lines(a_total(unchanged=500), most=500, whole=False)

    assert line == "Only 500 records were looked at; --most COUNT looks at more"


def test_programs_get_exact_numbers_and_rows_with_their_names():
    told = as_json([INVOICE], a_total(update=1), None, whole=True)

    (record,) = told["records"]
    (row,) = record["rows"]
    assert row["differences"][0] == {
        "column": "fbx_total",
        "title": "Total",
        "before": "1.5",
        "after": "1234.5",
        "words": ["1.50 EUR", "1,234.50 EUR"],
    }
    assert row["differences"][2]["after"] == {
        "table": "account",
        "row": str(ACCOUNT),
        "name": "Aster Works",
    }
    assert row["differences"][3]["after"] == {"statecode": 2, "statuscode": 100001}
    assert row["differences"][4]["after"] == "now"
    assert row["differences"][4]["words"] == ["2026-11-01 12:00 UTC", "now"]
