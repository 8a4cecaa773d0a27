"""Conditions on collections, and paths through lookups, as the page on filtering rows has them.

Where nulls are concerned the page says no more than "true for all members".
"""

from urllib.parse import quote

import pytest


@pytest.fixture
def names(api):
    def find(text, table="accounts", column="name"):
        query = f"{table}?$select={column}&$orderby={column}&$filter={quote(text, safe='')}"
        return [row[column] for row in api.rows(query)]

    return find


@pytest.fixture
def accounts(api, seeds, dataverse):
    """Alpha has an open and a closed task, Bravo closed ones, Charlie none."""
    api.clients()
    alpha, bravo = seeds.account("Alpha"), seeds.account("Bravo")
    seeds.account("Charlie")
    closed = {"statecode": 1, "statuscode": 5}
    for account, subject, state in (
        (alpha, "call them", {}),
        (alpha, "done", closed),
        (bravo, "call again", closed),
        (bravo, "also done", closed),
    ):
        dataverse.add("task", subject=subject, regardingobjectid_account_task=account, **state)
    for account, key in ((alpha, "x-1"), (alpha, "x-2"), (bravo, "x-3")):
        dataverse.add("fbx_client", fbx_name=key, fbx_key=key, fbx_AccountId=account)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fbx_account_client_AccountId/any(c:c/fbx_key eq 'x-3')", ["Bravo"]),
        ("fbx_account_client_AccountId/any(c: c/fbx_key eq 'X-1')", ["Alpha"]),
        ("fbx_account_client_AccountId/any(c:(c/fbx_key eq 'x-1'))", ["Alpha"]),
        ("fbx_account_client_AccountId/any(c:c/fbx_key eq 'nobody')", []),
        ("fbx_account_client_AccountId/any()", ["Alpha", "Bravo"]),
        ("not fbx_account_client_AccountId/any()", ["Charlie"]),
        ("Account_Tasks/any(t:contains(t/subject,'call'))", ["Alpha", "Bravo"]),
        (
            "Account_Tasks/any(t:contains(t/subject,'call') and t/statecode eq 0)",
            ["Alpha"],
        ),
        ("Account_Tasks/all(t:t/statecode eq 1)", ["Bravo", "Charlie"]),
        (
            "Account_Tasks/any() and Account_Tasks/all(t:t/statecode eq 1)",
            ["Bravo"],
        ),
        (
            "(Account_Tasks/any(t:t/statecode eq 0) or name eq 'Bravo') and name ne 'Alpha'",
            ["Bravo"],
        ),
        ("Account_Tasks/any(t:t/regardingobjectid_account_task/name eq 'Alpha')", ["Alpha"]),
        ("Account_Tasks/any(t:t/category eq 'none') or name eq 'Charlie'", ["Charlie"]),
        ("Account_Tasks/all(t:t/category eq 'none')", ["Charlie"]),
    ],
)
def test_a_condition_on_a_collection_finds(accounts, names, text, expected):
    assert names(text) == expected


def test_collections_nest_in_collections(seeds, dataverse, names):
    seeds.account("Other Inc.")
    account = seeds.account("Aster Inc.")
    contact = dataverse.add(
        "contact", lastname="L", jobtitle="Buyer", parentcustomerid_account=account
    )
    dataverse.add("opportunity", name="O", description="big", customerid_contact=contact)
    text = (
        "(contact_customer_accounts/any(c:c/jobtitle eq '{}' and "
        "c/opportunity_customer_contacts/any(o:o/description ne 'N/A'))) and endswith(name,'Inc.')"
    )

    assert names(text.format("buyer")) == ["Aster Inc."]
    assert names(text.format("seller")) == []


def test_rows_a_collection_is_searched_for_by_lookup(api, seeds, names):
    account = seeds.account("A")
    seeds.account("B")
    seeds.line(seeds.invoice(account))

    assert names(
        f"invoice_customer_accounts/any(i:i/_customerid_value eq {account} and "
        "i/invoice_details/any(l:l/quantity eq 1))"
    ) == ["A"]


@pytest.mark.parametrize(
    "text",
    [
        "primarycontactid/contact_customer_accounts/any(a:a/name eq 'x')",
        "Account_Tasks/any(t:t/regardingobjectid_account_task/Account_Tasks/any())",
        "Account_Tasks/all()",
        "Account_Tasks/any(t/subject eq 'x')",
        "Account_Tasks/any(t:subject eq 'x')",
        "Account_Tasks/any(t:u/subject eq 'x')",
        "Account_Tasks/any(t:t eq 'x')",
        "Account_Tasks/any(t:t/nosuch eq 'x')",
        "Account_Tasks/any(t:t/subject eq 'x'",
        "nosuch/any(t:t/subject eq 'x')",
        "primarycontactid/any(t:t/lastname eq 'x')",
        "contact_customer_accounts/any(c:c/opportunity_customer_contacts/any(o:c/lastname eq 'x'))",
    ],
)
def test_a_condition_that_is_not_supported_is_an_error(api, text, code):
    answer = api.get(f"accounts?$filter={quote(text, safe='')}")

    assert code(answer) == (400, "0x80060888")


def test_a_collection_behind_a_lookup_is_said_to_be_unsupported(api):
    text = quote("primarycontactid/contact_customer_accounts/any(a:a/name eq 'x')", safe="")

    message = api.get(f"accounts?$filter={text}").json()["error"]["message"]

    assert "behind a lookup" in message


def test_definitions_have_no_collections_to_ask_for(api):
    text = quote("Attributes/any(a:a/LogicalName eq 'name')", safe="")

    assert api.get(f"EntityDefinitions?$filter={text}").status_code == 400


def test_a_row_is_found_by_what_its_lookups_lead_to(api, seeds, dataverse, names):
    contact = dataverse.add("contact", firstname="Susanna", lastname="Stubberod")
    seeds.account("A", primarycontactid=contact)
    seeds.account("B")

    assert names("primarycontactid/fullname eq 'susanna stubberod'") == ["A"]
    assert names("primarycontactid/createdby/fullname eq '# connector'") == ["A"]
