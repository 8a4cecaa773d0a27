"""What accounts and opportunities show, beside what their clients and invoices add up to.

Never asks FreshBooks: it is the sum of rows, right or wrong.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from shared.core.accounts import account_figures, render_update
from shared.core.deals import render_deals
from shared.core.differences import plan_row
from shared.core.figures import total
from shared.core.homes import Account, Deal
from shared.core.options import ClientState
from shared.core.reconcile.causes import Cause
from shared.core.reconcile.clients import figures_in
from shared.core.reconcile.facts import ClientFacts
from shared.core.reconcile.findings import Finding
from shared.core.rows import Change, Operation
from shared.core.views import Currency

_LINKED: Final = int(ClientState.LINKED)
_GONE: Final = int(ClientState.GONE)
_STAMP: Final = "fbx_syncedon"


def compare_account(
    account: Account,
    clients: Iterable[ClientFacts],
    *,
    currency: Currency,
    others: Mapping[str, Currency],
    now: datetime,
) -> Finding | None:
    """Return what an account shows that its clients do not add up to, None where all is right.

    Args:
        account: as it is; an inactive one shows what it showed.
        clients: those that name it.
        currency: the account's.
        others: those of the environment, by ISO code.
        now: UTC.
    """
    if not account.active:
        return None
    every = list(clients)
    linked = [each for each in every if each.state == _LINKED]
    if not linked and any(each.state == _GONE for each in every):
        return None  # it shows nothing, or that nothing is owed
    parts = [figures for each in linked if (figures := figures_in(each)) is not None]
    shown = account_figures(total(parts) if parts else None, currency=currency, others=others)
    return _found(
        plan_row(render_update(account, currency=currency, figures=shown, now=now), account)
    )


def compare_deal(deal: Deal) -> Finding | None:
    """Return what an opportunity shows that its invoices do not add up to, None likewise."""
    account = deal.lookups.get("customerid")
    if any(each.lookups.get("customerid", account) != account for each in deal.invoices):
        return None  # one is on its way to another account
    ours = any(each.columns.get("fbx_total") is not None for each in deal.invoices)
    if not ours and deal.columns.get("fbx_invoiced") is None:
        return None
    operations = [operation for row in render_deals([deal]) for operation in plan_row(row, deal)]
    return _found(operations)


def _found(operations: Iterable[Operation]) -> Finding | None:
    changed = {
        column
        for each in operations
        if isinstance(each, Change)
        for column in (*each.columns, *each.lookups)
        if column != _STAMP
    }
    if not changed:
        return None
    return Finding(Cause.AMOUNT, f"not what it adds up to: {', '.join(sorted(changed))}")
