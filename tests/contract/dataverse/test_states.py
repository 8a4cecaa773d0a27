"""States and status reasons; closed invoices and activities; closing opportunities."""

import pytest

from sandbox.dataverse import Dataverse

PAID = {"statecode": 2, "statuscode": 100001}
ACTIVE = {"statecode": 0, "statuscode": 4}


def test_a_state_change_is_a_plain_update(api, seeds, dataverse):
    invoice = seeds.invoice()

    answer = api.patch(f"invoices({invoice})", PAID)

    row = dataverse.get("invoice", invoice)
    assert answer.status_code == 204
    assert (row["statecode"], row["statuscode"]) == (2, 100001)


def test_a_state_alone_takes_its_default_reason(api, seeds, dataverse):
    invoice = seeds.invoice()

    api.patch(f"invoices({invoice})", {"statecode": 3})

    assert dataverse.get("invoice", invoice)["statuscode"] == 100003


@pytest.mark.parametrize(
    "body",
    [
        {"statecode": 0, "statuscode": 100001},
        {"statecode": 2, "statuscode": 4},
        {"statuscode": 100002},
        {"statecode": None},
    ],
)
def test_a_reason_of_another_state_is_refused(api, seeds, code, body):
    answer = api.patch(f"invoices({seeds.invoice()})", body)

    assert code(answer) == (400, "0x80048408")


@pytest.mark.parametrize("closed", [PAID, {"statecode": 2, "statuscode": 100002}, {"statecode": 3}])
def test_a_paid_or_canceled_invoice_is_read_only_until_reactivated(
    api, seeds, dataverse, closed, code
):
    invoice = seeds.invoice()
    api.patch(f"invoices({invoice})", closed)

    refused = api.patch(f"invoices({invoice})", {"name": "Changed"})
    with_state = api.patch(f"invoices({invoice})", {"name": "Changed", **ACTIVE})
    reopened = api.patch(f"invoices({invoice})", ACTIVE)
    changed = api.patch(f"invoices({invoice})", {"name": "Changed"})

    assert code(refused)[0] == 400
    assert code(with_state)[0] == 400
    assert [reopened.status_code, changed.status_code] == [204, 204]
    assert dataverse.get("invoice", invoice)["name"] == "Changed"


def test_the_lines_of_a_closed_invoice_are_read_only_too(api, seeds, dataverse, code):
    invoice = seeds.invoice()
    line = seeds.line(invoice)
    api.patch(f"invoices({invoice})", PAID)
    new = {
        "invoiceid@odata.bind": f"/invoices({invoice})",
        "isproductoverridden": True,
        "productdescription": "x",
        "quantity": 1,
        "priceperunit": 1,
    }

    answers = [
        api.patch(f"invoicedetails({line})", {"quantity": 2}),
        api.delete(f"invoicedetails({line})"),
        api.post("invoicedetails", new),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert [row["quantity"] for row in dataverse.all("invoicedetail")] == [1]


def test_notes_and_activities_can_be_added_to_a_closed_invoice(api, seeds):
    invoice = seeds.invoice()
    api.patch(f"invoices({invoice})", PAID)
    bind = f"/invoices({invoice})"

    note = api.post("annotations", {"subject": "n", "objectid_invoice@odata.bind": bind})
    task = api.post("tasks", {"subject": "t", "regardingobjectid_invoice_task@odata.bind": bind})

    assert [note.status_code, task.status_code] == [204, 204]


def test_reopen_write_and_close_go_in_one_change_set(api, a_part, parts, seeds, dataverse):
    invoice = seeds.invoice()
    seeds.line(invoice)
    api.patch(f"invoices({invoice})", PAID)

    answer = api.batch(
        [
            a_part("PATCH", f"invoices({invoice})", ACTIVE, "1"),
            a_part("PATCH", f"invoices({invoice})", {"freightamount": 5}, "2"),
            a_part("PATCH", f"invoices({invoice})", PAID, "3"),
        ]
    )

    row = dataverse.get("invoice", invoice)
    assert parts(answer).statuses == [204, 204, 204]
    assert (row["statecode"], row["totalamount"]) == (2, 105)


def test_a_completed_activity_is_read_only_until_reopened(api, dataverse, code):
    task = dataverse.add("task", subject="t")
    api.patch(f"tasks({task})", {"statecode": 1, "statuscode": 5})

    refused = api.patch(f"tasks({task})", {"subject": "u"})
    api.patch(f"tasks({task})", {"statecode": 0, "statuscode": 2})
    changed = api.patch(f"tasks({task})", {"subject": "u"})

    assert code(refused)[0] == 400
    assert changed.status_code == 204


def test_closed_activities_can_be_left_writable(api_of):
    dataverse = Dataverse(closed_activities_read_only=False)
    task = dataverse.add("task", subject="t", statecode=1, statuscode=5)

    assert api_of(dataverse).patch(f"tasks({task})", {"subject": "u"}).status_code == 204


def in_currency(seeds, code):
    return {"transactioncurrencyid@odata.bind": f"/transactioncurrencies({seeds.currency(code)})"}


# The invoice reference of 2017: transactioncurrencyid is not valid for update.


def test_the_currency_of_an_invoice_cannot_be_changed(api, seeds, code):
    invoice = seeds.invoice()

    same = api.patch(f"invoices({invoice})", in_currency(seeds, "USD"))
    other = api.patch(f"invoices({invoice})", in_currency(seeds, "CAD"))

    assert same.status_code == 204
    assert code(other)[0] == 400


def test_the_currency_of_an_opportunity_cannot_be_changed_once_it_has_lines(
    api, seeds, dataverse, code
):
    opportunity = dataverse.add("opportunity", name="O", estimatedvalue=136)
    address = f"opportunities({opportunity})"

    before = api.patch(address, in_currency(seeds, "CAD"))
    line = dataverse.add(
        "opportunityproduct",
        opportunityid=opportunity,
        isproductoverridden=True,
        productdescription="Consulting",
        quantity=1,
        priceperunit=100,
    )
    after = api.patch(address, in_currency(seeds, "USD"))

    assert before.status_code == 204
    assert code(after)[0] == 400
    assert dataverse.get("opportunity", opportunity)["estimatedvalue_base"] == 100
    written = dataverse.get("opportunityproduct", line)
    assert written["_transactioncurrencyid_value"] == seeds.currency("CAD")


def test_an_environment_may_let_an_invoice_change_its_currency_with_its_lines(
    api, seeds, dataverse
):
    dataverse.set({"choices": {"currency_can_change": True}})
    invoice = seeds.invoice()
    line = seeds.line(invoice, priceperunit=136)
    prices = {"pricelevelid@odata.bind": f"/pricelevels({seeds.price_list('CAD')})"}

    answer = api.patch(f"invoices({invoice})", in_currency(seeds, "CAD") | prices)

    assert answer.status_code == 204
    for table, row_id, amount in (
        ("invoice", invoice, "totalamount"),
        ("invoicedetail", line, "extendedamount"),
    ):
        row = dataverse.get(table, row_id)
        assert row["_transactioncurrencyid_value"] == seeds.currency("CAD")
        assert (row[amount], row[f"{amount}_base"]) == (136, 100)


def test_a_custom_row_changes_its_currency_and_its_base_amounts_follow(api, seeds, dataverse):
    api.publisher("fbx")
    api.table("fbx_Client")
    api.column("fbx_client", "fbx_Open", "Money")
    client = dataverse.add("fbx_client", fbx_name="C", fbx_open=136)
    before = dataverse.get("fbx_client", client)

    answer = api.patch(f"fbx_clients({client})", in_currency(seeds, "CAD"))

    row = dataverse.get("fbx_client", client)
    assert answer.status_code == 204
    assert (before["fbx_open_base"], row["fbx_open"], row["fbx_open_base"]) == (136, 136, 100)
    assert row["exchangerate"] > before["exchangerate"]


def test_an_invoice_keeps_its_number(api, seeds, code):
    invoice = seeds.invoice(invoicenumber="INV-7")

    assert code(api.patch(f"invoices({invoice})", {"invoicenumber": "INV-8"}))[0] == 400


def test_winning_an_opportunity_closes_it_and_records_how(api, seeds, dataverse):
    account = seeds.account()
    opportunity = dataverse.add("opportunity", name="O", customerid_account=account)

    answer = api.post(
        "WinOpportunity",
        {
            "Status": 3,
            "OpportunityClose": {
                "subject": "Won",
                "actualrevenue": 500,
                "opportunityid@odata.bind": f"/opportunities({opportunity})",
            },
        },
    )

    row = dataverse.get("opportunity", opportunity)
    closing = dataverse.all("opportunityclose")[0]
    assert answer.status_code == 204
    assert (row["statecode"], row["statuscode"], row["actualvalue"]) == (1, 3, 500)
    assert row["actualclosedate"] == "2026-10-01"
    assert (closing["subject"], closing["statecode"]) == ("Won", 1)
    assert closing["_opportunityid_value"] == opportunity


@pytest.mark.parametrize(("action", "status"), [("WinOpportunity", 4), ("LoseOpportunity", 3)])
def test_an_opportunity_is_not_closed_with_a_reason_of_another_state(
    api, dataverse, action, status, code
):
    opportunity = dataverse.add("opportunity", name="O")
    closing = {"opportunityid@odata.bind": f"/opportunities({opportunity})"}

    answer = api.post(action, {"Status": status, "OpportunityClose": closing})

    assert code(answer) == (400, "0x80048408")
    assert dataverse.get("opportunity", opportunity)["statecode"] == 0


def test_an_opportunity_is_not_closed_by_an_update_nor_twice(api, dataverse, code):
    opportunity = dataverse.add("opportunity", name="O")
    closing = {"opportunityid@odata.bind": f"/opportunities({opportunity})"}
    body = {"Status": -1, "OpportunityClose": closing}

    update = api.patch(f"opportunities({opportunity})", {"statecode": 1, "statuscode": 3})
    first = api.post("LoseOpportunity", body)
    second = api.post("LoseOpportunity", body)

    assert code(update)[0] == 400
    assert first.status_code == 204
    assert code(second)[0] == 400
    assert dataverse.get("opportunity", opportunity)["statuscode"] == 4


def test_an_account_can_be_deactivated_and_filtered_out(api, seeds):
    account = seeds.account()
    seeds.account("Other")

    api.patch(f"accounts({account})", {"statecode": 1})

    assert [row["name"] for row in api.rows("accounts?$filter=statecode eq 0")] == ["Other"]
