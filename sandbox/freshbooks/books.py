"""The books: the way for a test or a person to change what FreshBooks holds.

Never answers HTTP; every operation returns the record as it then is.
"""

from typing import Any

from sandbox.freshbooks.credit_notes import CreditOperations
from sandbox.freshbooks.filling import FillingOperations
from sandbox.freshbooks.rebilling import RebillingOperations

# What may be called by name from another process.
OPERATIONS = frozenset(
    {
        "create_business",
        "create_identity",
        "create_client",
        "edit_client",
        "archive_client",
        "delete_client",
        "restore_client",
        "create_invoice",
        "edit_invoice",
        "send_invoice",
        "view_invoice",
        "mark_invoice",
        "delete_invoice",
        "restore_invoice",
        "pay_invoice",
        "edit_payment",
        "delete_payment",
        "restore_payment",
        "refund",
        "refund_by_line",
        "create_credit_note",
        "edit_credit_note",
        "delete_credit_note",
        "restore_credit_note",
        "create_expense",
        "edit_expense",
        "delete_expense",
        "restore_expense",
        "rebill_expense",
        "create_category",
        "edit_category",
        "set_visibility",
        "serve_stale",
        "fill",
    }
)


class Books(FillingOperations, CreditOperations, RebillingOperations):
    """Businesses, and their clients, invoices, payments, credit notes, expenses and categories.

    Every change moves the record's `updated` (Eastern) and `version`, where it has one, and tells
    the webhooks.
    An `account` of None is the first business'.
    """

    def perform(self, operation: str, arguments: dict[str, Any]) -> Any:
        """Call the operation of that name.

        Raises:
            LookupError: there is no such operation.
        """
        if operation not in OPERATIONS:
            raise LookupError(f"no such operation: {operation}")
        return getattr(self, operation)(**arguments)
