"""What roles allow: privileges in table definitions, the function that tells the caller's own."""

import json
from urllib.parse import quote

import pytest


@pytest.fixture
def user(api):
    return api.get("WhoAmI").json()["UserId"]


@pytest.fixture
def held(api, user):
    def ask(*names, of=None):
        path = f"systemusers({of or user})/{api.crm}RetrieveUserSetOfPrivilegesByNames"
        return api.get(f"{path}(PrivilegeNames=@p)?@p={quote(json.dumps(names))}")

    return ask


def privileges(api, table):
    answer = api.get(f"EntityDefinitions(LogicalName='{table}')?$select=Privileges")
    return {each["PrivilegeType"]: each for each in answer.json()["Privileges"]}


def test_a_table_names_its_privileges_by_its_schema_name(api):
    found = privileges(api, "transactioncurrency")

    assert found["Read"]["Name"] == "prvReadTransactionCurrency"
    assert found["AppendTo"]["Name"] == "prvAppendToTransactionCurrency"
    assert (found["Read"]["CanBeBasic"], found["Read"]["CanBeGlobal"]) == (False, True)
    assert "Assign" not in found


def test_all_activities_share_one_set_of_privileges(api):
    api.publisher()
    api.activity_table()

    assert privileges(api, "fb_payment") == privileges(api, "task")
    assert privileges(api, "task")["Create"]["Name"] == "prvCreateActivity"


def test_a_caller_is_told_which_of_the_privileges_it_holds(api, held):
    answer = held("prvReadInvoice", "prvCreateInvoice")

    told = answer.json()["RolePrivileges"]
    assert answer.status_code == 200
    assert [each["PrivilegeName"] for each in told] == ["prvReadInvoice", "prvCreateInvoice"]
    assert {each["Depth"] for each in told} == {"Global"}
    assert told[0]["PrivilegeId"] == privileges(api, "invoice")["Read"]["PrivilegeId"]


def test_a_privilege_that_is_not_granted_is_left_out(dataverse, held):
    dataverse.set({"privileges": {"prvReadInvoice": None, "prvReadAccount": "Basic"}})

    told = held("prvReadInvoice", "prvReadAccount").json()["RolePrivileges"]

    assert [(each["PrivilegeName"], each["Depth"]) for each in told] == [
        ("prvReadAccount", "Basic")
    ]


def test_a_name_in_another_case_is_no_privilege(held):
    assert held("prvreadinvoice").json()["RolePrivileges"] == []


def test_the_function_is_asked_of_a_user_with_a_list_of_names(api, held, user, seeds):
    path = f"systemusers({user})/{api.crm}RetrieveUserSetOfPrivilegesByNames(PrivilegeNames=@p)"

    assert held("prvReadInvoice", of=seeds.guid()).status_code == 404
    assert api.get(path).status_code == 400
    assert api.get(f"{path}?@p=1").status_code == 400
    assert api.post(f"{path}?@p=[]", {}).status_code == 405


def test_what_is_not_granted_is_refused_by_name(api, dataverse, seeds, code):
    account = seeds.account()
    dataverse.set({"privileges": dict.fromkeys(("prvWriteAccount", "prvDeleteAccount"))})

    changed = api.patch(f"accounts({account})", {"name": "B"})

    assert code(changed) == (403, "0x80040220")
    assert "prvWriteAccount" in changed.text
    assert api.delete(f"accounts({account})").status_code == 403
    assert api.get(f"accounts({account})").status_code == 200
    assert api.patch(f"accounts({seeds.guid()})", {"name": "C"}).status_code == 204


def test_a_depth_that_does_not_exist_is_refused(api):
    answer = api.session.post(
        f"{api.origin}/_sandbox/settings", json={"privileges": {"prvReadInvoice": "High"}}
    )

    assert answer.status_code == 400


def test_every_answer_says_what_time_it_is(api, clock):
    assert api.get("WhoAmI").headers["Date"] == "Thu, 01 Oct 2026 12:00:00 GMT"
    clock.forward(60)
    assert api.get("nothing").headers["Date"] == "Thu, 01 Oct 2026 12:01:00 GMT"


def test_another_user_holds_what_its_own_roles_grant(dataverse, held):
    other = dataverse.add("systemuser", fullname="The app")
    before = held("prvReadInvoice", of=other).json()["RolePrivileges"]
    dataverse.environment.others[other] = {"prvReadInvoice": "Global"}

    after = held("prvReadInvoice", "prvReadAccount", of=other).json()["RolePrivileges"]

    assert before == []
    assert [(each["PrivilegeName"], each["Depth"]) for each in after] == [
        ("prvReadInvoice", "Global")
    ]
