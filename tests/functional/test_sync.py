"""One change in FreshBooks, and what Dynamics shows afterwards."""

import re
from decimal import Decimal

import pytest

from shared.core.identity import Awaited
from shared.sync.letters import Wanted
from tests.functional.world import Firm

PAID, CANCELLED, OPEN = 2, 3, 0


@pytest.fixture
def firm():
    return Firm()


def lines(*prices, **fields):
    return [
        {"name": f"Work {n}", "qty": "1", "unit_cost": price, **fields}
        for n, price in enumerate(prices, start=1)
    ]


def an_invoice(firm, client=None, *prices, **fields):
    client = client or firm.books.create_client(organization="Aster Works")
    invoice = firm.books.create_invoice(
        client["id"], lines=lines(*(prices or ("100.00", "50.00", "25.50"))), sent=True, **fields
    )
    return client, invoice


def ref(row, lookup):
    """Return the id a lookup points at."""
    return row[f"_{lookup}_value"]


def money(row, column):
    return Decimal(str(row[column]))


def test_a_new_invoice_arrives_whole_with_its_account_and_timeline_entry(firm):
    client, invoice = an_invoice(firm)
    firm.run()

    (row,) = firm.invoices()
    (entry,) = firm.entries("invoice")
    account = firm.account_of(client)
    assert account["name"] == "Aster Works"
    assert ref(row, "customerid") == account["accountid"]
    assert money(row, "fbx_total") == Decimal("175.50")
    assert row["fbx_number"] == invoice["invoice_number"]
    assert row["fbx_complete"] is True
    assert len(firm.dataverse.all("invoicedetail")) == 3
    assert ref(entry, "regardingobjectid") == account["accountid"]
    assert ref(entry, "fbx_invoiceid") == row["invoiceid"]


def test_the_account_shows_what_is_owed(firm):
    client, _ = an_invoice(firm)
    firm.run()

    account = firm.account_of(client)

    assert money(account, "fbx_outstanding") == Decimal("175.50")
    assert account["fbx_financialhealth"] == 417650002
    assert str(account["fbx_lastinvoiceon"])[:10] == firm.clock().date().isoformat()


def test_a_new_three_line_invoice_costs_two_dataverse_requests(firm):
    client = firm.books.create_client(organization="Aster Works")
    an_invoice(firm, client)
    firm.run()
    firm.dataverse_door.traffic.clear()
    _, invoice = an_invoice(firm, client)
    firm.freshbooks.deliveries.run_pending()

    firm.step()

    assert firm.outcomes()["invoice", invoice["id"]] == "created"
    assert sum(firm.dataverse_door.traffic.values()) <= 2


def test_an_unchanged_invoice_costs_one_dataverse_request(firm):
    an_invoice(firm)
    firm.run()
    firm.dataverse_door.traffic.clear()
    request = next(r for r in firm.queue.sent if r.kind == "invoice")
    firm.queue.send(request)

    firm.step()

    assert sum(firm.dataverse_door.traffic.values()) == 1


def test_handling_every_message_again_writes_nothing(firm):
    client, invoice = an_invoice(firm)
    firm.books.pay_invoice(invoice["id"], "100.00")
    firm.books.create_expense("12.50", clientid=client["id"])
    firm.run()
    before = firm.everything()
    for request in list(firm.queue.sent):
        firm.queue.send(request)

    firm.drain()

    assert firm.everything() == before


def test_texts_arrive_as_dataverse_takes_them(firm):
    client = firm.books.create_client(organization="🚀" * 200, p_street="1 Main St\ud83d")
    firm.books.create_invoice(
        client["id"],
        lines=[{"name": "Work", "description": "pasted\x0bfrom a letter", "unit_cost": "1.00"}],
        sent=True,
    )
    firm.run()

    (line,) = firm.dataverse.all("invoicedetail")
    account = firm.account_of(client)
    assert line["description"] == "pasted from a letter"
    assert account["name"] == "🚀" * 79 + "…"
    assert account["address1_line1"] == "1 Main St"
    assert not firm.dead_letters.letters


def test_an_edit_changes_the_rows_in_place(firm):
    client, invoice = an_invoice(firm)
    firm.run()
    firm.clock.advance(60)
    firm.books.edit_invoice(invoice["id"], lines=lines("10.00", "20.00"))
    firm.run()

    (row,) = firm.invoices()
    assert money(row, "fbx_total") == Decimal("30.00")
    assert len(firm.dataverse.all("invoicedetail")) == 2
    assert money(firm.account_of(client), "fbx_outstanding") == Decimal("30.00")


def test_a_partial_payment_leaves_the_invoice_open_and_is_on_the_timeline(firm):
    client, invoice = an_invoice(firm)
    firm.run()
    firm.clock.advance(60)
    firm.books.pay_invoice(invoice["id"], "100.00")
    firm.run()

    (row,) = firm.invoices()
    (entry,) = firm.entries("payment")
    assert row["statecode"] == OPEN
    assert money(row, "fbx_outstanding") == Decimal("75.50")
    assert money(entry, "fbx_amount") == Decimal("100.00")
    assert ref(entry, "fbx_invoiceid") == row["invoiceid"]
    assert money(firm.account_of(client), "fbx_outstanding") == Decimal("75.50")


def test_a_paid_invoice_is_closed_and_a_deleted_payment_opens_it_again(firm):
    _, invoice = an_invoice(firm)
    payment = firm.books.pay_invoice(invoice["id"], "175.50")
    firm.run()
    assert firm.invoices()[0]["statecode"] == PAID

    firm.clock.advance(60)
    firm.books.delete_payment(payment["id"])
    firm.run()

    (row,) = firm.invoices()
    (entry,) = firm.entries("payment")
    assert row["statecode"] == OPEN
    assert money(row, "fbx_outstanding") == Decimal("175.50")
    assert entry["statecode"] == 2


def test_a_paid_invoice_can_be_edited(firm):
    _, invoice = an_invoice(firm)
    firm.books.pay_invoice(invoice["id"], "175.50")
    firm.run()
    firm.clock.advance(60)

    firm.books.edit_invoice(invoice["id"], notes="thanks", po_number="PO-9")
    firm.run()

    (row,) = firm.invoices()
    assert row["statecode"] == PAID
    assert not firm.dead_letters.letters


def test_a_draft_is_not_shown_until_it_is_sent(firm):
    client = firm.books.create_client(organization="Aster Works")
    invoice = firm.books.create_invoice(client["id"], lines=lines("100.00"))
    firm.run()
    assert firm.invoices() == []
    assert firm.outcomes()["invoice", invoice["id"]] == "skipped"

    firm.clock.advance(60)
    firm.books.send_invoice(invoice["id"])
    firm.run()

    assert len(firm.invoices()) == 1


def test_a_deleted_invoice_is_cancelled_and_comes_back_when_restored(firm):
    client, invoice = an_invoice(firm)
    firm.run()
    firm.clock.advance(60)
    firm.books.delete_invoice(invoice["id"])
    firm.run()
    assert firm.invoices()[0]["statecode"] == CANCELLED
    assert money(firm.account_of(client), "fbx_outstanding") == 0

    firm.clock.advance(60)
    firm.books.restore_invoice(invoice["id"])
    firm.run()

    (row,) = firm.invoices()
    assert row["statecode"] == OPEN
    assert money(row, "fbx_outstanding") == Decimal("175.50")


@pytest.mark.parametrize("answer", ["row", "unknown", "deleted"])
def test_however_freshbooks_answers_for_a_deleted_record_it_is_cancelled(answer):
    firm = Firm()
    firm.freshbooks.switches.set(deleted_reads=answer)
    client, invoice = an_invoice(firm)
    payment = firm.books.pay_invoice(invoice["id"], "50.00")
    firm.run()
    firm.clock.advance(60)
    firm.books.delete_payment(payment["id"])
    firm.books.delete_invoice(invoice["id"])
    firm.run()

    assert firm.invoices()[0]["statecode"] == CANCELLED
    assert firm.entries("payment")[0]["statecode"] == 2
    assert money(firm.account_of(client), "fbx_outstanding") == 0


def test_a_payment_that_came_and_went_unread_leaves_nothing_on_its_old_invoice(firm):
    firm.freshbooks.switches.set(deleted_reads="unknown")
    _, invoice = an_invoice(firm)
    firm.run()
    firm.clock.advance(10 * 86400)
    firm.poll()
    firm.freshbooks.deliveries.set(drop=1.0)
    payment = firm.books.pay_invoice(invoice["id"], "10.00")
    firm.queue.send(next(r for r in firm.queue.sent if r.kind == "invoice"))
    firm.drain()
    assert money(firm.invoices()[0], "fbx_outstanding") == Decimal("165.50")

    firm.books.delete_payment(payment["id"])
    firm.clock.advance(600)
    firm.poll()

    assert money(firm.invoices()[0], "fbx_outstanding") == Decimal("175.50")


def test_an_invoice_deleted_before_it_was_ever_read_is_skipped(firm):
    _, invoice = an_invoice(firm)
    firm.books.delete_invoice(invoice["id"])
    firm.run()

    assert firm.invoices() == []
    assert firm.outcomes()["invoice", invoice["id"]] == "skipped"


@pytest.mark.parametrize(("policy", "rows"), [("delete", 0), ("keep", 1)])
def test_the_deletion_policy_is_followed(policy, rows):
    firm = Firm(deleted_records=policy)
    _, invoice = an_invoice(firm)
    firm.run()
    firm.clock.advance(60)
    firm.books.delete_invoice(invoice["id"])
    firm.run()

    assert len(firm.invoices()) == rows
    assert len(firm.entries("invoice")) == rows


def test_an_expense_with_a_client_is_on_the_timeline_and_an_internal_one_is_not(firm):
    client = firm.books.create_client(organization="Aster Works")
    firm.books.create_expense("12.50", clientid=client["id"], vendor="Harbour Taxi")
    internal = firm.books.create_expense("99.00")
    firm.run()

    (entry,) = firm.entries("expense")
    assert money(entry, "fbx_amount") == Decimal("12.50")
    assert firm.outcomes()["expense", internal["id"]] == "skipped"


def test_an_existing_account_of_the_same_name_is_linked_and_keeps_its_data(firm):
    known = firm.dataverse.add("account", name="Aster Works", telephone1="555-0100")
    client, _ = an_invoice(firm)
    firm.run()

    account = firm.account_of(client)
    assert account["accountid"] == known
    assert account["telephone1"] == "555-0100"
    assert len(firm.dataverse.all("account")) == 1


def test_an_account_renamed_after_it_was_linked_stays_linked(firm):
    client, _ = an_invoice(firm)
    firm.run()
    firm.dataverse.update("account", firm.account_of(client)["accountid"], name="Aster Group")
    firm.clock.advance(60)
    an_invoice(firm, client)
    firm.run()

    assert len(firm.dataverse.all("account")) == 1
    assert firm.account_of(client)["name"] == "Aster Group"


def test_an_account_is_found_by_the_configured_field_before_the_name():
    firm = Firm(match_client_field="vat_number:accountnumber")
    by_field = firm.dataverse.add("account", name="Other name", accountnumber="CA123")
    firm.dataverse.add("account", name="Aster Works")
    client = firm.books.create_client(organization="Aster Works", vat_number="CA123")
    firm.run()

    assert firm.account_of(client)["accountid"] == by_field


def test_what_only_dataverse_finds_equal_is_not_linked(firm):
    firm.dataverse.add("account", name="ASTER WORKS")
    client, _ = an_invoice(firm)
    firm.run()

    assert firm.account_of(client) is None
    assert firm.holds.get(firm.account, Awaited.client(client["id"])).candidates


def test_two_accounts_of_a_name_hold_the_client_and_its_records_until_decided(firm):
    ids = [firm.dataverse.add("account", name="Aster Works") for _ in range(2)]
    client, invoice = an_invoice(firm)
    firm.books.pay_invoice(invoice["id"], "10.00")
    firm.run()
    (waiting,) = firm.connector.review.list_held()
    assert {c.account.__str__() for c in waiting.hold.candidates} == set(ids)
    assert {r.kind.value for r in waiting.records} == {"invoice", "payment"}
    assert firm.invoices() == []

    followed = firm.connector.review.link(
        firm.account, client["id"], waiting.hold.candidates[0].account
    )
    firm.drain()

    assert followed == 2
    assert len(firm.invoices()) == 1
    assert len(firm.entries("payment")) == 1
    assert firm.connector.review.list_held() == []


def test_a_client_can_be_created_or_ignored_by_decision():
    firm = Firm(unmatched_clients="hold")
    one, _ = an_invoice(firm)
    other = firm.books.create_client(organization="Birch Lane")
    _, ignored = an_invoice(firm, other)
    firm.run()
    assert firm.dataverse.all("account") == []

    firm.connector.review.create(firm.account, one["id"])
    firm.connector.review.ignore(firm.account, other["id"])
    firm.drain()
    firm.clock.advance(3600)
    firm.poll()

    assert firm.account_of(one)["name"] == "Aster Works"
    assert firm.account_of(other) is None
    assert firm.outcomes()["invoice", ignored["id"]] == "skipped"
    assert firm.connector.review.list_held() == []


def test_a_similar_account_holds_the_client_instead_of_making_a_duplicate(firm):
    firm.dataverse.add("account", name="Aster Works Inc.")
    client, _ = an_invoice(firm)
    firm.run()

    hold = firm.holds.get(firm.account, Awaited.client(client["id"]))
    assert [c.name for c in hold.candidates] == ["Aster Works Inc."]


@pytest.mark.parametrize(("known", "mentioned"), [("Birch Lane", False), ("Aster Work", True)])
def test_a_hold_speaks_of_similar_accounts_only_where_there_are_some(known, mentioned):
    firm = Firm(unmatched_clients="hold")
    firm.dataverse.add("account", name=known)
    client, _ = an_invoice(firm)
    firm.run()

    hold = firm.holds.get(firm.account, Awaited.client(client["id"]))

    assert ("similar" in hold.reason) is mentioned
    assert bool(hold.candidates) is mentioned


def test_amounts_in_a_currency_without_decimals_are_rounded_once_and_stay(firm):
    firm.dataverse.add(
        "transactioncurrency",
        isocurrencycode="JPY",
        currencyname="Yen",
        currencysymbol="Y",
        currencyprecision=0,
        exchangerate=1,
    )
    client = firm.books.create_client(organization="Aster Works", currency_code="JPY")
    _, invoice = an_invoice(firm, client, "100.50", currency_code="JPY")
    firm.books.pay_invoice(invoice["id"], "10.25")
    firm.books.create_expense("12.50", clientid=client["id"], code="JPY")
    firm.run()
    before = firm.everything()
    for request in list(firm.queue.sent):
        firm.queue.send(request)

    firm.drain()

    assert firm.everything() == before
    assert money(firm.account_of(client), "fbx_outstanding") == 90
    assert money(firm.invoices()[0], "fbx_total") == 101


def test_an_invoice_is_priced_in_its_currency_and_says_when_it_was_synced(firm):
    _, invoice = an_invoice(firm, None, "10.00", currency_code="CAD")
    firm.run()

    (row,) = firm.invoices()
    (entry,) = firm.entries("invoice")
    (cad,) = [
        each["transactioncurrencyid"]
        for each in firm.dataverse.all("transactioncurrency")
        if each["isocurrencycode"] == "CAD"
    ]
    (prices,) = [p for p in firm.dataverse.all("pricelevel") if p["name"] == "Standard CAD"]
    assert ref(row, "transactioncurrencyid") == ref(entry, "transactioncurrencyid") == cad
    assert ref(row, "pricelevelid") == prices["pricelevelid"]
    assert money(row, "totalamount") == money(invoice["amount"], "amount")
    assert row["fbx_syncedon"] == entry["fbx_syncedon"]
    assert row["fbx_syncedon"] is not None


def test_prices_per_unit_keep_the_decimals_the_environment_has(firm):
    (organization,) = firm.dataverse.all("organization")
    firm.dataverse.update("organization", organization["organizationid"], pricingdecimalprecision=4)
    an_invoice(firm, None, "0.0125")
    firm.run()

    (line,) = firm.dataverse.all("invoicedetail")

    assert money(line, "priceperunit") == Decimal("0.0125")


def test_balances_are_shown_in_the_currency_the_account_has(firm):
    (cad,) = [
        each["transactioncurrencyid"]
        for each in firm.dataverse.all("transactioncurrency")
        if each["isocurrencycode"] == "CAD"
    ]
    firm.dataverse.add("account", name="Aster Works", transactioncurrencyid=cad)
    client, _ = an_invoice(firm, None, "10.00", currency_code="CAD")
    an_invoice(firm, client, "7.00", currency_code="USD")
    firm.run()

    assert money(firm.account_of(client), "fbx_outstanding") == 10


def test_an_account_that_is_made_has_the_currency_of_its_client(firm):
    client = firm.books.create_client(organization="Aster Works", currency_code="CAD")
    an_invoice(firm, client, "10.00", currency_code="CAD")
    firm.run()

    assert money(firm.account_of(client), "fbx_outstanding") == 10


def test_an_inactive_account_of_the_same_name_is_not_linked(firm):
    firm.dataverse.add("account", name="Aster Works", statecode=1, statuscode=2)
    client, _ = an_invoice(firm)
    firm.run()

    assert firm.account_of(client)["statecode"] == 0


def test_a_client_without_a_name_waits_for_a_person(firm):
    client = firm.books.create_client(email="office@aster.example")
    an_invoice(firm, client)
    firm.run()

    assert firm.account_of(client) is None
    assert firm.holds.get(firm.account, Awaited.client(client["id"])) is not None


def test_a_second_client_of_the_same_name_shares_the_account_of_the_first(firm):
    first, _ = an_invoice(firm)
    firm.run()
    second, _ = an_invoice(firm, firm.books.create_client(organization="Aster Works"))
    firm.run()

    account = firm.account_of(first)

    assert firm.account_of(second) == account
    assert money(account, "fbx_outstanding") == 2 * Decimal("175.50")
    assert firm.differences() == []


def test_an_archived_client_and_invoice_are_carried_over_like_any(firm):
    client = firm.books.create_client(organization="Aster Works")
    firm.books.archive_client(client["id"])
    _, invoice = an_invoice(firm, client)
    firm.books.set_visibility("invoice", invoice["id"], 2)
    firm.run()

    (row,) = firm.invoices()
    assert row["statecode"] == OPEN
    assert money(firm.account_of(client), "fbx_outstanding") == Decimal("175.50")


def test_an_invoice_that_automatic_billing_paid_is_closed(firm):
    _, invoice = an_invoice(firm)
    firm.books.pay_invoice(invoice["id"], automatic=True)
    firm.run()

    assert firm.invoices()[0]["statecode"] == PAID
    assert firm.entries("invoice")[0]["statecode"] == 1


def test_the_journal_says_why_a_record_was_cancelled_and_where_it_is(firm):
    _, invoice = an_invoice(firm)
    firm.run()
    firm.clock.advance(60)
    firm.books.delete_invoice(invoice["id"])
    firm.run()

    (entry,) = firm.journal.find_by_label(firm.account, "invoice", invoice["invoice_number"])

    assert (entry.outcome, entry.reason) == ("cancelled", "it is deleted in FreshBooks")
    assert [str(row) for row in entry.rows] == [firm.invoices()[0]["invoiceid"]]


def test_the_day_of_the_last_sync_moves_with_every_change_and_with_none_else(firm):
    client, invoice = an_invoice(firm)
    payment = firm.books.pay_invoice(invoice["id"], "10.00")
    firm.run()
    first = firm.invoices()[0]["fbx_syncedon"]
    firm.clock.advance(3600)
    firm.books.edit_payment(payment["id"], note="thanks")
    firm.run()
    assert firm.invoices()[0]["fbx_syncedon"] == first
    assert firm.entries("payment")[0]["fbx_syncedon"] > first

    firm.books.delete_invoice(invoice["id"])
    firm.run()

    assert firm.invoices()[0]["fbx_syncedon"] > first
    assert firm.entries("invoice")[0]["fbx_syncedon"] > first
    assert firm.account_of(client)["fbx_syncedon"] > first


def test_a_line_a_person_changed_is_put_right_and_one_they_removed_comes_back(firm):
    _, invoice = an_invoice(firm)
    firm.run()
    changed, removed, _ = [row["invoicedetailid"] for row in firm.dataverse.all("invoicedetail")]
    firm.dataverse.update("invoicedetail", changed, priceperunit=Decimal(1))
    firm.dataverse.delete("invoicedetail", removed)

    firm.queue.send(next(request for request in firm.queue.sent if request.kind == "invoice"))
    firm.drain()

    assert firm.differences() == []
    assert money(firm.invoices()[0], "totalamount") == money(invoice["amount"], "amount")


def test_a_missing_currency_holds_the_record_until_it_is_there(firm):
    client = firm.books.create_client(organization="Aster Works", currency_code="EUR")
    firm.books.create_invoice(client["id"], lines=lines("10.00"), sent=True, currency_code="EUR")
    firm.run()
    assert [w.hold.awaited for w in firm.connector.review.list_held()] == [Awaited.currency("EUR")]

    firm.dataverse.add(
        "transactioncurrency",
        isocurrencycode="EUR",
        currencyname="Euro",
        currencysymbol="E",
        currencyprecision=2,
        exchangerate=1,
    )
    firm.clock.advance(700)
    firm.poll()

    assert len(firm.invoices()) == 1
    assert firm.connector.review.list_held() == []


def test_an_invoice_goes_to_the_opportunity_its_purchase_order_names(firm):
    account = firm.dataverse.add("account", name="Aster Works")
    wanted = firm.dataverse.add("opportunity", name="PO-77", customerid=("account", account))
    firm.dataverse.add("opportunity", name="Renewal", customerid=("account", account))
    an_invoice(firm, None, "10.00", po_number="PO-77")
    firm.run()

    (row,) = firm.invoices()
    (entry,) = firm.entries("invoice")
    assert ref(row, "opportunityid") == wanted
    assert ref(entry, "regardingobjectid") == wanted


def test_a_lost_webhook_is_healed_by_the_poll(firm):
    client, invoice = an_invoice(firm)
    firm.run()
    firm.clock.advance(3600)
    firm.freshbooks.deliveries.set(drop=1.0)
    firm.books.edit_invoice(invoice["id"], lines=lines("1.00"))
    firm.books.create_expense("5.00", clientid=client["id"])
    firm.run()
    assert money(firm.invoices()[0], "fbx_total") == Decimal("175.50")

    firm.poll()

    assert money(firm.invoices()[0], "fbx_total") == Decimal("1.00")
    assert len(firm.entries("expense")) == 1


def test_a_deletion_whose_webhook_was_lost_is_found_by_the_poll(firm):
    _, invoice = an_invoice(firm)
    firm.run()
    firm.clock.advance(3600)
    firm.freshbooks.deliveries.set(drop=1.0)
    firm.books.delete_invoice(invoice["id"])
    firm.run()

    firm.poll()

    assert firm.invoices()[0]["statecode"] == CANCELLED


def test_an_invoice_becomes_overdue_by_time_alone(firm):
    client, _ = an_invoice(firm)
    firm.run()
    firm.poll()
    firm.clock.advance(90 * 86400)

    firm.poll()

    assert firm.invoices()[0]["fbx_status"] == 417650003
    assert firm.account_of(client)["fbx_financialhealth"] == 417650003


def test_a_second_poll_writes_nothing(firm):
    an_invoice(firm)
    firm.run()
    firm.clock.advance(600)
    firm.poll()
    before = firm.everything()
    firm.clock.advance(600)

    firm.poll()

    assert firm.everything() == before


def test_a_long_invoice_arrives_in_parts_and_ends_complete(firm):
    client = firm.books.create_client(organization="Aster Works")
    firm.books.create_invoice(client["id"], lines=lines(*["1.00"] * 300), sent=True)
    firm.run()

    (row,) = firm.invoices()
    assert row["fbx_complete"] is True
    assert len(firm.dataverse.all("invoicedetail")) == 300


def test_a_long_invoice_that_is_paid_already_arrives_whole_and_closed(firm):
    _, invoice = an_invoice(firm, None, *["1.00"] * 250)
    firm.books.pay_invoice(invoice["id"])
    firm.run()

    assert firm.invoices()[0]["statecode"] == PAID
    assert firm.differences() == []


def test_a_stale_reading_does_not_overwrite_what_is_newer(firm):
    _, invoice = an_invoice(firm)
    firm.run()
    firm.clock.advance(60)
    firm.books.edit_invoice(invoice["id"], lines=lines("2.00"))
    firm.run()
    firm.books.serve_stale("invoice", invoice["id"], 2)
    request = next(r for r in firm.queue.sent if r.kind == "invoice")
    firm.queue.send(request)
    firm.step()

    assert firm.outcomes()["invoice", invoice["id"]] == "deferred"
    assert money(firm.invoices()[0], "fbx_total") == Decimal("2.00")
    firm.drain()
    assert firm.outcomes()["invoice", invoice["id"]] == "unchanged"


def test_a_lost_connection_to_freshbooks_access_is_never_taken_for_a_deletion(firm):
    _, invoice = an_invoice(firm)
    firm.run()
    firm.freshbooks_door.fail(kind="status", path="/accounting/", status=404, times=None)
    request = next(r for r in firm.queue.sent if r.kind == "invoice")
    firm.queue.send(request)
    firm.step()

    assert firm.outcomes()["invoice", invoice["id"]] == "waiting"
    assert firm.invoices()[0]["statecode"] == OPEN


def test_a_person_moved_invoice_status_and_own_lines_stand(firm):
    _, invoice = an_invoice(firm)
    firm.run()
    (row,) = firm.invoices()
    theirs = firm.dataverse.add(
        "invoicedetail",
        invoiceid=("invoice", row["invoiceid"]),
        isproductoverridden=True,
        productdescription="Added by hand",
        quantity=1,
        priceperunit=1,
    )
    firm.clock.advance(60)
    firm.books.edit_invoice(invoice["id"], lines=lines("3.00"))
    firm.run()

    assert theirs in {line["invoicedetailid"] for line in firm.dataverse.all("invoicedetail")}


def test_a_payment_is_linked_when_its_invoice_appears_later(firm):
    _, invoice = an_invoice(firm)
    firm.books.pay_invoice(invoice["id"], "10.00")
    firm.books.delete_invoice(invoice["id"])
    firm.run()
    (entry,) = firm.entries("payment")
    assert ref(entry, "fbx_invoiceid") is None

    firm.clock.advance(60)
    firm.books.restore_invoice(invoice["id"])
    firm.run()

    (row,) = firm.invoices()
    assert ref(firm.entries("payment")[0], "fbx_invoiceid") == row["invoiceid"]
    assert not firm.holds.waiting


class Overtaken:
    """A door through which the first answer to some request comes too late.

    While it is under way, `meanwhile` happens: another worker overtakes the one that waits.
    """

    def __init__(self, app, path, meanwhile):
        self.app, self.path, self.meanwhile = app, path, meanwhile

    def __call__(self, environ, start_response):
        answer = self.app(environ, start_response)
        if self.meanwhile is not None and re.search(self.path, environ["PATH_INFO"]):
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return answer


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/users/clients/", "client"), ("/invoices/invoices/", "invoice"), ("/payments/", "payment")],
)
def test_a_worker_that_read_before_another_wrote_does_not_undo_it(firm, path, kind):
    client, invoice = an_invoice(firm)
    payment = firm.books.pay_invoice(invoice["id"], "10.00")
    firm.run()
    firm.clock.advance(60)
    firm.freshbooks.deliveries.set(drop=1.0)
    late = next(r for r in firm.queue.sent if r.kind == kind)

    def edit(price):
        firm.books.edit_invoice(invoice["id"], lines=lines(price))
        firm.books.edit_payment(payment["id"], amount=f"{price[0]}.00")

    def another_worker_is_faster():
        edit("300.00")
        for request in {r.kind: r for r in firm.queue.sent}.values():
            firm.start().process.handle(request.model_dump_json().encode())

    edit("200.00")
    firm.freshbooks_door.app = Overtaken(firm.freshbooks, path, another_worker_is_faster)
    firm.connector.process.handle(late.model_dump_json().encode())

    assert money(firm.account_of(client), "fbx_outstanding") == Decimal("297.00")
    assert money(firm.invoices()[0], "fbx_total") == Decimal("300.00")
    assert money(firm.entries("payment")[0], "fbx_amount") == Decimal("3.00")
    firm.drain()
    assert firm.differences() == []


@pytest.mark.parametrize("later", [0, 600])
def test_a_dismissed_dead_letter_does_not_come_back_by_a_poll(firm, later):
    firm.refuse_discounts()
    _, invoice = an_invoice(firm, None, "10.00", discount_value="5")
    firm.run()
    firm.clock.advance(later)
    letter = firm.give_up(invoice)
    list(firm.connector.letters.dismiss(Wanted(letter.key)))

    for _ in range(3):
        firm.clock.advance(600)
        firm.poll()

    assert not list(firm.dead_letters.list_all())


def test_a_dismissed_record_that_changes_in_freshbooks_is_tried_again(firm):
    firm.refuse_discounts()
    _, invoice = an_invoice(firm, None, "10.00", discount_value="5")
    firm.run()
    letter = firm.give_up(invoice)
    list(firm.connector.letters.dismiss(Wanted(letter.key)))
    firm.clock.advance(60)
    firm.freshbooks.deliveries.set(drop=1.0)
    firm.books.edit_invoice(invoice["id"], discount_value="0")

    firm.poll()

    assert not firm.dead_letters.letters
    assert firm.differences() == []
