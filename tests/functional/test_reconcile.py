"""Comparing both sides: differences of every cause are found, nothing else, and healed."""

from collections import Counter
from dataclasses import replace

import pytest

from sandbox.firm import open_books
from shared.core.identity import Kind
from shared.core.pages import Listed
from shared.core.policies import ExpensePolicy
from shared.core.reconcile.causes import Cause
from tests.functional.both_sides import PLANTED, compare
from tests.functional.planted import Planted, about, everywhere, found
from tests.functional.test_existing_in_turns import Turns
from tests.functional.world import Firm
from tests.soak import SOAK


@pytest.fixture(scope="module")
def planted():
    return everywhere()


def test_sixty_differences_of_every_cause_are_found_and_nothing_else(planted):
    report = planted.run()

    missed, beside = planted.expected - found(report), found(report) - planted.expected
    assert (missed, beside) == (Counter(), Counter()), [
        (*key, each.detail) for each in report.differences if (key := about(each)) in beside
    ]
    assert sum(planted.expected.values()) >= 60
    assert report.adds_up
    # No record stands behind them: the ordinary way could not end them.
    strangers = [each for each in report.differences if "row " in each.label or each.number > 9e5]
    assert [each.ask for each in strangers] == [None] * len(planted.by_hand)


def test_asking_heals_all_that_no_person_has_to_end_and_a_second_run_is_clean(planted):
    report = planted.run()

    planted.fix(report)
    for table, row in planted.by_hand:
        planted.rows.delete(table, row)

    second = planted.run()
    assert [each for each in second.differences if each.ask is not None] == []
    assert second.adds_up
    # The judge, which knows nothing of the connector, misses what was put on a list by hand.
    listed = {f"-invoice-{number}" for number in planted.listed}
    assert [
        each for each in planted.firm.differences() if not any(key in each for key in listed)
    ] == []


@pytest.mark.skipif(not SOAK, reason="a year of a firm takes half a minute; the demo shows it too")
def test_every_month_and_currency_of_the_sample_firm_adds_up():
    firm = Firm()
    firm.freshbooks.deliveries.set(drop=1.0)
    open_books(firm.remote_books(), today=firm.clock().date())
    firm.poll()
    firm.poll()
    assert firm.differences() == []
    whole = firm.connector.reconciling.whole

    report = whole.run([firm.account])

    assert {each.cause for each in report.differences} == {Cause.DRAFT, Cause.SKIPPED}
    months = sorted({each.group.month for each in report.sums})
    assert len(months) > 12
    assert {each.group.currency for each in report.sums} == {"CAD", "USD"}
    assert report.adds_up
    for month in months[1:]:
        assert whole.run([firm.account], month=month).adds_up


def test_a_large_business_takes_a_request_a_page_and_little_memory():
    done = compare(100_000 if SOAK else 1_000)

    assert (done.found, done.others, done.adds_up) == (PLANTED, 0, True)
    assert done.requests <= 1.2 * done.pages + 10
    assert done.peak <= 250  # MiB


def test_a_poll_that_takes_all_for_known_is_overridden():
    planted = Planted()
    invoice = planted.invoice(planted.client("Aster"))
    planted.books.pay_invoice(invoice, "100.00")
    planted.settle()
    planted.firm.poll()
    planted.rows.delete("invoice", planted.header(invoice))
    for _ in range(5):
        planted.firm.clock.advance(24 * 3600)
        planted.firm.poll()
    assert planted.firm.invoices() == []

    planted.fix(planted.run())

    assert planted.firm.differences() == []


def test_a_record_of_which_a_list_shows_no_more_than_its_number_is_listed_and_the_rest_compared():
    planted = Planted()
    client = planted.client("Aster")
    unread, other = planted.invoice(client), planted.invoice(client, "7.00")
    planted.settle()
    planted.rows.delete("invoice", planted.header(other))
    planted.firm.freshbooks.switches.set(unreadable_rows=[unread])

    report = planted.run()

    assert found(report) == {
        (Cause.UNREADABLE, "invoice", str(unread)): 1,
        (Cause.MISSING, "invoice", str(other)): 1,
    }
    assert report.adds_up


@pytest.mark.parametrize("seed", [37, 41, 61, 160] if SOAK else [37])
def test_payments_that_lag_behind_the_currency_of_their_invoice_are_found_and_follow(seed):
    turns = Turns(seed)
    turns.step()
    while not turns.differences():
        turns.step()
    firm = turns.office.firm
    whole = firm.connector.reconciling.whole

    report = whole.run([firm.account])

    asked = {(each.cause, each.kind) for each in report.differences if each.ask is not None}
    assert asked == {(Cause.CURRENCY, Kind.PAYMENT)}
    whole.fix(report)
    turns.office.run()
    assert turns.differences() == []


def test_a_list_that_was_not_read_whole_proves_no_absence():
    planted = Planted()
    client = planted.client("Aster")
    invoices = [planted.invoice(client) for _ in range(60)]
    planted.settle()
    planted.books.delete_invoice(invoices[0])
    whole = planted.firm.connector.reconciling.whole
    partly = replace(whole, freshbooks=_Half(whole.freshbooks))

    report = partly.run([planted.firm.account], kinds=[Kind.INVOICE])

    unproved = {each.number for each in report.differences if each.cause is Cause.UNREADABLE}
    assert unproved == set(invoices[1:])
    assert [each.number for each in report.differences if each.cancels] == invoices[:1]
    assert report.adds_up


class _Half:
    """A FreshBooks whose lists of living records are cut short, and say so."""

    def __init__(self, freshbooks):
        self._freshbooks = freshbooks

    def __getattr__(self, name):
        return getattr(self._freshbooks, name)

    def list_page(self, business, kind, listing, *, number, size):
        page = self._freshbooks.list_page(business, kind, listing, number=number, size=size)
        if listing.which is not Listed.LIVING:
            return page
        return replace(page, records=(), keys=(), nameless=1)


def test_rows_that_are_kept_by_the_setting_are_listed_and_nothing_is_asked_for():
    planted = Planted(deleted_records="keep")
    invoice = planted.invoice(planted.client("Aster"))
    planted.settle()
    planted.books.delete_invoice(invoice)
    planted.firm.poll()

    report = planted.run()

    assert found(report) == {(Cause.KEPT, "invoice", str(invoice)): 1}
    assert report.troubles == []
    assert report.adds_up


def test_one_business_that_cannot_be_read_keeps_no_other_from_being_compared():
    planted = Planted()
    invoice = planted.invoice(planted.client("Aster"))
    planted.settle()
    planted.rows.delete("invoice", planted.header(invoice))
    whole = planted.firm.connector.reconciling.whole

    report = whole.run(["nobody", planted.firm.account])

    assert found(report) == {(Cause.MISSING, "invoice", str(invoice)): 1}
    assert report.not_compared[0].startswith("nobody: ")
    assert (report.adds_up, report.is_whole) == (True, False)


def test_expenses_that_were_shown_before_they_were_left_out_stay_and_are_listed():
    planted = Planted()
    expense = planted.books.create_expense("9.00", clientid=planted.client("Aster"))["id"]
    planted.settle()
    whole = planted.firm.connector.reconciling.whole
    off = replace(whole, policies=replace(whole.policies, expenses=ExpensePolicy.OFF))

    report = off.run([planted.firm.account])

    assert found(report) == {(Cause.KEPT, "expense", str(expense)): 1}
    assert report.adds_up


def test_an_account_that_shows_what_no_client_owes_any_more_is_listed_for_a_person():
    planted = Planted()
    planted.client("Aster")
    planted.settle()
    account = planted.people.account("Birch", fbx_outstanding=5, fbx_balances="USD: 5.00 open")
    planted.change("account", account, transactioncurrencyid=_currency(planted))

    (listed,) = planted.run().differences

    assert (listed.kind, listed.label, listed.ask) == ("account", account, None)
    assert listed.who.startswith("whoever may change it in Dynamics")


def _currency(planted):
    rows = planted.rows.all("transactioncurrency")
    (dollars,) = (row for row in rows if row["isocurrencycode"] == "USD")
    return ("transactioncurrency", dollars["transactioncurrencyid"])


def test_without_the_sales_app_entries_are_compared():
    planted = Planted(target="activity", sales=False)
    client = planted.client("Aster")
    invoice, lost = planted.invoice(client), planted.invoice(client, "9.00")
    payment = int(planted.books.pay_invoice(invoice, "5.00")["id"])
    planted.settle()
    assert found(planted.run()) == {}
    planted.rows.delete("fbx_financialactivity", planted.entry(Kind.INVOICE, lost))
    entry = planted.entry(Kind.PAYMENT, payment)
    planted.change("fbx_financialactivity", entry, fbx_invoiceentryid=None)

    report = planted.run()

    assert found(report) == {
        (Cause.MISSING, "invoice", str(lost)): 1,
        (Cause.PLACE, "payment", str(payment)): 1,
    }
    planted.fix(report)
    assert found(planted.run()) == {}


def test_what_dynamics_rounds_is_listed_and_is_nobodys_trouble():
    planted = Planted()
    planted.firm.add_currencies(JPY=0)
    client = planted.client("Aster")
    planted.invoice(client, "10.49", currency_code="JPY")
    planted.settle()

    report = planted.run()

    assert {each.cause for each in report.differences} == {Cause.ROUNDED}
    assert report.troubles == []
    assert report.adds_up
