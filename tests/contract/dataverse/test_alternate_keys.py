"""Alternate keys: definition, background index, upsert, as the pages on keys and upsert say."""

from urllib.parse import quote

import pytest

from sandbox.dataverse import Dataverse


@pytest.fixture
def keyed(api):
    api.keyed_accounts()
    return api


def status_of(api, table="account"):
    query = f"EntityDefinitions(LogicalName='{table}')/Keys?$select=EntityKeyIndexStatus"
    return api.rows(query)[0]["EntityKeyIndexStatus"]


def test_upsert_by_key_creates_then_updates_and_answers_204_with_the_key_both_times(
    keyed, dataverse
):
    address = "accounts(fb_clientkey='a-1')"

    made = keyed.patch(address, {"name": "A"})
    changed = keyed.patch(address, {"name": "B"})

    assert [made.status_code, changed.status_code] == [204, 204]
    assert made.headers["OData-EntityId"] == keyed.root + address
    assert changed.headers["OData-EntityId"] == keyed.root + address
    assert [(r["name"], r["fb_clientkey"]) for r in dataverse.all("account")] == [("B", "a-1")]


def test_with_representation_upsert_tells_create_from_update(keyed):
    address = "accounts(fb_clientkey='a-1')?$select=accountid"
    prefer = "return=representation"

    made = keyed.patch(address, {"name": "A"}, Prefer=prefer)
    changed = keyed.patch(address, {"name": "B"}, Prefer=prefer)

    assert [made.status_code, changed.status_code] == [201, 200]
    assert made.json()["accountid"] == changed.json()["accountid"]


@pytest.mark.parametrize(
    ("headers", "exists", "expected"),
    [
        ({}, True, 204),
        ({}, False, 204),
        ({"If_Match": "*"}, True, 204),
        ({"If_Match": "*"}, False, 404),
        ({"If_Match": 'W/"1"'}, True, 412),
        ({"If_None_Match": "*"}, True, 412),
        ({"If_None_Match": "*"}, False, 204),
        ({"If_None_Match": "null"}, True, 204),
    ],
)
def test_conditions_decide_whether_upsert_may_create_or_update(
    keyed, dataverse, headers, exists, expected
):
    if exists:
        dataverse.add("account", name="A", fb_clientkey="a-1")

    answer = keyed.patch("accounts(fb_clientkey='a-1')", {"name": "B"}, **headers)

    assert answer.status_code == expected
    written = [row["name"] for row in dataverse.all("account")]
    assert written == (["B"] if expected == 204 else ["A"] if exists else [])


def test_key_columns_in_the_body_are_stripped_when_the_row_exists(keyed, dataverse):
    dataverse.add("account", name="A", fb_clientkey="a-1")

    keyed.patch("accounts(fb_clientkey='a-1')", {"name": "B", "fb_clientkey": "other"})

    row = dataverse.all("account")[0]
    assert (row["name"], row["fb_clientkey"]) == ("B", "a-1")


def test_key_columns_in_the_body_win_when_the_row_is_new(keyed, dataverse):
    keyed.patch("accounts(fb_clientkey='a-1')", {"name": "B", "fb_clientkey": "other"})

    assert dataverse.all("account")[0]["fb_clientkey"] == "other"


def test_a_second_row_with_the_same_key_is_refused_case_and_accents_blind(keyed, dataverse, code):
    dataverse.add("account", name="A", fb_clientkey="Zoe")

    posted = keyed.post("accounts", {"name": "B", "fb_clientkey": "ZOË"})

    assert code(posted) == (412, "0x80060892")
    assert "fb_clientkey" in posted.json()["error"]["message"]
    assert len(dataverse.all("account")) == 1


def test_an_update_into_a_taken_key_is_refused(keyed, dataverse, code):
    dataverse.add("account", name="A", fb_clientkey="a-1")
    other = dataverse.add("account", name="B", fb_clientkey="a-2")

    assert code(keyed.patch(f"accounts({other})", {"fb_clientkey": "a-1"})) == (412, "0x80060892")


def test_nulls_are_not_held_unique(keyed, dataverse):
    for name in ("A", "B"):
        assert keyed.post("accounts", {"name": name}).status_code == 204

    assert len(dataverse.all("account")) == 2


def test_a_key_freed_by_update_or_delete_can_be_used_again(keyed, dataverse):
    first = dataverse.add("account", name="A", fb_clientkey="a-1")
    keyed.patch(f"accounts({first})", {"fb_clientkey": None})
    second = keyed.post("accounts", {"name": "B", "fb_clientkey": "a-1"})
    keyed.delete("accounts(fb_clientkey='a-1')")
    third = keyed.post("accounts", {"name": "C", "fb_clientkey": "a-1"})

    assert [second.status_code, third.status_code] == [204, 204]


def test_rows_are_read_deleted_and_bound_by_key(keyed, dataverse):
    account = dataverse.add("account", name="A", fb_clientkey="O'Brien")
    address = "accounts(fb_clientkey='O''Brien')"

    read = keyed.get(address).json()["accountid"]
    keyed.post("contacts", {"lastname": "L", "parentcustomerid_account@odata.bind": "/" + address})
    bound = dataverse.all("contact")[0]["_parentcustomerid_value"]
    deleted = keyed.delete("accounts(fb_clientkey='o%27%27brien')")

    assert read == bound == account
    assert deleted.status_code == 204


def test_a_key_that_matches_nothing_is_404_with_its_own_code(keyed, code):
    missing = "accounts(fb_clientkey='nobody')"
    bind = {"lastname": "L", "parentcustomerid_account@odata.bind": "/" + missing}

    assert code(keyed.get(missing)) == (404, "0x80060891")
    assert code(keyed.delete(missing)) == (404, "0x80060891")
    assert code(keyed.patch(missing, {}, If_Match="*")) == (404, "0x80060891")
    assert code(keyed.post("contacts", bind)) == (404, "0x80060891")


@pytest.mark.parametrize("char", list("/<>*%&:\\?+"))
def test_a_value_with_a_forbidden_character_is_unique_but_cannot_be_addressed(
    keyed, dataverse, char, code
):
    value = f"A{char}1"
    dataverse.add("account", name="A", fb_clientkey=value)

    twice = keyed.post("accounts", {"name": "B", "fb_clientkey": value})
    read = keyed.get(f"accounts(fb_clientkey='{quote(value, safe='')}')")
    upsert = keyed.patch(f"accounts(fb_clientkey='{quote(value, safe='')}')", {"name": "B"})

    assert code(twice) == (412, "0x80060892")
    assert [read.status_code, upsert.status_code] == [400, 400]
    assert dataverse.all("account")[0]["name"] == "A"


def test_a_key_that_is_not_defined_or_of_the_wrong_type_is_400(keyed, code):
    assert code(keyed.get("accounts(name='A')")) == (400, "0x80060888")
    assert code(keyed.get("accounts(fb_clientkey=5)")) == (400, "0x80060888")
    assert code(keyed.get("accounts(fb_clientkey='a',name='b')")) == (400, "0x80060888")


def test_several_columns_lookups_among_them_make_one_key(api, dataverse, seeds):
    api.publisher()
    api.column("contact", "fb_Number", "Integer")
    api.key("contact", "fb_ContactIndex", "fb_number", "emailaddress1", "transactioncurrencyid")
    currency = seeds.currency()
    address = (
        f"contacts(emailaddress1='a@b.c',fb_number=7,_transactioncurrencyid_value={currency})"
    ).replace("@", "%40")

    api.patch(address, {"lastname": "L"})
    found = api.get(address)

    assert found.json()["fb_number"] == 7
    assert len(dataverse.all("contact")) == 1


def test_a_new_key_is_pending_then_in_progress_then_active(api_of, clock, code):
    api = api_of(Dataverse(clock=clock, key_delay=10))
    api.keyed_accounts()
    seen = [status_of(api)]

    early = api.patch("accounts(fb_clientkey='a-1')", {"name": "A"})
    clock.forward(6)
    seen.append(status_of(api))
    clock.forward(5)
    seen.append(status_of(api))
    late = api.patch("accounts(fb_clientkey='a-1')", {"name": "A"})

    assert seen == ["Pending", "InProgress", "Active"]
    assert code(early) == (400, "0x80060888")
    assert late.status_code == 204


def test_duplicates_fail_the_key_until_they_are_cleaned_up_and_it_is_reactivated(
    api_of, clock, code
):
    dataverse = Dataverse(clock=clock, key_delay=10)
    api = api_of(dataverse)
    api.keyed_accounts()
    dataverse.add("account", name="A", fb_clientkey="a-1")
    twin = dataverse.add("account", name="B", fb_clientkey="A-1")
    clock.forward(11)
    failed = status_of(api)
    unusable = api.get("accounts(fb_clientkey='a-1')")

    api.delete(f"accounts({twin})")
    key = {"EntityLogicalName": "account", "EntityKeyLogicalName": "fb_clientindex"}
    again = api.post("ReactivateEntityKey", key)
    pending = status_of(api)
    clock.forward(11)

    assert (failed, pending, status_of(api)) == ("Failed", "Pending", "Active")
    assert code(unusable) == (400, "0x80060888")
    assert again.status_code == 204
    assert api.get("accounts(fb_clientkey='a-1')").json()["name"] == "A"


def test_a_deleted_key_is_no_longer_enforced(keyed, dataverse):
    dataverse.add("account", name="A", fb_clientkey="a-1")
    key = keyed.rows("EntityDefinitions(LogicalName='account')/Keys")[0]["MetadataId"]

    address = f"EntityDefinitions(LogicalName='account')/Keys({key})"

    shown = keyed.get(address).json()
    keyed.delete(address)
    second = keyed.post("accounts", {"name": "B", "fb_clientkey": "a-1"})

    assert shown["KeyAttributes"] == ["fb_clientkey"]
    assert keyed.get(address).status_code == 404
    assert second.status_code == 204
    assert keyed.get("accounts(fb_clientkey='a-1')").status_code == 400


def test_keys_have_limits(api, code):
    api.publisher()
    api.column("account", "fb_Long", "String", MaxLength=451)
    api.column("account", "fb_Story", "Memo", MaxLength=100)
    api.column("account", "fb_Amount", "Money")

    assert code(api.key("account", "fb_K1", "fb_long"))[0] == 400
    assert code(api.key("account", "fb_K2", "fb_story"))[0] == 400
    assert code(api.key("account", "fb_K3", "fb_amount"))[0] == 400
    assert code(api.key("account", "fb_K4", "nosuch"))[0] == 400
    for number in range(10):
        api.column("account", f"fb_C{number}", "Integer")
        assert api.key("account", f"fb_Key{number}", f"fb_c{number}").status_code == 204
    assert code(api.key("account", "fb_Key10", "accountnumber"))[0] == 400
