"""Every column that is read from Dataverse reaches the judge."""

import contextlib

import pytest

from sandbox.check import Policies
from sandbox.check.found import CLIENT, ENTRY
from sandbox.remotes import RefusedError
from tests.contract.check.sales import Sales
from tests.contract.check.small import NUMBER


@pytest.fixture(scope="module")
def typed():
    with contextlib.closing(Sales()) as sales:
        yield sales


@pytest.fixture(scope="module")
def before(typed):
    return typed.dataverse.environment.saved()


@pytest.fixture
def sales(typed, before):
    """The rows as they were typed in; what a test changes is undone."""
    yield typed
    typed.dataverse.environment.restore(before)


@pytest.fixture
def fresh():
    """The same, with books that may be changed."""
    with contextlib.closing(Sales()) as sales:
        yield sales


def test_what_was_typed_in_equals_freshbooks(sales):
    assert sales.differences() == []


# A column of a row, a wrong value for it, and what the judge calls it. Values that begin with a
# colon are what a choice reads, those that begin with an at sign are rows; what begins with a tilde
# stands somewhere in the sentence.
WRONG = [
    ("client", "fbx_name", "Somebody", "name"),
    ("client", "fbx_outstanding", 1, "outstanding"),
    ("client", "fbx_overdue", 1, "overdue"),
    ("client", "fbx_credit", 1, "credit"),
    ("client", "fbx_current", 1, "not yet due"),
    ("client", "fbx_overdue30", 1, "1 to 30 days overdue"),
    ("client", "fbx_overdue60", 1, "31 to 60 days overdue"),
    ("client", "fbx_overdue90", 1, "61 to 90 days overdue"),
    ("client", "fbx_overdueolder", 1, "over 90 days overdue"),
    ("client", "fbx_balances", None, "balances"),
    ("client", "fbx_financialhealth", ":Payment due", "health"),
    ("client", "fbx_lastinvoiceon", "2020-01-01", "last invoice"),
    ("client", "fbx_lastpaymenton", "2020-01-01", "last payment"),
    ("client", "fbx_nextdueon", "2020-01-01", "next due"),
    ("client", "fbx_url", None, "url"),
    ("client", "fbx_state", ":Gone", "~is gone"),
    ("client", "fbx_linkedto", None, "~not carried out"),
    ("client", "fbx_carriedout", ":Gone", "~not carried out"),
    ("client", "fbx_key", "Nobody-1", "~is missing"),
    ("client", "fbx_accountid", "@other account", "~not carried out"),
    ("client", "transactioncurrencyid", "@other currency", "currency"),
    ("account", "fbx_outstanding", 1, "outstanding"),
    ("account", "fbx_overdue", 1, "overdue"),
    ("account", "fbx_credit", 1, "credit"),
    ("account", "fbx_current", 1, "not yet due"),
    ("account", "fbx_overdue30", 1, "1 to 30 days overdue"),
    ("account", "fbx_overdue60", 1, "31 to 60 days overdue"),
    ("account", "fbx_overdue90", 1, "61 to 90 days overdue"),
    ("account", "fbx_overdueolder", 1, "over 90 days overdue"),
    ("account", "fbx_balances", None, "balances"),
    ("account", "fbx_converted", 1, "converted"),
    ("account", "fbx_conversion", "Some", "conversion"),
    ("account", "fbx_financialhealth", ":Payment due", "health"),
    ("account", "fbx_lastinvoiceon", "2020-01-01", "last invoice"),
    ("account", "fbx_lastpaymenton", "2020-01-01", "last payment"),
    ("account", "fbx_nextdueon", "2020-01-01", "next due"),
    ("account", "transactioncurrencyid", "@other currency", "outstanding"),
    ("account", "statecode", 1, "~which is inactive"),
    ("opportunity", "fbx_invoiced", 1, "invoiced"),
    ("opportunity", "fbx_paid", 1, "paid"),
    ("opportunity", "fbx_outstanding", 1, "outstanding"),
    ("opportunity", "fbx_overdue", 1, "overdue"),
    ("opportunity", "fbx_financialhealth", ":Payment due", "health"),
    ("opportunity", "name", "PO-1", "~by which it belongs to none"),
    ("opportunity", "customerid_account", "@other account", "~by which it belongs to none"),
    ("invoice", "name", "0001", "name"),
    ("invoice", "customerid_account", "@other account", "customer"),
    ("invoice", "opportunityid", "@other opportunity", "~by which it belongs to"),
    ("invoice", "duedate", "2020-01-01", "due date"),
    ("invoice", "billto_line1", "Somewhere", "billing street"),
    ("invoice", "billto_line2", "Somewhere", "billing street 2"),
    ("invoice", "billto_city", "Somewhere", "billing city"),
    ("invoice", "billto_stateorprovince", "Somewhere", "billing province"),
    ("invoice", "billto_postalcode", "Somewhere", "billing postal code"),
    ("invoice", "billto_country", "Somewhere", "billing country"),
    ("invoice", "discountamount", 1, "sum of lines"),
    ("invoice", "discountpercentage", 1, "sum of lines"),
    ("invoice", "freightamount", 1, "native total"),
    ("invoice", "fbx_number", "0002", "number"),
    ("invoice", "fbx_invoicedate", "2020-01-01", "date"),
    ("invoice", "fbx_status", ":Sent", "status"),
    ("invoice", "fbx_total", 1, "total"),
    ("invoice", "fbx_paid", 1, "paid"),
    ("invoice", "fbx_outstanding", 1, "outstanding"),
    ("invoice", "fbx_paidon", "2020-01-01", "paid on"),
    ("invoice", "fbx_overduesince", "2020-01-01", "overdue since"),
    ("invoice", "fbx_complete", False, "complete"),
    ("invoice", "fbx_ponumber", "PO-1", "purchase order"),
    ("invoice", "fbx_placedby", "PO-1", "~says that it is by PO-1"),
    ("invoice", "fbx_replacedby", "EUR", "~is missing"),
    ("invoice", "fbx_url", None, "url"),
    ("invoice", "fbx_sourcekey", None, "~is missing"),
    ("line 1", "productdescription", "Something", "line 1"),
    ("line 1", "description", "Something", "line 1"),
    ("line 1", "quantity", 1, "amount of line 1"),
    ("line 1", "priceperunit", 1, "amount of line 1"),
    ("line 1", "tax", 1, "native total"),
    ("line 1", "manualdiscountamount", 1, "sum of lines"),
    ("line 1", "lineitemnumber", 9, "amount of line 1"),
    ("invoice entry", "subject", "Invoice", "subject"),
    ("invoice entry", "fbx_kind", ":Payment", "kind"),
    ("invoice entry", "fbx_amount", 1, "amount"),
    ("invoice entry", "fbx_outstanding", 1, "outstanding"),
    ("invoice entry", "fbx_status", ":Sent", "status"),
    ("invoice entry", "fbx_date", "2020-01-01", "date"),
    ("invoice entry", "fbx_duedate", "2020-01-01", "due date"),
    ("invoice entry", "fbx_paidon", "2020-01-01", "paid on"),
    ("invoice entry", "fbx_overduesince", "2020-01-01", "overdue since"),
    ("invoice entry", "sortdate", "2020-01-01T12:00:00Z", "sort date"),
    ("invoice entry", "scheduledend", "2020-01-01T12:00:00Z", "scheduled end"),
    ("invoice entry", "fbx_ponumber", None, "purchase order"),
    ("invoice entry", "fbx_url", None, "url"),
    ("invoice entry", "fbx_sourcekey", None, "~is missing"),
    ("invoice entry", "fbx_replacedby", "EUR", "~is missing"),
    ("invoice entry", "fbx_invoiceid", None, "invoice"),
    ("invoice entry", "fbx_accountid", "@other account", "account"),
    ("invoice entry", "fbx_clientid", None, "client row"),
    ("invoice entry", "statecode", 1, "state"),
    (
        "invoice entry",
        "regardingobjectid_account_fbx_financialactivity",
        "@account",
        "regarding",
    ),
    ("payment", "fbx_received", 1, "received"),
    ("payment", "fbx_returned", 1, "returned"),
    ("payment", "fbx_method", "Cash", "method"),
    ("payment", "fbx_reference", "0002", "reference"),
    ("payment", "actualend", "2020-01-01T12:00:00Z", "actual end"),
    ("expense", "description", "Something", "description"),
    ("expense", "fbx_tax", 1, "tax"),
    ("expense", "fbx_receipt", True, "receipt"),
    ("expense", "fbx_billing", None, "billing"),
    ("expense", "transactioncurrencyid", "@other currency", "currency"),
]
TABLES = {
    "client": CLIENT,
    "line 1": "invoicedetail",
    "invoice entry": ENTRY,
    "payment": ENTRY,
    "expense": ENTRY,
}


@pytest.mark.parametrize(
    ("row", "column", "value", "called"), WRONG, ids=[f"{each[0]} {each[1]}" for each in WRONG]
)
def test_a_wrong_column_is_called_by_its_name(sales, row, column, value, called):
    table = TABLES.get(row, row)
    if str(value).startswith(":"):
        value = sales.option(table, column, value[1:])
    elif str(value).startswith("@"):
        value = sales.ids[value[1:]]
    columns = {column: value}
    closed = row in {"payment", "expense"}
    if closed:  # what is completed has to be opened before it can be changed
        sales.dataverse.update(table, sales.ids[row], statecode=0)
    sales.dataverse.update(table, sales.ids[row], **columns)
    if closed:
        sales.dataverse.update(table, sales.ids[row], statecode=1)

    found = sales.differences()

    said = called[1:] if called.startswith("~") else f"): {called} "
    assert any(said in each for each in found), found


def test_who_owns_a_row_is_read(sales):
    somebody = sales.dataverse.user("Somebody Else")
    sales.dataverse.update("invoice", sales.ids["invoice"], ownerid=("systemuser", somebody))

    assert sales.differences() == []
    (sentence,) = sales.differences(policies=Policies(row_owner="connector"))
    assert sentence.endswith(f"belongs to the user {somebody}, and has to belong to the connector")


@pytest.fixture
def as_entries(fresh):
    """The small FreshBooks shown by entries alone, beside what the Sales app still holds."""
    number = {"fbx_reference": NUMBER, "fbx_placedby": None}
    leads = {"fbx_invoiceentryid": fresh.ids["invoice entry"]}
    for entry, columns in (("invoice entry", number), ("payment", leads)):
        row = {"regardingobjectid_account_fbx_financialactivity": fresh.ids["account"]}
        closed = {"statecode": 1} if entry == "payment" else {}
        if closed:
            fresh.dataverse.update(ENTRY, fresh.ids[entry], statecode=0)
        fresh.dataverse.update(ENTRY, fresh.ids[entry], **row, **columns, fbx_invoiceid=None)
        if closed:
            fresh.dataverse.update(ENTRY, fresh.ids[entry], **closed)
    return fresh


def test_where_entries_are_all_there_is_what_the_sales_app_holds_is_left_from_before(as_entries):
    as_entries.dataverse.update("invoice", as_entries.ids["invoice"], fbx_total=1)

    found = as_entries.as_entries()

    assert [each.rpartition(", though")[0] for each in found] == [
        f"{as_entries.key('invoice')} is a row of the table invoice",
        "the opportunity PO-4471 shows sums",
    ]
    assert as_entries.as_entries(left=True) == []


def test_there_may_be_no_sales_app_at_all(as_entries):
    as_entries.hide("opportunity", "pricelevel", "invoice", "invoicedetail")

    assert as_entries.as_entries() == []
    with pytest.raises(RefusedError):
        as_entries.differences()


def test_without_the_sales_app_a_payment_is_known_by_the_entry_it_leads_to(as_entries):
    as_entries.dataverse.update(ENTRY, as_entries.ids["payment"], statecode=0)
    as_entries.dataverse.update(ENTRY, as_entries.ids["payment"], fbx_invoiceentryid=None)
    as_entries.dataverse.update(ENTRY, as_entries.ids["payment"], statecode=1)

    (sentence,) = as_entries.as_entries(left=True)

    assert sentence.endswith(f"invoice has to be {as_entries.key('invoice')}, and is nothing")


@pytest.mark.parametrize(
    ("columns", "waits"),
    [
        ({"name": "0001"}, True),
        ({"name": "Theirs", "invoicenumber": "0001"}, True),
        ({"name": "Theirs", "shipto_name": "0001"}, True),
        ({"name": "Theirs", "shipto_name": "0002"}, False),
    ],
)
def test_the_number_of_an_invoice_that_was_there_may_stand_in_three_places(sales, columns, waits):
    for table, row in ((ENTRY, "payment"), (ENTRY, "invoice entry"), ("invoice", "invoice")):
        sales.dataverse.delete(table, sales.ids[row])
    theirs = {"customerid_account": sales.ids["account"]}
    sales.dataverse.add("invoice", **theirs, **columns)

    found = sales.differences(policies=Policies(match_invoice_field="shipto_name"))

    missing = [each for each in found if "invoice 0001" in each and "is missing" in each]
    assert (missing == []) is waits


def test_what_waits_can_be_told_by_its_number(sales):
    (client,) = sales.dataverse.all(CLIENT)
    number = int(client["fbx_key"].partition("-")[2])

    (sentence,) = sales.differences(held=[number])

    assert sentence.endswith(f"({client['fbx_key']}) is linked, though it waits for a decision")


def test_a_business_that_is_only_bought_from_is_not_compared(fresh):
    books = fresh.freshbooks.books
    supplier = books.create_business("Supplier", role="client").account_id
    other = books.create_business("Second").account_id
    books.create_client(organization="Somebody", account=supplier)
    client = books.create_client(organization="Somebody", account=other)["id"]

    assert fresh.differences() == [f"client Somebody ({other}-{client}) is missing in Dataverse"]
    assert fresh.differences(businesses=[books.business(None).account_id]) == []
    assert fresh.count() == 5


def test_text_columns_are_as_long_as_the_table_says(fresh):
    long = "Harbour " * 40
    (client,) = fresh.dataverse.all(CLIENT)
    number = int(client["fbx_key"].partition("-")[2])
    fresh.freshbooks.books.edit_client(number, organization=long)

    fresh.dataverse.update(CLIENT, fresh.ids["client"], fbx_name=long[:199] + "…")
    cut = fresh.differences()
    fresh.dataverse.update(CLIENT, fresh.ids["client"], fbx_name=long[:150] + "…")
    cut_too_soon = fresh.differences()

    assert cut == []
    assert len(cut_too_soon) == 1
