"""CreateMultiple, UpdateMultiple and UpsertMultiple, as the page on bulk operations describes."""

import pytest

TYPE = "Microsoft.Dynamics.CRM.account"


def send(api, message, *targets, table="accounts"):
    return api.post(f"{table}/Microsoft.Dynamics.CRM.{message}", {"Targets": list(targets)})


def row(**columns):
    return {"@odata.type": TYPE, **columns}


def test_create_multiple_answers_the_ids_in_order(api, dataverse):
    answer = send(api, "CreateMultiple", row(name="A"), row(name="B"))

    assert answer.status_code == 200
    assert [dataverse.get("account", each)["name"] for each in answer.json()["Ids"]] == ["A", "B"]


def test_update_multiple_takes_primary_keys_and_answers_204(api, seeds, dataverse):
    one, two = seeds.account("A"), seeds.account("B")

    answer = send(
        api, "UpdateMultiple", row(accountid=one, name="A2"), row(accountid=two, name="B2")
    )

    assert (answer.status_code, answer.text) == (204, "")
    assert [each["name"] for each in dataverse.all("account")] == ["A2", "B2"]


def test_upsert_multiple_by_key_or_id_tells_nothing_about_what_it_did(api, seeds, dataverse):
    api.keyed_accounts()
    known, chosen = seeds.account("A", fb_clientkey="a-1"), seeds.guid()

    answer = send(
        api,
        "UpsertMultiple",
        {**row(name="A2"), "@odata.id": "accounts(fb_clientkey='a-1')"},
        {**row(name="B"), "@odata.id": "accounts(fb_clientkey='a-2')"},
        row(accountid=chosen, name="C"),
    )

    assert (answer.status_code, answer.text) == (204, "")
    assert dataverse.get("account", known)["name"] == "A2"
    assert dataverse.get("account", chosen)["name"] == "C"
    keys = [each["fb_clientkey"] for each in dataverse.all("account")]
    assert keys == ["a-1", "a-2", None]


def test_key_columns_beside_the_key_make_upsert_multiple_fail(api, code):
    api.keyed_accounts()

    answer = send(
        api,
        "UpsertMultiple",
        {**row(name="A", fb_clientkey="a-1"), "@odata.id": "accounts(fb_clientkey='a-1')"},
    )

    assert code(answer) == (400, "0x80040216")


@pytest.mark.parametrize("message", ["CreateMultiple", "UpdateMultiple", "UpsertMultiple"])
def test_one_bad_row_rolls_everything_back_and_is_not_named(api, seeds, dataverse, message, code):
    one, two = seeds.account("A"), seeds.account("B")
    keys = [{}, {}] if message == "CreateMultiple" else [{"accountid": one}, {"accountid": two}]

    answer = send(api, message, row(name="C", **keys[0]), row(name="x" * 161, **keys[1]))

    assert code(answer) == (400, "0x80044331")
    assert two not in answer.text
    assert [each["name"] for each in dataverse.all("account")] == ["A", "B"]


def test_every_target_needs_its_type(api, dataverse, code):
    assert code(send(api, "CreateMultiple", {"name": "A"})) == (400, "0x80048d19")
    assert code(
        send(api, "CreateMultiple", {"@odata.type": "Microsoft.Dynamics.CRM.task", "name": "A"})
    ) == (400, "0x80048d19")
    assert dataverse.all("account") == []


def test_an_update_of_a_missing_row_fails_the_call(api, seeds, code):
    assert code(send(api, "UpdateMultiple", row(accountid=seeds.guid(), name="A"))) == (
        404,
        "0x80040217",
    )
    assert code(send(api, "UpdateMultiple", row(name="A"))) == (400, "0x80048d19")


def test_tables_without_the_messages_do_not_answer_them(api, code):
    answer = send(api, "CreateMultiple", {"name": "x"}, table="organizations")

    assert code(answer) == (404, "0x80060888")
