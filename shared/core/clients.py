"""A FreshBooks client's row in Dataverse: whose account it is, and what it owes.

Never decides which account that is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.core.accounts import money_columns
from shared.core.figures import Amounts, Figures, write_amounts
from shared.core.fitting import fit
from shared.core.homes import ClientRow
from shared.core.identity import RecordId
from shared.core.options import ClientState
from shared.core.records import Client, VisState
from shared.core.rows import Change, Insert, Reference, Row, Scalar
from shared.core.schema import CLIENT_TABLE
from shared.core.views import Currency
from shared.core.waiting import Candidate

LEFT_OUT: Final = "an operator decided to ignore this client"
# Of a client in these states nothing is owed as far as Sales is concerned.
WITHOUT_FIGURES: Final = frozenset({ClientState.IGNORED, ClientState.GONE})


@dataclass(frozen=True)
class Link:
    """How a client stands to an account.

    Attributes:
        account: whose it is, None for nobody's.
        linked_to: the account it is or was linked to last; None where it never was, or where that
            is no decision any more.
        reason: why, or what a person has to decide.
        candidates: accounts it may be.
    """

    state: ClientState
    account: UUID | None = None
    linked_to: UUID | None = None
    reason: str = ""
    candidates: tuple[Candidate, ...] = ()


def render_client(
    client: Client,
    *,
    record: RecordId,
    row: ClientRow | None,
    link: Link,
    figures: Figures,
    currency: Currency | None,
    url: str,
    now: datetime,
    owner: Reference | None = None,
) -> Row:
    """Return a client's row as it should be.

    Args:
        client: the record.
        record: its identity.
        row: what is there.
        link: how it stands to an account.
        figures: what it owes and is owed; of a client that is gone or ignored nothing is shown.
        currency: the client's own, None where Dataverse does not have it.
        url: address of its page in FreshBooks.
        now: written to `fbx_syncedon`, UTC.
        owner: who owns it when it is made, None for the connector.
    """
    shown = Figures() if link.state in WITHOUT_FIGURES else figures
    return Row(
        table=CLIENT_TABLE,
        id=row.id if row is not None else record.client_row,
        columns=fit(
            CLIENT_TABLE,
            {
                "fbx_name": client.name or f"FreshBooks client {client.id}",
                "fbx_key": record.client_key,
                **_link_columns(link),
                **client_figures(shown, currency),
                "fbx_url": url,
            },
        ),
        lookups={
            "fbx_accountid": _reference("account", link.account),
            **(
                {"transactioncurrencyid": _reference("transactioncurrency", currency.id)}
                if currency
                else {}
            ),
        },
        initial_lookups={"ownerid": owner},
        stamps={"fbx_syncedon": now, "fbx_sourceversion": client.version.text},
    )


def departed(row: ClientRow, number: int, currency: Currency | None) -> Client:
    """Return a client that FreshBooks does not answer with any more, as its row remembers it.

    Args:
        row: its own row.
        number: its id.
        currency: the row's.
    """
    return Client.model_validate(
        {
            "id": number,
            "organization": row.text("fbx_name"),
            "currency_code": currency.code if currency is not None else "",
            "version": row.text("fbx_sourceversion"),
            "vis_state": VisState.DELETED,
        }
    )


def client_figures(figures: Figures, currency: Currency | None) -> dict[str, Scalar]:
    """Return the columns of a client's row that show what it owes; without what is not known."""
    own = figures.amounts.get(currency.code, Amounts()) if currency is not None else None
    columns: dict[str, Scalar] = {
        **money_columns(own, currency),
        "fbx_balances": figures.text,
        "fbx_figures": write_amounts(figures.amounts),
        "fbx_nextdueon": figures.next_due,
    }
    if figures.invoice_known:
        columns["fbx_lastinvoiceon"] = figures.last_invoice
    if figures.payment_known:
        columns["fbx_lastpaymenton"] = figures.last_payment
    if figures.health_known:
        columns["fbx_financialhealth"] = int(figures.health)
    return columns


def decided(row: ClientRow, state: ClientState, *, account: UUID | None) -> Change:
    """Return the change by which somebody decides about a client, in the version that was read.

    It is what a person would change in Dynamics: what follows is carried out when it is seen.
    """
    return Change(
        CLIENT_TABLE,
        row.id,
        columns={"fbx_state": int(state)},
        lookups={"fbx_accountid": _reference("account", account)},
        etag=row.etag,
    )


def left_out(record: RecordId, row: ClientRow | None, *, name: str) -> Insert | Change:
    """Return the operation by which somebody leaves a client out, whether or not it has a row."""
    if row is not None:
        return decided(row, ClientState.IGNORED, account=row.account)
    columns = fit(CLIENT_TABLE, {"fbx_name": name, "fbx_key": record.client_key})
    state = {"fbx_state": int(ClientState.IGNORED)}
    return Insert(CLIENT_TABLE, record.client_row, {**columns, **state})


def taken_back(row: ClientRow) -> Change:
    """Return the change by which a client is looked at again that was left out."""
    state = ClientState.LINKED if row.account is not None else ClientState.NEEDS_A_PERSON
    change = decided(row, state, account=row.account)
    # What it was linked to before it was left out decides nothing any more.
    return replace(change, columns={**change.columns, "fbx_linkedto": None})


def describe(candidates: Sequence[Candidate]) -> str:
    """Return accounts as lines, most likely first, with what tells them apart."""
    return "\n".join(
        f"{each.name} ({each.account}{', ' + each.note if each.note else ''})"
        for each in candidates
    )


def _link_columns(link: Link) -> dict[str, Scalar]:
    return {
        "fbx_state": int(link.state),
        "fbx_carriedout": int(link.state),
        "fbx_reason": link.reason,
        "fbx_candidates": describe(link.candidates),
        "fbx_linkedto": str(link.linked_to) if link.linked_to is not None else None,
    }


def _reference(table: str, target: UUID | None) -> Reference | None:
    return Reference(table, target) if target is not None else None
