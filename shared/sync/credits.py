"""A credit, which FreshBooks has twice: as a credit note, and as a row among the payments.

Never shows both: the note is shown, and the row only where notes cannot be read.
"""

from typing import Final

from shared.core.identity import Kind, RecordId
from shared.core.records import Payment
from shared.errors import ConfigurationError
from shared.sync.ports import Crm, FreshBooks

NOTED: Final = "it is shown as its credit note"


def is_noted(freshbooks: FreshBooks, crm: Crm, business: str, payment: Payment) -> bool:
    """Say whether a payment only stands for a credit note that is shown, or will be.

    Raises:
        RetryLaterError: FreshBooks is throttled or down.
        ReconnectNeededError: our access is not accepted any more.
        RecordRefusedError: the credit note cannot be read as it is.
    """
    if payment.credit_note is None or payment.deleted:
        return False
    note = RecordId(business, Kind.CREDIT, payment.credit_note)
    try:
        return freshbooks.get_credit(business, note.number) is not None
    except ConfigurationError:
        # What was shown of it while notes could be read stays, so that it is not there twice.
        shown = crm.get_entry_view(entry=note.entry, invoice=None, client_key=None)
        return shown.entry is not None
