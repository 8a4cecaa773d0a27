"""Queries: filters, expansion, order, pages, counts, annotations, as the query pages describe."""

from decimal import Decimal
from urllib.parse import quote

import pytest

FORMATTED = "OData.Community.Display.V1.FormattedValue"
TARGET = "Microsoft.Dynamics.CRM.lookuplogicalname"


def names(api, query):
    return [row["name"] for row in api.rows(f"accounts?$select=name&$orderby=name&{query}")]


@pytest.fixture
def accounts(seeds):
    seeds.account("Alpha", numberofemployees=10, revenue=Decimal("10.50"), creditonhold=True)
    seeds.account("Bravo", numberofemployees=20, telephone1="555")
    seeds.account("Café Zoë", numberofemployees=30, customertypecode=3)
    seeds.account("O'Brien & Sons", numberofemployees=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name eq 'alpha'", ["Alpha"]),
        ("name eq 'CAFE ZOE  '", ["Café Zoë"]),
        ("name eq 'O''Brien & Sons'", ["O'Brien & Sons"]),
        ("name ne 'alpha'", ["Bravo", "Café Zoë", "O'Brien & Sons"]),
        ("numberofemployees gt 10", ["Bravo", "Café Zoë"]),
        ("numberofemployees ge 10 and numberofemployees lt 30", ["Alpha", "Bravo"]),
        ("numberofemployees le 10 or numberofemployees eq 30", ["Alpha", "Café Zoë"]),
        ("30 eq numberofemployees", ["Café Zoë"]),
        ("numberofemployees eq null", ["O'Brien & Sons"]),
        ("numberofemployees ne null and not (name eq 'Bravo')", ["Alpha", "Café Zoë"]),
        ("not (numberofemployees gt 10)", ["Alpha"]),
        ("not contains(telephone1,'9')", ["Bravo"]),
        ("(name eq 'Alpha' or name eq 'Bravo') and numberofemployees gt 15", ["Bravo"]),
        ("contains(name,'FE Z')", ["Café Zoë"]),
        ("startswith(name,'o''b')", ["O'Brien & Sons"]),
        ("endswith(name,'o')", ["Bravo"]),
        ("contains(name,'a_h')", []),
        ("contains(name,'l_h')", ["Alpha"]),
        ("startswith(name,'[ab]')", ["Alpha", "Bravo"]),
        ("creditonhold eq true", ["Alpha"]),
        ("customertypecode eq 3", ["Café Zoë"]),
        ("revenue eq 10.5", ["Alpha"]),
        ("createdon ge 2026-10-01T00:00:00Z and name eq 'Alpha'", ["Alpha"]),
        ("createdon lt 2026-10-01", []),
        ("revenue gt numberofemployees", ["Alpha"]),
        ("transactioncurrencyid/isocurrencycode eq 'usd' and name eq 'Bravo'", ["Bravo"]),
        ("primarycontactid/lastname eq 'Doe'", []),
        (
            "Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=['ALPHA','Bravo'])",
            ["Alpha", "Bravo"],
        ),
    ],
)
def test_a_filter_finds(api, accounts, text, expected):
    assert names(api, "$filter=" + quote(text, safe="")) == expected


def test_in_takes_its_values_from_a_parameter_alias(api, accounts):
    text = quote("Microsoft.Dynamics.CRM.In(PropertyName=@p1,PropertyValues=@p2)")

    found = names(api, f"$filter={text}&@p1='name'&@p2=" + quote('["O\'Brien & Sons"]'))

    assert found == ["O'Brien & Sons"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("$filter=nosuch eq 1", 400),
        ("$filter=name eq alpha", 400),
        ("$filter=name eq 5", 400),
        ("$filter=customertypecode eq '3'", 400),
        ("$filter=accountid eq 'x'", 400),
        ("$filter=name eq 'a", 400),
        ("$filter=name eq 'a') or (name eq 'b'", 400),
        ("$filter=name like 'a'", 400),
        ("$filter=concat(name,'a') eq 'aa'", 400),
        ("$filter=Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=1)", 501),
        ("$select=nosuch", 400),
        ("$select=Name", 400),
        ("$expand=nosuch", 400),
        ("$expand=primarycontactid($filter=lastname eq 'a')", 400),
        ("$expand=primarycontactid($top=x)", 400),
        ("$orderby=name sideways", 400),
        ("$orderby=nosuch", 400),
        ("$top=0", 400),
        ("$top=5001", 400),
        ("$skip=5", 400),
        ("$count=yes", 400),
        ("$skiptoken=garbage", 400),
        ("color=red", 400),
        ("$select=name&$select=name", 400),
    ],
)
def test_a_query_that_is_not_understood_is_an_error(api, accounts, query, status):
    answer = api.get("accounts?" + query)

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == "0x80060888"


def test_rows_are_found_by_lookup_value(api, seeds):
    parent = seeds.account("Parent")
    child = seeds.account("Child", parentaccountid=parent)

    found = api.rows(f"accounts?$select=name&$filter=_parentaccountid_value eq {parent}")

    assert [row["accountid"] for row in found] == [child]


def test_order_is_by_collation_nulls_first_and_either_way(api, accounts):
    up = api.rows("accounts?$select=name&$orderby=numberofemployees")
    down = api.rows("accounts?$select=name&$orderby=creditonhold desc,name desc")

    assert [row["name"] for row in up] == ["O'Brien & Sons", "Alpha", "Bravo", "Café Zoë"]
    assert [row["name"] for row in down] == ["Alpha", "O'Brien & Sons", "Café Zoë", "Bravo"]


def test_select_answers_the_columns_the_key_and_the_etag(api, accounts):
    row = api.rows("accounts?$select=name,_primarycontactid_value&$top=1")[0]

    assert set(row) == {"@odata.etag", "name", "_primarycontactid_value", "accountid"}


def test_without_select_all_columns_come_empty_ones_included(api, seeds):
    row = api.get(f"accounts({seeds.account()})").json()

    assert row["address1_line1"] is None
    assert row["statecode"] == 0
    assert "customerid" not in row


def test_expand_nests_with_its_own_options(api, seeds, dataverse):
    account = seeds.account("Parent")
    for subject in ("b", "a", "c"):
        dataverse.add("task", subject=subject, regardingobjectid_account_task=account)

    row = api.get(
        f"accounts({account})?$select=name&$expand=Account_Tasks($select=subject;"
        "$filter=subject ne 'c';"
        "$expand=regardingobjectid_account_task($select=name)),"
        "transactioncurrencyid($select=isocurrencycode)"
    ).json()

    assert sorted(task["subject"] for task in row["Account_Tasks"]) == ["a", "b"]
    assert row["Account_Tasks"][0]["regardingobjectid_account_task"]["name"] == "Parent"
    assert row["transactioncurrencyid"]["isocurrencycode"] == "USD"


def test_expanding_an_empty_lookup_is_null_and_an_empty_collection_a_list(api, seeds):
    row = api.get(f"accounts({seeds.account()})?$expand=primarycontactid,Account_Tasks").json()

    assert row["primarycontactid"] is None
    assert row["Account_Tasks"] == []


def test_an_invoice_comes_with_its_lines_in_one_read(api, seeds):
    invoice = seeds.invoice()
    line = seeds.line(invoice)

    row = api.get(
        f"invoices({invoice})?$select=name&$expand=invoice_details($select=quantity)"
    ).json()

    assert [each["invoicedetailid"] for each in row["invoice_details"]] == [line]


def test_pages_follow_the_next_link_until_there_is_none(api, seeds):
    for number in range(7):
        seeds.account(f"A{number}")
    prefer = "odata.maxpagesize=3"

    first = api.get("accounts?$select=name&$orderby=name desc", Prefer=prefer).json()
    second = api.get(first["@odata.nextLink"], Prefer=prefer).json()
    third = api.get(second["@odata.nextLink"], Prefer=prefer).json()

    found = [row["name"] for page in (first, second, third) for row in page["value"]]
    assert found == [f"A{number}" for number in range(6, -1, -1)]
    assert "@odata.nextLink" not in third


def test_a_row_added_between_pages_shifts_nothing(api, seeds):
    for name in ("B", "C", "D"):
        seeds.account(name)
    prefer = "odata.maxpagesize=2"

    first = api.get("accounts?$select=name&$orderby=name", Prefer=prefer).json()
    seeds.account("A")
    second = api.get(first["@odata.nextLink"], Prefer=prefer).json()

    assert [row["name"] for row in second["value"]] == ["D"]


def test_a_page_size_makes_top_be_ignored(api, accounts):
    answer = api.get("accounts?$select=name&$top=1", Prefer="odata.maxpagesize=3").json()

    assert len(answer["value"]) == 3
    assert "@odata.nextLink" in answer


def test_top_alone_ends_the_list(api, accounts):
    answer = api.get("accounts?$select=name&$top=2").json()

    assert len(answer["value"]) == 2
    assert "@odata.nextLink" not in answer


def test_a_page_holds_no_more_than_5000_rows_and_the_count_stops_there(api):
    targets = [
        {"@odata.type": "Microsoft.Dynamics.CRM.account", "name": f"A{number}"}
        for number in range(5001)
    ]
    api.post("accounts/Microsoft.Dynamics.CRM.CreateMultiple", {"Targets": targets})

    answer = api.get(
        "accounts?$select=name&$count=true",
        Prefer='odata.include-annotations="Microsoft.Dynamics.CRM.totalrecordcount"',
    ).json()

    assert len(answer["value"]) == 5000
    assert answer["@odata.count"] == 5000
    assert answer["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] is True
    assert len(api.rows(answer["@odata.nextLink"])) == 1
    assert api.get("accounts/$count").text == "5000"


def test_annotations_come_on_request_only(api, seeds):
    invoice = seeds.invoice(duedate="2026-01-31", freightamount=Decimal("1234.5"))
    address = (
        f"invoices({invoice})?$select=duedate,freightamount,statuscode,_customerid_value,createdon"
    )

    plain = api.get(address).json()
    asked = api.get(address, Prefer='odata.include-annotations="*"').json()

    assert not any("@" in name for name in plain if not name.startswith("@odata"))
    assert asked[f"duedate@{FORMATTED}"] == "1/31/2026"
    assert asked[f"freightamount@{FORMATTED}"] == "$1,234.50"
    assert asked[f"statuscode@{FORMATTED}"] == "New"
    assert asked[f"createdon@{FORMATTED}"] == "10/1/2026 12:00 PM"
    assert asked[f"_customerid_value@{FORMATTED}"] == "Aster Works"
    assert asked[f"_customerid_value@{TARGET}"] == "account"
    navigation = "Microsoft.Dynamics.CRM.associatednavigationproperty"
    assert asked[f"_customerid_value@{navigation}"] == "customerid_account"


def test_one_kind_of_annotation_can_be_asked_for(api, seeds):
    invoice = seeds.invoice()

    asked = api.get(
        f"invoices({invoice})?$select=_customerid_value",
        Prefer=f'odata.include-annotations="{TARGET}"',
    ).json()

    assert f"_customerid_value@{TARGET}" in asked
    assert f"_customerid_value@{FORMATTED}" not in asked


def test_collections_below_a_record_can_be_queried(api, seeds, dataverse):
    account = seeds.account()
    for subject in ("a", "b"):
        dataverse.add("task", subject=subject, regardingobjectid_account_task=account)

    found = api.rows(f"accounts({account})/Account_Tasks?$filter=subject eq 'b'&$select=subject")

    assert [row["subject"] for row in found] == ["b"]


def test_clients_can_probe_which_tables_take_bulk_messages(api):
    query = (
        "sdkmessagefilters?$select=sdkmessagefilterid&$filter=sdkmessageid/name eq "
        "'CreateMultiple' and primaryobjecttypecode eq '{}'"
    )

    assert len(api.rows(query.format("invoice"))) == 1
    assert api.rows(query.format("organization")) == []
