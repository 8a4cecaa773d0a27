"""Planning against a small model of a table: operations in, rows out."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.dataverse.batch import build
from shared.adapters.dataverse.odata import to_request
from shared.core import planning
from shared.core.departing import plan_gone
from shared.core.entries import render_payment
from shared.core.homes import Deal
from shared.core.identity import Edition, Kind, RecordId
from shared.core.mapping import (
    INVOICE_CANCELLED,
    INVOICE_OPEN,
    INVOICE_PAID,
    render_invoice,
)
from shared.core.options import Status
from shared.core.place import Place
from shared.core.planning import (
    Cancel,
    Create,
    Skip,
    Stale,
    Update,
    followed_by,
    plan_deals,
    plan_entry,
    plan_invoice,
)
from shared.core.policies import DeletedPolicy
from shared.core.records import parse_record
from shared.core.rows import Change, Current, Insert, Remove, State
from shared.core.schema import ACTIVITY_TABLE

URL = "https://my.freshbooks.com/#/invoice/xazq5-1000"
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
PLACE = Place(account=uuid4(), opportunity=None, currency=uuid4(), price_list=uuid4())


def identity(invoice):
    return RecordId("xazq5", Kind.INVOICE, invoice.id)


INVOICE = RecordId("xazq5", Kind.INVOICE, 1000)
PAYMENT = RecordId("xazq5", Kind.PAYMENT, 7)


class Model:
    """Rows by table and id, changed by operations the way Dataverse would."""

    def __init__(self):
        self.rows: dict[tuple[str, UUID], Current] = {}
        self.version = 0

    def apply(self, operations):
        for operation in operations:
            key = (operation.table, operation.id)
            row = self.rows.get(key)
            self.version += 1
            etag = f'W/"{self.version}"'
            match operation:
                case Insert():
                    assert row is None
                    self.rows[key] = Current(
                        operation.id,
                        etag,
                        {name: as_json(value) for name, value in operation.columns.items()},
                        {n: ref.id if ref else None for n, ref in operation.lookups.items()},
                        State(0, 1) if operation.table != "invoicedetail" else None,
                    )
                case Change():
                    assert row is not None
                    assert operation.etag in {None, row.etag}
                    closed = row.state is not None and row.state.state != 0
                    assert not (closed and operation.columns), "a closed row is read-only"
                    self.rows[key] = replace(
                        row,
                        etag=etag,
                        columns={
                            **row.columns,
                            **{name: as_json(value) for name, value in operation.columns.items()},
                        },
                        lookups={
                            **row.lookups,
                            **{n: ref.id if ref else None for n, ref in operation.lookups.items()},
                        },
                        state=operation.state or row.state,
                    )
                case Remove():
                    self.rows.pop(key, None)

    def get(self, table, key):
        return self.rows.get((table, key))

    def lines(self):
        return [row for (table, _), row in self.rows.items() if table == "invoicedetail"]


def as_json(value):
    """A value as Dataverse answers it: text for days and instants, four decimals for numbers."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return Decimal(f"{value:.5f}")
    return value


def plan(model, invoice, place=PLACE):
    return plan_invoice(
        render_invoice(invoice, edition=Edition(identity(invoice)), place=place, url=URL, now=NOW),
        version=invoice.version,
        header=model.get("invoice", identity(invoice).row),
        lines=model.lines(),
        entry=model.get("fbx_financialactivity", identity(invoice).entry),
        edition=Edition(identity(invoice)),
    )


def write_whole(model, invoice, place=PLACE):
    """Plan and apply until nothing is left; returns the plans."""
    plans = []
    for _ in range(100):
        step = plan(model, invoice, place)
        if isinstance(step, Skip):
            return plans
        model.apply(step.operations)
        plans.append(step)
    raise AssertionError("planning never came to rest")


amounts = st.decimals(min_value=Decimal(0), max_value=Decimal("99999.99"), places=2)


@st.composite
def invoices(draw):
    from_lines = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["Consulting", "Travel", "Ümläut ✓", "x" * 700]),
                st.sampled_from(["0", "1", "2.5", "-1", "0.33333"]),
                amounts,
                st.sampled_from(["0", "13", "7.25"]),
            ),
            max_size=6,
        )
    )
    total = draw(amounts)
    return {
        "amount": f"{total}",
        "paid": f"{draw(st.sampled_from([Decimal(0), total, total / 2])):.4f}",
        "v3_status": draw(st.sampled_from(["sent", "viewed", "partial", "paid", "overdue", "new"])),
        "organization": draw(st.sampled_from(["Aster Works", "", "L" * 400])),
        "po_number": draw(st.sampled_from([None, "PO-1"])),
        "due_date": draw(st.sampled_from([None, "2026-10-31"])),
        "lines": [
            {
                "name": name,
                "qty": qty,
                "unit_cost": {"amount": str(cost), "code": "USD"},
                "amount": {"amount": str(cost), "code": "USD"},
                "taxAmount1": tax,
            }
            for name, qty, cost, tax in from_lines
        ],
    }


@given(before=invoices(), after=invoices())
def test_planning_again_after_applying_finds_nothing(make, before, after):
    model = Model()
    write_whole(model, make.an_invoice(1000, **before))
    edited = make.an_invoice(1000, **after, updated="2026-10-02 09:00:00", version="")

    write_whole(model, edited)

    assert isinstance(plan(model, edited), Skip)


@given(before=invoices(), after=invoices())
def test_an_edited_invoice_ends_like_a_new_one(make, before, after):
    edited, fresh = Model(), Model()
    late = {"version": "2026-10-02 09:00:00.5"}
    write_whole(edited, make.an_invoice(1000, **before))
    write_whole(edited, make.an_invoice(1000, **after, **late))

    write_whole(fresh, make.an_invoice(1000, **after, **late))

    for key, row in fresh.rows.items():
        other = edited.rows[key]
        kept = {"billto_name", "duedate"}  # what is filled is never blanked
        if key[0] == ACTIVITY_TABLE:
            kept.add("fbx_sourceversion")  # its header says it
        wanted = {n: v for n, v in row.columns.items() if n not in kept}
        assert {n: v for n, v in other.columns.items() if n in wanted} == wanted
        assert (other.state == row.state) or (other.state.state == row.state.state == 0)
    assert {key[1] for key in edited.rows} == {key[1] for key in fresh.rows}


def test_a_new_invoice_is_one_set_of_operations_with_header_first(make):
    invoice = make.an_invoice(1000, lines=[make.a_line(), make.a_line(), make.a_line()])

    step = plan(Model(), invoice)

    assert isinstance(step, Create)
    assert step.complete
    tables = [operation.table for operation in step.operations]
    assert tables == ["invoice"] + ["invoicedetail"] * 3 + ["fbx_financialactivity"]


def test_a_paid_invoice_is_reopened_written_and_closed_again(make):
    model = Model()
    paid = make.an_invoice(1000, paid="100.00", v3_status="paid")
    write_whole(model, paid)
    edited = make.an_invoice(
        1000, amount="120.00", paid="120.00", v3_status="paid", version="2026-10-03 09:00:00.1"
    )

    (step,) = write_whole(model, edited)

    states = [o.state for o in step.operations if isinstance(o, Change) and o.table == "invoice"]
    assert states == [INVOICE_OPEN, None, INVOICE_PAID]
    header = model.get("invoice", INVOICE.row)
    assert header.state == INVOICE_PAID
    assert header.columns["fbx_total"] == Decimal("120.00")


def test_only_what_differs_is_written(make):
    model = Model()
    write_whole(model, make.an_invoice(1000))

    step = plan(model, make.an_invoice(1000, due_date="2026-11-15"))

    header = step.operations[0]
    assert set(header.columns) == {"duedate", "fbx_syncedon"}
    assert not any(operation.table == "invoicedetail" for operation in step.operations)


def test_a_removed_line_is_deleted_and_a_persons_line_is_left(make):
    model = Model()
    write_whole(model, make.an_invoice(1000, lines=[make.a_line(), make.a_line(name="Travel")]))
    theirs = uuid4()
    model.rows["invoicedetail", theirs] = Current(theirs, "W/x", {"lineitemnumber": 2})

    write_whole(model, make.an_invoice(1000, lines=[make.a_line()]))

    ids = {row.id for row in model.lines()}
    assert theirs in ids
    assert len(ids) == 2


def test_a_removed_line_is_deleted_whatever_number_a_person_gave_it(make):
    model = Model()
    write_whole(model, make.an_invoice(1000, lines=[make.a_line(), make.a_line(name="Travel")]))
    last = ("invoicedetail", INVOICE.line(2))
    row = model.rows[last]
    model.rows[last] = replace(row, columns={**row.columns, "lineitemnumber": 20})

    write_whole(model, make.an_invoice(1000, lines=[make.a_line()]))

    assert [row.id for row in model.lines()] == [INVOICE.line(1)]


def test_what_a_person_wrote_on_a_payment_is_never_blanked(make):
    model = Model()

    def write(payment):
        row = render_payment(
            payment,
            edition=Edition(PAYMENT),
            place=PLACE,
            invoice=None,
            number="",
            received=None,
            url=URL,
            now=NOW,
        )
        entry = model.get(row.table, row.id)
        model.apply(plan_entry(row, version=payment.version, entry=entry).operations)
        return row.table, row.id

    key = write(make.a_payment(7))
    row = model.rows[key]
    model.rows[key] = replace(row, columns={**row.columns, "description": "The rest in May"})

    write(make.a_payment(7, amount="41.00"))

    assert model.rows[key].columns["description"] == "The rest in May"
    assert model.rows[key].columns["fbx_amount"] == Decimal("41.00")


def test_a_persons_open_status_stands(make):
    model = Model()
    write_whole(model, make.an_invoice(1000))
    key = ("invoice", INVOICE.row)
    model.rows[key] = replace(model.rows[key], state=State(0, 5))

    assert isinstance(plan(model, make.an_invoice(1000)), Skip)


@pytest.mark.parametrize(
    ("column", "field"),
    [("duedate", "due_date"), ("billto_name", "organization")],
)
def test_a_filled_native_column_is_never_blanked(make, column, field):
    def an_invoice(value, amount):
        raw = make.invoice_json(1000, amount=amount)
        return parse_record(Kind.INVOICE, raw | {field: value})

    model = Model()
    write_whole(model, an_invoice("2026-12-24", "100.00"))
    before = model.get("invoice", INVOICE.row).columns[column]

    write_whole(model, an_invoice(None, "101.00"))

    header = model.get("invoice", INVOICE.row)
    assert header.columns[column] == before == "2026-12-24"
    assert header.columns["fbx_total"] == Decimal("101.00")


def test_an_address_is_replaced_as_a_whole(make):
    def an_invoice(amount, **address):
        return parse_record(Kind.INVOICE, make.invoice_json(1000, amount=amount) | address)

    model = Model()
    write_whole(
        model,
        an_invoice("100.00", street="9 Elm St", street2="Suite 400", city="Austin", province="TX"),
    )

    write_whole(
        model, an_invoice("101.00", street="9 Oak Lane", street2="", city="Zug", province="")
    )

    columns = model.get("invoice", INVOICE.row).columns
    names = ("line1", "line2", "city", "stateorprovince")
    assert [columns[f"billto_{name}"] for name in names] == ["9 Oak Lane", None, "Zug", None]


def test_an_address_that_is_empty_in_freshbooks_is_left_as_it_is(make):
    parts = ("street", "street2", "city", "province", "code", "country")

    def an_invoice(amount, value):
        raw = make.invoice_json(1000, amount=amount) | dict.fromkeys(parts, value)
        return parse_record(Kind.INVOICE, raw)

    model = Model()
    write_whole(model, an_invoice("100.00", "here"))

    write_whole(model, an_invoice("101.00", None))

    columns = model.get("invoice", INVOICE.row).columns
    assert (columns["billto_city"], columns["billto_line1"]) == ("here", "here")


def test_a_version_stays_where_a_record_names_none(make):
    model = Model()
    write_whole(model, make.an_invoice(1000))
    before = model.get("invoice", INVOICE.row).columns["fbx_sourceversion"]

    write_whole(model, make.an_invoice(1000, version="", updated="", amount="101.00"))

    header = model.get("invoice", INVOICE.row)
    assert header.columns["fbx_sourceversion"] == before


def test_an_older_reading_is_stale(make):
    model = Model()
    write_whole(model, make.an_invoice(1000, version="2026-10-02 09:00:00.5"))

    step = plan(model, make.an_invoice(1000, version="2026-10-02 09:00:00.4", amount="1.00"))

    assert isinstance(step, Stale)


def test_the_hour_that_november_repeats_makes_nothing_stale(make):
    model = Model()
    write_whole(model, make.an_invoice(1000, version="2026-11-01 01:50:00"))

    step = plan(model, make.an_invoice(1000, version="2026-11-01 01:10:00", amount="1.00"))

    assert isinstance(step, Update)


def test_a_long_invoice_is_written_in_parts_and_marked_until_the_last(make):
    model = Model()
    invoice = make.an_invoice(1000, lines=[make.a_line(name=f"Line {n}") for n in range(300)])

    plans, marks = [], []
    while not isinstance(step := plan(model, invoice), Skip):
        model.apply(step.operations)
        plans.append(step)
        marks.append(model.get("invoice", INVOICE.row).columns["fbx_complete"])

    assert len(plans) > 1
    assert marks == [False] * (len(plans) - 1) + [True]
    assert [step.complete for step in plans] == marks
    assert all(len(step.operations) <= planning.MAX_OPERATIONS for step in plans)
    assert len(model.lines()) == 300


def test_no_part_of_a_long_invoice_runs_longer_than_a_change_set_may(make):
    model = Model()
    lines = [make.a_line(name="") for _ in range(500)]
    sizes = []

    while not isinstance(decided := plan(model, make.an_invoice(1000, lines=lines)), Skip):
        sizes.append(len(decided.operations))
        model.apply(decided.operations)

    assert max(sizes) <= 200


@pytest.mark.parametrize("letter", ["x", "é", "漢", "🚀"])
def test_no_part_of_a_long_invoice_is_more_than_a_write_may_carry(make, letter):
    lines = [make.a_line(name=letter * 400, description=letter * 1900) for _ in range(40)]
    model = Model()

    while not isinstance(decided := plan(model, make.an_invoice(1000, lines=lines)), Skip):
        body = build(changes=[to_request(each) for each in decided.operations]).body
        assert len(body) <= 256 * 1024
        model.apply(decided.operations)


def test_a_paid_long_invoice_closes_with_its_last_part(make):
    model = Model()
    lines = [make.a_line(name=f"Line {n}") for n in range(450)]
    invoice = make.an_invoice(1000, lines=lines, paid="100.00", v3_status="paid")

    write_whole(model, invoice)

    assert model.get("invoice", INVOICE.row).state == INVOICE_PAID
    assert len(model.lines()) == 450


def test_a_deleted_invoice_is_cancelled_and_owes_nothing(make):
    model = Model()
    invoice = make.an_invoice(1000, paid="100.00", v3_status="paid")
    write_whole(model, invoice)

    step = gone(model, invoice, DeletedPolicy.CANCEL)
    model.apply(step.operations)

    header = model.get("invoice", INVOICE.row)
    assert isinstance(step, Cancel)
    assert header.state == INVOICE_CANCELLED
    assert header.columns["fbx_outstanding"] == 0
    assert isinstance(gone(model, invoice, DeletedPolicy.CANCEL), Skip)


def test_a_restored_invoice_comes_back(make):
    model = Model()
    invoice = make.an_invoice(1000)
    write_whole(model, invoice)
    model.apply(gone(model, invoice, DeletedPolicy.CANCEL).operations)

    write_whole(model, make.an_invoice(1000, version="2026-10-05 09:00:00.1"))

    header = model.get("invoice", INVOICE.row)
    assert header.state == INVOICE_OPEN
    assert header.columns["fbx_outstanding"] == Decimal("100.00")


@pytest.mark.parametrize(("policy", "left"), [(DeletedPolicy.DELETE, 0), (DeletedPolicy.KEEP, 2)])
def test_other_policies_delete_or_keep(make, policy, left):
    model = Model()
    invoice = make.an_invoice(1000, lines=[])
    write_whole(model, invoice)

    step = gone(model, invoice, policy)
    if isinstance(step, Cancel):
        model.apply(step.operations)

    assert len(model.rows) == left


def gone(model, invoice, policy):
    return plan_gone(
        policy,
        version=invoice.version,
        header=model.get("invoice", identity(invoice).row),
        entry=model.get("fbx_financialactivity", identity(invoice).entry),
        now=NOW,
    )


def test_an_entry_of_an_invoice_whose_row_a_person_deleted_is_cancelled_with_nothing_open(make):
    model, invoice = Model(), make.an_invoice(1000)
    write_whole(model, invoice, PLACE)
    model.rows.pop(("invoice", INVOICE.row))

    plan = gone(model, invoice, DeletedPolicy.CANCEL)
    model.apply(plan.operations)

    entry = model.get("fbx_financialactivity", INVOICE.entry)
    assert entry.columns["fbx_outstanding"] == 0
    assert entry.columns["fbx_status"] == int(Status.DELETED)


def test_an_invoice_of_another_client_moves_and_drops_the_old_opportunity(make):
    model = Model()
    write_whole(model, make.an_invoice(1000), replace(PLACE, opportunity=uuid4()))
    elsewhere = Place(account=uuid4(), opportunity=None, currency=PLACE.currency, moved=True)

    write_whole(model, make.an_invoice(1000), elsewhere)

    header = model.get("invoice", INVOICE.row)
    assert header.lookups["customerid"] == elsewhere.account
    assert header.lookups["opportunityid"] is None


def test_a_payment_is_planned_like_any_row(make):
    payment = make.a_payment(7)
    row = render_payment(
        payment,
        edition=Edition(PAYMENT),
        place=PLACE,
        invoice=uuid4(),
        number="0001000",
        received=None,
        url=URL,
        now=NOW,
    )
    model = Model()

    step = plan_entry(row, version=payment.version, entry=None)
    model.apply(step.operations)

    assert isinstance(step, Create)
    again = plan_entry(row, version=payment.version, entry=model.get(row.table, row.id))
    assert isinstance(again, Skip)


def test_an_entry_that_is_missing_comes_back_under_the_guard_of_its_header(make):
    model = Model()
    invoice = make.an_invoice(1000)
    write_whole(model, invoice)
    before = model.get("invoice", INVOICE.row)
    del model.rows["fbx_financialactivity", INVOICE.entry]

    step = plan(model, invoice)

    assert isinstance(step, Update)
    touch, entry = step.operations
    assert (touch.table, touch.id, touch.etag) == ("invoice", before.id, before.etag)
    assert set(touch.columns) == {"fbx_syncedon"}
    assert isinstance(entry, Insert)
    assert entry.id == INVOICE.entry


def test_an_older_reading_of_a_payment_is_stale(make):
    def step(payment):
        row = render_payment(
            payment,
            edition=Edition(PAYMENT),
            place=PLACE,
            invoice=uuid4(),
            number="0001000",
            received=None,
            url=URL,
            now=NOW,
        )
        return plan_entry(row, version=payment.version, entry=model.get(row.table, row.id))

    model = Model()
    model.apply(step(make.a_payment(7, updated="2026-10-03 09:00:00")).operations)

    assert isinstance(step(make.a_payment(7, updated="2026-10-02 09:00:00")), Stale)


def test_an_older_word_of_an_end_is_stale(make):
    model = Model()
    write_whole(model, make.an_invoice(1000, version="2026-10-02 09:00:00.5"))
    older = make.an_invoice(1000, version="2026-10-02 09:00:00.4")

    assert isinstance(gone(model, older, DeletedPolicy.CANCEL), Stale)


def test_a_payment_that_is_gone_keeps_what_it_was_and_says_by_which_version(make):
    payment = make.a_payment(7, updated="2026-10-03 09:00:00")
    row = render_payment(
        payment,
        edition=Edition(PAYMENT),
        place=PLACE,
        invoice=uuid4(),
        number="0001000",
        received=None,
        url=URL,
        now=NOW,
    )
    model = Model()
    model.apply(plan_entry(row, version=payment.version, entry=None).operations)
    later = make.a_payment(7, updated="2026-10-04 09:00:00").version

    def step():
        return plan_gone(
            DeletedPolicy.CANCEL,
            version=later,
            header=None,
            entry=model.get(row.table, row.id),
            now=NOW,
        )

    model.apply(step().operations)

    entry = model.get(row.table, row.id)
    assert entry.columns["fbx_sourceversion"] == later.text
    assert entry.columns["fbx_status"] == int(Status.DELETED)
    assert entry.columns.get("fbx_outstanding") == row.columns.get("fbx_outstanding")
    assert isinstance(step(), Skip)


@pytest.mark.parametrize("policy", [DeletedPolicy.CANCEL, DeletedPolicy.DELETE])
def test_of_a_record_that_was_never_written_nothing_has_to_go(make, policy):
    assert gone(Model(), make.an_invoice(1000), policy) == Skip()


TURNED = ("fbx_paidon", "fbx_overduesince")


def as_of_before(model, table, key, **columns):
    """Let a row be as an earlier release, or a person, left it."""
    row = model.get(table, key)
    model.rows[table, key] = replace(row, columns={**row.columns, **columns})


def test_a_row_of_an_earlier_release_gets_its_new_days_with_its_next_change_only(make):
    model = Model()
    paid = make.an_invoice(1000, v3_status="paid", date_paid="2026-11-01")
    write_whole(model, paid)
    for table, key in (("invoice", INVOICE.row), (ACTIVITY_TABLE, INVOICE.entry)):
        as_of_before(model, table, key, fbx_paidon=None)

    assert write_whole(model, paid) == []
    write_whole(model, replace_in(make, paid, po_number="7"))

    assert model.get("invoice", INVOICE.row).columns["fbx_paidon"] == "2026-11-01"


def replace_in(make, invoice, **fields):
    """The same invoice in a later version, with other fields."""
    later = {"updated": "2026-11-02 10:00:00", "version": "2026-11-02 10:00:00.000000"}
    kept = {"v3_status": invoice.v3_status, "date_paid": str(invoice.date_paid)}
    return make.an_invoice(1000, **kept, **later, **fields)


def test_a_day_that_does_not_hold_any_more_is_emptied_for_its_own_sake(make):
    model = Model()
    sent = make.an_invoice(1000, v3_status="sent", due_date="2026-12-31")
    write_whole(model, sent)
    as_of_before(model, "invoice", INVOICE.row, fbx_overduesince="2026-01-01")

    plans = write_whole(model, sent)

    assert len(plans) == 1
    assert model.get("invoice", INVOICE.row).columns["fbx_overduesince"] is None


@pytest.mark.parametrize("status", ["overdue", "paid"])
def test_what_is_deleted_is_neither_paid_nor_overdue(make, status):
    model = Model()
    invoice = make.an_invoice(1000, v3_status=status, date_paid="2026-11-01", due_date="2026-10-01")
    write_whole(model, invoice)

    model.apply(gone(model, invoice, DeletedPolicy.CANCEL).operations)

    for table, key in (("invoice", INVOICE.row), (ACTIVITY_TABLE, INVOICE.entry)):
        assert [model.get(table, key).columns.get(name) for name in TURNED] == [None, None]


def a_deal(number, **columns):
    return Deal(UUID(int=number), "1", columns, {"transactioncurrencyid": None})


def test_opportunities_beyond_what_one_write_carries_follow_later():
    deals = [a_deal(number) for number in range(1, 302)]
    beside = {"fbx_financialhealth": 3}

    planned = plan_deals(deals, beside=beside)
    following = plan_deals(
        [replace(deal, columns=beside) for deal in deals[: len(planned)]] + deals[len(planned) :],
        beside=beside,
    )

    assert (len(planned), len(following)) == (planning.MAX_OPERATIONS, 101)
    assert not {each.id for each in planned} & {each.id for each in following}


def test_opportunities_that_show_what_they_should_are_not_written():
    assert plan_deals([a_deal(1, fbx_financialhealth=3)], beside={"fbx_financialhealth": 3}) == []


def test_what_follows_a_plan_comes_with_a_write_only():
    notice = Insert("appnotification", UUID(int=1), {})
    change = Change("invoice", UUID(int=2))

    written = followed_by(Update((change,)), [notice])

    assert written == Update((change, notice))
    assert followed_by(Skip(), [notice]) == Skip()
