"""Owners: users and teams, who can own, who may give rows away.

Users or teams own rows (user-team-entities); the account reference gives `ownerid` for both and
`owninguser`, `owningteam` beside it. With which code a user who cannot own is refused is published
nowhere for assignments; the codes here are those published for such users elsewhere.
"""

import pytest

TARGET = "Microsoft.Dynamics.CRM.lookuplogicalname"
OWNERS = "_ownerid_value,_owninguser_value,_owningteam_value"


@pytest.fixture
def caller(api):
    return api.get("WhoAmI").json()["UserId"]


@pytest.fixture
def control(api):
    def call(method, path, body):
        return api.session.request(method, f"{api.origin}/_sandbox/owners/{path}", json=body)

    return call


def owned_by(principal, table="systemusers"):
    return {"ownerid@odata.bind": f"/{table}({principal})"}


def owners(api, account):
    row = api.get(
        f"accounts({account})?$select={OWNERS}", Prefer=f'odata.include-annotations="{TARGET}"'
    ).json()
    return [row[name] for name in OWNERS.split(",")], row[f"_ownerid_value@{TARGET}"]


def test_a_row_belongs_to_who_creates_it(api, seeds, caller):
    assert owners(api, seeds.account()) == ([caller, caller, None], "systemuser")


def test_an_owner_is_bound_at_creation_and_changed_by_an_update(api, dataverse):
    sally, team = dataverse.user("Sally Seller"), dataverse.team("North")

    made = api.post("accounts", {"name": "A", **owned_by(sally)})
    account = made.headers["OData-EntityId"].split("(")[1].rstrip(")")
    seen = [owners(api, account)]
    api.patch(f"accounts({account})", owned_by(team, "teams"))
    seen.append(owners(api, account))

    assert seen == [([sally, sally, None], "systemuser"), ([team, None, team], "team")]


def test_custom_tables_and_activities_have_owners_too(api, dataverse):
    api.clients()
    api.activity_table("fbx_Payment")
    sally = dataverse.user("Sally Seller")

    api.post("fbx_clients", {"fbx_name": "C", **owned_by(sally)})
    api.post("fbx_payments", {"subject": "p", **owned_by(sally)})

    for table in ("fbx_client", "fbx_payment", "activitypointer"):
        assert [row["_ownerid_value"] for row in dataverse.all(table)] == [sally], table


def test_owners_can_be_read_along_and_filtered_by(api, dataverse):
    sally, team = dataverse.user("Sally Seller"), dataverse.team("North")
    dataverse.add("account", name="A", ownerid=sally)
    dataverse.add("account", name="B", ownerid=team)

    rows = api.rows(
        "accounts?$select=name&$orderby=name"
        "&$expand=owninguser($select=fullname,isdisabled),owningteam($select=name)"
    )
    found = api.rows("accounts?$select=name&$filter=owninguser/fullname eq 'Sally Seller'")

    assert rows[0]["owninguser"]["fullname"] == "Sally Seller"
    assert rows[0]["owninguser"]["isdisabled"] is False
    assert rows[1]["owninguser"] is None
    assert rows[1]["owningteam"]["name"] == "North"
    assert [row["name"] for row in found] == ["A"]
    by_id = api.rows(f"accounts?$select=name&$filter=_ownerid_value eq {team}")
    assert [row["name"] for row in by_id] == ["B"]


def test_owning_columns_follow_the_owner_and_cannot_be_written(api, seeds, dataverse):
    account = seeds.account()
    sally = dataverse.user("Sally Seller")

    for name in ("owninguser", "owningteam"):
        bound = {f"{name}@odata.bind": f"/systemusers({sally})"}
        assert api.patch(f"accounts({account})", bound).status_code == 400


def test_only_users_and_teams_own(api, seeds, code):
    account = seeds.account()
    nobody = {"ownerid@odata.bind": f"/accounts({account})"}

    assert code(api.patch(f"accounts({account})", nobody)) == (400, "0x80048d19")
    assert api.patch(f"accounts({account})", {"ownerid@odata.bind": None}).status_code == 400
    missing = owned_by(seeds.guid())
    assert code(api.patch(f"accounts({account})", missing)) == (404, "0x80040217")


def test_a_disabled_user_cannot_own(api, seeds, dataverse, code):
    account = seeds.account()
    gone = dataverse.user("Gone Long Ago", isdisabled=True)

    created = api.post("accounts", {"name": "A", **owned_by(gone)})
    assigned = api.patch(f"accounts({account})", owned_by(gone))

    assert code(created) == (403, "0x80040225")
    assert code(assigned) == (403, "0x80040225")
    assert len(dataverse.all("account")) == 1


def test_what_a_user_owns_stays_hers_when_she_is_disabled(api, seeds, dataverse):
    sally = dataverse.user("Sally Seller")
    account = seeds.account(ownerid=sally)
    api.patch(f"systemusers({sally})", {"isdisabled": True})

    changed = api.patch(f"accounts({account})", {"name": "B", **owned_by(sally)})

    assert changed.status_code == 204
    assert owners(api, account)[0][0] == sally


@pytest.mark.parametrize("kind", ["user", "team"])
def test_without_a_role_nobody_can_own(api, seeds, dataverse, code, kind):
    account = seeds.account()
    principal = getattr(dataverse, kind)("New Hire", "none")
    address = {"user": "systemusers", "team": "teams"}[kind]

    refused = api.patch(f"accounts({account})", owned_by(principal, address))
    dataverse.grant(principal, "administrator")
    accepted = api.patch(f"accounts({account})", owned_by(principal, address))

    assert code(refused) == (403, "0x80042f09")
    assert "prvReadAccount" in refused.text
    assert accepted.status_code == 204


def test_roles_must_let_an_owner_read_and_for_a_new_row_create(api, seeds, dataverse, code):
    account = seeds.account()
    reader = dataverse.user("Reader", {"prvReadAccount": "Basic"})
    other = dataverse.user("Other", {"prvReadContact": "Global"})

    assert api.patch(f"accounts({account})", owned_by(reader)).status_code == 204
    created = api.post("accounts", {"name": "A", **owned_by(reader)})
    assigned = api.patch(f"accounts({account})", owned_by(other))

    assert code(created) == (403, "0x80040220")
    assert "prvCreateAccount" in created.text
    assert reader in created.text
    assert code(assigned) == (403, "0x80040220")
    assert "prvReadAccount" in assigned.text


def test_custom_activities_ask_owners_for_the_privileges_of_all_activities(api, dataverse, code):
    api.publisher("fbx")
    api.activity_table("fbx_Payment")
    role = {"prvReadActivity": "Basic", "prvCreateActivity": "Basic"}
    sally, otto = dataverse.user("Sally", role), dataverse.user("Otto", {"prvReadAccount": "Basic"})

    assert api.post("fbx_payments", {"subject": "p", **owned_by(sally)}).status_code == 204
    refused = api.post("fbx_payments", {"subject": "p", **owned_by(otto)})

    assert code(refused) == (403, "0x80040220")
    assert "prvReadActivity" in refused.text


def test_an_access_team_owns_nothing(api, seeds, dataverse):
    team = dataverse.team("Deal team", teamtype=1)

    answer = api.patch(f"accounts({seeds.account()})", owned_by(team, "teams"))

    assert answer.status_code == 400


# Whether somebody else's ownership takes the privilege to assign is published nowhere.


def test_giving_a_row_to_somebody_else_takes_the_privilege_to_assign(
    api, seeds, dataverse, caller, code
):
    account = seeds.account()
    sally = dataverse.user("Sally Seller")
    dataverse.set({"privileges": {"prvAssignAccount": None}})

    refused = [
        api.patch(f"accounts({account})", owned_by(sally)),
        api.post("accounts", {"name": "B", **owned_by(sally)}),
        api.call(
            "PUT",
            f"accounts({account})/ownerid/$ref",
            {"@odata.id": f"{api.root}systemusers({sally})"},
        ),
        api.post(
            "accounts/Microsoft.Dynamics.CRM.CreateMultiple",
            {"Targets": [{"@odata.type": f"{api.crm}account", "name": "C", **owned_by(sally)}]},
        ),
    ]
    kept = api.patch(f"accounts({account})", {"name": "D", **owned_by(caller)})

    assert [code(answer) for answer in refused] == [(403, "0x80040220")] * 4
    assert "prvAssignAccount" in refused[0].text
    assert kept.status_code == 204
    assert [row["name"] for row in dataverse.all("account")] == ["D"]
    assert owners(api, account)[0][0] == caller


def test_an_environment_may_not_ask_for_it(api, seeds, dataverse):
    account = seeds.account()
    sally = dataverse.user("Sally Seller")
    dataverse.set(
        {
            "privileges": {"prvAssignAccount": None},
            "choices": {"assign_needs_privilege": False},
        }
    )

    assert api.patch(f"accounts({account})", owned_by(sally)).status_code == 204


def test_a_person_in_sales_is_not_bound_by_the_caller_s_roles(dataverse, seeds):
    account = seeds.account()
    sally = dataverse.user("Sally Seller")
    dataverse.set({"privileges": {"prvAssignAccount": None}})

    dataverse.update("account", account, ownerid=sally)

    assert dataverse.get("account", account)["_ownerid_value"] == sally


def test_users_and_teams_are_added_and_changed_over_http(api, control, seeds, dataverse):
    account = seeds.account()

    sally = control("POST", "systemuser", {"fullname": "Sally"}).json()["id"]
    team = control("POST", "team", {"name": "North", "role": "none"}).json()["id"]
    off = control("PATCH", f"systemuser/{sally}", {"isdisabled": True})
    allowed = control("PATCH", f"team/{team}", {"role": {"prvReadAccount": "Global"}})

    assert [off.status_code, allowed.status_code] == [204, 204]
    assert api.patch(f"accounts({account})", owned_by(sally)).status_code == 403
    assert api.patch(f"accounts({account})", owned_by(team, "teams")).status_code == 204
    assert dataverse.get("team", team)["_businessunitid_value"]
    assert control("POST", "account", {"name": "A"}).status_code == 400
    assert control("POST", "team", {"name": "S", "role": "king"}).status_code == 400
    assert control("PATCH", f"team/{seeds.guid()}", {"role": "none"}).status_code == 404
    assert control("PATCH", "team", {"role": "none"}).status_code == 405


def test_an_environment_keeps_who_may_own(dataverse, seeds):
    from sandbox.dataverse import Dataverse

    account = seeds.account()
    sally = dataverse.user("Sally Seller")
    other = Dataverse(key_delay=0)

    other.environment.restore(dataverse.environment.saved())
    other.update("account", account, ownerid=sally)

    assert other.get("account", account)["_owninguser_value"] == sally
