"""A client as an account: what is created, what is filled, what is never taken from Sales."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from shared.core.accounts import link_to, render_account, render_balances, render_update
from shared.core.identity import Kind, RecordId
from shared.core.planning import Create, Skip, Update, plan_account
from shared.core.records import LastActivity
from shared.core.rows import Change, Reference, State
from shared.core.views import Account, Currency

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
CLIENT = RecordId("xazq5", Kind.CLIENT, 42)
USD = Currency(uuid4(), "USD")
ACTIVE = State(0, 1)


def money(amount, code="USD"):
    return [{"amount": {"amount": amount, "code": code}}]


def balances(client):
    return render_balances(
        client, record=CLIENT, currency=USD, activity=LastActivity(invoice=None, payment=None)
    )


def an_account(*, currency=None, columns=None):
    return Account(
        uuid4(), 'W/"7"', columns or {}, {"transactioncurrencyid": currency}, state=ACTIVE
    )


def test_a_created_account_has_its_currency_and_says_when_it_was_synced(make):
    client = make.a_client()
    row = render_account(client, record=CLIENT, currency=USD, balances=balances(client), now=NOW)

    step = plan_account(row, current=None)

    assert isinstance(step, Create)
    (insert,) = step.operations
    assert insert.columns["fbx_syncedon"] == NOW
    assert insert.lookups == {"transactioncurrencyid": Reference("transactioncurrency", USD.id)}


def test_an_account_without_a_currency_gets_its_clients(make):
    row = render_update(an_account(), currency=USD, balances=balances(make.a_client()), now=NOW)

    step = plan_account(row, current=an_account())

    assert isinstance(step, Update)
    (change,) = step.operations
    assert change.lookups == {"transactioncurrencyid": Reference("transactioncurrency", USD.id)}


def test_an_account_with_a_currency_keeps_it_and_is_left_alone_when_nothing_differs(make):
    columns = balances(make.a_client())
    account = an_account(currency=uuid4(), columns=columns)
    row = render_update(account, currency=USD, balances=columns, now=NOW)

    assert plan_account(row, current=account) == Skip()

    changed = replace(account, columns={**columns, "fbx_balances": "USD: 1.00 open"})
    step = plan_account(row, current=changed)
    assert isinstance(step, Update)
    (change,) = step.operations
    assert set(change.columns) == {"fbx_balances", "fbx_syncedon"}
    assert not change.lookups


def test_an_account_becomes_a_clients_only_in_the_version_that_was_read():
    account = an_account()

    assert link_to(account, CLIENT) == Change(
        "account", account.id, columns={"fbx_clientkey": CLIENT.client_key}, etag='W/"7"'
    )


def test_the_text_of_balances_leaves_out_currencies_in_which_nothing_is_open(make):
    client = make.a_client(
        outstanding_balance=[*money("5.00", "CAD"), *money("0.00", "EUR")],
        overdue_balance=money("0.00", "EUR"),
        credit_balance=money("2.50"),
    )

    text = balances(client)["fbx_balances"]

    assert text == (
        "CAD: 5.00 open (0.00 overdue), 0.00 credit; USD: 0.00 open (0.00 overdue), 2.50 credit"
    )


def test_a_last_day_that_is_not_known_leaves_the_row_what_it_has(make):
    unsure = LastActivity(None, None, invoice_known=True, payment_known=False)

    columns = render_balances(make.a_client(), record=CLIENT, currency=USD, activity=unsure)

    assert columns["fbx_lastinvoiceon"] is None
    assert "fbx_lastpaymenton" not in columns
    assert "fbx_financialhealth" not in columns
