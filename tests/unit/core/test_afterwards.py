"""Rows as they would be: planning against them again finds nothing left to do."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from shared.core.afterwards import STATE, Difference, differences, edited, made, overlaid
from shared.core.differences import plan_row
from shared.core.homes import ClientRow
from shared.core.rows import Change, Current, Insert, Reference, Remove, Row, State

OPEN, PAID = State(0, 4), State(2, 100001)
ROW, HERE, THERE = uuid4(), uuid4(), uuid4()
NOON = datetime(2026, 11, 2, 12, 0, 0, 123456, tzinfo=UTC)


def an_edit(*operations):
    edit = None
    for operation in operations:
        edit = edited(edit, operation)
    return edit


def a_row(columns, target=None, state=OPEN):
    return Row(
        "invoice",
        ROW,
        columns,
        lookups={"opportunityid": target},
        stamps={"fbx_syncedon": NOON},
        open_state=OPEN,
        state=state,
    )


values = st.one_of(
    st.none(),
    st.booleans(),
    st.text(max_size=5),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.decimals(-1000, 1000, places=2),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001  # the zone is added
        lambda moment: moment.replace(microsecond=0)
    ),
)
columns = st.fixed_dictionaries(dict.fromkeys(["name", "fbx_total", "fbx_number"], values))
wanted = st.builds(
    a_row,
    columns,
    st.sampled_from([None, Reference("opportunity", HERE), Reference("opportunity", THERE)]),
    st.sampled_from([OPEN, PAID]),
)


@given(st.lists(wanted, min_size=1, max_size=4))
def test_what_was_planned_for_a_new_row_leaves_nothing_to_plan(rows):
    edit, current = None, None
    for row in rows:
        for operation in plan_row(row, current):
            edit = edited(edit, operation)
        current = made(edit)

    assert plan_row(rows[-1], current) == []


@given(wanted, st.lists(wanted, min_size=1, max_size=4))
def test_what_was_planned_for_a_row_that_is_there_leaves_nothing_to_plan(first, rows):
    there = made(an_edit(*plan_row(first, None)))
    edit, current = None, there
    for row in rows:
        for operation in plan_row(row, current):
            edit = edited(edit, operation)
        current = overlaid(there, edit) if edit is not None else there

    assert plan_row(rows[-1], current) == []


@given(wanted, wanted)
def test_a_row_that_ends_as_it_began_differs_in_no_column(first, between):
    there = replace(made(an_edit(*plan_row(first, None))), state=first.state)
    away = plan_row(between, there, touch=True)
    back = plan_row(first, overlaid(there, an_edit(*away)), touch=True)

    found = {each.column for each in differences(there, an_edit(*away, *back))}

    assert found <= {"fbx_syncedon"}


def test_a_row_keeps_what_it_is_and_what_nobody_plans():
    row = ClientRow(ROW, "W/1", {"fbx_key": "xazq5-42", "fbx_state": 1}, {"fbx_accountid": HERE})
    edit = an_edit(Change("fbx_client", ROW, {"fbx_state": 2}, {"fbx_accountid": None}))

    after = overlaid(row, edit)

    assert isinstance(after, ClientRow)
    assert (after.key, after.columns["fbx_state"], after.account) == ("xazq5-42", 2, None)
    assert after.etag != "W/1"


def test_days_and_moments_are_read_as_dataverse_answers_them():
    columns = {"duedate": date(2026, 11, 2), "fbx_syncedon": NOON, "fbx_total": Decimal("1.50")}

    after = made(an_edit(Insert("invoice", ROW, columns)))

    assert after.columns == {
        "duedate": "2026-11-02",
        "fbx_syncedon": "2026-11-02T12:00:00Z",
        "fbx_total": Decimal("1.50"),
    }


def test_a_row_that_is_deleted_is_not_there_and_differs_in_nothing():
    row = Current(ROW, "W/1", {"name": "One"})
    edit = an_edit(Change("invoice", ROW, {"name": "Two"}), Remove("invoice", ROW))

    assert overlaid(row, edit) is None
    assert made(edit) is None
    assert list(differences(row, edit)) == []


def test_a_row_that_is_made_anew_after_it_was_deleted_is_there():
    edit = an_edit(Remove("invoice", ROW), Insert("invoice", ROW, {"name": "Two"}))

    assert made(edit).text("name") == "Two"


def test_differences_say_what_was_and_what_would_be():
    row = Current(
        ROW,
        "W/1",
        {"name": "One", "fbx_total": Decimal("1.5000")},
        {"customerid": HERE, "regardingobjectid": HERE},
        OPEN,
    )
    edit = an_edit(
        Change("invoice", ROW, state=OPEN),
        Change(
            "invoice",
            ROW,
            {"name": "Two", "fbx_total": Decimal("1.5"), "fbx_number": "7"},
            {"customerid": Reference("account", THERE), "regardingobjectid": None},
        ),
        Change("invoice", ROW, state=PAID),
    )

    assert list(differences(row, edit)) == [
        Difference("name", "One", "Two"),
        Difference("fbx_number", None, "7"),
        Difference("customerid", Reference("account", HERE), Reference("account", THERE)),
        Difference("regardingobjectid", Reference("", HERE), None),
        Difference(STATE, OPEN, PAID),
    ]


def test_a_new_row_says_its_state_only_when_it_is_closed():
    insert = Insert("invoice", ROW, {"name": "One"})
    opened = an_edit(insert, Change("invoice", ROW, state=OPEN))
    closed = an_edit(insert, Change("invoice", ROW, state=PAID))

    assert [each.column for each in differences(None, opened)] == ["name"]
    assert [each.after for each in differences(None, closed)] == ["One", PAID]
