"""Requests and rows on the wire: what is quoted, what is bound, what an operation becomes."""

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import unquote
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.dataverse import entry_views, invoice_views, readings, views
from shared.adapters.dataverse.odata import (
    PureRequest,
    Query,
    by_key,
    contains,
    equals,
    every,
    get,
    get_row,
    get_row_by_key,
    literal,
    some,
    to_current,
    to_request,
    to_requests,
)
from shared.adapters.http.exact_json import encode_json
from shared.core.homes import Account
from shared.core.rows import Change, Insert, Reference, Remove, State
from shared.core.schema import ACTIVITY_TABLE

ROW, OTHER = UUID(int=1), UUID(int=2)
texts = st.text(st.characters(exclude_categories=("Cs",)))


def read_literal(text):
    """Read a quoted OData text from the front, by OData's own rule; the rest is returned too."""
    assert text[0] == "'"
    value, at = "", 1
    while True:
        if text[at] != "'":
            value, at = value + text[at], at + 1
        elif text[at + 1 : at + 2] == "'":
            value, at = value + "'", at + 2
        else:
            return value, text[at + 1 :]


@given(texts)
def test_a_quoted_text_reads_back_as_it_was(text):
    assert read_literal(literal(text)) == (text, "")


@given(texts, texts)
def test_a_condition_cannot_be_left_by_its_value(name, other):
    condition = every(equals("name", name), equals("name", other))

    first, rest = read_literal(condition.removeprefix("name eq "))
    second, end = read_literal(rest.removeprefix(" and name eq "))

    assert (first, second, end) == (name, other, "")


@given(texts)
def test_a_query_reads_back_whole_after_decoding(name):
    query = str(Query(("name",), where=equals("name", name), top=5))

    options = [option.partition("=") for option in query.split("&")]

    assert {name: unquote(value) for name, _, value in options} == {
        "$select": "name",
        "$filter": f"name eq {literal(name)}",
        "$top": "5",
    }
    assert query.isascii()
    assert re.search(r"[\s#+]", query) is None


@given(texts)
def test_a_key_stays_one_segment_of_the_address(value):
    address = by_key("account", fbx_clientkey=value)

    inside = address.removeprefix("accounts(fbx_clientkey=").removesuffix(")")

    assert read_literal(unquote(inside)) == (value, "")
    assert re.search(r"[/?#&%]", re.sub(r"%[0-9A-F]{2}", "", address)) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (Decimal("0.10"), "0.10"),
        (Decimal("1E+3"), "1000"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 1, tzinfo=timezone(timedelta(hours=2))), "2026-01-30T23:00:00Z"),
        (ROW, "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_values_are_said_as_odata_says_them(value, text):
    assert literal(value) == text


def test_wildcards_in_a_name_are_no_wildcards():
    assert contains("name", "50%_[x]'s") == "contains(name,'50[%][_][[]x]''s')"


def test_an_expansion_carries_its_own_options():
    request = get("accounts(1)", Query(("name",), expand={"lines": Query(("a", "b"), where="c")}))

    assert request.path == "accounts(1)?$select=name&$expand=lines($select=a,b;$filter=c)"


def test_what_must_be_equal_comes_before_a_further_condition():
    query = Query(("name",), equal={"name": "O'Neill", "statecode": 0}, where="c")

    assert dict(query.options())["$filter"] == "name eq 'O''Neill' and statecode eq 0 and c"


def test_a_row_is_read_by_its_id_or_by_an_alternate_key():
    query = Query(("name",))

    assert get_row("account", ROW, query).path == f"accounts({ROW})?$select=name"
    assert (
        get_row_by_key("account", query, fbx_clientkey="xazq5-7").path
        == "accounts(fbx_clientkey='xazq5-7')?$select=name"
    )


def test_operations_become_requests_in_their_order():
    operations = [Remove("invoice", ROW), Change("invoice", ROW, {"name": "A"})]

    assert [each.method for each in to_requests(operations)] == ["DELETE", "PATCH"]


def test_a_row_is_created_under_its_own_id_and_only_if_it_is_not_there():
    insert = Insert(
        "invoice",
        ROW,
        columns={"name": "A", "duedate": date(2026, 1, 31)},
        lookups={"customerid": Reference("account", OTHER), "pricelevelid": None},
    )

    assert to_request(insert) == PureRequest(
        "PATCH",
        f"invoices({ROW})",
        {"If-None-Match": "*"},
        {
            "name": "A",
            "duedate": date(2026, 1, 31),
            "customerid_account@odata.bind": f"/accounts({OTHER})",
        },
    )


def test_a_change_holds_for_the_version_that_was_read():
    change = Change("invoice", ROW, {"name": "A"}, state=State(2, 100001), etag='W/"5"')

    request = to_request(change)

    assert (request.method, request.headers) == ("PATCH", {"If-Match": 'W/"5"'})
    assert request.body == {"name": "A", "statecode": 2, "statuscode": 100001}


def test_a_change_without_a_version_never_creates():
    assert to_request(Change("account", ROW, {"name": "A"})).headers == {"If-Match": "*"}


def test_a_removal_may_name_a_version():
    guarded, plain = Remove("invoice", ROW, 'W/"5"'), Remove("invoicedetail", ROW)

    assert to_request(guarded) == PureRequest("DELETE", f"invoices({ROW})", {"If-Match": 'W/"5"'})
    assert to_request(plain) == PureRequest("DELETE", f"invoicedetails({ROW})")


@pytest.mark.parametrize(
    ("column", "target", "bound"),
    [
        ("regardingobjectid", "account", "regardingobjectid_account_fbx_financialactivity"),
        ("regardingobjectid", "opportunity", "regardingobjectid_opportunity_fbx_financialactivity"),
        ("fbx_invoiceid", "invoice", "fbx_invoiceid"),
        ("transactioncurrencyid", "transactioncurrency", "transactioncurrencyid"),
    ],
)
def test_a_lookup_is_bound_by_the_name_for_its_target(column, target, bound):
    request = to_request(Change(ACTIVITY_TABLE, ROW, lookups={column: Reference(target, OTHER)}))

    assert list(request.body) == [f"{bound}@odata.bind"]
    assert request.path == f"fbx_financialactivities({ROW})"


def test_a_lookup_is_cleared_by_null():
    request = to_request(Change("invoice", ROW, lookups={"opportunityid": None}))

    assert request.body == {"opportunityid@odata.bind": None}


def test_a_customer_is_never_cleared():
    with pytest.raises(ValueError, match="customerid"):
        to_request(Change("invoice", ROW, lookups={"customerid": None}))


def test_what_an_entry_regards_is_cleared_whatever_that_is():
    entry = "fbx_financialactivity"

    request = to_request(Change(entry, ROW, lookups={"regardingobjectid": None}))

    assert request.body == {
        f"regardingobjectid_{target}_{entry}@odata.bind": None
        for target in ("account", "opportunity")
    }


def test_instants_are_sent_in_whole_seconds():
    moment = datetime(2026, 1, 31, 12, 0, 1, 999_999, tzinfo=UTC)

    request = to_request(Change("account", ROW, {"fbx_syncedon": moment}))

    assert json.loads(encode_json(request.body)) == {"fbx_syncedon": "2026-01-31T12:00:01Z"}


@given(st.decimals(-(10**15), 10**15, places=4))
def test_money_reaches_the_wire_to_the_digit(amount):
    request = to_request(Change("invoice", ROW, {"fbx_total": amount}))

    sent = json.loads(encode_json(request.body), parse_float=Decimal, parse_int=Decimal)

    assert sent["fbx_total"] == amount


def test_a_row_of_an_answer_is_taken_apart():
    row = {
        "@odata.etag": 'W/"7"',
        "invoiceid": str(ROW),
        "name": "A",
        "fbx_total": Decimal("10.0000"),
        "statecode": 0,
        "statuscode": 4,
        "_customerid_value": str(OTHER),
        "_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname": "account",
        "_opportunityid_value": None,
        "invoice_details": [{"x": 1}],
        "invoice_details@odata.nextLink": "https://x",
    }

    current = to_current("invoice", row)

    assert (current.id, current.etag, current.state) == (ROW, 'W/"7"', State(0, 4))
    assert current.columns == {"name": "A", "fbx_total": Decimal("10.0000")}
    assert current.lookups == {"customerid": OTHER, "opportunityid": None}


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"invoiceid": str(ROW)},
        {"@odata.etag": "1", "invoiceid": None},
        {"@odata.etag": "1", "invoiceid": "x"},
        {"@odata.etag": "1", "invoiceid": str(ROW), "_customerid_value": 5},
        {"@odata.etag": "1", "invoiceid": str(ROW), "statecode": 0},
    ],
)
def test_what_is_no_row_is_said_to_be_none(row):
    with pytest.raises(ValueError, match=r"no row|badly formed"):
        to_current("invoice", row)


def account(name, number=1):
    row = {"@odata.etag": "1", "accountid": str(UUID(int=number)), "name": name, "statecode": 0}
    return readings.to_account({**row, "statuscode": 1})


def test_similar_accounts_are_those_that_share_a_word_best_first():
    accounts = [account("Northwind Traders", 1), account("Wind Farm", 2), account("Traders", 3)]

    similar = views.most_similar("northwind TRADERS Ltd", accounts)

    assert [found.name for found in similar] == ["Northwind Traders", "Traders"]


def test_at_most_fifty_similar_accounts_are_suggested():
    similar = views.most_similar("Acme", [account(f"Acme {n}", n) for n in range(80)])

    assert len(similar) == 50
    assert all(isinstance(found, Account) for found in similar)


@pytest.mark.parametrize("name", ["", "  ", "-- & --"])
def test_a_name_without_a_word_is_not_looked_for(name):
    assert views.similar_accounts(name, None) is None


def test_similar_accounts_are_looked_for_by_their_longest_words():
    request = views.similar_accounts("The O'Neill & Fitzgerald Co Holding Company", None)

    where = unquote(request.path.partition("$filter=")[2].partition("&")[0])

    assert where == every(
        "statecode eq 0",
        some(*(contains("name", word) for word in ("fitzgerald", "company", "holding", "neill"))),
    )


def test_the_account_of_a_client_is_read_by_way_of_its_clients_with_the_opportunities_it_may_mean():
    *_, request = invoice_views.for_entry(UUID(int=1), None, "xazq5-7")
    *_, named = invoice_views.for_invoice(UUID(int=1), UUID(int=2), "xazq5-7", "O'Brien; 7")

    assert request.path.startswith("accounts?$select=name,")
    assert "&$filter=fbx_account_client/any(c:c/fbx_key%20eq%20'xazq5-7')&" in request.path
    assert request.path.endswith(
        "opportunity_customer_accounts($select=name,statecode;$filter=(statecode%20eq%200))"
    )
    assert named.path.endswith("$filter=(statecode%20eq%200%20or%20name%20eq%20'O''Brien;%207'))")


def test_where_entries_are_all_there_is_no_request_names_a_table_of_the_sales_app():
    entry, invoice = UUID(int=1), UUID(int=2)

    requests = [
        *entry_views.for_invoice(entry, "xazq5-7"),
        *entry_views.for_entry(entry, invoice, "xazq5-7"),
        views.home_by_client("xazq5-7", None, {}),
        views.account_by_id(UUID(int=3), None, {}),
    ]

    named = ("invoices(", "invoicedetail", "opportunit", "pricelevel", "invoice_", "fbx_invoiceid_")
    assert [each.path for each in requests if any(name in each.path for name in named)] == []
    assert "_fbx_invoiceentryid_value" in requests[0].path


def test_an_entry_that_stands_alone_is_on_the_account_that_it_names():
    named, regarded, billed = (str(uuid4()) for _ in range(3))
    row = {
        "@odata.etag": 'W/"1"',
        "activityid": str(uuid4()),
        "fbx_reference": "0001",
        "_fbx_accountid_value": named,
        "_regardingobjectid_value": regarded,
        "_fbx_invoiceentryid_value": billed,
    }

    found = readings.to_entry_alone(row)

    assert (str(found.customer), str(found.regarding)) == (named, regarded)
    assert (found.opportunity, str(found.invoice), found.number) == (None, billed, "0001")
