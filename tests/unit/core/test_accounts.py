"""Accounts and clients' rows: what is created, what is filled, what is never taken from Sales."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from shared.core.accounts import account_figures, render_account, render_update
from shared.core.clients import Link, render_client
from shared.core.figures import Amounts, Figures, write_amounts
from shared.core.homes import Account, ClientRow
from shared.core.identity import Kind, RecordId
from shared.core.options import ClientState, Health
from shared.core.planning import Create, Skip, Update, plan_client
from shared.core.rows import Reference, State
from shared.core.views import Currency
from shared.core.waiting import Candidate

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
CLIENT = RecordId("xazq5", Kind.CLIENT, 42)
USD = Currency(uuid4(), "USD")
ACTIVE = State(0, 1)
HOME = uuid4()


def an_account(*, currency=None, columns=None, clients=()):
    lookups = {"transactioncurrencyid": currency}
    return Account(uuid4(), 'W/"7"', columns or {}, lookups, state=ACTIVE, clients=tuple(clients))


def owes(amount, code="USD", **fields):
    ages = (Decimal(amount), *[Decimal(0)] * 4)
    return Figures(amounts={code: Amounts(Decimal(amount), ages=ages)}, **fields)


def shown(figures, currency=USD, **others):
    return account_figures(figures, currency=currency, others=others)


def client_row(link, figures=None, *, make, row=None, currency=USD, client=None):
    return render_client(
        client or make.a_client(),
        record=CLIENT,
        row=row,
        link=link,
        figures=figures or Figures(),
        currency=currency,
        url="https://my.freshbooks.com/#/client/42",
        now=NOW,
    )


def test_a_created_account_has_its_currency_and_says_when_it_was_synced(make):
    client = make.a_client(42, p_city="Halifax")
    row = render_account(client, record=CLIENT, currency=USD, figures=shown(Figures()), now=NOW)
    own = client_row(Link(ClientState.LINKED, CLIENT.row, CLIENT.row), make=make)

    step = plan_client(own, None, [(row, None)])

    assert isinstance(step, Create)
    insert, link = step.operations
    assert insert.columns["fbx_syncedon"] == NOW
    assert (insert.columns["address1_city"], row.columns.get("name")) == ("Halifax", None)
    assert insert.lookups == {"transactioncurrencyid": Reference("transactioncurrency", USD.id)}
    assert link.lookups["fbx_accountid"] == Reference("account", CLIENT.row)


def test_a_client_without_a_name_gets_one_by_its_number(make):
    client = make.a_client(42, organization="")

    row = render_account(client, record=CLIENT, currency=USD, figures={}, now=NOW)

    assert row.initial["name"] == "FreshBooks client 42"
    own = client_row(Link(ClientState.LINKED, HOME), make=make, client=client)
    assert own.columns["fbx_name"] == "FreshBooks client 42"


def test_an_account_without_a_currency_gets_its_clients(make):
    row = render_update(an_account(), currency=USD, figures=shown(Figures()), now=NOW)

    step = plan_client(
        client_row(Link(ClientState.LINKED, HOME), make=make), None, [(row, an_account())]
    )

    assert isinstance(step, Update)
    change = step.operations[0]
    assert change.lookups == {"transactioncurrencyid": Reference("transactioncurrency", USD.id)}


def test_an_account_with_a_currency_keeps_it_and_nothing_is_written_when_nothing_differs(make):
    desired = client_row(Link(ClientState.LINKED, HOME, HOME), owes("5"), make=make)
    there = ClientRow(
        desired.id,
        'W/"3"',
        {**desired.columns, **desired.stamps},
        {"fbx_accountid": HOME, "transactioncurrencyid": USD.id},
    )
    columns = shown(owes("5"))
    account = an_account(currency=uuid4(), columns=columns)
    row = render_update(account, currency=USD, figures=columns, now=NOW)

    assert plan_client(desired, there, [(row, account)]) == Skip()

    changed = replace(account, columns={**columns, "fbx_balances": "USD: 1.00 open"})
    step = plan_client(desired, there, [(row, changed)])
    assert isinstance(step, Update)
    (change,) = step.operations
    assert set(change.columns) == {"fbx_balances", "fbx_syncedon"}
    assert not change.lookups


def test_whoever_changes_a_clients_row_writes_its_account_along_in_the_version_read(make):
    desired = client_row(Link(ClientState.LINKED, HOME, HOME), owes("5"), make=make)
    account = an_account(currency=USD.id, columns=shown(owes("5")))
    row = render_update(account, currency=USD, figures=shown(owes("5")), now=NOW)

    first, second = plan_client(desired, None, [(row, account)]).operations

    assert (first.table, first.etag, set(first.columns)) == ("account", 'W/"7"', {"fbx_syncedon"})
    assert second.table == "fbx_client"


def test_an_account_shows_its_own_currency_and_converts_the_others():
    cad = Currency(uuid4(), "CAD", rate=Decimal("1.25"))
    both = Figures(
        amounts={
            "USD": Amounts(Decimal("10.50")),
            "CAD": Amounts(Decimal(100), Decimal(9)),
        }
    )

    columns = shown(both, CAD=cad)

    assert columns["fbx_outstanding"] == Decimal("10.50")
    assert columns["fbx_overdue"] == 0
    assert columns["fbx_converted"] == Decimal("90.50")
    assert columns["fbx_conversion"] == "CAD 100.00 at 0.8000 = 80.00 USD"
    assert columns["fbx_financialhealth"] == Health.OVERDUE
    assert columns["fbx_balances"] == (
        "CAD: 100.00 open (9.00 overdue), 0.00 credit; USD: 10.50 open (0.00 overdue), 0.00 credit"
    )


def test_an_account_that_owes_in_another_currency_only_does_not_show_zero():
    columns = shown(owes("100", "CAD"), CAD=Currency(uuid4(), "CAD", rate=Decimal(2)))

    assert columns["fbx_outstanding"] is None
    assert columns["fbx_current"] is None
    assert columns["fbx_converted"] == Decimal(50)


def test_an_account_that_owes_nothing_shows_zero():
    columns = shown(Figures())

    assert columns["fbx_outstanding"] == columns["fbx_overdueolder"] == 0
    assert columns["fbx_converted"] is None
    assert columns["fbx_conversion"] is None


def test_what_has_no_rate_is_named_and_not_converted():
    columns = shown(Figures(amounts={"USD": Amounts(Decimal(1)), "GBP": Amounts(Decimal(5))}))

    assert columns["fbx_converted"] == 1
    assert columns["fbx_conversion"] == "GBP 5.00 not converted: Dynamics has no GBP"


def test_a_small_rate_is_not_rounded_away():
    yen = Currency(uuid4(), "JPY", 0, rate=Decimal(150))

    columns = shown(owes("1000", "JPY"), JPY=yen)

    assert columns["fbx_conversion"] == "JPY 1,000 at 0.00666667 = 6.67 USD"


@pytest.mark.parametrize(
    ("code", "precision", "amount", "said"),
    [("JPY", 0, "1234.5", "1235"), ("KWD", 3, "1.2345", "1.235"), ("USD", 2, "1.005", "1.01")],
)
def test_balances_have_the_decimals_of_their_currency(code, precision, amount, said):
    figures = Figures(amounts={code: Amounts(*[Decimal(amount)] * 3)})

    columns = shown(figures, Currency(uuid4(), code, precision))

    assert {str(columns[f"fbx_{name}"]) for name in ("outstanding", "overdue", "credit")} == {said}


def test_an_account_without_clients_shows_nothing():
    columns = shown(None)

    assert set(columns.values()) == {None}
    assert set(columns) == set(shown(owes("5", last_invoice=date(2026, 1, 1))))


def test_a_last_day_that_is_not_known_leaves_the_row_what_it_has():
    columns = shown(Figures(payment_known=False))

    assert columns["fbx_lastinvoiceon"] is None
    assert "fbx_lastpaymenton" not in columns
    assert "fbx_financialhealth" not in columns


def test_ages_that_are_not_known_leave_the_row_what_it_has():
    columns = shown(Figures(amounts={"USD": Amounts(Decimal(5), ages=None)}))

    assert columns["fbx_outstanding"] == 5
    assert "fbx_current" not in columns


def test_a_clients_row_says_whose_it_is_and_what_it_owes(make):
    row = client_row(Link(ClientState.LINKED, HOME, HOME, "the same name"), owes("5"), make=make)

    assert row.id == CLIENT.client_row
    assert row.lookups["fbx_accountid"] == Reference("account", HOME)
    assert row.columns["fbx_key"] == "xazq5-42"
    assert row.columns["fbx_state"] == row.columns["fbx_carriedout"] == ClientState.LINKED
    assert row.columns["fbx_linkedto"] == str(HOME)
    assert row.columns["fbx_outstanding"] == 5
    assert row.columns["fbx_url"].endswith("/client/42")


@pytest.mark.parametrize("state", [ClientState.GONE, ClientState.IGNORED])
def test_nothing_is_owed_by_a_client_that_is_gone_or_ignored(make, state):
    row = client_row(Link(state, HOME, HOME), owes("5"), make=make)

    assert row.columns["fbx_outstanding"] == 0
    assert row.columns["fbx_figures"] == write_amounts({})
    assert row.columns["fbx_balances"] is None


def test_a_client_that_needs_a_person_names_its_candidates(make):
    candidate = Candidate(HOME, "Aster Works", "Zug, no. 17")
    link = Link(ClientState.NEEDS_A_PERSON, reason="two of them", candidates=(candidate,))

    row = client_row(link, make=make)

    assert row.columns["fbx_candidates"] == f"Aster Works ({HOME}, Zug, no. 17)"
    assert row.lookups["fbx_accountid"] is None


def test_a_client_in_a_currency_that_dataverse_lacks_has_it_in_words_only(make):
    row = client_row(Link(ClientState.LINKED, HOME), owes("5", "XAF"), make=make, currency=None)

    assert row.columns["fbx_outstanding"] is None
    assert row.columns["fbx_balances"] == "XAF: 5 open (0 overdue), 0 credit"
    assert "transactioncurrencyid" not in row.lookups


def test_a_currency_in_which_nothing_is_open_is_none_that_an_account_owes_in():
    columns = shown(Figures(amounts={"CAD": Amounts()}))

    assert columns["fbx_outstanding"] == 0
    assert columns["fbx_conversion"] is None


def test_what_is_not_known_of_a_client_leaves_its_row_what_it_has(make):
    unsure = Figures(invoice_known=False, payment_known=False)

    columns = client_row(Link(ClientState.LINKED, HOME), unsure, make=make).columns

    assert not {"fbx_lastinvoiceon", "fbx_lastpaymenton", "fbx_financialhealth"} & columns.keys()
