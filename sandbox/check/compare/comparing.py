"""Everything that differs, table by table.

Never reads either side.
"""

from sandbox.check.compare.customers import accounts, clients
from sandbox.check.compare.entries import entries
from sandbox.check.compare.invoices import invoices, opportunities, strays
from sandbox.check.compare.notices import notices
from sandbox.check.compare.scene import Scene
from sandbox.check.found import Crm
from sandbox.check.source import Source


def compare(source: Source, target: Crm) -> list[str]:
    """Say in one sentence each what differs between the two."""
    scene = Scene(source, target)
    of_invoices = (invoices, entries, opportunities) if scene.has_sales else (entries, strays)
    tables = [clients, accounts, *of_invoices, notices]
    return [sentence for table in tables for sentence in table(scene)]
