"""Security roles: made, granted, inherited by business units below, deleted."""

import pytest

NAME = "Connector role"


@pytest.fixture
def root(api):
    found = api.rows("businessunits?$select=name&$filter=_parentbusinessunitid_value eq null")
    assert len(found) == 1
    return found[0]["businessunitid"]


@pytest.fixture
def make(api, root):
    def make(name=NAME, unit=root, **headers):
        body = {"name": name, "businessunitid@odata.bind": f"/businessunits({unit})"}
        return api.post("roles", body, **headers)

    return make


@pytest.fixture
def role(api, make):
    return make().headers["OData-EntityId"].split("(")[1].rstrip(")")


def privilege(api, table, right):
    found = api.get(f"EntityDefinitions(LogicalName='{table}')?$select=Privileges").json()
    return next(p for p in found["Privileges"] if p["PrivilegeType"] == right)


def granted(api, role):
    answer = api.get(f"RetrieveRolePrivilegesRole(RoleId={role})")
    assert answer.status_code == 200, answer.text
    return {p["PrivilegeName"]: p["Depth"] for p in answer.json()["RolePrivileges"]}


def test_a_new_role_has_the_privileges_every_role_has(api, role):
    assert set(granted(api, role).values()) == {"Global"}
    assert "prvReadSdkMessage" in granted(api, role)


def test_privileges_are_added_by_id_and_depth_named_or_numbered(api, role):
    add = f"roles({role})/{api.crm}AddPrivilegesRole"
    read, write = privilege(api, "account", "Read"), privilege(api, "account", "Write")

    answer = api.post(
        add,
        {
            "Privileges": [
                {"PrivilegeId": read["PrivilegeId"], "Depth": "Global"},
                {"PrivilegeId": write["PrivilegeId"], "Depth": "0"},
            ]
        },
    )

    assert answer.status_code == 204
    assert granted(api, role)["prvReadAccount"] == "Global"
    assert granted(api, role)["prvWriteAccount"] == "Basic"


def test_a_privilege_added_again_takes_the_new_depth_and_leaves_the_others(api, role):
    add = f"roles({role})/{api.crm}AddPrivilegesRole"
    read = privilege(api, "account", "Read")["PrivilegeId"]
    api.post(add, {"Privileges": [{"PrivilegeId": read, "Depth": "Basic"}]})

    api.post(add, {"Privileges": [{"PrivilegeId": read, "Depth": "Deep"}]})

    assert granted(api, role)["prvReadAccount"] == "Deep"
    assert "prvReadSdkMessage" in granted(api, role)


def test_what_cannot_be_granted_is_refused(api, role, code):
    add = f"roles({role})/{api.crm}AddPrivilegesRole"
    currency = privilege(api, "transactioncurrency", "Read")["PrivilegeId"]

    def given(**privilege):
        return api.post(add, {"Privileges": [privilege]}).status_code

    assert given(PrivilegeId=currency, Depth="Basic") == 400
    assert given(PrivilegeId=currency, Depth="High") == 400
    assert given(Depth="Global") == 400
    assert given(PrivilegeId=role, Depth="Global") == 404
    assert api.post(add, {"Privileges": [], "RoleId": role}).status_code == 400
    assert api.get(add).status_code == 405
    assert code(api.get(f"RetrieveRolePrivilegesRole(RoleId={api_guid()})")) == (404, "0x80040217")


def api_guid():
    return "00000000-0000-0000-0000-00000000000a"


def test_a_role_may_be_read_by_a_parameter_alias(api, role):
    answer = api.get(f"RetrieveRolePrivilegesRole(RoleId=@r)?@r={role}")

    assert answer.status_code == 200


def test_a_role_of_the_root_is_inherited_below_and_changed_at_the_root_alone(
    api, dataverse, root, make
):
    below = dataverse.add("businessunit", name="North", parentbusinessunitid=root)

    made = make().headers["OData-EntityId"].split("(")[1].rstrip(")")
    query = f"roles?$select=roleid,_parentrootroleid_value&$filter=name eq '{NAME}'"
    copies = [row for row in api.rows(query) if row["roleid"] != made]

    (copy,) = copies
    assert copy["_parentrootroleid_value"] == made
    assert api.rows(f"{query} and _businessunitid_value eq {below}") == copies
    add = f"roles({copy['roleid']})/{api.crm}AddPrivilegesRole"
    read = privilege(api, "account", "Read")["PrivilegeId"]
    assert api.post(add, {"Privileges": [{"PrivilegeId": read, "Depth": "Basic"}]}).ok is False
    assert api.delete(f"roles({copy['roleid']})").status_code == 400
    assert api.delete(f"roles({made})").status_code == 204
    assert api.rows(query) == []


def test_two_roles_of_a_business_unit_have_different_names(make, role):
    assert make().status_code == 400


def test_a_role_is_made_under_an_id_of_the_clients_own_once(api, root, code):
    body = {
        "roleid": api_guid(),
        "name": NAME,
        "businessunitid@odata.bind": f"/businessunits({root})",
    }

    assert api.post("roles", body).status_code == 204
    assert code(api.post("roles", body)) == (412, "0x80060892")
