"""Rows of clients: each sentence about them, and what nobody may be accused of."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.contract.check.picture import DORMANT, FIRST, NOBODYS, SECOND, changed, told


def about_clients(found):
    return [each for each in found if each.startswith("client ")]


def test_a_client_without_a_row_is_named(judge, alter, ids):
    found = judge(clients=alter("clients", str(ids.bea), lambda row: None))

    assert f"client Bea Quist ({FIRST}-{ids.bea}) is missing in Dataverse" in found


def test_a_deleted_client_needs_no_row(judge, alter, ids):
    rows = alter("clients", str(ids.gone), lambda row: None)
    empty = alter("accounts", "a-former", lambda row: changed(row, outstanding=None))

    assert judge(clients=rows, accounts=empty) == []


def test_a_row_that_a_person_deleted_may_stay_away_until_the_next_change(judge, source, alter, ids):
    by_hand = told(source, deleted=frozenset({f"{FIRST}-{ids.asks}"}))

    assert judge(source=by_hand, clients=alter("clients", str(ids.asks), lambda row: None)) == []


def test_two_rows_of_one_client_are_named(judge, crm):
    found = judge(clients=[*crm.clients, replace(crm.clients[3], id="another")])

    assert found == [f"{crm.clients[3].key} is in Dataverse more than once"]


def test_a_client_that_freshbooks_does_not_know_is_named(judge, crm):
    stranger = changed(replace(crm.clients[4], key=f"{FIRST}-1"), name="Nobody")

    found = judge(clients=[*crm.clients, stranger])

    assert found == [f"{FIRST}-1 is in Dataverse, but not in FreshBooks"]


def test_a_row_of_no_client_is_named(judge, crm):
    rows = [*crm.clients, replace(crm.clients[4], key="", id="astray")]

    assert judge(clients=rows) == ["the row astray does not say of which client it is"]


def test_a_client_in_the_wrong_business_is_named(judge, crm, ids):
    astray = replace(crm.clients[4], key=f"{SECOND}-{ids.bea}")

    found = judge(clients=[*crm.clients, astray])

    assert found == [
        f"{SECOND}-{ids.bea} is in Dataverse, though in FreshBooks it is in business {FIRST}"
    ]


@pytest.mark.parametrize(
    ("client", "fields", "sentence"),
    [
        ("gone", {"state": "linked"}, "is linked, though it was deleted in FreshBooks"),
        ("bea", {"state": "gone"}, "is gone, though it is there in FreshBooks"),
        ("bea", {"state": None}, "has no state"),
        ("bea", {"account": None}, "is linked to no account"),
        ("bea", {"account": DORMANT}, "is linked to the account Dormant Ltd, which is inactive"),
        ("bea", {"linked_to": "a-before"}, "and that was not carried out"),
        ("gone", {"linked_to": "a-before"}, "and that was not carried out"),
        ("bea", {"carried_out": "needs a person"}, "and that was not carried out"),
        ("asks", {"carried_out": None}, "and that was not carried out"),
        ("ignored", {"carried_out": "linked"}, "and that was not carried out"),
        ("bea", {"linked_to": None}, "and that was not carried out"),
        (
            "asks",
            {"account": NOBODYS},
            "needs a person, though the account Prospect was chosen",
        ),
    ],
)
def test_a_state_that_cannot_be_is_said(judge, alter, ids, client, fields, sentence):
    key = str(getattr(ids, client))

    found = judge(clients=alter("clients", key, lambda row: changed(row, **fields)))

    assert [each for each in about_clients(found) if each.endswith(sentence)], found


def test_a_client_that_was_told_to_wait_is_not_to_be_linked(judge, source, ids):
    found = judge(source=told(source, held=frozenset({ids.elsewhere})))

    start = f"client Elsewhere Inc. ({SECOND}-{ids.elsewhere}) "
    assert found == [f"{start}is linked, though it waits for a decision"]


@pytest.mark.parametrize("client", ["asks", "ignored"])
def test_a_client_may_wait_on_an_account_that_is_inactive(judge, alter, ids, client):
    rows = alter("clients", str(getattr(ids, client)), lambda row: changed(row, account=DORMANT))

    assert judge(clients=rows) == []


def test_an_archived_client_is_as_if_it_were_not(judge, edit, ids):
    assert judge(source=edit("clients", ids.bea, vis_state=2)) == []


def test_a_link_is_the_same_in_capitals(judge, alter, ids):
    rows = alter("clients", str(ids.bea), lambda row: changed(row, linked_to="A-HARBOUR"))

    assert judge(clients=rows) == []


def test_a_person_is_called_by_first_and_last_name_and_a_company_by_its_own(judge, edit, ids):
    found = judge(source=edit("clients", ids.bea, organization="Quist & Sons"))

    assert found == [
        (
            f"client Quist & Sons ({FIRST}-{ids.bea}): name is Quist & Sons in FreshBooks, "
            "Bea Quist in Dataverse"
        )
    ]


def test_a_name_too_long_for_its_column_is_cut(judge, edit, alter, ids):
    long = edit("clients", ids.asks, organization="Two Of A Name " * 20)

    def named(text):
        return alter("clients", str(ids.asks), lambda row: changed(row, name=text))

    assert judge(source=long, clients=named(("Two Of A Name " * 20)[:199] + "…")) == []
    assert judge(source=long, clients=named(("Two Of A Name " * 20)[:200])) != []


@pytest.mark.parametrize(
    ("due", "age"),
    [
        (None, "not yet due"),
        ("2026-01-16", "not yet due"),
        ("2026-01-15", "not yet due"),
        ("2026-01-14", ""),
        ("2025-12-16", ""),
        ("2025-12-15", "31 to 60 days overdue"),
        ("2025-11-16", "31 to 60 days overdue"),
        ("2025-11-15", "61 to 90 days overdue"),
        ("2025-10-17", "61 to 90 days overdue"),
        ("2025-10-16", "over 90 days overdue"),
    ],
)
def test_ages_go_by_the_day_an_invoice_was_due(judge, source, ids, due, age):
    first, second = source.books
    invoice = {**second.invoices[ids.far], "due_date": due}
    late = replace(source, books=(first, replace(second, invoices={ids.far: invoice})))
    start = f"client Elsewhere Inc. ({SECOND}-{ids.elsewhere}): "

    found = [each.removeprefix(start) for each in judge(source=late) if each.startswith(start)]

    # As the picture is, it is 1 to 30 days overdue.
    right = {f"{age} is 300.00 in FreshBooks, 0 in Dataverse"} if age else set()
    assert {each for each in found if " is 300.00 in FreshBooks" in each} == right


def test_an_open_amount_below_zero_is_not_yet_due(judge, edit, ids):
    overpaid = {"amount": "-20.00", "code": "USD"}

    found = judge(source=edit("invoices", ids.overpaid, outstanding=overpaid))

    assert (
        f"client Harbour Group ({FIRST}-{ids.harbour}): not yet due is 88.00 in FreshBooks, "
        in ("".join(found))
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"from_credit": True},
        {"type": "Credit"},
        {"vis_state": 1},
        {"amount": {"amount": "0.00", "code": "USD"}},
        {"invoiceid": None},
    ],
)
def test_credits_their_use_and_payments_of_nothing_are_no_last_payment(judge, edit, ids, fields):
    found = judge(source=edit("payments", ids.lowered, **fields))

    last = f"client Harbour Group ({FIRST}-{ids.harbour}): last payment is 2025-12-22 in FreshBooks"
    assert any(each.startswith(last) for each in found)


def test_where_dynamics_lacks_the_currency_the_text_says_it_all(judge, crm, edit, alter, ids):
    yen = edit(
        "clients",
        ids.asks,
        currency_code="JPY",
        outstanding_balance=[{"amount": {"amount": "1500.00", "code": "JPY"}}],
        credit_balance=[{"amount": {"amount": "2.50", "code": "KWD"}}],
    )
    empty = dict.fromkeys(
        (name for name, value in crm.clients[3].fields.items() if isinstance(value, Decimal))
    )
    text = "JPY: 1500 open (0 overdue), 0 credit; KWD: 0.000 open (0.000 overdue), 2.500 credit"

    right = alter(
        "clients",
        str(ids.asks),
        lambda row: replace(row, fields={**row.fields, **empty, "balances": text}),
    )

    assert judge(source=yen, clients=right) == []


@pytest.mark.parametrize(
    ("balances", "healths"),
    [
        ({"overdue_balance": "0.01"}, {"overdue"}),
        ({"outstanding_balance": "0.01"}, {"payment due"}),
        ({"outstanding_balance": "-50.00"}, {"no activity"}),
        ({"credit_balance": "0.01"}, {"good standing"}),
        ({"credit_balance": "-0.01"}, {"no activity"}),
        ({}, {"no activity"}),
    ],
)
def test_health_is_what_the_balances_mean(judge, edit, alter, ids, balances, healths):
    def right(health):
        return alter(
            "clients",
            str(ids.ignored),
            lambda row: changed(row, health=health, state="needs a person"),
        )

    named = {
        name: [{"amount": {"amount": amount, "code": "EUR"}}] for name, amount in balances.items()
    }
    source = edit("clients", ids.ignored, **named)

    allowed = {
        health
        for health in ("no activity", "good standing", "payment due", "overdue")
        if not any(": health" in each for each in judge(source=source, clients=right(health)))
    }

    assert allowed == healths


def test_a_client_of_whom_only_drafts_are_known_may_have_had_no_activity(judge, edit, alter, ids):
    draft = edit("invoices", ids.waiting, v3_status="draft")
    first, *others = draft.books
    client = {**first.clients[ids.asks], "outstanding_balance": []}
    books = (replace(first, clients={**first.clients, ids.asks: client}), *others)

    def wrong(health):
        rows = alter("clients", str(ids.asks), lambda row: changed(row, health=health))
        return any(
            ": health" in each for each in judge(source=replace(draft, books=books), clients=rows)
        )

    assert [wrong(each) for each in ("no activity", "good standing", "payment due")] == [
        False,
        False,
        True,
    ]
