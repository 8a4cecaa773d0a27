"""`$apply` as the page on aggregating data has it: filters, groups, sums, the limit of rows."""

from decimal import Decimal
from urllib.parse import quote

import pytest

FORMATTED = "OData.Community.Display.V1.FormattedValue"


@pytest.fixture
def apply(api):
    def call(text, table="accounts", **headers):
        return api.rows(f"{table}?$apply={quote(text, safe='')}", **headers)

    return call


@pytest.fixture
def accounts(seeds, dataverse):
    jim = dataverse.add("contact", firstname="Jim", lastname="Glynn")
    maria = dataverse.add("contact", firstname="Maria", lastname="Campbell")
    seeds.account("A", revenue=Decimal(10000), primarycontactid=jim, address1_stateorprovince="WA")
    seeds.account(
        "B", revenue=Decimal(80000), primarycontactid=maria, address1_stateorprovince="wa"
    )
    seeds.account("C", revenue=Decimal("20000.50"), primarycontactid=maria, numberofemployees=3)
    seeds.account("D", statecode=1, numberofemployees=8, customertypecode=3)


def test_distinct_values_are_groups(apply, accounts):
    assert apply("groupby((statecode,statuscode))") == [
        {"statecode": 0, "statuscode": 1},
        {"statecode": 1, "statuscode": 2},
    ]


def test_what_is_null_in_a_group_is_left_out(apply, accounts):
    assert apply("groupby((statecode,customertypecode))") == [
        {"statecode": 0},
        {"statecode": 1, "customertypecode": 3},
    ]


def test_groups_are_counted_and_named(apply, accounts):
    rows = apply(
        "groupby((statuscode),aggregate($count as count))",
        Prefer=f'odata.include-annotations="{FORMATTED}"',
    )

    assert rows[0] == {
        f"statuscode@{FORMATTED}": "Active",
        "statuscode": 1,
        f"count@{FORMATTED}": "3",
        "count": 3,
    }
    assert rows[1][f"statuscode@{FORMATTED}"] == "Inactive"


def test_amounts_are_added_up_with_nine_decimals(api, accounts):
    answer = api.get(
        "accounts?$apply=" + quote("aggregate(revenue with sum as total)"),
        Prefer=f'odata.include-annotations="{FORMATTED}"',
    )

    assert answer.json()["value"][0][f"total@{FORMATTED}"] == "$110,000.50"
    assert '"total":110000.500000000' in answer.text
    assert answer.json()["@odata.context"].endswith("$metadata#accounts")


def test_smallest_largest_mean_and_distinct(apply, accounts):
    (row,) = apply(
        "aggregate(revenue with min as least,revenue with max as most,"
        "revenue with average as mean,numberofemployees with sum as people,"
        "primarycontactid/lastname with countdistinct as names)"
    )

    assert row["least"] == 10000
    assert row["most"] == 80000
    assert row["mean"] == Decimal("36666.833333333")
    assert (row["people"], row["names"]) == (11, 2)


def test_first_and_last_days_are_told(apply, seeds, clock):
    seeds.account("A")
    clock.forward(60)
    seeds.account("B")

    (row,) = apply("aggregate(createdon with min as first,createdon with max as last)")

    assert row == {"first": "2026-10-01T12:00:00Z", "last": "2026-10-01T12:01:00Z"}


def test_groups_behind_a_lookup_are_called_by_table_and_column(apply, accounts):
    rows = apply("groupby((primarycontactid/fullname),aggregate(revenue with sum as total))")

    assert rows == [
        {"total": None},
        {"contact_fullname": "Jim Glynn", "total": 10000},
        {"contact_fullname": "Maria Campbell", "total": Decimal("100000.5")},
    ]


def test_rows_are_filtered_before_they_are_grouped(apply, accounts):
    rows = apply("filter(address1_stateorprovince eq 'WA')/groupby((primarycontactid/fullname))")
    (total,) = apply(
        "filter(statecode eq 0 and contains(name,'a'))/aggregate(revenue with sum as total)"
    )

    assert [row["contact_fullname"] for row in rows] == ["Jim Glynn", "Maria Campbell"]
    assert total == {"total": 10000}


def test_text_groups_as_it_compares(apply, accounts):
    rows = apply("groupby((address1_stateorprovince),aggregate($count as count))")

    assert [row["count"] for row in rows] == [2, 2]


def test_lookups_group_by_their_value(apply, seeds, dataverse):
    account = seeds.account()
    for _ in range(2):
        seeds.invoice(account)
    seeds.invoice(seeds.account("Other"))

    rows = apply(
        f"filter(_customerid_value eq {account})/"
        "groupby((_customerid_value),aggregate($count as count))",
        "invoices",
    )

    assert rows == [{"_customerid_value": account, "count": 2}]


def test_nothing_adds_up_to_nothing(apply, seeds):
    (row,) = apply("aggregate($count as count,revenue with sum as total)")

    assert row == {"count": 0, "total": None}
    assert apply("groupby((statecode),aggregate($count as count))") == []


def test_groups_are_ordered_by_what_they_are_grouped_by(api, accounts):
    text = quote("groupby((statecode),aggregate($count as count))")

    rows = api.rows(f"accounts?$apply={text}&$orderby=statecode desc")
    refused = api.get(f"accounts?$apply={text}&$orderby=count desc")

    assert [row["statecode"] for row in rows] == [1, 0]
    assert refused.status_code == 400
    assert "SingleValueOpenPropertyAccess" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("groupby((createdon))", 400),
        ("groupby((nosuch))", 400),
        ("groupby(statecode)", 400),
        ("groupby((statecode),filter(statecode eq 0))", 501),
        ("aggregate(nosuch with sum as total)", 400),
        ("aggregate(revenue with median as total)", 400),
        ("aggregate(name with sum as total)", 400),
        ("aggregate(createdon with average as total)", 400),
        ("aggregate(revenue)", 400),
        ("aggregate($count as count", 400),
        ("filter(statecode eq 0)", 501),
        ("filter(nosuch eq 0)/aggregate($count as count)", 400),
        ("orderby(name)", 501),
    ],
)
def test_what_is_not_documented_is_refused(api, seeds, text, status):
    seeds.account()

    answer = api.get("accounts?$apply=" + quote(text, safe=""))

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == "0x80060888"


def test_it_goes_with_no_other_option_and_only_with_lists(api, seeds):
    text = "$apply=" + quote("aggregate($count as count)")
    account = seeds.account()

    assert api.get(f"accounts?{text}&$select=name").status_code == 501
    assert api.get(f"accounts?{text}&$filter=statecode eq 0").status_code == 501
    assert api.get(f"accounts/$count?{text}").status_code == 501
    assert api.get(f"accounts({account})/Account_Tasks?{text}").status_code == 501
    assert api.get(f"accounts({account})?{text}").status_code == 400
    assert api.get(f"EntityDefinitions?{text}").status_code == 400


def test_more_rows_than_the_limit_are_an_error_unless_a_filter_leaves_fewer(
    api, apply, seeds, dataverse, code
):
    limit = dataverse.set({})["choices"]["aggregate_limit"]
    for name in "ABC":
        seeds.account(name)
    dataverse.set({"choices": {"aggregate_limit": 2}})

    answer = api.get("accounts?$apply=" + quote("aggregate($count as count)"))

    assert limit == 50_000
    assert code(answer) == (400, "0x8004e023")
    assert "AggregateQueryRecordLimit" in answer.json()["error"]["message"]
    assert apply("filter(name ne 'A')/aggregate($count as count)") == [{"count": 2}]
