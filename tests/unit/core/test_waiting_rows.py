"""Which rows Sales sees of what waits for an account, and what is written of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.options import EntryKind
from shared.core.rows import Change, Current, Insert, Reference, Remove
from shared.core.waiting import Hold, HoldState, Shown, Wait
from shared.core.waiting_rows import Asked, asked_by, differences, row_id, rows_of

NOW = datetime(2026, 11, 2, 15, 0, 30, 250_000, tzinfo=UTC)
BUSINESS = "xazq5"
ASKED = Asked(BUSINESS, {"42": "Client 42: two accounts fit"})
CLIENT_ROW = UUID(int=42)
CLIENTS = {"xazq5-42": CLIENT_ROW}


def a_hold(number=42, *, business=BUSINESS, awaited=None, state=HoldState.WAITING):
    return Hold(
        business=business,
        awaited=awaited or Awaited.client(number),
        name="Aster Works",
        reason=f"Client {number}: two accounts fit",
        since=NOW,
        state=state,
    )


def a_wait(number=7, *, kind=Kind.INVOICE, awaited=None, minutes=0, **fields):
    record = RecordId(BUSINESS, kind, number)
    return Wait(
        awaited or Awaited.client(42),
        SyncRequest.of(record, cause=Cause.POLL, seen=NOW),
        since=NOW + timedelta(minutes=minutes),
        **{"shown": Shown("0001000", "Aster Works", "120.50", "EUR"), **fields},
    )


def as_dataverse_has(row, client=CLIENT_ROW, **changed):
    columns = {**row.columns, "fbx_since": "2026-11-02T15:00:30Z", **changed}
    return Current(row.id, 'W/"1"', columns, {"fbx_clientid": client})


def the_row(*waits, asked=ASKED):
    (row,) = rows_of(asked, waits).rows.values()
    return row


def test_a_record_is_shown_exactly_as_the_list_of_what_waits_has_it():
    row = the_row(a_wait(reason="two accounts have its name"))

    assert row.columns == {
        "fbx_name": "Invoice 0001000",
        "fbx_kind": int(EntryKind.INVOICE),
        "fbx_amount": "120.50",
        "fbx_currency": "EUR",
        "fbx_since": NOW.replace(microsecond=0),
        "fbx_reason": "two accounts have its name",
        "fbx_business": "xazq5",
        "fbx_sourcekey": "xazq5-invoice-7",
    }


def test_a_record_without_a_reason_or_label_has_its_clients_reason_and_its_number():
    row = the_row(a_wait(shown=Shown()))

    assert row.columns["fbx_reason"] == "Client 42: two accounts fit"
    assert row.columns["fbx_name"] == "Invoice 7"
    assert row.columns["fbx_amount"] is None


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (Kind.INVOICE, EntryKind.INVOICE),
        (Kind.PAYMENT, EntryKind.PAYMENT),
        (Kind.EXPENSE, EntryKind.EXPENSE),
        (Kind.CREDIT, EntryKind.CREDIT),
    ],
)
def test_every_kind_of_record_that_has_an_account_is_shown(kind, shown):
    assert the_row(a_wait(kind=kind)).columns["fbx_kind"] == int(shown)


@pytest.mark.parametrize(
    "wait",
    [
        a_wait(awaited=Awaited.currency("CAD")),
        a_wait(awaited=Awaited.service("Dataverse")),
        a_wait(awaited=Awaited.client(43)),
        a_wait(partly=True),
        a_wait(kind=Kind.CLIENT),
        a_wait(kind=Kind.CATEGORY),
    ],
    ids=["a currency", "a service", "a client in order", "its link", "a client", "a category"],
)
def test_what_waits_for_anything_else_is_not_shown(wait):
    assert not rows_of(ASKED, [wait]).rows


@pytest.mark.parametrize(
    ("hold", "asks"),
    [
        (a_hold(), True),
        (a_hold(state=HoldState.UNREADABLE), True),
        (a_hold(state=HoldState.RELEASED), False),
        (a_hold(state=HoldState.IGNORED), False),
        (a_hold(awaited=Awaited.currency("CAD")), False),
        (a_hold(awaited=Awaited.existing(42)), False),
    ],
)
def test_a_person_is_asked_about_clients_that_wait_and_about_nothing_else(hold, asks):
    assert bool(asked_by([hold])) is asks


def test_nobody_is_asked_about_a_client_that_is_left_out():
    left_out = a_hold(awaited=Awaited.ignored(42), state=HoldState.IGNORED)
    taken_away = a_hold(43, awaited=Awaited.ignored(43), state=HoldState.UNLINKED)

    found = asked_by([a_hold(42), left_out, a_hold(43), taken_away])

    assert found == {BUSINESS: Asked(BUSINESS, {"43": "Client 43: two accounts fit"})}


def test_clients_of_two_businesses_with_one_number_are_two():
    left_out = a_hold(awaited=Awaited.ignored(42), state=HoldState.IGNORED)

    assert set(asked_by([left_out, a_hold(business="other")])) == {"other"}


def test_a_record_that_began_to_wait_for_another_client_is_shown_there():
    asked = Asked(BUSINESS, {"42": "a", "43": "b"})
    waits = [a_wait(awaited=Awaited.client(43), minutes=1), a_wait()]

    wanted = rows_of(asked, waits)

    (row,) = wanted.rows.values()
    assert wanted.clients[row.id].number == 43


def test_what_began_to_wait_last_is_left_out_where_there_is_too_much():
    waits = [a_wait(number, minutes=-number) for number in range(1, 6)]

    wanted = rows_of(ASKED, waits, most=2)

    keys = [row.columns["fbx_sourcekey"] for row in wanted.rows.values()]
    assert keys == ["xazq5-invoice-5", "xazq5-invoice-4"]
    assert wanted.left_out == 3


def test_the_digest_does_not_depend_on_the_order_in_which_waits_are_listed():
    waits = [a_wait(7), a_wait(8), a_wait(9, minutes=1)]

    assert rows_of(ASKED, waits).digest == rows_of(ASKED, waits[::-1]).digest


@pytest.mark.parametrize(
    "changed",
    [
        {"number": 8},
        {"kind": Kind.PAYMENT},
        {"awaited": Awaited.client(43)},
        {"minutes": 1},
        {"reason": "another"},
        {"shown": Shown("0001001", "", "120.50", "EUR")},
        {"shown": Shown("0001000", "", "120.5", "EUR")},
        {"shown": Shown("0001000", "", "120.50", "USD")},
    ],
)
def test_the_digest_changes_with_everything_that_people_see(changed):
    asked = Asked(BUSINESS, {"42": "asked", "43": "asked"})

    assert rows_of(asked, [a_wait(**changed)]).digest != rows_of(asked, [a_wait()]).digest


def test_a_customers_name_is_neither_shown_nor_a_difference():
    renamed = a_wait(shown=Shown("0001000", "Somebody Else", "120.50", "EUR"))

    assert rows_of(ASKED, [renamed]).digest == rows_of(ASKED, [a_wait()]).digest
    assert "Aster Works" not in str(the_row(a_wait()).columns)


def test_texts_are_cut_to_what_their_columns_hold():
    row = the_row(a_wait(reason="x" * 3000, shown=Shown("9" * 300, "", "1" * 60, "EUR")))

    assert len(row.columns["fbx_reason"]) == 2000
    assert len(row.columns["fbx_name"]) == 200
    assert len(row.columns["fbx_amount"]) == 50


def test_what_is_missing_is_made_on_its_client():
    wanted = rows_of(ASKED, [a_wait()])

    (made,) = differences(wanted, [], CLIENTS).operations

    assert isinstance(made, Insert)
    assert made.id == row_id(RecordId(BUSINESS, Kind.INVOICE, 7))
    assert made.lookups == {"fbx_clientid": Reference("fbx_client", CLIENT_ROW)}


def test_what_is_there_as_it_should_be_is_not_written():
    wanted = rows_of(ASKED, [a_wait()])
    there = [as_dataverse_has(row) for row in wanted.rows.values()]

    assert not differences(wanted, there, CLIENTS).operations


def test_what_differs_is_changed_in_the_version_that_was_read_and_nothing_else():
    wanted = rows_of(ASKED, [a_wait()])
    there = [as_dataverse_has(row, fbx_amount="1.00") for row in wanted.rows.values()]

    (change,) = differences(wanted, there, CLIENTS).operations

    assert isinstance(change, Change)
    assert (change.columns, change.lookups) == ({"fbx_amount": "120.50"}, {})
    assert change.etag == 'W/"1"'


def test_a_row_whose_client_is_another_row_now_is_moved_there():
    wanted = rows_of(ASKED, [a_wait()])
    there = [as_dataverse_has(row, client=None) for row in wanted.rows.values()]

    (change,) = differences(wanted, there, CLIENTS).operations

    assert change.lookups == {"fbx_clientid": Reference("fbx_client", CLIENT_ROW)}


def test_what_waits_no_more_is_removed():
    gone = the_row(a_wait())

    (removal,) = differences(rows_of(ASKED, []), [as_dataverse_has(gone)], {}).operations

    assert removal == Remove("fbx_waiting", gone.id, 'W/"1"')


@pytest.mark.parametrize("key", ["", "xazq5-invoice-7", "other-invoice-7", "nonsense"])
def test_a_row_that_somebody_made_by_hand_is_left_alone(key):
    theirs = replace(as_dataverse_has(the_row(a_wait()), fbx_sourcekey=key), id=uuid4())

    assert not differences(rows_of(ASKED, []), [theirs], CLIENTS).operations


def test_a_row_whose_client_has_none_that_needs_a_person_is_not_made_and_not_kept():
    wanted = rows_of(ASKED, [a_wait(7), a_wait(8)])
    there = [as_dataverse_has(next(iter(wanted.rows.values())))]

    found = differences(wanted, there, {"xazq5-43": CLIENT_ROW})

    assert found.clientless == 2
    assert [type(each) for each in found.operations] == [Remove]
