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


def listed(api, table="account"):
    rows = api.rows(
        "sdkmessagefilters?$select=sdkmessagefilterid&$expand=sdkmessageid($select=name)"
        f"&$filter=primaryobjecttypecode eq '{table}'"
    )
    return sorted(row["sdkmessageid"]["name"] for row in rows)


@pytest.mark.parametrize(
    ("names", "status"),
    [
        ([], [404, 404, 404]),
        (["CreateMultiple"], [200, 404, 404]),
        (["CreateMultiple", "UpdateMultiple"], [200, 204, 204]),
    ],
)
def test_a_table_has_the_messages_that_it_lists_and_upserts_with_both(
    api, seeds, dataverse, names, status
):
    known = seeds.account("A")

    dataverse.limit_messages("account", *names)

    answers = [
        send(api, "CreateMultiple", row(name="B")),
        send(api, "UpdateMultiple", row(accountid=known, name="A2")),
        send(api, "UpsertMultiple", row(accountid=known, name="A3")),
    ]
    assert listed(api) == names
    assert [answer.status_code for answer in answers] == status
    assert listed(api, "contact") == ["CreateMultiple", "UpdateMultiple"]


def test_messages_are_limited_from_outside(api, code):
    made = api.session.post(f"{api.origin}/_sandbox/messages/account", json={"messages": []})
    wrong = api.session.post(f"{api.origin}/_sandbox/messages/account", json={"messages": ["x"]})

    assert (made.status_code, wrong.status_code) == (204, 400)
    assert code(send(api, "CreateMultiple", row(name="A")))[0] == 404


def test_an_update_of_many_changes_states_by_choice(api, seeds, dataverse, code):
    known = seeds.account("A")
    closing = row(accountid=known, statecode=1, statuscode=2)

    dataverse.set({"choices": {"bulk_changes_state": False}})
    refused = send(api, "UpdateMultiple", closing)
    dataverse.set({"choices": {"bulk_changes_state": True}})
    taken = send(api, "UpdateMultiple", closing)

    assert code(refused)[0] == 400
    assert taken.status_code == 204
    assert dataverse.get("account", known)["statecode"] == 1


def test_rows_within_rows_are_created_in_bulk_by_choice(api, dataverse, code):
    nested = row(name="A", contact_customer_accounts=[{"lastname": "Berg"}])

    refused = send(api, "CreateMultiple", nested)
    dataverse.set({"choices": {"bulk_nests": True}})
    taken = send(api, "CreateMultiple", nested)

    assert code(refused) == (400, "0x80048d19")
    assert taken.status_code == 200
    assert [each["lastname"] for each in dataverse.all("contact")] == ["Berg"]


@pytest.mark.parametrize(
    ("message", "privilege"),
    [("CreateMultiple", "prvCreateAccount"), ("UpdateMultiple", "prvWriteAccount")],
)
def test_a_bulk_message_takes_the_privilege_of_what_it_does(
    api, seeds, dataverse, code, message, privilege
):
    known = seeds.account("A")
    dataverse.set({"privileges": {privilege: None}})

    answer = send(api, message, row(accountid=known, name="B"))

    assert code(answer) == (403, "0x80040220")
    assert [each["name"] for each in dataverse.all("account")] == ["A"]


@pytest.mark.parametrize(("name", "status"), [("B2", 200), ("x" * 161, 400)])
def test_bulk_messages_in_a_change_set_are_applied_together_or_not_at_all(
    api, seeds, dataverse, a_part, name, status
):
    chosen = seeds.guid()
    address = "/api/data/v9.2/accounts/Microsoft.Dynamics.CRM."
    created = {"Targets": [row(accountid=chosen, name="B")]}
    updated = {"Targets": [row(accountid=chosen, name=name)]}

    answer = api.batch(
        [
            a_part("POST", f"{address}CreateMultiple", created, "1"),
            a_part("POST", f"{address}UpdateMultiple", updated, "2"),
        ]
    )

    assert answer.status_code == status
    assert [each["name"] for each in dataverse.all("account")] == ([name] if status == 200 else [])
