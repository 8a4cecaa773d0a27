"""Ten questions of a salesperson, each answered on the pages within two clicks of the start.

The pages show what the environment's own views and forms show, so a cell that is missing in one of
them is missing here.
"""

import re
from datetime import timedelta

import pytest

from sandbox.web import serve
from tests.e2e.pages import follow
from tests.functional.people import People
from tests.functional.world import Firm

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

MERIDIAN, ASTER, QUIET = "Meridian Freight", "Aster Works", "Quietwood Joinery"
UNSURE = "Ironbridge Construction"


def link_in(page, text):
    return page.locator("main").get_by_role("link", name=text, exact=True).first


class Salesperson:
    """Somebody who starts at the app's first page and counts their clicks."""

    def __init__(self, page, address):
        self.page = page
        self.clicks = 0
        page.goto(f"{address}/_sandbox/app")

    def click(self, text):
        assert self.clicks < 2, "a third click"
        self.clicks += 1
        follow(self.page, link_in(self.page, text))

    def rows(self):
        """The rows of every list on the page, each by its columns."""
        return self.page.locator("table.grid tbody tr").evaluate_all(
            "rows => rows.map(row => Object.fromEntries([...row.cells]"
            ".filter(cell => cell.dataset.column)"
            ".map(cell => [cell.dataset.column, cell.innerText.trim()])))"
        )

    def row(self, word):
        """The first row that has a word."""
        return next(row for row in self.rows() if any(word in text for text in row.values()))

    def field(self, column):
        """What a field of a form shows."""
        return self.page.locator(f'.field[data-column="{column}"] dd').first.inner_text().strip()


@pytest.fixture(scope="module")
def firm():
    firm = Firm(unmatched_clients="create")
    people = People(firm)
    for _ in range(2):
        people.account(UNSURE)
    forms = firm.connector.customizing.forms
    list(forms.add(forms.list_forms(), keep=lambda _form: None, publish_drafts=True))
    today = firm.clock().date()
    clients = {name: firm.books.create_client(organization=name) for name in NAMES}
    firm.run()
    dollars = firm.account_of(clients[ASTER])["_transactioncurrencyid_value"]
    account = firm.account_of(clients[ASTER])["accountid"]
    currency = ("transactioncurrency", dollars)
    people.opportunity(account, "New roof", transactioncurrencyid=currency)

    def bill(name, amount, days_ago, due_in=30):
        line = {"name": "Work", "qty": "1", "unit_cost": amount}
        invoice = firm.books.create_invoice(
            clients[name]["id"],
            lines=[line],
            sent=True,
            create_date=(today - timedelta(days=days_ago)).isoformat(),
            due_offset_days=due_in,
        )
        firm.run()
        return invoice

    late = bill(MERIDIAN, "1200.50", 100)
    bill(MERIDIAN, "300.00", 5)
    bill(ASTER, "450.00", 70)
    paid = bill(ASTER, "800.00", 20)
    quiet = bill(QUIET, "90.00", 200)
    bill(UNSURE, "77.00", 3)
    pay(firm, paid, "800.00", today - timedelta(days=1), "Check")
    pay(firm, quiet, "90.00", today - timedelta(days=150), "ACH")
    firm.clock.advance(60)
    firm.run()
    firm.poll()
    firm.numbers = {"late": late["invoice_number"], "paid": paid["invoice_number"]}
    return firm


NAMES = (MERIDIAN, ASTER, QUIET, UNSURE)


def pay(firm, invoice, amount, day, how):
    firm.books.pay_invoice(invoice["id"], amount, date=day.isoformat(), type=how)
    firm.run()


@pytest.fixture(scope="module")
def address(firm):
    with serve(firm.dataverse) as served:
        yield served


@pytest.fixture
def salesperson(browser_page, address):
    return Salesperson(browser_page, address)


def test_what_does_a_customer_owe_and_since_when(salesperson):
    salesperson.click("Overdue")
    row = salesperson.row(MERIDIAN)
    salesperson.click(MERIDIAN)

    assert row["fbx_overdue"] == "$1,200.50"
    assert row["fbx_overdue90"] == "$1,200.50"
    assert row["fbx_outstanding"] == "$1,500.50"
    late = salesperson.row("1,200.50")
    assert late["fbx_status"] == "Overdue"
    assert re.fullmatch(r"\d+/\d+/\d{4}", late["duedate"])
    assert salesperson.field("fbx_financialhealth") == "Overdue"


def test_which_of_my_deals_have_overdue_invoices(salesperson):
    salesperson.click("Deals with overdue invoices")

    (deal,) = salesperson.rows()
    assert deal["name"] == "New roof"
    assert deal["fbx_overdue"] == "$450.00"
    assert deal["fbx_financialhealth"] == "Overdue"


def test_was_an_invoice_paid_when_and_how(salesperson, firm):
    number = firm.numbers["paid"]
    salesperson.click("Invoices")
    row = salesperson.row(number)
    salesperson.click(row["name"])

    assert row["fbx_status"] == "Paid"
    assert salesperson.field("fbx_outstanding") == "$0.00"
    assert salesperson.field("fbx_paidon") == row["fbx_paidon"] != ""
    payment = salesperson.row("Payment")
    assert payment["fbx_method"] == "Check"
    assert payment["fbx_date"] == row["fbx_paidon"]


def test_who_has_gone_quiet(salesperson):
    salesperson.click("Gone quiet")

    assert [row["name"] for row in salesperson.rows()] == [QUIET]


def test_how_much_is_owed_and_how_old_is_it(salesperson):
    salesperson.click("Receivables")

    figures = salesperson.page.locator("figure, .chart").first.inner_text()
    assert "Overdue 61-90 days" in figures
    assert next(row["name"] for row in salesperson.rows() if "name" in row) == MERIDIAN


def test_what_came_in_this_month(salesperson):
    salesperson.click("Payments")

    rows = salesperson.rows()
    assert [(row["fbx_accountid"], row["fbx_amount"]) for row in rows] == [(ASTER, "$800.00")]


def test_how_a_deal_stands(salesperson):
    salesperson.click("Deals with overdue invoices")
    salesperson.click("New roof")

    assert salesperson.field("fbx_invoiced") == "$1,250.00"
    assert salesperson.field("fbx_paid") == "$800.00"
    assert salesperson.field("fbx_outstanding") == "$450.00"
    assert {row["fbx_status"] for row in salesperson.rows() if "duedate" in row} == {
        "Paid",
        "Overdue",
    }


def test_which_client_waits_for_a_decision_and_why(salesperson):
    salesperson.click("Need a person")

    (row,) = salesperson.rows()
    assert row["fbx_name"] == UNSURE
    assert row["fbx_reason"] == "2 active accounts have the same name"


def test_when_did_a_customer_pay_last(salesperson):
    salesperson.click("Customers")
    salesperson.click(ASTER)

    assert re.fullmatch(r"\d+/\d+/\d{4}", salesperson.field("fbx_lastpaymenton"))
    assert salesperson.row("Payment")["fbx_amount"] == "$800.00"


def test_what_is_next_due(salesperson):
    salesperson.click("Customers")

    assert re.fullmatch(r"\d+/\d+/\d{4}", salesperson.row(MERIDIAN)["fbx_nextdueon"])


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_the_screen(browser_page, address, width):
    browser_page.set_viewport_size({"width": width, "height": 900})
    for way in ("Receivables", "Overdue", "Invoices", "Payments"):
        browser_page.goto(f"{address}/_sandbox/app")
        follow(browser_page, link_in(browser_page, way))
        shown = browser_page.evaluate("document.documentElement.scrollWidth")
        assert shown <= width, way
