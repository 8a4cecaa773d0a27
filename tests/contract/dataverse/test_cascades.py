"""What deleting, assigning and deactivating a row does to others, as the pages on cascading say.

`configure-entity-relationship-cascading-behavior` gives the values and what they reach; the table
reference gives those of Microsoft's own relationships.
"""

import pytest

ALL = "Cascade"
KINDS = ("Assign", "Delete", "Merge", "Reparent", "Share", "Unshare")


def cascades(api, schema):
    address = f"RelationshipDefinitions(SchemaName='{schema}')?$select=CascadeConfiguration"
    found = api.get(f"{address}")
    assert found.status_code == 200, found.text
    return found.json()["CascadeConfiguration"]


def told(**differing):
    return dict.fromkeys(KINDS, ALL) | differing


@pytest.fixture
def owner(dataverse):
    return dataverse.user("Sally Seller")


@pytest.fixture
def bound(owner):
    return {"ownerid@odata.bind": f"/systemusers({owner})"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("invoice_customer_accounts", told(Delete="Restrict")),
        ("opportunity_customer_accounts", told()),
        ("contact_customer_accounts", told()),
        ("account_parent_account", told(Delete="RemoveLink")),
        ("Account_Tasks", told()),
        ("Invoice_Tasks", told()),
        ("Account_Annotation", told()),
        (
            "account_primary_contact",
            dict.fromkeys(KINDS, "NoCascade") | {"Delete": "RemoveLink", "Merge": ALL},
        ),
        ("account_master_account", dict.fromkeys(KINDS, "NoCascade") | {"Delete": "RemoveLink"}),
        ("Account_ActivityPointers", dict.fromkeys(KINDS, "NoCascade")),
        ("opportunity_invoices", dict.fromkeys(KINDS, "NoCascade") | {"Delete": "Restrict"}),
    ],
)
def test_microsoft_s_own_relationships_cascade_as_their_reference_says(api, schema, expected):
    assert cascades(api, schema) == expected


def test_what_a_custom_relationship_asks_for_is_kept(api):
    asked = {
        "Assign": "UserOwned",
        "Delete": "Restrict",
        "Merge": "Cascade",
        "Reparent": "Active",
        "Share": "NoCascade",
        "Unshare": "Cascade",
    }

    api.clients(**asked)

    assert cascades(api, "fbx_account_client_AccountId") == asked


def test_a_relationship_that_says_nothing_links_and_follows_merges_of_tables_that_have_them(api):
    api.publisher("fbx")
    api.table("fbx_Client")

    for parent in ("account", "opportunity"):
        assert api.relate(parent, "fbx_client", f"fbx_{parent}").status_code == 204

    links = dict.fromkeys(KINDS, "NoCascade") | {"Delete": "RemoveLink"}
    assert cascades(api, "fbx_account_client_account") == links | {"Merge": ALL}
    assert cascades(api, "fbx_opportunity_client_opportunity") == links


@pytest.mark.parametrize(
    "cascade", [{"Assign": "Restrict"}, {"Delete": "Active"}, {"Merge": "Active"}]
)
def test_an_effect_an_action_does_not_have_is_refused(api, cascade):
    api.publisher("fbx")
    api.table("fbx_Client")

    answer = api.relate("account", "fbx_client", "fbx_AccountId", cascade)

    assert answer.status_code == 400
    assert "fbx_accountid" not in api.get("EntityDefinitions(LogicalName='fbx_client')").text


def test_a_strict_environment_wants_merging_to_cascade_where_rows_can_be_merged(api, dataverse):
    api.publisher("fbx")
    api.table("fbx_Client")
    none, every = {"Merge": "NoCascade"}, {"Merge": "Cascade"}
    lax = api.relate("account", "fbx_client", "fbx_First", none)
    dataverse.set({"choices": {"strict_merge_cascade": True}})

    refused = api.relate("account", "fbx_client", "fbx_Second", none)
    accepted = api.relate("account", "fbx_client", "fbx_Third", every)
    other = api.relate("invoice", "fbx_client", "fbx_Fourth", none)

    assert [answer.status_code for answer in (lax, refused, accepted, other)] == [
        204,
        400,
        204,
        204,
    ]
    assert "CascadeConfiguration.Merge has to be Cascade" in refused.text


def test_a_relationship_is_updated_by_its_whole_definition(api, dataverse, seeds):
    api.clients(Merge="NoCascade")
    address = "RelationshipDefinitions(SchemaName='fbx_account_client_AccountId')"
    definition = api.get(address).json()
    definition["CascadeConfiguration"]["Merge"] = "Cascade"
    master, subordinate = seeds.account("A"), seeds.account("B")
    client = dataverse.add("fbx_client", fbx_name="C", fbx_AccountId=subordinate)

    updated = api.call("PUT", address, definition)
    dataverse.merge("account", master, subordinate)

    assert updated.status_code == 204
    assert cascades(api, "fbx_account_client_AccountId")["Merge"] == "Cascade"
    assert dataverse.get("fbx_client", client)["_fbx_accountid_value"] == master
    assert api.call("PUT", address, {"ReferencedEntity": "contact"}).status_code == 400
    assert api.patch(address, definition).status_code == 405
    native = "RelationshipDefinitions(SchemaName='invoice_customer_accounts')"
    assert api.call("PUT", native, api.get(native).json()).status_code == 400


# Assign: the rows below get the new owner, and that is a modification of each.


def test_a_new_owner_of_an_account_gets_what_belongs_to_it(
    api, seeds, dataverse, clock, owner, bound
):
    account = seeds.account()
    invoice = seeds.invoice(account, statecode=2, statuscode=100001)
    opportunity = dataverse.add("opportunity", name="O", customerid_account=account)
    rows = [
        ("invoice", invoice),
        ("opportunity", opportunity),
        ("contact", dataverse.add("contact", lastname="L", parentcustomerid_account=account)),
        ("account", seeds.account("Child", parentaccountid=account)),
        ("task", dataverse.add("task", subject="t", regardingobjectid_account_task=account)),
        ("task", dataverse.add("task", subject="u", regardingobjectid_invoice_task=invoice)),
        ("annotation", dataverse.add("annotation", subject="n", objectid_opportunity=opportunity)),
    ]
    clock.forward(3600)

    answer = api.patch(f"accounts({account})", bound)

    assert answer.status_code == 204
    for table, row_id in [("account", account), *rows]:
        row = dataverse.get(table, row_id)
        assert row["_ownerid_value"] == owner, (table, row_id)
        assert row["modifiedon"] == "2026-10-01T13:00:00Z", (table, row_id)
    pointers = api.rows("activitypointers?$select=_ownerid_value")
    assert [row["_ownerid_value"] for row in pointers] == [owner, owner]


def test_an_owner_who_is_given_what_he_has_changes_nothing_below(
    api, seeds, dataverse, clock, owner, bound
):
    account = seeds.account()
    api.patch(f"accounts({account})", bound)
    task = dataverse.add("task", subject="t", regardingobjectid_account_task=account)
    clock.forward(3600)

    api.patch(f"accounts({account})", bound)

    assert dataverse.get("task", task)["_ownerid_value"] != owner
    assert dataverse.get("task", task)["modifiedon"] == "2026-10-01T12:00:00Z"


@pytest.mark.parametrize(
    ("effect", "reached"),
    [
        ("NoCascade", set()),
        ("Cascade", {"mine", "theirs", "inactive"}),
        ("Active", {"mine", "theirs"}),
        ("UserOwned", {"mine", "inactive"}),
    ],
)
def test_a_custom_relationship_assigns_whom_it_says(
    api, seeds, dataverse, owner, bound, effect, reached
):
    api.clients(Assign=effect)
    account = seeds.account()
    other = dataverse.user("Otto Other")
    columns = {"mine": {}, "theirs": {"ownerid": other}, "inactive": {"statecode": 1}}
    for name, more in columns.items():
        dataverse.add("fbx_client", fbx_name=name, fbx_AccountId=account, **more)

    api.patch(f"accounts({account})", bound)

    given = [row for row in dataverse.all("fbx_client") if row["_ownerid_value"] == owner]
    assert {row["fbx_name"] for row in given} == reached


def test_accounts_that_are_each_other_s_parents_are_assigned_once(
    api, seeds, dataverse, owner, bound
):
    first = seeds.account("A")
    second = seeds.account("B", parentaccountid=first)
    dataverse.update("account", first, parentaccountid=second)

    answer = api.patch(f"accounts({first})", bound)

    assert answer.status_code == 204
    assert {row["_ownerid_value"] for row in dataverse.all("account")} == {owner}


# Delete: Restrict refuses (CannotDeleteDueToAssociation, 405), Cascade takes along, RemoveLink
# empties the lookup.


def test_an_account_with_invoices_is_not_deleted_and_nothing_below_it_is(
    api, seeds, dataverse, code
):
    account = seeds.account()
    seeds.invoice(account)
    task = dataverse.add("task", subject="t", regardingobjectid_account_task=account)

    answer = api.delete(f"accounts({account})")

    assert code(answer) == (405, "0x80040227")
    assert dataverse.get("task", task) is not None


def test_activities_and_notes_go_with_an_account_and_lookups_to_it_are_emptied(
    api, seeds, dataverse, clock
):
    api.clients(Delete="RemoveLink")
    account = seeds.account()
    child = seeds.account("Child", parentaccountid=account)
    dataverse.add("task", subject="t", regardingobjectid_account_task=account)
    dataverse.add("annotation", subject="n", objectid_account=account)
    client = dataverse.add("fbx_client", fbx_name="C", fbx_AccountId=account)
    clock.forward(3600)

    answer = api.delete(f"accounts({account})")

    assert answer.status_code == 204
    assert [dataverse.all(name) for name in ("task", "annotation", "activitypointer")] == [
        [],
        [],
        [],
    ]
    assert dataverse.get("account", child)["_parentaccountid_value"] is None
    row = dataverse.get("fbx_client", client)
    assert row["_fbx_accountid_value"] is None
    assert row["modifiedon"] == "2026-10-01T13:00:00Z"


@pytest.mark.parametrize(("effect", "status", "left"), [("Restrict", 405, 1), ("Cascade", 204, 0)])
def test_a_custom_relationship_restricts_or_takes_along(
    api, seeds, dataverse, effect, status, left
):
    api.clients(Delete=effect)
    account = seeds.account()
    dataverse.add("fbx_client", fbx_name="C", fbx_AccountId=account)

    answer = api.delete(f"accounts({account})")

    assert answer.status_code == status
    assert len(dataverse.all("fbx_client")) == left


def test_a_merged_account_outlives_its_master(api, seeds, dataverse):
    master, subordinate = seeds.account("A"), seeds.account("B")
    dataverse.merge("account", master, subordinate)

    answer = api.delete(f"accounts({master})")

    assert answer.status_code == 204
    row = dataverse.get("account", subordinate)
    assert (row["merged"], row["_masterid_value"]) == (True, None)


# Deactivation is a plain update of the state; nothing documented makes an inactive row read-only.


def test_rows_are_deactivated_and_reactivated_by_their_state(api, seeds, dataverse):
    api.clients()
    client = dataverse.add("fbx_client", fbx_name="C")

    for address in (f"accounts({seeds.account()})", f"fbx_clients({client})"):
        seen = []
        for state in (1, 0):
            assert api.patch(address, {"statecode": state}).status_code == 204
            row = api.get(f"{address}?$select=statecode,statuscode").json()
            seen.append((row["statecode"], row["statuscode"]))
        assert seen == [(1, 2), (0, 1)]


def test_an_inactive_account_takes_updates_children_and_activities(api, seeds, dataverse):
    account = seeds.account(statecode=1)
    bind = f"/accounts({account})"

    answers = [
        api.patch(f"accounts({account})", {"name": "B"}),
        api.post("contacts", {"lastname": "L", "parentcustomerid_account@odata.bind": bind}),
        api.post("tasks", {"subject": "t", "regardingobjectid_account_task@odata.bind": bind}),
        api.post("invoices", {"name": "I", "customerid_account@odata.bind": bind}),
    ]

    assert [answer.status_code for answer in answers] == [204, 204, 204, 204]
    row = dataverse.get("account", account)
    assert (row["name"], row["statecode"]) == ("B", 1)
