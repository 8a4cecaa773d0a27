"""What accounts show of the clients that are linked to them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from sandbox.check.found.crm import Currency
from tests.contract.check.picture import FIRST, HARBOUR, SECOND, changed


def test_an_account_without_currency_has_to_get_one(judge, alter):
    rows = alter("accounts", "a-elsewhere", lambda row: changed(row, currency=None))

    (sentence, *_) = judge(accounts=rows)

    assert sentence == (
        "account Elsewhere Inc. (a-elsewhere): currency is USD in FreshBooks, nothing in Dataverse"
    )


def test_an_account_that_owes_only_in_another_currency_shows_no_zero(judge, crm, alter, ids):
    only_bea = [
        changed(row, state="needs a person", account=None)
        if row.key.endswith(str(ids.harbour))
        else row
        for row in crm.clients
    ]
    amounts = {
        name: None for name, value in crm.accounts[0].fields.items() if isinstance(value, Decimal)
    }
    fields = amounts | {
        "converted": Decimal("375.00"),
        "conversion": "EUR 300.00 at 1.2500 = 375.00 USD",
        "balances": "EUR: 300.00 open (0.00 overdue), 0.00 credit",
        "health": "payment due",
        "last payment": None,
        "next due": date(2026, 2, 10),
    }

    def wrong(**more):
        row = replace(crm.accounts[0], fields={**crm.accounts[0].fields, **fields, **more})
        found = judge(clients=only_bea, accounts=[row, *crm.accounts[1:]])
        return [each for each in found if each.startswith("account ")]

    assert wrong() == []
    assert wrong(outstanding=Decimal(0)) == [
        "account Harbour Group (a-harbour): outstanding is nothing in FreshBooks, 0 in Dataverse"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "EUR 600.00 at 1.25 = 750.00 USD",
        "EUR 600.00 at 1.2501 = 750.06 USD",
        "EUR 600.00 at 1.2500 = 750.01 USD",
        "EUR 599.99 at 1.2500 = 749.99 USD",
        "EUR 600.00 at 1.2500 = 750.00 CAD",
        "EUR 600.00 at 1.2500 = 750.00 USD; EUR 1.00 at 1.2500 = 1.25 USD",
        "about 750",
    ],
)
def test_a_conversion_that_is_not_right_is_named(judge, alter, text):
    rows = alter("accounts", "a-harbour", lambda row: changed(row, conversion=text))

    assert any(
        ": conversion is EUR 600.00 at 1.2500 = 750.00 USD" in each for each in judge(accounts=rows)
    )


def test_a_conversion_may_multiply_with_the_rate_it_shows_and_has_to_add_up(judge, crm, alter):
    currencies = crm.currencies | {"EUR": Currency(2, Decimal("0.92"), priced=True)}

    def wrong(conversion, converted):
        rows = alter(
            "accounts",
            "a-harbour",
            lambda row: changed(row, conversion=conversion, converted=Decimal(converted)),
        )
        return judge(accounts=rows, currencies=currencies)

    # 600 / 0.92 is 652.173..., and 600 at 1.0870 is 652.20.
    assert wrong("EUR 600.00 at 1.0870 = 652.17 USD", "995.17") == []
    assert wrong("EUR 600.00 at 1.0870 = 652.20 USD", "995.20") == []
    assert wrong("EUR 600.00 at 1.086957 = 652.17 USD", "995.17") == []
    assert wrong("EUR 600.00 at 1.0870 = 652.20 USD", "995.17") != []
    assert wrong("EUR 600.00 at 1.0870 = 652.18 USD", "995.18") != []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("EUR 600.00 at 1.2500 = 750.00 USD; KWD 5.000 not converted", True),
        ("not converted: KWD; EUR 600.00 at 1.2500 = 750.00 USD", True),
        ("EUR 600.00 at 1.2500 = 750.00 USD", False),
        ("EUR 600.00 at 1.2500 = 750.00 USD; KWD 5.000", False),
        ("EUR 600.00 at 1.2500 = 750.00 USD; CAD not converted", False),
        ("KWD 5.000 not converted", False),
    ],
)
def test_a_currency_that_dynamics_lacks_is_named_as_not_converted(
    judge, source, alter, ids, text, right
):
    owed = {"amount": {"amount": "5.000", "code": "KWD"}}
    first, second = source.books
    bea = first.clients[ids.bea]
    client = {**bea, "outstanding_balance": [*bea["outstanding_balance"], owed]}
    books = (replace(first, clients={**first.clients, ids.bea: client}), second)
    rows = alter("accounts", "a-harbour", lambda row: changed(row, conversion=text))

    found = judge(source=replace(source, books=books), accounts=rows)

    wanted = "EUR 600.00 at 1.2500 = 750.00 USD; KWD not converted"
    sentence = f": conversion is {wanted} in FreshBooks, {text} in Dataverse"
    assert (not any(each.endswith(sentence) for each in found)) is right


def test_what_cannot_be_converted_at_all_is_nothing_or_unsaid(judge, crm, alter):
    only_dollars = {"USD": crm.currencies["USD"]}

    def wrong(converted):
        rows = alter(
            "accounts",
            "a-harbour",
            lambda row: changed(row, converted=converted, conversion="EUR not converted"),
        )
        found = judge(accounts=rows, currencies=only_dollars)
        return [each for each in found if ": conver" in each]

    assert wrong(None) == wrong(Decimal("343.00")) == []
    assert len(wrong(Decimal("943.00"))) == 1


def test_a_small_rate_is_written_with_eight_decimals(judge, crm, alter):
    currencies = crm.currencies | {"EUR": Currency(0, Decimal("151.3"), priced=True)}

    def wrong(text):
        rows = alter(
            "accounts",
            "a-harbour",
            lambda row: changed(row, conversion=text, converted=Decimal("346.97")),
        )
        return [each for each in judge(accounts=rows, currencies=currencies) if ": conver" in each]

    assert wrong("EUR 600.00 at 0.00660939 = 3.97 USD") == []
    assert len(wrong("EUR 600.00 at 0.0066 = 3.97 USD")) == 1


def test_what_an_inactive_account_shows_is_nobodys_business(judge, crm):
    stale = changed(crm.accounts[1], outstanding=Decimal("77.00"))

    assert judge(accounts=[crm.accounts[0], stale, *crm.accounts[2:]]) == []


def test_an_account_that_lost_its_clients_shows_nothing_any_more(judge, crm):
    stale = changed(crm.accounts[4], outstanding=Decimal(0), health="no activity")

    found = judge(accounts=[*crm.accounts[:4], stale])

    assert found == [
        "account Prospect (a-nobodys): outstanding is nothing in FreshBooks, 0 in Dataverse",
        "account Prospect (a-nobodys): health is nothing in FreshBooks, no activity in Dataverse",
    ]


def test_clients_of_two_businesses_add_up_on_one_account(judge, crm, alter, ids):
    moved = [
        changed(row, account=HARBOUR, linked_to="a-harbour") if row.key.startswith(SECOND) else row
        for row in crm.clients
    ]

    found = judge(clients=moved)

    start = "account Harbour Group (a-harbour): outstanding is "
    assert f"{start}643.00 in FreshBooks, 343.00 in Dataverse" in found


def test_accounts_with_clients_of_a_business_that_is_not_compared_are_left_alone(
    judge, source, crm
):
    only_second = replace(source, books=source.books[1:], others=frozenset({FIRST}))

    assert judge(source=only_second) == []
    wrong = changed(crm.accounts[3], outstanding=Decimal(1))
    assert len(judge(source=only_second, accounts=[*crm.accounts[:3], wrong, crm.accounts[4]])) == 1
