"""Whatever stands in a column: a row is read, or it is named; nothing else comes of it."""

import string
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.azure.columns import Row
from shared.adapters.azure.holds import TableHolds
from shared.adapters.azure.inventory import READERS
from shared.adapters.azure.leases import TableLeases
from shared.adapters.azure.letters import TableDeadLetters
from shared.adapters.azure.rows import Rows, read
from shared.adapters.azure.tables import Tables, key, unkey
from shared.errors import UnreadableRowError
from tests.upgrade.frozen import Entity, each_row, load

ROWS = each_row(load()["rows"])
MISSING = object()
VALUES = st.one_of(
    st.just(MISSING),
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=40),
    st.text(string.digits, max_size=40),
    st.just("x" * 32_000),
    st.binary(max_size=40),
    st.datetimes(),  # naive
    st.datetimes(timezones=st.just(UTC)),
    st.just((2**40, "Edm.Int64")),
    st.sampled_from(["[]", "{}", "null", "[[1]]", '{"v": 2}', "[" * 5000, '"\\ud800"', "unknown"]),
)


class NoTables:
    """Stands for tables that nobody asks."""

    def table(self, name):
        return Tables(connection_string="nobody").table(name)


def damaged(row, column, value):
    entity = Entity({name: each for name, each in row.items() if name != column})
    if value is not MISSING:
        entity[column] = value
    return entity


CASES = [
    (table, row["RowKey"], column)
    for table, row in ROWS
    for column in [*sorted(row), "v"]
    if not row["RowKey"].startswith("~")  # a journal's history has the columns of its newest
]
ENTITIES = {(table, row["RowKey"]): row for table, row in ROWS}
cases = st.tuples(st.sampled_from(CASES), VALUES)


@settings(max_examples=600, deadline=None)
@given(cases)
def test_a_row_with_one_damaged_column_is_read_or_named(case):
    (table, key_, column), value = case
    entity, error = damaged(ENTITIES[table, key_], column, value), None

    try:
        read(Row(table, entity), READERS[table])
    except UnreadableRowError as found:
        error = found

    assert error is None or (error.why and table in str(error))
    assert error is None or not isinstance(value, str) or len(value) < 9 or value not in error.why


def total_readers():
    """Return the readers for which something stands for a row that cannot be read, by table."""
    tables = NoTables()
    holds = TableHolds(tables)
    return {
        "holds": [holds._rows, holds._waiting],
        "deadletters": [TableDeadLetters(tables)._rows],
        "leases": [TableLeases(tables, clock=lambda: datetime.now(UTC))._rows],
    }


@settings(max_examples=300, deadline=None)
@given(cases)
def test_what_stands_for_a_damaged_row_is_always_found(case):
    (table, key_, column), value = case
    entity = damaged(ENTITIES[table, key_], column, value)

    for rows in total_readers().get(table, []):
        found = rows._read(entity)
        if table != "holds":
            assert found is not None


@pytest.mark.parametrize(("table", "row"), ROWS)
def test_a_row_of_a_later_version_is_left_to_the_later_release(table, row):
    with pytest.raises(UnreadableRowError, match="of version 2, which a later release reads"):
        read(Row(table, damaged(row, "v", 2)), READERS[table])


def test_a_row_that_makes_its_reader_stumble_is_named_all_the_same():
    def stumble(_row):
        raise OverflowError

    with pytest.raises(UnreadableRowError, match="OverflowError"):
        read(Row("journal", Entity({"PartitionKey": "a", "RowKey": "b"})), stumble)


def test_the_log_is_told_of_a_row_once_an_hour(caplog):
    now = [0.0]
    rows = Rows(
        Tables(connection_string="nobody").table("journal"),
        READERS["journal"],
        instead=lambda _row, _error: None,
        clock=lambda: now[0],
    )

    for minutes in range(0, 130, 10):
        now[0] = minutes * 60.0
        rows._read(Entity({"PartitionKey": "a", "RowKey": "b"}))

    assert len(caplog.messages) == 3


@given(st.text(max_size=60))
def test_a_key_can_be_read_back(text):
    assert unkey(key(text)) == text
