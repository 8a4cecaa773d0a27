"""Merging accounts and contacts, as the pages on Merge and on cascading behaviour describe it.

What they leave open is a choice of the environment: see `sandbox.dataverse.choices`.
"""

from decimal import Decimal

import pytest

PRIVILEGES = ["prvReadAccount", "prvWriteAccount", "prvAppendToAccount", "prvMerge"]


@pytest.fixture
def merge(api):
    def call(master, subordinate, content=None, *, table="account", checks=False, **more):
        kind = f"{api.crm}{table}"

        def party(row_id):
            return {"@odata.type": kind, f"{table}id": row_id}

        body = {
            "Target": party(master),
            "Subordinate": party(subordinate),
            "PerformParentingChecks": checks,
            **({} if content is None else {"UpdateContent": {"@odata.type": kind, **content}}),
            **more,
        }
        return api.post("Merge", body)

    return call


@pytest.fixture
def pair(seeds):
    return seeds.account("Aster Works"), seeds.account("Aster Works Ltd")


# merge-entity-using-web-api: 204; data moves to the target, the subordinate is deactivated.
# Account reference: `merged` and `masterid` tell of it.


def test_the_subordinate_is_deactivated_and_names_its_master(api, merge, pair):
    master, subordinate = pair

    answer = merge(master, subordinate)

    rows = api.rows(
        "accounts?$select=statecode,statuscode,merged,_masterid_value&$orderby=name"
        "&$expand=masterid($select=name)"
    )
    assert answer.status_code == 204
    assert answer.text == ""
    assert [row["statecode"] for row in rows] == [0, 1]
    assert rows[0]["merged"] is False
    assert rows[1]["merged"] is True
    assert rows[1]["statuscode"] == 2
    assert rows[1]["_masterid_value"] == master
    assert rows[1]["masterid"]["name"] == "Aster Works"


@pytest.mark.parametrize("table", ["account", "contact"])
def test_merged_and_masterid_are_read_only(api, seeds, dataverse, table):
    name = "name" if table == "account" else "lastname"
    row, other = (dataverse.add(table, **{name: "A"}) for _ in range(2))

    assert api.patch(f"{table}s({row})", {"merged": True}).status_code == 400
    bound = {"masterid@odata.bind": f"/{table}s({other})"}
    assert api.patch(f"{table}s({row})", bound).status_code == 400
    assert api.post(f"{table}s", {name: "B", "merged": True}).status_code == 400


def test_what_was_picked_goes_to_the_master_and_nothing_else(api, merge, dataverse, seeds):
    api.publisher("fbx")
    api.column("account", "fbx_Note", "String", MaxLength=60)
    master = seeds.account("A")
    subordinate = seeds.account("B", telephone1="555", fbx_note="of B")

    merge(master, subordinate, {"accountnumber": "1234"})

    row = dataverse.get("account", master)
    assert (row["name"], row["accountnumber"]) == ("A", "1234")
    assert (row["telephone1"], row["fbx_note"]) == (None, None)


def test_an_environment_may_fill_empty_custom_columns_but_those_of_keys(
    api, merge, dataverse, seeds
):
    api.publisher("fbx")
    for name in ("Note", "Kept", "Key"):
        api.column("account", f"fbx_{name}", "String", MaxLength=60)
    api.key("account", "fbx_AccountKey", "fbx_key")
    dataverse.set({"choices": {"merge_fills_empty": True}})
    master = seeds.account("A", fbx_kept="of A")
    subordinate = seeds.account("B", fbx_note="of B", fbx_kept="of B", fbx_key="7", fax="1")

    answer = merge(master, subordinate)

    row = dataverse.get("account", master)
    assert answer.status_code == 204
    assert [row[f"fbx_{name}"] for name in ("note", "kept", "key")] == ["of B", "of A", None]
    assert row["fax"] is None


def test_an_owner_who_is_picked_gets_what_belongs_to_the_account(merge, pair, seeds, dataverse):
    sally = dataverse.user("Sally Seller")
    gone = dataverse.user("Gone Long Ago", isdisabled=True)
    own, moved = seeds.invoice(pair[0]), seeds.invoice(pair[1])

    refused = merge(*pair, {"ownerid@odata.bind": f"/systemusers({gone})"})
    accepted = merge(*pair, {"ownerid@odata.bind": f"/systemusers({sally})"})

    assert [refused.status_code, accepted.status_code] == [403, 204]
    assert dataverse.get("account", pair[0])["_ownerid_value"] == sally
    assert dataverse.get("invoice", own)["_ownerid_value"] == sally
    assert dataverse.get("invoice", moved)["_ownerid_value"] != sally


def test_a_read_only_column_cannot_be_picked(api, merge, pair, dataverse):
    answers = [
        merge(*pair, {"merged": True}),
        merge(*pair, {"createdon": "2020-01-01T00:00:00Z"}),
        merge(*pair, {"nosuch": 1}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert dataverse.get("account", pair[1])["statecode"] == 0


def test_a_key_picked_from_the_subordinate_is_a_duplicate_and_undoes_all(
    api, merge, dataverse, seeds, code
):
    api.keyed_accounts()
    master = seeds.account("A")
    subordinate = seeds.account("B", fb_clientkey="x-7")
    invoice = seeds.invoice(subordinate)

    answer = merge(master, subordinate, {"fb_clientkey": "x-7", "fax": "1"})

    assert code(answer) == (412, "0x80060892")
    assert dataverse.get("account", master)["fax"] is None
    assert dataverse.get("account", subordinate)["statecode"] == 0
    assert dataverse.get("invoice", invoice)["_customerid_value"] == subordinate


# configure-entity-relationship-cascading-behavior: rows are re-pointed where Merge is Cascade.


def test_everything_that_pointed_at_the_subordinate_points_at_the_master(
    api, merge, pair, seeds, dataverse
):
    api.clients(Merge="Cascade")
    api.activity_table("fbx_Payment")
    master, subordinate = pair
    rows = {
        ("invoice", "customerid"): seeds.invoice(subordinate),
        ("opportunity", "customerid"): dataverse.add(
            "opportunity", name="O", customerid_account=subordinate
        ),
        ("opportunity", "parentaccountid"): dataverse.add(
            "opportunity", name="P", parentaccountid=subordinate
        ),
        ("contact", "parentcustomerid"): dataverse.add(
            "contact", lastname="L", parentcustomerid_account=subordinate
        ),
        ("account", "parentaccountid"): seeds.account("Child", parentaccountid=subordinate),
        ("task", "regardingobjectid"): dataverse.add(
            "task", subject="t", regardingobjectid_account_task=subordinate
        ),
        ("fbx_payment", "regardingobjectid"): dataverse.add(
            "fbx_payment", subject="p", regardingobjectid_account_fbx_payment=subordinate
        ),
        ("annotation", "objectid"): dataverse.add(
            "annotation", subject="n", objectid_account=subordinate
        ),
        ("fbx_client", "fbx_accountid"): dataverse.add(
            "fbx_client", fbx_name="C", fbx_AccountId=subordinate
        ),
    }

    merge(master, subordinate)

    for (table, column), row_id in rows.items():
        assert dataverse.get(table, row_id)[f"_{column}_value"] == master, (table, column)
    regarded = api.rows(f"activitypointers?$filter=_regardingobjectid_value eq {master}")
    assert {row["subject"] for row in regarded} == {"t", "p"}


def test_paid_invoices_completed_activities_and_inactive_rows_move_too(
    merge, pair, seeds, dataverse
):
    master, subordinate = pair
    invoice = seeds.invoice(subordinate, statecode=2, statuscode=100001)
    task = dataverse.add(
        "task",
        subject="t",
        regardingobjectid_account_task=subordinate,
        statecode=1,
        statuscode=5,
    )
    child = seeds.account("Child", parentaccountid=subordinate, statecode=1)

    merge(master, subordinate)

    moved = dataverse.get("invoice", invoice)
    assert moved["_customerid_value"] == master
    assert (moved["statecode"], moved["statuscode"]) == (2, 100001)
    assert dataverse.get("task", task)["_regardingobjectid_value"] == master
    assert dataverse.get("account", child)["_parentaccountid_value"] == master


def test_a_custom_relationship_that_does_not_cascade_stays_with_the_subordinate(
    api, merge, pair, dataverse
):
    api.clients(Merge="NoCascade")
    client = dataverse.add("fbx_client", fbx_name="C", fbx_AccountId=pair[1])

    merge(*pair)

    assert dataverse.get("fbx_client", client)["_fbx_accountid_value"] == pair[1]


@pytest.mark.parametrize(("touches", "hour"), [(True, 13), (False, 12)])
def test_rows_that_move_are_modified_unless_the_environment_says_otherwise(
    merge, pair, seeds, dataverse, clock, touches, hour
):
    dataverse.set({"choices": {"merge_touches_children": touches}})
    invoice = seeds.invoice(pair[1])
    before = dataverse.get("invoice", invoice)["@odata.etag"]
    clock.forward(3600)

    merge(*pair)

    row = dataverse.get("invoice", invoice)
    assert row["modifiedon"] == f"2026-10-01T{hour}:00:00Z"
    assert row["@odata.etag"] != before


def test_a_master_that_is_merged_itself_leaves_a_chain(merge, seeds, dataverse):
    first, second, third = (seeds.account(name) for name in "ABC")
    merge(second, first)
    merge(third, second)

    assert dataverse.get("account", first)["_masterid_value"] == second
    assert dataverse.get("account", second)["_masterid_value"] == third


def test_contacts_are_merged_with_the_accounts_they_are_primary_for(merge, seeds, dataverse):
    master, subordinate = (dataverse.add("contact", lastname=name) for name in "AB")
    account = seeds.account(primarycontactid=subordinate)

    answer = merge(master, subordinate, table="contact")

    assert answer.status_code == 204
    assert dataverse.get("account", account)["_primarycontactid_value"] == master
    assert dataverse.get("contact", subordinate)["_masterid_value"] == master


def test_a_person_merges_too_and_picks_values(api, seeds, dataverse):
    first, second, third = (seeds.account(name) for name in "ABC")

    dataverse.merge("account", first, second, fax="1")
    answer = api.session.post(
        f"{api.origin}/_sandbox/rows/account/{first}/merge", json={"subordinate": third, "fax": "2"}
    )

    assert answer.status_code == 204
    assert dataverse.get("account", first)["fax"] == "2"
    assert [dataverse.get("account", row)["_masterid_value"] for row in (second, third)] == [
        first,
        first,
    ]


# web-service-error-codes: MergeEntitiesIdenticalError, MergeEntityNotActiveError,
# MergeSecurityError, MergeCyclicalParentingError and the two warnings about parents.


def test_a_row_is_not_merged_with_itself_nor_with_an_inactive_or_missing_one(
    api, merge, pair, seeds, code
):
    first, second = pair
    inactive = seeds.account("I", statecode=1)

    assert code(merge(first, first)) == (400, "0x80045305")
    assert code(merge(first, inactive)) == (400, "0x80045304")
    assert code(merge(inactive, second)) == (400, "0x80045304")
    assert code(merge(first, seeds.guid())) == (404, "0x80040217")
    assert code(merge(seeds.guid(), second)) == (404, "0x80040217")


def test_only_accounts_and_contacts_are_merged_and_only_with_their_like(
    api, merge, pair, seeds, dataverse
):
    invoices = [seeds.invoice(), seeds.invoice()]
    contact = dataverse.add("contact", lastname="L")
    other = {"@odata.type": f"{api.crm}contact", "contactid": contact}

    assert merge(*invoices, table="invoice").status_code == 400
    assert merge(*pair, Subordinate=other).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"Target": {"accountid": "x"}},
        {"Target": {"@odata.type": "Microsoft.Dynamics.CRM.account"}},
        {"PerformParentingChecks": "no"},
        {"PerformParentingChecks": None},
        {"Merged": True},
    ],
)
def test_a_body_that_lacks_something_is_refused(merge, pair, dataverse, change, code):
    answer = merge(*pair, **change)

    assert code(answer) == (400, "0x80048d19")
    assert dataverse.get("account", pair[1])["merged"] is False


@pytest.mark.parametrize("lacking", PRIVILEGES)
def test_a_caller_without_a_privilege_does_not_merge(merge, pair, dataverse, lacking, code):
    dataverse.set({"privileges": {lacking: None}})

    answer = merge(*pair)

    assert code(answer) == (403, "0x80045301")
    assert lacking in answer.text
    assert dataverse.get("account", pair[1])["statecode"] == 0


def test_a_master_below_its_subordinate_would_be_its_own_parent(merge, seeds, code):
    top = seeds.account("Top")
    middle = seeds.account("Middle", parentaccountid=top)
    bottom = seeds.account("Bottom", parentaccountid=middle)

    assert code(merge(bottom, top)) == (400, "0x80045300")
    assert merge(top, bottom).status_code == 204


def test_different_parents_are_in_the_way_if_asked_for(merge, seeds, code):
    parents = [seeds.account("P"), seeds.account("Q")]
    none = seeds.account("N")
    first, second = (seeds.account("C", parentaccountid=parent) for parent in parents)
    same = seeds.account("S", parentaccountid=parents[1])

    assert code(merge(first, second, checks=True)) == (400, "0x80045316")
    assert code(merge(none, second, checks=True)) == (400, "0x80045317")
    assert merge(same, second, checks=True).status_code == 204
    assert merge(none, first, checks=False).status_code == 204


def test_totals_stand_after_a_merge(merge, pair, seeds, dataverse):
    invoice = seeds.invoice(pair[1])
    seeds.line(invoice, priceperunit=Decimal("12.34"))

    merge(*pair)

    assert dataverse.get("invoice", invoice)["totalamount"] == Decimal("12.34")
