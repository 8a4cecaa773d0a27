"""What the administrator chose for cases that have no single right answer."""

from dataclasses import dataclass
from enum import StrEnum

from shared.core.columns import DEFAULTS, Columns


class Target(StrEnum):
    """What stands for an invoice in Dataverse."""

    RECORD = "record"  # a row of the Sales app's table invoice, and a timeline entry
    ACTIVITY = "activity"  # its timeline entry alone, without the Sales app


class UnmatchedPolicy(StrEnum):
    """What happens to a client that fits no account."""

    CREATE = "create"
    HOLD = "hold"


class DeletedPolicy(StrEnum):
    """What happens to the rows of a record that FreshBooks deleted."""

    CANCEL = "cancel"
    DELETE = "delete"
    KEEP = "keep"


class DraftPolicy(StrEnum):
    """What is shown of an invoice that the customer has not got yet."""

    SKIP = "skip"
    SHOW = "show"


class ExistingPolicy(StrEnum):
    """What happens to an invoice of which Sales has one already that somebody typed in."""

    ADOPT = "adopt"
    HOLD = "hold"
    IGNORE = "ignore"


class ExpensePolicy(StrEnum):
    """Which expenses are carried over."""

    CLIENT = "client"  # those that name a client
    ALL = "all"  # the firm's own as well
    OFF = "off"


class OwnerPolicy(StrEnum):
    """Who owns the rows the connector makes."""

    ACCOUNT = "account"  # whoever owns the account
    CONNECTOR = "connector"


class NoticePolicy(StrEnum):
    """What the account's owner is told in the app."""

    OFF = "off"
    OVERDUE = "overdue"  # that an invoice became overdue
    BOTH = "both"  # that it became overdue, and that it was paid


class BackfillPolicy(StrEnum):
    """How the history of a business that is connected comes into Sales."""

    AUTOMATIC = "automatic"  # in bulk, at once
    MANUAL = "manual"  # in bulk when an operator says so; polls bring it record by record


class BypassPolicy(StrEnum):
    """What of the firm's own a backfill does not start."""

    NOTHING = "off"
    FLOWS = "flows"  # Power Automate's
    ALL = "all"  # also plug-ins and workflows


class ReconcilePolicy(StrEnum):
    """What the nightly comparison of both sides does."""

    OFF = "off"
    REPORT = "report"  # it says what differs
    FIX = "fix"  # and asks for it


@dataclass(frozen=True)
class Policies:
    """All of them that concern how records are shown."""

    deleted: DeletedPolicy = DeletedPolicy.CANCEL
    drafts: DraftPolicy = DraftPolicy.SKIP
    expenses: ExpensePolicy = ExpensePolicy.CLIENT
    owner: OwnerPolicy = OwnerPolicy.ACCOUNT
    notices: NoticePolicy = NoticePolicy.OFF
    columns: Columns = DEFAULTS
