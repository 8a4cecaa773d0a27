"""What is there of a client, read before anything is planned: rows, balances, currencies.

Never finds out which account is a client's, and never plans.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.core.clients import WITHOUT_FIGURES
from shared.core.figures import Figures, figures_of
from shared.core.homes import Account
from shared.core.identity import RecordId
from shared.core.options import ClientState
from shared.core.outcomes import Held
from shared.core.records import EASTERN, Client, LastActivity
from shared.core.views import Currency
from shared.sync.match import Found
from shared.sync.places import missing_currency
from shared.sync.ports import Crm
from shared.sync.protocol import Sides

_NOTHING: Final = LastActivity(None, None)


@dataclass(frozen=True)
class ClientTarget:
    """What is there of a client, and what its account and its account before show.

    Attributes:
        found: how it stands to an account.
        activity: its newest invoice and payment in FreshBooks, and what is open.
        currency: the client's own, None where Dataverse does not have it.
        note: which of its fields do not fit their columns.
        sums: the accounts that it belongs to, or belonged to so far, with the currency of each;
            None for the one that is made. One that it left may be inactive.
        currencies: those of the environment that amounts of these accounts are in, by code.
    """

    found: Found
    activity: LastActivity
    currency: Currency | None
    sums: tuple[tuple[Account | None, Currency], ...]
    currencies: Mapping[str, Currency]
    note: str = ""

    @property
    def exists(self) -> bool:
        """Whether its row or its account is there."""
        return self.found.row is not None or self.found.account is not None

    @property
    def stands(self) -> bool:
        """Whether there is anything that stands for the client: always, once it was looked for."""
        return True

    @property
    def reason(self) -> str:
        """How its account was found, "" when it was linked before; what does not fit."""
        row, link = self.found.row, self.found.link
        same = row is not None and row.settled and row.account == link.account
        return "; ".join(filter(None, ("" if same else link.reason, self.note)))


def gather(sides: Sides, record: RecordId, source: Client, found: Found) -> ClientTarget | Held:
    """Read what a client and the accounts that show it are made of, or say what is missing."""
    crm, business = sides.crm, record.business
    own = crm.get_currency(source.currency_code) if source.currency_code else None
    shown = [each for each in (found.account, _former(crm, found)) if each is not None]
    currencies = [_currency_of(crm, account) or own for account in shown]
    sums: list[tuple[Account | None, Currency]] = [
        (account, currency)
        for account, currency in zip(shown, currencies, strict=True)
        if currency is not None
    ]
    if found.makes and own is not None:
        sums.append((None, own))
    if len(sums) < sum(account.active for account in shown) + found.makes:
        return Held(missing_currency(business, source.currency_code, sides.clock()))
    activity = _NOTHING
    if found.link.state not in WITHOUT_FIGURES:
        activity = sides.freshbooks.get_last_activity(business, source.id, has_open=_owes(source))
    figures = figures_now(found, source, activity, sides.clock())
    others, note = _currencies(crm, figures, shown), sides.policies.columns.note(source)
    return ClientTarget(found, activity, own, tuple(sums), others, note)


def figures_now(found: Found, source: Client, activity: LastActivity, now: datetime) -> Figures:
    """Return what a client owes; what nobody asked for this time is as it was known before."""
    before = found.row.figures if found.row is not None else None
    return figures_of(source, activity, now.astimezone(EASTERN).date()).known_by(before)


def _former(crm: Crm, found: Found) -> Account | None:
    """Return the account that the client's row counts for so far, if it is another one."""
    row, link = found.row, found.link
    if row is None or row.linked_to is None:
        return None
    if row.linked_to == link.account:
        # It may be on its account still without belonging to it.
        left = found.account is None and row.carried_out is ClientState.LINKED
        account = crm.get_account(row.linked_to) if left else None
        return account if account is not None and account.active else None
    # A client waits with what an account shows that was deactivated.
    left = ClientState.LINKED in {row.carried_out, link.state}
    return crm.get_account(row.linked_to) if left else None


def _currencies(crm: Crm, figures: Figures, accounts: list[Account]) -> dict[str, Currency]:
    """Return those of the environment in which these accounts' clients owe, by code."""
    codes = {*figures.amounts}
    for account in accounts:
        for row in account.clients:
            codes |= {*(row.figures.amounts if row.figures is not None else ())}
    found = {code: crm.get_currency(code) for code in sorted(codes)}
    return {code: each for code, each in found.items() if each is not None}


def _currency_of(crm: Crm, account: Account) -> Currency | None:
    own = account.currency
    return crm.get_currency_by_id(own) if own is not None else None


def _owes(client: Client) -> bool:
    """Say whether anything may be open of a client's invoices."""
    # What was paid too much of one invoice may make up for what is open of another.
    balances = (client.outstanding_balance, client.overdue_balance)
    return any(each.amount for balance in balances for each in balance or ())
