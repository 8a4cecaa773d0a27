"""What the connector was told to do, and what happened that neither side shows.

Never read from the connector: whoever asks for the comparison says it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True)
class Policies:
    """The connector's settings that change what Sales shows, each with the product's default.

    Attributes:
        draft_invoices: DRAFT_INVOICES.
        deleted_records: DELETED_RECORDS.
        expenses: EXPENSES.
        existing_invoices: EXISTING_INVOICES.
        match_invoice_field: MATCH_INVOICE_FIELD, a column of the invoice table.
        row_owner: ROW_OWNER; None compares no owners, for people may have changed any of them.
        credits: `notes`, or `payments` where the connector's login may not read credit notes.
        notices: NOTICES.
        target: TARGET, `record` with the Sales app, `activity` where entries are all there is.
    """

    draft_invoices: Literal["skip", "show"] = "skip"
    deleted_records: Literal["cancel", "delete", "keep"] = "cancel"
    expenses: Literal["client", "all", "off"] = "client"
    existing_invoices: Literal["adopt", "hold", "ignore"] = "adopt"
    match_invoice_field: str = ""
    row_owner: Literal["account", "connector"] | None = None
    credits: Literal["notes", "payments"] = "notes"
    notices: Literal["off", "overdue", "both"] = "off"
    target: Literal["record", "activity"] = "record"


@dataclass(frozen=True)
class Told:
    """What people did and what was there before, by keys such as `FrEsHb-invoice-177`.

    Attributes:
        held: clients that wait for a decision, beside those whose row says so: their keys, or ids
            in any business.
        before: records that Sales showed when their client began to wait; None where nobody
            noted them, and any may be there.
        moved: invoices and expenses that a person put on another opportunity, or on none.
        reassigned: records whose rows a person gave another owner.
        deleted: records whose rows a person deleted, and clients of which it is the row.
        most: the most that a payment ever amounted to.
        beside: invoices for which a person had a row made beside one that Sales had already.
        earlier: an earlier release may have written rows last, which has no day of being paid and
            none since when an invoice is overdue; they come with the next change.
        left: TARGET was `record` before: what the Sales app's tables hold stays as it was.
    """

    held: frozenset[int | str] = frozenset()
    before: frozenset[str] | None = None
    moved: frozenset[str] = frozenset()
    reassigned: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    most: Mapping[str, Decimal] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()
    earlier: bool = False
    left: bool = False
