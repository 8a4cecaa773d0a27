"""`$expand` as the page on joining tables has it: single, nested, paged, limited."""

from urllib.parse import unquote

import pytest

NO_ORDER = "Only $select and $filter clause can be provided"


@pytest.fixture
def account(seeds, dataverse):
    """An account with three tasks and a contact."""
    account = seeds.account("Litware")
    for number in (1, 2, 3):
        dataverse.add("task", subject=f"Task {number}", regardingobjectid_account_task=account)
    contact = dataverse.add("contact", lastname="Stubberod", parentcustomerid_account=account)
    dataverse.update("account", account, primarycontactid=contact)
    return account


def only(api, query, **headers):
    (row,) = api.rows(f"accounts?$select=name&$expand={query}", **headers)
    return row


def subjects(row):
    return [task["subject"] for task in row["Account_Tasks"]]


def test_rows_of_a_single_expansion_carry_etag_and_lookup(api, account):
    row = only(api, "Account_Tasks($select=subject),primarycontactid($select=lastname)")

    assert set(row["Account_Tasks"][0]) == {
        "@odata.etag",
        "subject",
        "_regardingobjectid_value",
        "activityid",
    }
    assert row["Account_Tasks"][0]["_regardingobjectid_value"] == account
    assert set(row["primarycontactid"]) == {"lastname", "contactid"}


def test_a_single_expansion_is_filtered_ordered_limited_and_never_paged(api, account):
    prefer = "odata.maxpagesize=1"

    row = only(
        api,
        "Account_Tasks($select=subject;$filter=subject ne 'Task 1';$orderby=subject desc)",
        Prefer=prefer,
    )
    limited = only(api, "Account_Tasks($select=subject;$orderby=subject desc;$top=1)")

    assert subjects(row) == ["Task 3", "Task 2"]
    assert subjects(limited) == ["Task 3"]


def test_rows_under_a_nested_expansion_carry_neither(api, account):
    row = only(
        api,
        "Account_Tasks($select=subject),contact_customer_accounts($select=lastname;"
        "$expand=owninguser($select=fullname))",
    )

    assert set(row["Account_Tasks"][0]) == {"subject", "activityid"}
    contact = row["contact_customer_accounts"][0]
    assert set(contact) == {"lastname", "contactid", "owninguser"}
    assert set(contact["owninguser"]) == {"fullname", "systemuserid"}
    assert "@odata.etag" in row


def test_lookups_and_collections_nest_in_each_other(api, account, dataverse):
    rows = api.rows(
        "tasks?$select=subject&$orderby=subject&$expand=regardingobjectid_account_task("
        "$select=name;$expand=createdby($select=fullname),"
        "contact_customer_accounts($select=lastname;$filter=lastname eq 'Stubberod'))"
    )

    above = rows[0]["regardingobjectid_account_task"]
    assert above["name"] == "Litware"
    assert above["createdby"]["fullname"] == "# connector"
    assert [each["lastname"] for each in above["contact_customer_accounts"]] == ["Stubberod"]


def test_nested_collections_are_paged_by_the_page_size(api, account, seeds):
    seeds.account("Other")
    prefer = "odata.maxpagesize=2"

    first = api.get(
        "accounts?$select=name&$orderby=name&$expand=Account_Tasks($select=subject),"
        "contact_customer_accounts($select=lastname;$expand=owninguser($select=fullname))",
        Prefer=prefer,
    ).json()
    row = first["value"][0]
    following = api.get(row["Account_Tasks@odata.nextLink"], Prefer=prefer).json()

    assert len(first["value"]) == 2
    assert len(subjects(row)) == 2
    assert {*subjects(row), following["value"][0]["subject"]} == {"Task 1", "Task 2", "Task 3"}
    assert "@odata.nextLink" not in following
    assert "contact_customer_accounts@odata.nextLink" not in row
    assert "Account_Tasks@odata.nextLink" not in first["value"][1]


def test_the_next_page_of_a_nested_collection_keeps_its_options(api, account, dataverse):
    dataverse.add("task", subject="O'Brien & Sons", regardingobjectid_account_task=account)
    query = (
        f"accounts({account})?$select=name&$expand=Account_Tasks($select=subject;"
        "$filter=subject eq 'O''Brien %26 Sons' or subject eq 'Task 3';"
        "$expand=owninguser($select=fullname))"
    )

    row = api.get(query, Prefer="odata.maxpagesize=1").json()
    link = row["Account_Tasks@odata.nextLink"]
    following = api.get(link, Prefer="odata.maxpagesize=1").json()["value"]

    assert f"accounts({account})/Account_Tasks?$select=subject&" in unquote(link)
    assert {*subjects(row), following[0]["subject"]} == {"O'Brien & Sons", "Task 3"}
    assert following[0]["owninguser"]["fullname"] == "# connector"


def test_without_a_page_size_nested_collections_come_whole(api, account):
    row = only(
        api,
        "Account_Tasks($select=subject;$expand=owninguser($select=fullname))",
    )

    assert len(subjects(row)) == 3
    assert "Account_Tasks@odata.nextLink" not in row


@pytest.mark.parametrize(
    "query",
    [
        "Account_Tasks($select=subject;$top=1;$expand=owninguser($select=fullname))",
        "Account_Tasks($orderby=subject;$expand=owninguser($select=fullname))",
        "Account_Tasks($orderby=subject),primarycontactid($expand=owninguser($select=fullname))",
        "primarycontactid($expand=Contact_Tasks($top=1))",
        "primarycontactid($orderby=lastname)",
    ],
)
def test_with_anything_nested_collections_are_neither_ordered_nor_limited(api, query, code):
    answer = api.get(f"accounts?$expand={query}")

    assert code(answer) == (400, "0x80060888")
    assert NO_ORDER in answer.json()["error"]["message"]


def test_fifteen_expansions_are_too_many_with_one_more(api, account):
    fifteen = ",".join(["owninguser"] * 13) + ",primarycontactid($expand=owninguser)"

    assert api.get(f"accounts({account})?$expand={fifteen}").status_code == 200
    answer = api.get(f"accounts({account})?$expand={fifteen},createdby")
    assert answer.status_code == 400
    assert "15" in answer.json()["error"]["message"]


def test_the_context_tells_what_is_expanded(api, account):
    answer = api.get(
        "accounts?$select=name&$expand=primarycontactid($select=lastname;"
        "$expand=owninguser($select=fullname)),Account_Tasks($select=subject)"
    ).json()

    assert answer["@odata.context"].endswith(
        "#accounts(name,primarycontactid(lastname,owninguser(fullname)),Account_Tasks(subject))"
    )


def test_an_environment_may_link_every_single_collection_to_all_its_rows(api, account, dataverse):
    dataverse.set({"choices": {"expand_links": True}})

    row = only(api, "Account_Tasks($select=subject;$filter=subject ne 'Task 1')")
    link = row["Account_Tasks@odata.nextLink"]

    assert "skiptoken" not in link
    assert [each["subject"] for each in api.rows(link)] == subjects(row)
