"""Credit notes: fields, kinds, how they are applied, and what stands for them among payments.

Never payments that draw on no credit.
"""

import pytest

VOUCHER = [{"name": "Credit", "description": "Free voucher", "qty": 1, "unit_cost": "150"}]


def named(fields):
    return set(fields.split())


def amount(value):
    return value["amount"]


def credit_balance(books, client):
    return {
        entry["amount"]["code"]: amount(entry["amount"])
        for entry in books.record("client", client["id"])["credit_balance"]
    }


@pytest.fixture
def voucher(books, client):
    return books.create_credit_note(client["id"], VOUCHER, notes="Thank you")


@pytest.fixture
def overpaid(books, an_invoice):
    """A payment of 50.00 by check on an invoice of 30.00."""
    invoice = an_invoice("30.00", invoice_number="20050849", create_date="2026-01-02")
    return books.pay_invoice(invoice["id"], "50.00", type="Check", date="2026-01-09")


def test_a_credit_note_has_the_fields_of_the_vendors_capture_and_no_updated(api, voucher):
    shown = api.result(f"credit_notes/credit_notes/{voucher['id']}")["credit_note"]

    assert shown.keys() == named(
        "accounting_systemid amount city clientid code country create_date credit_number "
        "credit_type creditid currency_code current_organization description display_status "
        "dispute_status ext_archive fname id language last_order_status lname notes organization "
        "paid payment_status province sentid status street street2 template terms vat_name "
        "vat_number vis_state"
    )
    assert (shown["creditid"], shown["credit_type"]) == (shown["id"], "goodwill")
    assert (shown["description"], shown["notes"]) == ("Free voucher", "Thank you")
    assert shown["amount"] == {"amount": "150.00", "code": "USD"}
    assert (shown["status"], shown["display_status"]) == ("created", "created")


def test_lines_of_a_credit_note_come_by_include(api, voucher):
    path = f"credit_notes/credit_notes/{voucher['id']}"

    (line,) = api.result(path, params={"include[]": "lines"})["credit_note"]["lines"]
    (listed,) = api.result("credit_notes/credit_notes", params={"include[]": "lines"})[
        "credit_notes"
    ]

    assert line.keys() == named(
        "amount compounded_tax creditid description name qty taskno taxAmount1 taxAmount2 "
        "taxName1 taxName2 unit_cost"
    )
    assert line["creditid"] == voucher["id"]
    assert listed["lines"] == [line]
    assert "lines" not in api.result(path)["credit_note"]


def test_credit_notes_are_listed_deleted_ones_on_request(api, books, client, voucher):
    second = books.create_credit_note(client["id"], VOUCHER, credit_type="prepayment")
    books.delete_credit_note(voucher["id"])

    def ids(**search):
        params = {f"search[{key}]": value for key, value in search.items()}
        listed = api.result("credit_notes/credit_notes", params=params)["credit_notes"]
        return [each["id"] for each in listed]

    assert ids() == [second["id"]]
    assert ids(vis_state=1) == [voucher["id"]]


@pytest.mark.parametrize("works", [True, False])
def test_the_filter_by_client_works_or_is_ignored(api, books, freshbooks, voucher, works):
    freshbooks.switches.credit_notes_filter_client = works
    other = books.create_client(organization="Other")
    params = {"search[clientid]": other["id"]}

    found = api.result("credit_notes/credit_notes", params=params)["total"]

    assert found == (0 if works else 1)


def test_a_filter_by_day_of_change_is_ignored_since_there_is_none(api, voucher):
    params = {"search[updated_min]": "2099-01-01"}

    assert api.result("credit_notes/credit_notes", params=params)["total"] == 1


def test_a_credit_note_is_created_changed_and_deleted_over_the_wire(api, client):
    path = "credit_notes/credit_notes"
    sent = {
        "clientid": str(client["id"]),
        "credit_number": "V-1",
        "credit_type": "prepayment",
        "create_date": "2026-01-05",
        "currency_code": "CAD",
        "lines": VOUCHER,
    }
    more = {
        "lines": [*VOUCHER, {"name": "More", "unit_cost": {"amount": "50", "code": "USD"}}],
        "notes": "More",
    }

    made = api.result(path, "POST", json={"credit_note": sent})["credit_note"]
    one = f"{path}/{made['id']}"
    changed = api.result(one, "PUT", json={"credit_note": more})["credit_note"]
    deleted = api.result(one, "PUT", json={"credit_note": {"vis_state": 1}})["credit_note"]

    assert (made["credit_number"], made["credit_type"]) == ("V-1", "prepayment")
    assert made["amount"] == {"amount": "150.00", "code": "CAD"}
    assert changed["amount"] == {"amount": "200.00", "code": "CAD"}
    assert changed["notes"] == "More"
    assert (deleted["vis_state"], deleted["notes"]) == (1, "More")


@pytest.mark.parametrize(
    ("sent", "errno"),
    [
        ({}, 1012),
        ({"clientid": 1}, 1012),
        ({"clientid": None, "credit_type": "overpayment"}, 1004),
        ({"lines": {}}, 1034),
    ],
)
def test_a_credit_note_that_cannot_be_is_refused(api, client, sent, errno):
    body = {"credit_note": sent}
    if "lines" in sent:
        sent["clientid"] = client["id"]

    assert api.errno("credit_notes/credit_notes", "POST", json=body) == (422, errno)


def test_one_credit_note_may_have_the_lists_name_in_bodies(api, freshbooks, client, voucher):
    freshbooks.switches.plural_credit_note_key = True
    path = "credit_notes/credit_notes"

    shown = api.result(f"{path}/{voucher['id']}")
    made = api.result(path, "POST", json={"credit_notes": {"clientid": client["id"], "lines": []}})

    assert shown["credit_notes"]["id"] == voucher["id"]
    assert made["credit_notes"]["amount"] == {"amount": "0.00", "code": "USD"}


def test_reading_credits_needs_its_own_scope_and_the_refusal_names_both_sides(api, voucher):
    api.log_in(scopes="user:profile:read user:payments:read")

    refused = api.accounting("credit_notes/credit_notes")

    message = refused.json()["response"]["errors"][0]["message"]
    assert refused.status_code == 403
    assert "user:credit_notes:read" in message
    assert "user:payments:read" in message


def test_hearing_of_credits_needs_its_scope_too(api):
    body = {"callback": {"event": "credit_note", "uri": "https://hooks.example/fb/1"}}
    allowed = api.callbacks("", "POST", json=body).status_code
    api.log_in(scopes="user:profile:read user:payments:read")

    refused = api.callbacks("", "POST", json=body).status_code

    assert (allowed, refused) == (200, 403)


def test_credit_notes_tell_their_webhooks(api, books, client, inbox, deliver):
    api.subscribe("credit_note")

    note = books.create_credit_note(client["id"], VOUCHER)
    books.edit_credit_note(note["id"], notes="n")
    books.delete_credit_note(note["id"])
    deliver()

    assert inbox.names == ["credit_note.create", "credit_note.update", "credit_note.delete"]
    assert {post["fields"]["object_id"] for post in inbox.posts} == {str(note["id"])}


def test_an_overpayment_makes_a_credit_note_named_by_its_row_among_the_payments(
    books, client, overpaid
):
    standing = books.record("payment", overpaid["overpaymentid"])
    note = books.record("credit_note", standing["creditid"])

    said = "Overpayment: invoice #20050849"
    assert amount(overpaid["amount"]) == "30.00"
    assert (note["credit_type"], amount(note["amount"])) == ("overpayment", "20.00")
    assert (note["description"], note["notes"], note["create_date"]) == (said, said, "2026-01-09")
    assert (note["clientid"], note["paid"]) == (client["id"], note["amount"])
    assert (standing["invoiceid"], standing["from_credit"]) == (None, False)
    assert (standing["type"], standing["note"], standing["date"]) == ("Check", said, "2026-01-09")


def test_every_credit_has_a_row_among_the_payments(books, voucher, overpaid):
    rows = [each for each in books.records("payment") if each["creditid"] is not None]

    assert [(each["creditid"], each["type"], amount(each["amount"])) for each in rows] == [
        (voucher["id"], "Credit", "150.00"),
        (voucher["id"] + 1, "Check", "20.00"),
    ]
    assert all((each["invoiceid"], each["from_credit"]) == (None, False) for each in rows)


@pytest.mark.parametrize(("shown", "expected"), [(True, 2), (False, 1)])
def test_the_list_of_payments_holds_credits_or_has_to_be_asked(
    api, freshbooks, overpaid, shown, expected
):
    freshbooks.switches.payments_list_credits = shown

    def total(**params):
        return api.result("payments/payments", params=params)["total"]

    assert total() == expected
    assert total(**{"search[payment_or_credit]": "invoice"}) == 1
    assert total(**{"search[payment_or_credit]": "credit"}) == 1


def test_a_row_for_a_credit_brings_its_note_by_include(api, books, overpaid):
    path = f"payments/payments/{overpaid['overpaymentid']}"

    shown = api.result(path, params={"include[]": "credit_note"})["payment"]

    assert shown["credit_note"]["creditid"] == shown["creditid"]
    assert shown["credit_note"]["credit_type"] == "overpayment"


def test_an_applied_credit_is_a_payment_from_credit(api, books, client, an_invoice, voucher):
    invoice = an_invoice("100.00")
    sent = {"invoiceid": invoice["id"], "amount": {"amount": "100.00"}, "type": "Credit"}

    paid = api.result("payments/payments", "POST", json={"payment": sent})["payment"]

    assert (paid["type"], paid["from_credit"], paid["creditid"]) == ("Credit", True, None)
    assert (paid["invoiceid"], amount(paid["amount"])) == (invoice["id"], "100.00")
    assert books.record("invoice", invoice["id"])["v3_status"] == "paid"
    assert credit_balance(books, client) == {"USD": "50.00"}


def test_an_applied_credit_may_name_the_note_it_was_drawn_on(
    books, freshbooks, an_invoice, voucher, client
):
    freshbooks.switches.applied_credits_name_their_credit = True
    later = books.create_credit_note(client["id"], VOUCHER)

    def drawn(value):
        made = books.pay_invoice(an_invoice(value)["id"], from_credit=True)
        return made["creditid"], amount(made["amount"])

    assert drawn("100.00") == (voucher["id"], "100.00")
    assert drawn("80.00") == (voucher["id"], "80.00")  # the first of those it was drawn on
    assert drawn("60.00") == (later["id"], "60.00")


@pytest.mark.parametrize("when_applied", [True, False])
def test_paid_of_a_credit_says_that_it_exists_or_how_much_was_applied(
    api, books, freshbooks, an_invoice, voucher, when_applied
):
    freshbooks.switches.credits_paid_when_applied = when_applied
    path = f"credit_notes/credit_notes/{voucher['id']}"

    def paid():
        shown = api.result(path)["credit_note"]
        return amount(shown["paid"]), shown["payment_status"]

    seen = [paid()]
    for value in ("100.00", "70.00"):
        books.pay_invoice(an_invoice(value)["id"], from_credit=True)
        seen.append(paid())

    whole = ("150.00", "paid")
    applied = [("0.00", "unpaid"), ("100.00", "partial"), whole]
    assert seen == (applied if when_applied else [whole] * 3)


def test_no_more_credit_is_applied_than_there_is_or_is_open(books, client, an_invoice, voucher):
    small, large = an_invoice("40.00"), an_invoice("500.00")

    first = books.pay_invoice(small["id"], "90.00", from_credit=True)
    second = books.pay_invoice(large["id"], from_credit=True)
    raised = books.edit_payment(second["id"], amount="400.00")

    assert [amount(each["amount"]) for each in (first, second, raised)] == [
        "40.00",
        "110.00",
        "110.00",
    ]
    assert first["overpaymentid"] is None
    assert credit_balance(books, client) == {}


def test_credit_is_kept_by_currency(books, client, an_invoice, voucher):
    books.create_credit_note(client["id"], VOUCHER, currency_code="CAD")

    books.pay_invoice(an_invoice("60.00", currency_code="CAD")["id"], from_credit=True)

    assert credit_balance(books, client) == {"CAD": "90.00", "USD": "150.00"}


def test_an_applied_credit_that_is_lowered_or_deleted_can_be_applied_again(
    books, client, an_invoice, voucher
):
    paid = books.pay_invoice(an_invoice("100.00")["id"], from_credit=True)
    balances = [credit_balance(books, client)]

    books.edit_payment(paid["id"], amount="30.00")
    balances.append(credit_balance(books, client))
    books.delete_payment(paid["id"])
    balances.append(credit_balance(books, client))

    assert balances == [{"USD": "50.00"}, {"USD": "120.00"}, {"USD": "150.00"}]


def test_a_deleted_credit_takes_its_row_along_and_both_come_back(books, client, voucher):
    (row,) = books.records("payment")

    def states():
        note = books.record("credit_note", voucher["id"])
        return note["vis_state"], books.record("payment", row["id"])["vis_state"]

    books.delete_credit_note(voucher["id"])
    assert (states(), credit_balance(books, client)) == ((1, 1), {})
    books.restore_payment(row["id"])
    assert (states(), credit_balance(books, client)) == ((0, 0), {"USD": "150.00"})


def test_deleting_a_credit_that_was_applied_leaves_less_than_nothing(
    books, client, an_invoice, voucher
):
    invoice = an_invoice("100.00")
    books.pay_invoice(invoice["id"], from_credit=True)

    books.delete_credit_note(voucher["id"])

    assert credit_balance(books, client) == {"USD": "-100.00"}
    assert books.record("invoice", invoice["id"])["v3_status"] == "paid"


def test_a_payment_that_is_deleted_takes_the_credit_it_made_along(books, client, overpaid):
    (note,) = books.records("credit_note")

    books.delete_payment(overpaid["id"])
    gone = books.record("credit_note", note["id"])["vis_state"]
    books.restore_payment(overpaid["id"])

    assert gone == 1
    assert credit_balance(books, client) == {"USD": "20.00"}


def test_a_credit_and_its_row_follow_each_other(books, client, voucher):
    (row,) = books.records("payment")

    books.edit_credit_note(voucher["id"], lines=[{"unit_cost": "80"}], create_date="2026-01-03")
    followed = books.record("payment", row["id"])
    books.edit_payment(row["id"], amount="25.00", date="2026-01-04")
    note = books.record("credit_note", voucher["id"])

    assert (amount(followed["amount"]), followed["date"]) == ("80.00", "2026-01-03")
    assert (amount(note["amount"]), note["create_date"]) == ("25.00", "2026-01-04")
    assert credit_balance(books, client) == {"USD": "25.00"}


def test_a_credit_is_not_touched_by_what_only_its_row_shows(
    api, books, voucher, clock, inbox, deliver
):
    (row,) = books.records("payment")
    api.subscribe("credit_note")
    clock.forward(hours=1)

    books.edit_payment(row["id"], type="Cash")
    deliver()

    assert inbox.names == []


def test_a_prepayment_can_become_goodwill_and_an_overpayment_stays_what_it_is(
    api, books, client, overpaid
):
    note = books.create_credit_note(client["id"], VOUCHER, credit_type="prepayment")
    (made,) = [each for each in books.records("credit_note") if each["id"] != note["id"]]

    changed = books.edit_credit_note(note["id"], credit_type="goodwill", stage="sent")
    kept = api.result(
        f"credit_notes/credit_notes/{made['id']}",
        "PUT",
        json={"credit_note": {"credit_type": "overpayment", "notes": "n"}},
    )["credit_note"]

    assert (changed["credit_type"], changed["status"]) == ("goodwill", "sent")
    assert (kept["credit_type"], kept["notes"]) == ("overpayment", "n")


def test_a_credit_note_keeps_the_clients_name_and_shows_the_one_of_today(books, client, voucher):
    books.edit_client(client["id"], organization="Nordlys Group")

    shown = books.record("credit_note", voucher["id"])

    assert shown["organization"] == "Nordlys Fiber AS"
    assert shown["current_organization"] == "Nordlys Group"


def test_a_mere_client_sees_its_own_credits_only(api, books, freshbooks, client, voucher):
    other = books.create_client(organization="Other")
    books.create_credit_note(other["id"], VOUCHER)
    business = books.business(None)
    identity = books.create_identity(email="ap@nordlys.example")
    member = next(iter(business.members.values()))
    business.members[identity.id] = type(member)("client", client["id"])
    api.log_in(identity=identity.id)

    shown = api.result("credit_notes/credit_notes")

    assert [each["id"] for each in shown["credit_notes"]] == [voucher["id"]]
