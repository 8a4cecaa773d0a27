"""Pages of long lists, and filters that an index serves: the rows they give are those of a scan.

Never how fast; that is the benches' part.
"""

import itertools
from decimal import Decimal
from urllib.parse import quote

import pytest

IN = "Microsoft.Dynamics.CRM.In"


@pytest.fixture
def accounts(seeds, dataverse):
    """Forty accounts whose names, cities and limits repeat, in no order."""
    names = [f"{kind} {number * 7 % 10}" for number in range(10) for kind in ("A", "É", "b", "Ab")]
    return [
        seeds.account(
            name,
            address1_city=("Halifax", None, "Boston")[place % 3],
            creditlimit=Decimal(place * 13 % 5),
        )
        for place, name in enumerate(names)
    ]


def listed(api, query, size=7):
    rows, url = [], f"accounts?$select=name,address1_city,creditlimit{query and '&'}{query}"
    while url:
        answer = api.get(url, Prefer=f"odata.maxpagesize={size}").json()
        rows += answer["value"]
        url = answer.get("@odata.nextLink")
    return [row["accountid"] for row in rows]


ORDERS = ["", "name", "name desc", "creditlimit desc", "address1_city", "address1_city desc,name"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "condition", ["", "startswith(name,'a')", "address1_city ne 'Boston' and creditlimit gt 0"]
)
def test_pages_together_are_the_list_in_one(api, accounts, order, condition):
    query = "&".join(
        f"{option}={quote(text)}"
        for option, text in (("$orderby", order), ("$filter", condition))
        if text
    )

    whole = listed(api, query, size=5000)

    assert len(whole) == len(set(whole)) > 5
    assert [listed(api, query, size=size) for size in (1, 7)] == [whole, whole]


@pytest.mark.parametrize("order", ["", "&$orderby=name", "&$orderby=name desc"])
def test_rows_that_come_and_go_while_one_reads_neither_double_nor_hide_others(
    api, seeds, dataverse, accounts, order
):
    prefer = "odata.maxpagesize=10"
    before = listed(api, order.removeprefix("&"))

    first = api.get(f"accounts?$select=name{order}", Prefer=prefer).json()
    seen = [row["accountid"] for row in first["value"]]
    dataverse.delete("account", seen[-1])
    dataverse.delete("account", before[30])
    seeds.account("A 0")
    url = first["@odata.nextLink"]
    while url:
        answer = api.get(url, Prefer=prefer).json()
        seen += [row["accountid"] for row in answer["value"]]
        url = answer.get("@odata.nextLink")

    assert len(seen) == len(set(seen))
    assert set(before) - set(seen) == {before[30]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("startswith(name,'ab')", lambda row: row["name"].startswith("Ab")),
        ("startswith(name,'e ')", lambda row: row["name"].startswith("É ")),
        ("startswith(name,'_ 1')", lambda row: row["name"][1:] == " 1"),
        ("startswith(name,'[ab] 2')", lambda row: row["name"] in {"A 2", "b 2"}),
        ("name ge 'ab' and name lt 'b'", lambda row: row["name"].startswith("Ab")),
        ("name eq 'a 1' or name eq 'B 2'", lambda row: row["name"] in {"A 1", "b 2"}),
        ("name eq 'a 1' or creditlimit eq 2", None),
        (f"{IN}(PropertyName='name',PropertyValues=['AB 3','É 4'])", None),
        (f"not {IN}(PropertyName='name',PropertyValues=['AB 3'])", None),
    ],
)
def test_an_index_finds_what_a_scan_finds(api, dataverse, accounts, text, expected):
    # Half of them changed since the index was built.
    listed(api, f"$filter={quote(text)}")
    for row_id in itertools.islice(accounts, 0, None, 2):
        row = dataverse.get("account", row_id)
        dataverse.update("account", row_id, name=row["name"].swapcase())
        dataverse.update("account", row_id, name=row["name"])

    found = listed(api, f"$filter={quote(text)}")

    scanned = listed(api, f"$filter={quote(f'({text}) and not (not ({text}))')}")
    assert found == scanned
    if expected is not None:
        rows = dataverse.all("account")
        assert found == [row["accountid"] for row in rows if expected(row)]


def test_a_refused_change_set_leaves_no_trace_in_any_order(api, dataverse, accounts, a_part):
    before = [listed(api, order) for order in ("", "$orderby=name", "$orderby=creditlimit")]

    answer = api.batch(
        [
            a_part("PATCH", f"accounts({accounts[4]})", {"name": "0"}, "1"),
            a_part("POST", "accounts", {"name": "zz", "creditlimit": 9}, "2"),
            a_part("DELETE", f"accounts({accounts[0]})", None, "3"),
            a_part("POST", "accounts", {"name": "x" * 161}, "4"),
        ]
    )

    after = [listed(api, order) for order in ("$orderby=name", "$orderby=creditlimit")]
    assert answer.status_code == 400
    assert len(dataverse.all("account")) == 40
    assert sorted(before[1]) == sorted(after[0])
    assert [dataverse.get("account", each)["name"] for each in after[0]] == [
        dataverse.get("account", each)["name"] for each in before[1]
    ]
