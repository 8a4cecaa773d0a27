"""Reads all that is compared from Dataverse.

Never keeps anything: each reading is of what is there now.
"""

from sandbox.check.found import customers, notices, sales, timeline
from sandbox.check.found.crm import Crm
from sandbox.check.found.tables import Tables
from sandbox.check.policies import Policies
from sandbox.remotes import RemoteRows

_DEFAULTS = Policies()


def read_crm(rows: RemoteRows, policies: Policies = _DEFAULTS) -> Crm:
    """Read accounts, opportunities, rows of clients, invoices and entries.

    Args:
        rows: Dataverse.
        policies: say whether the Sales app is there, and where numbers of invoices may stand.
    """
    tables = Tables(rows, sales=policies.target == "record")
    invoices = [
        sales.invoice(tables, row, policies.match_invoice_field) for row in tables.invoices.values()
    ]
    entries = [timeline.entry(tables, row) for row in tables.entries.values()]
    return Crm(
        clients=[customers.client(tables, row) for row in tables.clients.values()],
        accounts=[customers.account(tables, row) for row in tables.accounts.values()],
        invoices=[row for row in invoices if row.key],
        unclaimed=[row for row in invoices if not row.key],
        entries=[row for row in entries if row.key],
        opportunities=[customers.opportunity(tables, row) for row in tables.opportunities.values()],
        currencies=tables.known_currencies,
        organization=tables.organization,
        disabled=tables.disabled,
        strays=tables.strays(),
        notices=[notices.notice(row) for row in tables.notices()],
    )
