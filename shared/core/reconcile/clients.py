"""A client beside its own row: its state, what it owes, and by how long that has been due.

Never judges which account it belongs to: people decide that.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from shared.core.accounts import money_columns
from shared.core.figures import AGES, Amounts, Figures, figures_of, read_amounts
from shared.core.fitting import fit
from shared.core.options import ClientState, Health
from shared.core.reconcile.causes import Cause
from shared.core.reconcile.differences import Booked
from shared.core.reconcile.facts import ClientFacts, to_amount, to_units
from shared.core.reconcile.findings import Finding, age_of, worst
from shared.core.reconcile.rules import Rules
from shared.core.records import EASTERN, Client, LastActivity, OpenAmount
from shared.core.schema import CLIENT_TABLE

_BALANCES: Final = ("outstanding", "overdue", "credit")
_OWES: Final = frozenset({int(Health.OVERDUE), int(Health.PAYMENT_DUE)})
_APART: Final = frozenset({int(ClientState.IGNORED), int(ClientState.GONE)})
_AT_HOME: Final = frozenset({int(ClientState.LINKED), int(ClientState.GONE)})


def compare_client(
    client: Client, row: ClientFacts, opened: tuple[OpenAmount, ...] | None, rules: Rules
) -> Finding | None:
    """Return what differs between a client that is there and its row, None where nothing does.

    Args:
        client: as a list shows it, with its balances.
        row: its own row.
        opened: what is open of its invoices, None where that is not known.
        rules: how records stand in Sales.
    """
    # The version is written along with every change and is a reason for none.
    age = age_of(client.version, client.version.text, touched=row.touched)
    found = [*_state(row)]
    known = (client.outstanding_balance, client.overdue_balance, client.credit_balance)
    if row.state not in _APART and all(each is not None for each in known):
        found += _money(client, row, opened, rules)
    return worst(found, age)


def booked_client(client: Client, rules: Rules) -> tuple[Booked, ...]:
    """Return what a client adds to FreshBooks' sums: what is outstanding, by currency."""
    owed: dict[str, Decimal] = {client.currency_code: Decimal(0)}
    for each in client.outstanding_balance or ():
        owed[each.code] = owed.get(each.code, Decimal(0)) + each.amount
    return _booked(client.currency_code, owed, rules)


def sold_client(row: ClientFacts, rules: Rules) -> tuple[Booked, ...]:
    """Return what a client's row adds to Sales' sums; nothing of one that is gone."""
    if row.state == int(ClientState.GONE):
        return ()
    own = rules.code_of(row.currency)
    amounts = read_amounts(row.figures) or {}
    owed = {code: each.outstanding for code, each in amounts.items()}
    owed[own] = to_amount(row.amounts[0])
    return _booked(own, owed, rules)


def figures_in(row: ClientFacts) -> Figures | None:
    """Return what a client owes as its row keeps it, None where that cannot be read."""
    amounts = read_amounts(row.figures)
    if amounts is None:
        return None
    return Figures(
        amounts=amounts,
        last_invoice=_day(row.last_invoice),
        last_payment=_day(row.last_payment),
        next_due=_day(row.next_due),
    )


def _booked(own: str, owed: dict[str, Decimal], rules: Rules) -> tuple[Booked, ...]:
    return tuple(
        Booked("", code, rules.kept(amount, code), int(code == own))
        for code, amount in sorted(owed.items())
        if amount or code == own
    )


def _state(row: ClientFacts) -> Iterator[Finding]:
    if row.state is None:
        yield Finding(Cause.STATUS, "it does not say how it stands to an account")
    elif row.state == int(ClientState.GONE):
        yield Finding(Cause.STATUS, "it is gone in Sales and there in FreshBooks")
    elif row.carried_out != row.state:
        yield Finding(Cause.STATUS, "what a person decided about it was not carried out")
    elif row.state in _AT_HOME and row.account is not None and not _acted_on(row):
        yield Finding(Cause.STATUS, "that a person chose another account was not carried out")


def _acted_on(row: ClientFacts) -> bool:
    return row.linked_to.replace("-", "").lower() == f"{row.account:032x}"


def _money(
    client: Client, row: ClientFacts, opened: tuple[OpenAmount, ...] | None, rules: Rules
) -> Iterator[Finding]:
    currency = rules.currencies.get(client.currency_code)
    if currency is not None and rules.code_of(row.currency) != client.currency_code:
        yield Finding(Cause.CURRENCY, f"its balances are not in {client.currency_code}")
        return
    wanted = figures_of(client, _activities(opened)[0], rules.today)
    own = wanted.amounts.get(client.currency_code, Amounts())
    columns = [*money_columns(own, currency).values()][: len(_BALANCES)]
    for name, value, found in zip(_BALANCES, columns, row.amounts, strict=True):
        if _units(value) != found:
            there = "empty" if found is None else f"{to_amount(found):.2f}"
            yield Finding(Cause.AMOUNT, f"{name} is {there} instead of {value}")
    kept = read_amounts(row.figures)
    if kept is None or _exact(kept) != _exact(wanted.amounts):
        yield Finding(Cause.AMOUNT, "the figures that accounts are summed up from are others")
    if row.balances != str(fit(CLIENT_TABLE, {"fbx_balances": wanted.text})["fbx_balances"] or ""):
        yield Finding(Cause.AMOUNT, "the balances in words are others")
    if {row.health, int(wanted.health)} & _OWES and row.health != int(wanted.health):
        yield Finding(Cause.AMOUNT, "its financial health is another one")
    if opened is not None and currency is not None:
        days = {rules.today, _synced_on(row) or rules.today}
        shown = [
            _ages(client, activity, day, rules) for day in days for activity in _activities(opened)
        ]
        if row.ages not in shown:
            yield Finding(Cause.AMOUNT, "what is open by age is another one")


def _activities(opened: tuple[OpenAmount, ...] | None) -> tuple[LastActivity, ...]:
    """Return what may be known of a client: all that is open, or what it was asked for."""
    whole = LastActivity(None, None, invoice_known=False, payment_known=False, open=opened)
    asked = tuple(each for each in opened or () if each.amount > 0)
    return whole, replace(whole, open=asked, overpaid_known=False)


def _ages(
    client: Client, activity: LastActivity, today: date, rules: Rules
) -> tuple[int | None, ...]:
    """Return what is open by age as the row has it, or had it on an earlier day."""
    code = client.currency_code
    own = figures_of(client, activity, today).amounts.get(code, Amounts())
    columns = money_columns(own, rules.currencies[code])
    return tuple(_units(columns[name]) for name in AGES)


def _exact(amounts: Mapping[str, Amounts]) -> dict[str, tuple[Decimal, ...]]:
    return {
        code: (each.outstanding, each.overdue, each.credit)
        for code, each in amounts.items()
        if each.anything
    }


def _units(value: object) -> int | None:
    return to_units(value) if isinstance(value, Decimal) else None


def _synced_on(row: ClientFacts) -> date | None:
    """Return FreshBooks' day on which a row was written."""
    try:
        moment = datetime.fromisoformat(row.synced)
    except ValueError:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone(EASTERN).date()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
