"""Changing expenses and their categories in the books.

Never rebills an expense by itself: that is a line of an invoice.
"""

from typing import Any

from sandbox.freshbooks import eastern
from sandbox.freshbooks.businesses import Business
from sandbox.freshbooks.changes import Changes
from sandbox.freshbooks.errors import invalid
from sandbox.freshbooks.ledger import ACTIVE, DELETED
from sandbox.freshbooks.money import money
from sandbox.freshbooks.tables import Fields
from sandbox.freshbooks.values import calendar_day, checked, decimal

WRITABLE: Fields = {
    "amount": None,
    "date": None,
    "categoryid": None,
    "vendor": None,
    "notes": "",
    "clientid": 0,
    "projectid": 0,
    "modern_projectid": None,
    "staffid": 1,
    "invoiceid": None,
    "ext_invoiceid": 0,
    "ext_systemid": 0,
    "status": None,
    "taxName1": None,
    "taxName2": None,
    "taxAmount1": None,
    "taxAmount2": None,
    "taxPercent1": None,
    "taxPercent2": None,
    "markup_percent": "0",
    "billable": False,
    "has_receipt": False,
    "include_receipt": False,
    "is_cogs": False,
    "compounded_tax": False,
    "bank_name": "",
    "account_name": "",
}
_FIXED: Fields = {
    "accountid": None,
    "background_jobid": None,
    "bill_matches": [],
    "converse_projectid": None,
    "ext_accountid": None,
    "from_bulk_import": False,
    "isduplicate": False,
    "potential_bill_payment": False,
    "profileid": None,
    "transactionid": None,
}
CATEGORY_WRITABLE: Fields = {"category": "", "parentid": None, "is_cogs": False}

_STATUS_FROM = {"clientid", "invoiceid"}
_FIRST_CATEGORIES = ("Advertising", "Airfare", "Meals & Entertainment", "Office Expenses")


class ExpenseOperations(Changes):
    """What can be done to expenses and categories."""

    def create_category(self, name: str, *, account: str | None = None, **fields: Any) -> Fields:
        """Add an expense category called `name`."""
        business = self.business(account)
        given = checked("category", fields, CATEGORY_WRITABLE)
        with self.lock:
            row = self._insert("category", business.account_id, self._category(name) | given)
        return self.shown("category", row)

    def edit_category(self, category: int, *, name: str) -> Fields:
        """Rename a category."""
        with self.lock:
            row = self.row("category", category)
            self._change("category", row, {"category": name})
            self._fire("category", "update", row)
        return self.shown("category", row)

    def create_expense(self, amount: Any, *, account: str | None = None, **fields: Any) -> Fields:
        """Add an expense; `amount` is a number, text or money object.

        `code` in `fields` is its currency if the amount names none. Without `categoryid` it gets
        the account's first category, without `date` today's.

        >>> # books.create_expense("54.00", clientid=92001, billable=True, vendor="Ferry Co.")
        """
        business = self.business(account)
        code = fields.pop("code", None) or _code(amount) or business.currency
        given = checked("expense", fields, WRITABLE)
        with self.lock:
            first = self.tables["category"].rows(business.account_id)[0].id
            start = {
                "accounting_systemid": business.account_id,
                **_FIXED,
                **WRITABLE,
                "categoryid": first,
                "date": self.today(business.account_id),
            }
            made = self._expense(business.account_id, start | given | {"amount": amount}, code)
            row = self._insert("expense", business.account_id, made)
        return self.shown("expense", row)

    def edit_expense(self, expense: int, **fields: Any) -> Fields:
        """Change an expense's fields; `status` follows the client unless it is given.

        Args:
            expense: its id.
            **fields: as in `create_expense`; another currency, as `code` or in the amount's money
                object, leaves every number as it is.
        """
        code = fields.pop("code", None)
        given = checked("expense", fields, WRITABLE)
        with self.lock:
            row = self.row("expense", expense)
            # Another client or invoice is another status, unless one is said.
            base = row.now | {"status": None} if given.keys() & _STATUS_FROM else row.now
            code = code or _code(given.get("amount")) or row.now["amount"]["code"]
            changed = self._expense(row.account, base | given, code)
            self._change("expense", row, {name: changed[name] for name in WRITABLE})
            self._fire("expense", "update", row)
        return self.shown("expense", row)

    def delete_expense(self, expense: int) -> Fields:
        """Delete an expense softly."""
        return self.set_visibility("expense", expense, DELETED)

    def restore_expense(self, expense: int) -> Fields:
        """Make a deleted expense active again."""
        return self.set_visibility("expense", expense, ACTIVE)

    def _expense(self, account: str, fields: Fields, code: str) -> Fields:
        if self.tables["category"].get(account, int(fields["categoryid"])) is None:
            raise invalid("expense", "categoryid", fields["categoryid"], "Category not found.")
        fields["clientid"] = client = int(fields["clientid"] or 0)
        if client and self.tables["client"].get(account, client) is None:
            raise invalid("expense", "clientid", client, "Client not found.")
        for key in ("amount", "taxAmount1", "taxAmount2"):
            if fields[key] is not None:
                fields[key] = money(decimal("expense", key, fields[key]), code)
        fields["date"] = calendar_day("expense", "date", fields["date"])
        if fields["status"] is None:
            # 0 is not tied to a client, 1 waits to be billed, 2 is on an invoice.
            fields["status"] = (2 if fields["invoiceid"] else 1) if client else 0
        return fields

    def _category(self, name: str) -> Fields:
        return {
            "category": name,
            "parentid": None,
            "is_cogs": False,
            "is_editable": True,
            "transaction_posted": False,
            "created_at": eastern.stamp(self.clock()),
        }

    def _open(self, business: Business) -> None:
        for name in _FIRST_CATEGORIES:
            self._insert("category", business.account_id, self._category(name))


def _code(amount: Any) -> str | None:
    """Return the currency that a money object names."""
    return amount.get("code") if isinstance(amount, dict) else None
