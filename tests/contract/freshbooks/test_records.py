"""Clients, invoices, payments and expenses: fields, figures, statuses, times.

Never lists.
"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

TAXED = [
    {"name": "Bowls", "qty": 4, "unit_cost": "5.00", "taxName1": "HST", "taxAmount1": "13"},
    {"name": "Mugs", "qty": 6, "unit_cost": "4.00"},
]


def named(fields):
    return set(fields.split())


def amount(value):
    return value["amount"]


def test_an_invoice_has_the_fields_seen_on_the_wire(api, an_invoice):
    shown = api.result(f"invoices/invoices/{an_invoice()['id']}")["invoice"]

    assert shown.keys() == named(
        "id invoiceid accountid accounting_systemid address amount auto_bill autobill_status "
        "basecampid city code country create_date created_at currency_code current_organization "
        "customerid date_paid deposit_amount deposit_percentage deposit_status description "
        "discount_description discount_total discount_value display_status dispute_status "
        "due_date due_offset_days estimateid ext_archive fname fulfillment_date generation_date "
        "gmail invoice_number language last_order_status lname net_paid_amount notes organization "
        "outstanding ownerid paid parent payment_details payment_status po_number province "
        "return_uri sentid show_attachments status street street2 template terms updated uuid "
        "v3_status vat_name vat_number version vis_state"
    )


def test_lines_are_absent_unless_asked_for(api, an_invoice):
    path = f"invoices/invoices/{an_invoice()['id']}"
    params = {"include[]": "lines"}

    assert "lines" not in api.result(path)["invoice"]
    assert "lines" not in api.result("invoices/invoices")["invoices"][0]
    assert "lines" not in api.result(path, "PUT", json={"invoice": {"notes": "n"}})["invoice"]
    assert len(api.result(path, params=params)["invoice"]["lines"]) == 1
    assert len(api.result("invoices/invoices", params=params)["invoices"][0]["lines"]) == 1


def test_a_line_has_the_fields_seen_on_the_wire(books, client):
    line = books.create_invoice(client["id"], TAXED)["lines"][0]

    assert line.keys() == named(
        "amount basecampid compounded_tax date description expenseid invoiceid lineid "
        "modern_project_id modern_time_entries name qty retainer_id retainer_period_id taskno "
        "taxAmount1 taxAmount2 taxName1 taxName2 taxNumber1 taxNumber2 type unit_cost "
        "updated"
    )
    assert (line["qty"], line["taxAmount1"]) == ("4", "13")  # text, and a percentage
    assert line["amount"] == {"amount": "20.00", "code": "USD"}  # no tax in it


def test_line_ids_start_again_in_every_invoice(books, client):
    invoices = [books.create_invoice(client["id"], TAXED) for _ in range(2)]

    assert [[one["lineid"] for one in each["lines"]] for each in invoices] == [[1, 2], [1, 2]]


def test_discount_comes_before_tax_and_is_negative(books, client):
    invoice = books.create_invoice(client["id"], TAXED, discount_value=10)

    assert amount(invoice["discount_total"]) == "-4.40"
    assert amount(invoice["amount"]) == "41.94"  # 44.00 - 4.40 + 13 % of 18.00


@pytest.mark.parametrize(("compounded", "total"), [(False, "115.00"), (True, "115.50")])
def test_a_second_tax_may_be_compounded(books, client, compounded, total):
    line = {
        "qty": 1,
        "unit_cost": "100",
        "taxName1": "GST",
        "taxAmount1": "5",
        "taxName2": "PST",
        "taxAmount2": "10",
        "compounded_tax": compounded,
    }

    invoice = books.create_invoice(client["id"], [line])

    assert amount(invoice["amount"]) == total


def test_some_figures_have_far_more_digits_than_cents(books, client):
    invoice = books.create_invoice(client["id"], TAXED, discount_value=10)

    books.pay_invoice(invoice["id"], "20.00")
    net = Decimal(amount(books.record("invoice", invoice["id"])["net_paid_amount"]))

    assert net.as_tuple().exponent < -20


def test_an_invoice_keeps_the_clients_address_and_follows_their_name(books, client, an_invoice):
    invoice = an_invoice()
    books.edit_client(client["id"], organization="Nordlys Group", p_city="Bergen")

    seen = books.record("invoice", invoice["id"])

    assert seen["organization"] == "Nordlys Fiber AS"
    assert seen["current_organization"] == "Nordlys Group"
    assert seen["city"] == ""
    assert seen["updated"] == invoice["updated"]


def test_the_statuses_of_an_invoice_disagree_by_design(books, client, an_invoice):
    def statuses(invoice):
        seen = books.record("invoice", invoice["id"])
        return tuple(
            seen[name] for name in ("status", "v3_status", "payment_status", "display_status")
        )

    draft = books.create_invoice(client["id"], TAXED)
    sent = an_invoice("30.00", due_offset_days=30)
    assert statuses(draft) == (1, "draft", "unpaid", "draft")
    assert statuses(sent) == (2, "sent", "unpaid", "sent")
    books.view_invoice(sent["id"])
    assert statuses(sent) == (3, "viewed", "unpaid", "viewed")
    books.pay_invoice(sent["id"], "10.00")
    assert statuses(sent) == (3, "partial", "partial", "viewed")
    payment = books.pay_invoice(sent["id"])
    assert statuses(sent) == (4, "paid", "paid", "viewed")
    books.delete_payment(payment["id"])
    books.pay_invoice(sent["id"], automatic=True)
    assert statuses(sent) == (5, "autopaid", "auto-paid", "viewed")


def test_overdue_comes_with_time_in_v3_status_alone(api, books, an_invoice, clock):
    invoice = an_invoice(due_offset_days=2)
    path = f"invoices/invoices/{invoice['id']}"
    before = api.result(path)["invoice"]
    clock.forward(days=3)
    api.log_in()
    after = api.result(path)["invoice"]
    found = api.result("invoices/invoices", params={"search[v3_status]": "overdue"})

    assert (before["v3_status"], after["v3_status"]) == ("sent", "overdue")
    assert {k for k in after if after[k] != before[k]} == {"v3_status"}
    assert found["total"] == 1


def test_drafts_and_paid_invoices_are_never_overdue(books, client, an_invoice, clock):
    draft = books.create_invoice(client["id"], TAXED)
    paid = an_invoice()
    books.pay_invoice(paid["id"])
    clock.forward(days=30)

    assert books.record("invoice", draft["id"])["v3_status"] == "draft"
    assert books.record("invoice", paid["id"])["v3_status"] == "paid"


def test_a_status_no_operation_leads_to_can_be_forced_and_let_go(books, an_invoice):
    invoice = an_invoice(due_offset_days=9)

    forced = books.mark_invoice(invoice["id"], "disputed")
    let_go = books.mark_invoice(invoice["id"], None)

    assert (forced["v3_status"], let_go["v3_status"]) == ("disputed", "sent")


def test_due_date_follows_from_its_offset_and_is_refused_when_written(api, client):
    sent = {"customerid": client["id"], "create_date": "2026-01-30", "due_offset_days": 14}
    made = api.result("invoices/invoices", "POST", json={"invoice": sent})["invoice"]
    path = f"invoices/invoices/{made['id']}"

    assert made["due_date"] == "2026-02-13"
    assert api.errno(path, "PUT", json={"invoice": {"due_date": "2026-03-01"}}) == (403, 1038)


def test_updated_is_eastern_wherever_the_business_is_while_its_days_are_its_own(books):
    tokyo = books.create_business("Sumida Design", timezone="Asia/Tokyo")
    client = books.create_client(account=tokyo.account_id)
    invoice = books.create_invoice(client["id"], TAXED)

    assert invoice["updated"] == "2026-01-14 21:30:00"
    assert invoice["create_date"] == "2026-01-15"


@pytest.mark.parametrize(
    ("moment", "stamp"),
    [
        (datetime(2026, 1, 15, 2, 30, tzinfo=UTC), "2026-01-14 21:30:00"),
        (datetime(2026, 7, 15, 2, 30, tzinfo=UTC), "2026-07-14 22:30:00"),
    ],
)
def test_updated_is_eastern_with_daylight_saving_while_signup_is_utc(books, clock, moment, stamp):
    clock.now = moment

    client = books.create_client(organization="X")

    assert client["updated"] == stamp
    assert client["signup_date"] == moment.strftime("%Y-%m-%d %H:%M:%S")


def test_the_version_moves_with_every_change_even_when_the_clock_does_not(books, an_invoice):
    invoice = an_invoice()
    versions = [invoice["version"]]
    versions += [books.edit_invoice(invoice["id"], notes=text)["version"] for text in "abc"]

    assert versions == sorted(set(versions))
    assert versions[0] == "2026-01-14 21:30:00.123456"


def test_clients_and_payments_have_no_version(books, client, an_invoice):
    payment = books.pay_invoice(an_invoice()["id"])

    assert "version" not in client
    assert "version" not in payment
    assert "version" in books.create_expense("1.00")


@pytest.mark.parametrize("touches", [False, True])
def test_a_payment_moves_its_invoices_updated_only_by_switch(
    books, freshbooks, an_invoice, clock, touches
):
    freshbooks.switches.payments_touch_invoices = touches
    invoice = an_invoice("10.00")
    clock.forward(hours=1)

    books.pay_invoice(invoice["id"], "4.00")
    after = books.record("invoice", invoice["id"])

    assert amount(after["outstanding"]) == "6.00"
    assert (after["updated"] != invoice["updated"]) is touches
    assert (after["version"] != invoice["version"]) is touches


def test_an_overpayment_is_split_into_the_open_amount_and_a_credit(api, books, client, an_invoice):
    invoice = an_invoice("30.00")
    sent = {"invoiceid": invoice["id"], "amount": {"amount": "50.00"}, "type": "Check"}

    payment = api.result("payments/payments", "POST", json={"payment": sent})["payment"]
    credit = books.record("payment", payment["overpaymentid"])
    params = {"include[]": "credit_balance"}
    balance = api.result(f"users/clients/{client['id']}", params=params)["client"]

    assert payment["amount"] == {"amount": "30.00", "code": "USD"}
    assert amount(credit["amount"]) == "20.00"
    assert (credit["invoiceid"], credit["clientid"]) == (None, client["id"])
    assert credit["creditid"] is not None
    assert balance["credit_balance"] == [{"amount": {"amount": "20.00", "code": "USD"}}]


def test_a_payment_that_grows_beyond_what_is_open_adds_to_its_credit(api, books, an_invoice):
    payment = books.pay_invoice(an_invoice("30.00")["id"], "35.00", type="Check")
    path = f"payments/payments/{payment['id']}"
    body = {"payment": {"amount": {"amount": "50.00"}, "date": "2026-01-02", "type": "Cash"}}

    edited = api.result(path, "PUT", json=body)["payment"]

    assert (edited["amount"]["amount"], edited["date"], edited["type"]) == (
        "30.00",
        "2026-01-02",
        "Cash",
    )
    assert amount(books.record("payment", edited["overpaymentid"])["amount"]) == "25.00"


def test_a_payment_on_a_paid_invoice_is_stored_as_nothing_and_a_credit(books, an_invoice):
    invoice = an_invoice("30.00")
    books.pay_invoice(invoice["id"])

    payment = books.pay_invoice(invoice["id"], "10.00")

    assert amount(payment["amount"]) == "0.00"
    assert amount(books.record("payment", payment["overpaymentid"])["amount"]) == "10.00"


def test_credit_can_pay_another_invoice(books, client, an_invoice):
    books.pay_invoice(an_invoice("30.00")["id"], "50.00")
    second = an_invoice("100.00")

    payment = books.pay_invoice(second["id"], "100.00", from_credit=True)

    assert (payment["type"], payment["from_credit"]) == ("Credit", True)
    assert amount(payment["amount"]) == "20.00"
    assert amount(books.record("invoice", second["id"])["outstanding"]) == "80.00"
    assert books.record("client", client["id"])["credit_balance"] == []


def test_editing_refunding_and_deleting_a_payment_reopens_its_invoice(books, an_invoice):
    invoice = an_invoice("30.00")
    payment = books.pay_invoice(invoice["id"])

    def outstanding():
        return amount(books.record("invoice", invoice["id"])["outstanding"])

    books.edit_payment(payment["id"], amount="25.00")
    assert outstanding() == "5.00"
    books.refund(payment["id"], "5.00")
    assert outstanding() == "10.00"
    books.refund(payment["id"])
    assert outstanding() == "30.00"
    books.restore_payment(payment["id"])
    assert outstanding() == "10.00"


def test_raising_a_payment_above_what_is_open_splits_it_too(books, an_invoice):
    payment = books.pay_invoice(an_invoice("30.00")["id"], "10.00")

    raised = books.edit_payment(payment["id"], amount="45.00")

    assert amount(raised["amount"]) == "30.00"
    assert amount(books.record("payment", raised["overpaymentid"])["amount"]) == "15.00"


def test_balances_are_lists_by_currency_without_drafts(api, books, client, an_invoice, clock):
    an_invoice("100.00", currency_code="USD")
    an_invoice("70.00", currency_code="EUR", due_offset_days=30)
    books.create_invoice(client["id"], [{"unit_cost": "9"}], currency_code="CAD")
    books.delete_invoice(an_invoice("5.00")["id"])
    clock.forward(days=2)
    api.log_in()
    names = [f"{name}_balance" for name in ("outstanding", "overdue", "draft", "credit")]

    path = f"users/clients/{client['id']}"
    shown = api.result(path, params={"include[]": names})["client"]

    assert shown["outstanding_balance"] == [
        {"amount": {"amount": "70.00", "code": "EUR"}},
        {"amount": {"amount": "100.00", "code": "USD"}},
    ]
    assert shown["overdue_balance"] == [{"amount": {"amount": "100.00", "code": "USD"}}]
    assert shown["draft_balance"] == [{"amount": {"amount": "9.00", "code": "CAD"}}]
    assert shown["credit_balance"] == []
    assert not api.result(path)["client"].keys() & set(names)


def test_email_is_not_unique_and_absent_texts_are_empty(books, client):
    second = books.create_client(email=client["email"])

    assert second["email"] == client["email"]
    assert (second["organization"], second["bus_phone"], second["note"]) == ("", "", None)


def test_an_expense_has_the_fields_seen_on_the_wire(api, books):
    made = books.create_expense("54.00", vendor="Ferry Co.")

    shown = api.result(f"expenses/expenses/{made['id']}")["expense"]

    assert shown.keys() == named(
        "account_name accountid accounting_systemid amount background_jobid bank_name "
        "bill_matches billable categoryid clientid compounded_tax converse_projectid date "
        "expenseid ext_accountid ext_invoiceid ext_systemid from_bulk_import has_receipt id "
        "include_receipt invoiceid is_cogs isduplicate markup_percent modern_projectid notes "
        "potential_bill_payment profileid projectid staffid status taxAmount1 taxAmount2 taxName1 "
        "taxName2 taxPercent1 taxPercent2 transactionid updated vendor version vis_state"
    )
    assert (shown["clientid"], shown["status"]) == (0, 0)


def test_an_expenses_tax_is_money_and_its_status_follows_the_client(books, client):
    expense = books.create_expense("54.00", taxName1="HST", taxAmount1="6.21", code="CAD")

    billed = books.edit_expense(expense["id"], clientid=client["id"], billable=True)

    assert expense["taxAmount1"] == {"amount": "6.21", "code": "CAD"}
    assert (expense["status"], billed["status"]) == (0, 1)
    assert billed["amount"] == {"amount": "54.00", "code": "CAD"}


def test_categories_have_their_own_time_fields(api, books):
    made = books.create_category("Ferries")
    path = f"expenses/categories/{made['id']}"

    shown = api.result(path)["category"]
    posted = api.result("expenses/categories", "POST", json={"category": {"category": "Fuel"}})

    assert shown["updated_at"] == shown["created_at"] == "2026-01-14 21:30:00"
    assert "updated" not in shown
    assert posted["category"]["category"] == "Fuel"
    assert api.accounting(path, "PUT", json={"category": {}}).status_code == 405


def test_a_put_with_vis_state_drops_every_other_field(api, client):
    path = f"users/clients/{client['id']}"

    for state in (0, 2):
        body = {"client": {"vis_state": state, "organization": "Renamed"}}
        shown = api.result(path, "PUT", json=body)["client"]

        assert (shown["vis_state"], shown["organization"]) == (state, "Nordlys Fiber AS")


@pytest.mark.parametrize(
    ("answers", "status", "errno"), [("unknown", 404, 1012), ("deleted", 404, 1011)]
)
def test_a_deleted_row_is_shown_with_vis_state_or_refused(
    api, books, freshbooks, an_invoice, answers, status, errno
):
    path = f"invoices/invoices/{an_invoice()['id']}"
    deleted = api.accounting(path, "DELETE")
    shown = api.result(path)["invoice"]
    freshbooks.switches.deleted_reads = answers

    assert (deleted.status_code, deleted.json()) == (200, {"response": {}})
    assert shown["vis_state"] == 1
    assert api.errno(path) == (status, errno)


def test_a_deleted_invoice_comes_back_with_its_payments(books, an_invoice):
    invoice = an_invoice("30.00")
    books.pay_invoice(invoice["id"], "10.00")
    books.delete_invoice(invoice["id"])

    restored = books.restore_invoice(invoice["id"])

    assert restored["vis_state"] == 0
    assert amount(restored["outstanding"]) == "20.00"


def test_an_invoice_is_sent_by_status_number_by_mark_and_by_email(api, books, client):
    for body in ({"status": 2}, {"action_mark_as_sent": True}, {"action_email": True}):
        draft = books.create_invoice(client["id"], TAXED)

        sent = api.result(f"invoices/invoices/{draft['id']}", "PUT", json={"invoice": body})

        assert sent["invoice"]["status"] == 2


def test_editing_lines_replaces_the_whole_set(api, an_invoice):
    path = f"invoices/invoices/{an_invoice('100.00')['id']}"
    lines = [
        {"name": "A", "qty": "2", "unit_cost": {"amount": "7.50", "code": "XXX"}},
        {"name": "B", "qty": "0.333", "unit_cost": {"amount": "10.125"}},
    ]

    shown = api.result(
        path, "PUT", json={"invoice": {"lines": lines}}, params={"include[]": "lines"}
    )["invoice"]

    assert [line["name"] for line in shown["lines"]] == ["A", "B"]
    assert [amount(line["amount"]) for line in shown["lines"]] == ["15.00", "3.37"]
    assert shown["lines"][0]["unit_cost"]["code"] == "USD"
    assert shown["lines"][1]["unit_cost"]["amount"] == "10.125"
    assert amount(shown["amount"]) == "18.37"


def test_a_stale_read_answers_the_previous_version_as_often_as_told(api, books, an_invoice):
    invoice = an_invoice("30.00")
    path = f"invoices/invoices/{invoice['id']}"
    books.pay_invoice(invoice["id"], "10.00")
    books.serve_stale("invoice", invoice["id"], 2)

    seen = [amount(api.result(path)["invoice"]["outstanding"]) for _ in range(3)]

    assert seen == ["30.00", "30.00", "20.00"]


def test_a_stale_read_of_a_new_record_finds_nothing(api, books, client):
    books.serve_stale("client", client["id"])

    assert api.errno(f"users/clients/{client['id']}") == (404, 1012)
    assert api.result(f"users/clients/{client['id']}")["client"]["id"] == client["id"]


def test_includes_bring_related_records(api, books, an_invoice):
    payment = books.pay_invoice(an_invoice()["id"])
    expense = books.create_expense("3.00")

    paid = api.result(
        f"payments/payments/{payment['id']}", params={"include[]": ["client", "invoice", "no"]}
    )["payment"]
    spent = api.result(f"expenses/expenses/{expense['id']}", params={"include[]": "category"})

    assert paid["client"]["id"] == payment["clientid"]
    assert paid["invoice"]["id"] == payment["invoiceid"]
    assert "no" not in paid
    assert spent["expense"]["category"]["category"] == "Advertising"
