"""The FreshBooks adapter reads one record: shapes, refusals, outages."""

from datetime import date
from decimal import Decimal

import pytest

from shared.core.identity import Kind
from shared.errors import ConfigurationError, ReconnectNeededError, RetryLaterError
from tests.functional.freshbooks_world import World, answering


@pytest.fixture
def world():
    return World()


# one record


def test_a_client_comes_with_its_balances(world):
    client = world.client(currency_code="CAD")
    world.invoice(client, "250.00", create_date="2026-01-01", due_offset_days=10)

    found = world.api.get_client(world.account, client)

    assert found.name == "Aster Works"
    assert [(each.amount, each.code) for each in found.outstanding_balance] == [
        (Decimal("250.00"), "CAD")
    ]
    assert [each.amount for each in found.overdue_balance] == [Decimal("250.00")]
    assert [each.amount for each in found.credit_balance if each.amount] == []


def test_an_invoice_comes_with_its_lines_and_exact_amounts(world):
    invoice = world.invoice(world.client(), "33.335")

    found = world.api.get_invoice(world.account, invoice)

    assert [line.name for line in found.lines] == ["Consulting"]
    assert found.lines[0].unit_cost.amount == Decimal("33.335")
    assert isinstance(found.amount.amount, Decimal)


def test_a_payment_is_read(world):
    invoice = world.invoice(world.client())
    payment = world.books.pay_invoice(invoice, "40.00", type="Check")["id"]

    found = world.api.get_payment(world.account, payment)

    assert (found.invoiceid, found.amount.amount, found.type) == (
        invoice,
        Decimal("40.00"),
        "Check",
    )


def test_an_expense_comes_with_the_name_of_its_category(world):
    category = world.books.create_category("Ferries")["id"]
    expense = world.books.create_expense("54.00", clientid=world.client(), categoryid=category)

    found = world.api.get_expense(world.account, expense["id"])

    assert found.category_name == "Ferries"


def test_a_deleted_record_is_returned_as_deleted(world):
    invoice = world.invoice(world.client())
    world.books.delete_invoice(invoice)

    assert world.api.get_invoice(world.account, invoice).deleted


@pytest.mark.parametrize("reading", ["unknown", "deleted"])
def test_a_deleted_record_that_freshbooks_does_not_show_is_none(world, reading):
    world.freshbooks.switches.deleted_reads = reading
    invoice = world.invoice(world.client())
    world.books.delete_invoice(invoice)

    assert world.api.get_invoice(world.account, invoice) is None


def test_a_number_nobody_has_is_none(world):
    assert world.api.get_client(world.account, 999_999) is None
    assert world.api.get_invoice(world.account, 999_999) is None
    assert world.api.get_payment(world.account, 999_999) is None
    assert world.api.get_expense(world.account, 999_999) is None


def test_an_unknown_account_is_a_wrong_setting_and_not_a_deletion(world):
    invoice = world.invoice(world.client())

    with pytest.raises(ConfigurationError, match="Account not found"):
        world.api.get_invoice("nobody", invoice)


def test_a_business_id_in_place_of_the_account_id_is_a_wrong_setting(world):
    invoice = world.invoice(world.client())
    business = str(world.books.business(None).id)

    with pytest.raises(ConfigurationError, match="account id"):
        world.api.get_invoice(business, invoice)


def test_a_missing_scope_is_a_wrong_setting(world):
    client = world.client()
    scopes = "user:profile:read user:invoices:read"
    world.token = world.freshbooks.grant(scopes=scopes)["access_token"]

    with pytest.raises(ConfigurationError, match="403"):
        world.api.get_client(world.account, client)


def test_an_error_inside_a_success_is_found(world):
    invoice = world.invoice(world.client())
    world.freshbooks.refuse("/invoices/", errno=12001, message="You do not have access.")

    with pytest.raises(ConfigurationError, match="errno 12001: You do not have access"):
        world.api.get_invoice(world.account, invoice)


def test_an_unknown_row_inside_a_success_is_none(world):
    world.freshbooks.switches.errors_in_200 = ["/invoices/"]

    assert world.api.get_invoice(world.account, 999_999) is None


def test_an_invoice_without_the_lines_asked_for_is_not_taken_for_an_empty_one(world, make):
    body = make.invoice_json(5)
    del body["lines"]
    api = answering({"response": {"result": {"invoice": body}}})

    with pytest.raises(RetryLaterError, match="invoice 5 without its lines"):
        api.get_invoice(world.account, 5)


def test_a_client_without_the_balances_asked_for_is_not_taken_for_one_that_owes_nothing(make):
    api = answering({"response": {"result": {"client": make.client_json(5)}}})

    with pytest.raises(RetryLaterError, match="client 5 without its balances"):
        api.get_client("xazq5", 5)


def test_another_record_than_the_one_asked_for_is_not_taken(make):
    api = answering({"response": {"result": {"invoice": make.invoice_json(6)}}})

    with pytest.raises(RetryLaterError, match="invoice 6 instead of 5"):
        api.get_invoice("xazq5", 5)


# access and outages


def test_a_rejected_token_is_renewed_once(world):
    client = world.client()
    world.freshbooks.oauth.expire_access_tokens()

    found = world.api.get_client(world.account, client)

    assert found.id == client
    assert world.renewals == 1


def test_a_renewed_token_that_is_rejected_too_asks_for_a_person(world):
    world.control.fail(kind="status", status=401, times=None)

    with pytest.raises(ReconnectNeededError, match="401"):
        world.api.get_client(world.account, 1)
    assert world.renewals == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_throttling_and_outages_are_tried_later(world, status):
    world.control.fail(kind="status", status=status, times=None)

    with pytest.raises(RetryLaterError, match=str(status)):
        world.api.get_client(world.account, 1)


def test_the_wait_that_throttling_asks_for_is_passed_on(world):
    world.control.fail(kind="status", status=429, retry_after="77")

    with pytest.raises(RetryLaterError) as later:
        world.api.get_client(world.account, 1)
    assert later.value.retry_after == 77


def test_retry_after_on_a_success_is_not_waited_for(world):
    world.freshbooks.switches.rate_limit_headers = True
    client = world.client()

    assert world.api.get_client(world.account, client).id == client
    assert world.slept == []


def test_a_lost_answer_is_asked_for_again(world):
    client = world.client()
    world.control.fail(kind="drop-after")

    assert world.api.get_client(world.account, client).id == client


def test_a_get_has_no_content_type_and_encoded_brackets(world):
    world.api.get_invoice(world.account, world.invoice(world.client()))
    list(world.api.list_records(world.account, Kind.CLIENT, updated_since=date(2026, 3, 1)))

    assert all((method, kind) == ("GET", None) for method, kind, _ in world.wire.seen)
    assert not any("[" in query for _, _, query in world.wire.seen)
    assert "search%5Bupdated_min%5D=2026-03-01" in world.wire.seen[-1][2]
