"""Creating, reading, updating and deleting rows, as the pages on create and update describe."""

import uuid
from decimal import Decimal

import pytest

MISSING = "00000000-0000-0000-0000-00000000abcd"


def test_a_created_row_is_named_by_its_guid_and_has_no_body(api):
    made = api.post("accounts", {"name": "Aster Works"})

    assert made.status_code == 204
    assert made.text == ""
    address = made.headers["OData-EntityId"]
    assert address.startswith(api.root + "accounts(")
    assert api.get(address).json()["name"] == "Aster Works"


def test_representation_answers_201_with_the_selected_columns(api):
    made = api.post("accounts?$select=name", {"name": "A"}, Prefer="return=representation")

    assert made.status_code == 201
    assert set(made.json()) == {"@odata.context", "@odata.etag", "name", "accountid"}
    assert made.headers["Preference-Applied"] == "return=representation"


def test_a_row_can_be_created_under_a_chosen_guid_by_post_and_by_patch(api, dataverse):
    first, second = str(uuid.uuid4()), str(uuid.uuid4())

    posted = api.post("accounts", {"accountid": first, "name": "A"})
    patched = api.patch(f"accounts({second})", {"name": "B"})

    assert (posted.status_code, patched.status_code) == (204, 204)
    assert [row["accountid"] for row in dataverse.all("account")] == [first, second]


def test_a_primary_key_in_use_is_refused(api, seeds, code):
    taken = seeds.account()

    answer = api.post("accounts", {"accountid": taken, "name": "B"})

    assert code(answer) == (412, "0x80060892")


def test_only_the_named_columns_change(api, seeds, dataverse):
    account = seeds.account(telephone1="555")

    api.patch(f"accounts({account})", {"name": "B"})

    row = dataverse.get("account", account)
    assert (row["name"], row["telephone1"]) == ("B", "555")


def test_null_empties_a_column(api, seeds, dataverse):
    account = seeds.account(telephone1="555")

    api.patch(f"accounts({account})", {"telephone1": None})

    assert dataverse.get("account", account)["telephone1"] is None


def test_a_row_that_is_not_there_is_404(api, code):
    assert code(api.get(f"accounts({MISSING})")) == (404, "0x80040217")
    assert code(api.delete(f"accounts({MISSING})")) == (404, "0x80040217")
    assert code(api.patch(f"accounts({MISSING})", {}, If_Match="*")) == (404, "0x80040217")


def test_money_has_four_decimals_on_the_wire(api, seeds):
    account = seeds.account(revenue=Decimal(5000000))

    answer = api.get(f"accounts({account})?$select=revenue")

    assert '"revenue":5000000.0000' in answer.text


def test_money_is_rounded_to_the_currency_and_twinned_in_the_base_currency(api, seeds):
    account = api.post(
        "accounts?$select=revenue,revenue_base,exchangerate",
        {
            "name": "A",
            "revenue": 10.005,
            "transactioncurrencyid@odata.bind": f"/transactioncurrencies({seeds.currency('CAD')})",
        },
        Prefer="return=representation",
    ).json(parse_float=Decimal)

    assert account["revenue"] == Decimal("10.01")
    assert account["revenue_base"] == Decimal("7.3603")
    assert account["exchangerate"] == Decimal("1.36")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"nosuchcolumn": 1}, "0x80048d19"),
        ({"Name": "wrong case"}, "0x80048d19"),
        ({"name": 5}, "0x80048d19"),
        ({"revenue": "12.50"}, "0x80048d19"),
        ({"numberofemployees": 1.5}, "0x80048d19"),
        ({"numberofemployees": 2**31}, "0x80048d19"),
        ({"creditonhold": "true"}, "0x80048d19"),
        ({"_primarycontactid_value": MISSING}, "0x80048d19"),
        ({"primarycontactid": MISSING}, "0x80048d19"),
        ({"name": "x" * 161}, "0x80044331"),
        ({"name": "🚀" * 81}, "0x80044331"),
        ({"name": "Aster\x0bWorks"}, "0x80040278"),
        ({"name": "Aster \ud83d"}, "0x80040278"),
        ({"revenue": -1}, "0x80044330"),
        ({"revenue": 100000000000001}, "0x80044330"),
        ({"numberofemployees": -1}, "0x8004432f"),
        ({"customertypecode": 99}, "0x8004431a"),
        ({"statuscode": 2}, "0x80048408"),
        ({"statecode": 1}, "0x80048408"),
        ({"createdon": "2020-01-01T00:00:00Z"}, "0x80040203"),
    ],
)
def test_a_body_that_does_not_fit_the_table_is_refused(api, code, dataverse, body, expected):
    answer = api.post("accounts", {"name": "A", **body})

    assert code(answer) == (400, expected)
    assert dataverse.all("account") == []


def test_a_body_that_is_not_json_is_refused(api, code):
    answer = api.session.post(
        api.root + "accounts", data=b"{oops", headers={"Content-Type": "application/json"}
    )

    assert code(answer) == (400, "0x80048d19")


def test_the_length_error_names_column_table_and_limit(api):
    message = api.post("accounts", {"name": "x" * 161}).json()["error"]["message"]

    assert "'name'" in message
    assert "'account'" in message
    assert "'160'" in message


def test_a_server_required_column_must_be_there(api, code):
    answer = api.post("publishers", {"uniquename": "fb"})

    assert code(answer) == (400, "0x80040203")


def test_createdon_can_be_back_dated_on_create_only(api, dataverse, code):
    made = api.post("accounts", {"name": "A", "overriddencreatedon": "2020-05-01T12:00:00Z"})
    again = api.patch(made.headers["OData-EntityId"], {"overriddencreatedon": None})

    assert dataverse.all("account")[0]["createdon"] == "2020-05-01T12:00:00Z"
    assert code(again) == (400, "0x80040203")


def test_date_only_columns_take_a_plain_day_and_others_a_moment(api, seeds, code):
    invoice = seeds.invoice()
    shown = f"invoices({invoice})?$select=duedate,datedelivered"

    api.patch(
        f"invoices({invoice})",
        {"duedate": "2026-01-31", "datedelivered": "2026-01-31T23:00:00-05:00"},
    )
    refused = api.patch(f"invoices({invoice})", {"duedate": "2026-01-31T00:00:00Z"})

    row = api.get(shown).json()
    assert row["duedate"] == "2026-01-31"
    assert row["datedelivered"] == "2026-02-01T04:00:00Z"
    assert code(refused) == (400, "0x80048d19")


def test_a_moment_without_an_offset_is_taken_as_utc(api, seeds):
    invoice = seeds.invoice()

    api.patch(f"invoices({invoice})", {"datedelivered": "2026-01-31T12:00:00"})

    row = api.get(f"invoices({invoice})?$select=datedelivered").json()
    assert row["datedelivered"] == "2026-01-31T12:00:00Z"


def test_a_lookup_is_bound_with_and_without_leading_slash_and_absolutely(api, seeds, dataverse):
    account = seeds.account()
    for address in (
        f"/accounts({account})",
        f"accounts({account})",
        f"{api.root}accounts({account})",
    ):
        api.post("contacts", {"lastname": "L", "parentcustomerid_account@odata.bind": address})

    found = {row["_parentcustomerid_value"] for row in dataverse.all("contact")}
    assert found == {account}
    assert len(dataverse.all("contact")) == 3


@pytest.mark.parametrize("name", ["customerid", "customerid_Account", "fb_nothing"])
def test_a_navigation_property_that_does_not_exist_is_refused(api, seeds, code, name):
    answer = api.post("invoices", {f"{name}@odata.bind": f"/accounts({seeds.account()})"})

    assert code(answer) == (400, "0x80048d19")


def test_binding_a_missing_row_is_404(api, code):
    body = {"lastname": "L", "parentcustomerid_account@odata.bind": f"/accounts({MISSING})"}

    assert code(api.post("contacts", body)) == (404, "0x80040217")


def test_an_invoice_has_exactly_one_customer(api, seeds, dataverse, code):
    account = f"/accounts({seeds.account()})"
    contact = f"/contacts({dataverse.add('contact', lastname='L')})"

    none = api.post("invoices", {"name": "I"})
    both = api.post(
        "invoices",
        {"customerid_account@odata.bind": account, "customerid_contact@odata.bind": contact},
    )
    mixed = api.post("invoices", {"customerid_account@odata.bind": contact})

    assert code(none) == (400, "0x80040203")
    assert code(both) == (400, "0x80048d19")
    assert code(mixed) == (400, "0x80048d19")


def test_null_and_ref_disassociate(api, seeds, dataverse):
    parent = seeds.account("Parent")
    one = seeds.account(parentaccountid=parent)
    two = seeds.account(parentaccountid=parent)

    first = api.patch(f"accounts({one})", {"parentaccountid": None})
    second = api.delete(f"accounts({two})/parentaccountid/$ref")

    assert (first.status_code, second.status_code) == (204, 204)
    assert dataverse.get("account", one)["_parentaccountid_value"] is None
    assert dataverse.get("account", two)["_parentaccountid_value"] is None


def test_ref_associates_from_both_ends(api, seeds, dataverse):
    parent, one, two = seeds.account("P"), seeds.account("1"), seeds.account("2")

    api.call("PUT", f"accounts({one})/parentaccountid/$ref", {"@odata.id": f"accounts({parent})"})
    api.post(f"accounts({parent})/account_parent_account/$ref", {"@odata.id": f"accounts({two})"})

    assert dataverse.get("account", one)["_parentaccountid_value"] == parent
    assert dataverse.get("account", two)["_parentaccountid_value"] == parent


def test_deep_insert_creates_parents_and_children_in_one_request(api, dataverse):
    made = api.post(
        "accounts",
        {
            "name": "A",
            "primarycontactid": {"lastname": "Doe", "firstname": "Jo"},
            "Account_Tasks": [{"subject": "one"}, {"subject": "two"}],
        },
    )

    account = dataverse.all("account")[0]
    assert made.status_code == 204
    assert dataverse.get("contact", account["_primarycontactid_value"])["fullname"] == "Jo Doe"
    regarding = [row["_regardingobjectid_value"] for row in dataverse.all("task")]
    assert regarding == [account["accountid"]] * 2


def test_a_deep_insert_with_one_bad_child_leaves_nothing(api, dataverse, code):
    answer = api.post("accounts", {"name": "A", "Account_Tasks": [{"subject": "x" * 201}]})

    assert code(answer) == (400, "0x80044331")
    assert dataverse.all("account") == []


def test_deep_update_is_refused(api, seeds, code):
    answer = api.patch(f"accounts({seeds.account()})", {"Account_Tasks": [{"subject": "x"}]})

    assert code(answer) == (400, "0x80048d19")


def test_an_account_with_invoices_cannot_be_deleted(api, seeds, dataverse, code):
    account = seeds.account()
    seeds.invoice(account)

    answer = api.delete(f"accounts({account})")

    assert code(answer) == (405, "0x80040227")
    assert dataverse.get("account", account) is not None


def test_deleting_an_invoice_takes_its_lines_activities_and_notes_along(api, seeds, dataverse):
    invoice = seeds.invoice()
    seeds.line(invoice)
    dataverse.add("task", subject="t", regardingobjectid_invoice_task=invoice)
    dataverse.add("annotation", subject="n", objectid_invoice=invoice)

    answer = api.delete(f"invoices({invoice})")

    assert answer.status_code == 204
    for table in ("invoice", "invoicedetail", "task", "annotation", "activitypointer"):
        assert dataverse.all(table) == []


def test_deleting_a_parent_removes_the_link(api, seeds, dataverse):
    parent = seeds.account("P")
    child = seeds.account("C", parentaccountid=parent)

    api.delete(f"accounts({parent})")

    assert dataverse.get("account", child)["_parentaccountid_value"] is None


def test_every_activity_shows_among_the_activity_pointers(api, seeds, dataverse):
    account = seeds.account()
    task = dataverse.add("task", subject="Call", regardingobjectid_account_task=account)

    found = api.rows("activitypointers?$select=subject,activitytypecode,_regardingobjectid_value")

    assert found[0]["activityid"] == task
    assert (found[0]["subject"], found[0]["activitytypecode"]) == ("Call", "task")
    assert found[0]["_regardingobjectid_value"] == account


def test_activity_pointers_are_not_written_directly(api, code):
    assert code(api.post("activitypointers", {"subject": "x"})) == (400, "0x80040203")


def test_a_property_can_be_read_put_and_deleted_alone(api, seeds, dataverse):
    account = seeds.account(telephone1="1")

    read = api.get(f"accounts({account})/telephone1").json()["value"]
    api.call("PUT", f"accounts({account})/telephone1", {"value": "2"})
    put = dataverse.get("account", account)["telephone1"]
    api.delete(f"accounts({account})/telephone1")

    assert (read, put) == ("1", "2")
    assert dataverse.get("account", account)["telephone1"] is None


def test_a_row_created_below_a_record_points_at_it(api, seeds, dataverse):
    account = seeds.account()

    made = api.post(f"accounts({account})/Account_Tasks", {"subject": "t"})

    assert made.status_code == 204
    assert dataverse.all("task")[0]["_regardingobjectid_value"] == account


def test_who_am_i_names_the_application_user(api, dataverse):
    answer = api.get("WhoAmI()").json()

    assert dataverse.get("systemuser", answer["UserId"])["applicationid"]
    assert answer["OrganizationId"] == dataverse.all("organization")[0]["organizationid"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothings", 404),
        ("PUT", "accounts", 405),
        ("GET", "accounts/oops", 404),
        ("POST", "WhoAmI", 405),
        ("GET", "accounts(5", 400),
        ("GET", "accounts(name='x')", 400),
        ("GET", "$metadata", 501),
        ("GET", "accounts?fetchXml=%3Cfetch/%3E", 400),
        ("GET", "accounts/$count?fetchXml=%3Cfetch/%3E", 501),
        ("GET", "accounts?savedQuery=00000000-0000-0000-0000-000000000001", 501),
        ("POST", "BulkDelete", 501),
    ],
)
def test_an_address_the_service_does_not_have_is_an_error(api, method, path, status):
    answer = api.call(method, path, {} if method in {"PUT", "POST"} else None)

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == "0x80060888"


def test_without_the_sales_app_there_is_no_invoice(api_of):
    from sandbox.dataverse import Dataverse

    api = api_of(Dataverse(sales=False))

    assert api.get("invoices").status_code == 404
    assert api.get("EntityDefinitions(LogicalName='invoice')").status_code == 404
    assert api.get("EntityDefinitions(LogicalName='account')").status_code == 200
