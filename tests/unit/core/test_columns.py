"""What was chosen about columns, on rows as they are rendered: who owns what, what is mapped."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.accounts import render_account
from shared.core.columns import DEFAULTS, Columns
from shared.core.differences import plan_row
from shared.core.entries import render_credit, render_expense, render_payment
from shared.core.fingerprints import fingerprint
from shared.core.identity import Edition, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.known import is_known
from shared.core.mapped import Mapped, MappedType
from shared.core.mapping import render_invoice
from shared.core.outcomes import OutcomeName
from shared.core.ownership import GROUPS, NATIVE, NEEDED, Ownership
from shared.core.place import Place
from shared.core.records import kind_of, parse_record
from shared.core.rows import Change, Current, Row
from shared.core.views import Currency

FRESHBOOKS, FIRST, NEVER = Ownership
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
ROW = UUID("11111111-1111-1111-1111-111111111111")
ENTRIES = "fbx_financialactivity"
EXACTLY = {
    MappedType.WHOLE: ["7", 7, " 7 ", "7.0", -(2**31) + 1],
    MappedType.DECIMAL: ["7.125", Decimal("0.5"), "-1e3"],
    MappedType.MONEY: ["922337203685477", "0"],
    MappedType.DATE: ["2026-01-31", "2026-01-31 10:00:00", "2026-01-31T23:59:59Z"],
    MappedType.YES_NO: [True, False, "Yes", "no", 1, "0"],
}
NOT_AT_ALL = {
    MappedType.WHOLE: ["7.5", "seven", True, "NaN", "Infinity", 2**31, "9" * 41],
    MappedType.DECIMAL: ["1e12", "--1", "sNaN"],
    MappedType.MONEY: ["922337203685478"],
    MappedType.DATE: ["soon", "2026-02-30", "1700-01-01", 7, "2026-01-31x"],
    MappedType.YES_NO: ["maybe", 2, "ja"],
}
ANYTHING = st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=30)


def rendered(make):
    """Rows of every table with columns to choose about, as the connector renders them."""
    place = make_place()
    common = {"place": place, "url": "u", "now": NOW}
    invoice = render_invoice(
        make.an_invoice(1), edition=Edition(RecordId("x", Kind.INVOICE, 1)), **common
    )
    payment = render_payment(
        make.a_payment(2),
        edition=Edition(RecordId("x", Kind.PAYMENT, 2)),
        invoice=None,
        number="",
        received=None,
        **common,
    )
    expense = render_expense(
        make.an_expense(3), edition=Edition(RecordId("x", Kind.EXPENSE, 3)), **common
    )
    credit = render_credit(
        make.a_credit(4), edition=Edition(RecordId("x", Kind.CREDIT, 4)), **common
    )
    account = render_account(
        make.a_client(5),
        record=RecordId("x", Kind.CLIENT, 5),
        currency=Currency(uuid4(), "USD"),
        figures={},
        now=NOW,
    )
    return [invoice.header, invoice.entry, payment, expense, credit, account]


def make_place():
    return Place(account=uuid4(), opportunity=None, currency=uuid4(), price_list=None)


def there(table="account", **columns):
    return Current(ROW, "1", columns)


def mapped(field="vat_number", column="new_x", kind=MappedType.TEXT, owner=FRESHBOOKS, **more):
    return Mapped(Kind.CLIENT, field, "account", column, kind, owner, **more)


def a_client(*fields, number=42, **raw):
    return parse_record(Kind.CLIENT, {"id": number, **raw}, fields)


def written(columns, client, current):
    row = columns.on(Row("account", ROW, {}), client)
    (change,) = plan_row(row, current) or [Change("account", ROW)]
    return dict(change.columns)


def test_the_defaults_are_what_the_rows_say_and_name_every_native_column(make):
    said = {table: {} for table in NATIVE}
    for row in rendered(make):
        native = {
            **dict.fromkeys((c for c in row.columns if not c.startswith("fbx_")), FRESHBOOKS),
            **dict.fromkeys(row.initial, FIRST),
        }
        needed = NEEDED[row.table].keys()
        said[row.table] |= {name: who for name, who in native.items() if name not in needed}

    assert said == NATIVE


def test_by_default_rows_stay_as_they_are_rendered_but_for_what_is_never_emptied(make):
    for row in rendered(make):
        chosen = DEFAULTS.on(row, make.a_client())

        assert replace(chosen, never_blank=row.never_blank, together=row.together) == row
        assert (chosen.never_blank | chosen.together) >= {
            name for name, who in NATIVE[row.table].items() if who is FRESHBOOKS
        } & row.columns.keys()


@pytest.mark.parametrize("who", Ownership)
def test_every_native_column_goes_where_its_owner_has_it(make, who):
    columns = Columns({table: dict.fromkeys(native, who) for table, native in NATIVE.items()})

    for row in rendered(make):
        chosen, native = columns.on(row, make.a_client()), NATIVE[row.table].keys()

        given = {**row.columns, **row.initial}.keys() & native
        assert chosen.columns.keys() & native == (given if who is FRESHBOOKS else set())
        assert chosen.initial.keys() & native == (given if who is FIRST else set())
        assert chosen.columns.keys() - native == row.columns.keys() - native


@given(st.sampled_from(sorted(GROUPS)), st.data())
def test_what_freshbooks_does_not_have_empties_nothing_that_is_no_part_of_an_address(
    make, table, data
):
    columns = Columns({name: dict.fromkeys(native, FRESHBOOKS) for name, native in NATIVE.items()})
    (row,) = [each for each in rendered(make) if each.table == table]
    empty = data.draw(st.sets(st.sampled_from(sorted(NATIVE[table]))))
    given_ = {**row.columns, **row.initial}
    row = replace(row, columns=given_ | dict.fromkeys(empty), initial={})

    operations = plan_row(columns.on(row, make.a_client()), there(**dict.fromkeys(given_, "full")))

    emptied = {name for op in operations for name, value in op.columns.items() if value is None}
    assert emptied & NATIVE[table].keys() <= set(GROUPS[table])


@pytest.mark.parametrize(
    ("who", "empty", "full"),
    [(FRESHBOOKS, {"new_x": "CHE"}, {"new_x": "CHE"}), (FIRST, {"new_x": "CHE"}, {})],
)
def test_a_mapped_column_is_filled_and_only_its_owner_replaces_what_is_there(who, empty, full):
    columns = Columns(mapped=(mapped(owner=who),))
    client = a_client("vat_number", vat_number="CHE")

    assert written(columns, client, there(new_x=None)) == empty
    assert written(columns, client, there(new_x="theirs")) == full


def test_a_column_that_was_not_read_is_not_filled():
    columns = Columns(mapped=(mapped(owner=FIRST),))

    assert written(columns, a_client("vat_number", vat_number="CHE"), there()) == {}


@pytest.mark.parametrize("raw", [{}, {"vat_number": None}, {"vat_number": "  "}])
def test_nothing_in_freshbooks_replaces_nothing(raw):
    columns = Columns(mapped=(mapped(),))

    assert written(columns, a_client("vat_number", **raw), there(new_x="theirs")) == {}


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, vs in EXACTLY.items() for v in vs])
def test_what_fits_is_converted_without_a_note(kind, value):
    target = mapped(kind=kind, decimals=3)

    assert target.convert(value) is not None
    assert target.note(value) == ""


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, vs in NOT_AT_ALL.items() for v in vs])
def test_what_does_not_fit_is_left_out_and_said_without_saying_it(kind, value):
    target = mapped(kind=kind)

    with pytest.raises(ValueError, match=r"it is|holds no day") as caught:
        target.convert(value)

    assert str(value) not in str(caught.value)
    assert "account.new_x is left out" in target.note(value)


@given(st.sampled_from(MappedType), ANYTHING)
def test_any_value_of_any_type_is_converted_or_noted(kind, value):
    target = mapped(kind=kind, length=10)

    try:
        found = target.convert(value)
    except ValueError:
        assert target.note(value)
    else:
        assert not isinstance(found, str) or len(found.encode("utf-16-le")) <= 20
        assert not isinstance(found, Decimal) or -found.as_tuple().exponent <= 2


def test_a_number_is_rounded_as_the_column_keeps_it_and_a_day_is_the_days():
    assert mapped(kind=MappedType.MONEY).convert("1.005") == Decimal("1.01")
    assert mapped(kind=MappedType.DATE).convert("2026-01-31 23:30:00") == date(2026, 1, 31)
    assert mapped().convert(True) == "yes"


def test_only_what_is_mapped_is_kept_of_an_answer_and_what_it_leaves_out_is_not_nothing():
    client = a_client("fax", "note", "vat_number", fax="1\x00", note=None, secret="x")

    assert client.mapped == (("fax", "1 "), ("note", None))
    assert a_client().mapped == ()


def a_payment(note, *fields, leaves_out=()):
    raw = {
        "id": 7,
        "amount": {"amount": "1.00", "code": "USD"},
        "date": "2026-11-01",
        "updated": "2026-11-01 08:00:00",
        "note": note,
        "gateway": "Stripe",
    }
    kept = {name: value for name, value in raw.items() if name not in leaves_out}
    return parse_record(Kind.PAYMENT, kept, fields)


def a_listed_client(*fields, **raw):
    return a_client(*fields, updated="2026-11-01 08:00:00", **raw)


def noted(record, same=0):
    return JournalEntry(
        record=RecordId("x", kind_of(record), record.id),
        outcome=OutcomeName.UNCHANGED,
        at=NOW,
        cause="poll",
        fingerprint=fingerprint(record),
        read_at=NOW,
        same=same,
    )


@pytest.mark.parametrize(
    ("before", "now", "known"),
    [
        (a_payment("a", "note"), a_payment("a", "note"), True),
        (a_payment("a", "note"), a_payment("b", "note"), False),
        (a_payment("a"), a_payment("b"), True),
        # mapped since
        (a_payment("a"), a_payment("a", "note"), False),
        # mapped no more
        (a_payment("a", "note"), a_payment("a"), True),
        # a list that leaves it out
        (a_payment("a", "note"), a_payment("a", "note", leaves_out=("note",)), True),
        (a_payment(None, "note"), a_payment("", "note"), True),
        (a_listed_client("fax", fax="1"), a_listed_client("fax", fax="1"), True),
        (a_listed_client("fax", fax="1"), a_listed_client("fax", fax="2"), False),
        (a_listed_client("fax", fax="1"), a_listed_client("fax"), True),
        (a_listed_client(), a_listed_client("fax", fax="1"), False),
    ],
)
def test_a_change_of_a_mapped_field_alone_is_another_state(before, now, known):
    assert is_known(now, noted(before), NOW) is known


def test_a_list_that_shows_another_value_for_ever_is_asked_about_less_and_less():
    before, now = a_payment("a", "note"), a_payment("A", "note")

    assert not is_known(now, noted(before, same=1), NOW)
    assert is_known(now, noted(before, same=2), NOW)


def test_a_fingerprint_without_mappings_is_as_the_release_before_writes_it():
    assert fingerprint(a_payment("a")) == "2026-11-01 08:00:00|0|1.00"
    assert "Stripe" not in fingerprint(a_payment("a", "gateway"))
