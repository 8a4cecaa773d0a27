"""Who a record is: one identity for both sides, and every key, row id and name made from it.

Never asks anybody: all of it is known before there is a row, and none of it ever changes.
"""

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

# Fixed for ever: every row the connector creates has an id derived from it.
_LONGEST_NUMBER: Final = 18  # digits; every number of so many fits into 64 bits
NAMESPACE: Final = UUID("5f1f9c0e-7a1b-5e0c-9d5a-2f6b1c3d4e5f")


class Kind(StrEnum):
    """The kinds of FreshBooks records that are followed."""

    CLIENT = "client"
    INVOICE = "invoice"
    PAYMENT = "payment"
    EXPENSE = "expense"
    CREDIT = "credit"
    CATEGORY = "category"  # not carried over itself: expenses show its name

    @property
    def noun(self) -> str:
        """What FreshBooks calls one in its API and in its webhooks."""
        return _NOUNS.get(self, self.value)

    @classmethod
    def of_noun(cls, noun: str) -> "Kind | None":
        """Return the kind that FreshBooks calls so, None where it is none of ours."""
        return next((kind for kind in cls if kind.noun == noun), None)


_NOUNS: Final = {Kind.CREDIT: "credit_note"}


@dataclass(frozen=True)
class RecordId:
    """A FreshBooks record.

    Attributes:
        business: the FreshBooks business it belongs to, by its accounting account id such as
            `xazq5`. Dynamics' accounts are called accounts here, FreshBooks' never.
        number: its number in FreshBooks, unique among the business's records of this kind.
    """

    business: str
    kind: Kind
    number: int

    def __str__(self) -> str:
        return f"{self.business}/{self.kind}/{self.number}"

    @property
    def key(self) -> str:
        """The text that names it in rows and for operators: `<business>-<kind>-<number>`."""
        return f"{self.business}-{self.kind}-{self.number}"

    @property
    def client_key(self) -> str:
        r"""The alternate key of this client's row in Dataverse: `<business>-<number>`.

        Only letters, digits and `-`: `/ < > * % & : \ ? +` make a key unreachable by URL.

        Raises:
            ValueError: it is no client: the key would be another client's.
        """
        if self.kind is not Kind.CLIENT:
            raise ValueError(f"{self} is no client.")
        return f"{self.business}-{self.number}"

    @property
    def row(self) -> UUID:
        """Primary key of the row that stands for it, if the connector makes that row.

        A client's is the account made for it (its own is `client_row`), an invoice's its header;
        payments, credits and expenses are their timeline entries. It is known without a look-up,
        can be bound before the row exists, and cannot be doubled.

        Raises:
            ValueError: it is a category, which has none.
        """
        match self.kind:
            case Kind.CLIENT | Kind.INVOICE:
                return self.derived(self.kind)
            case Kind.PAYMENT | Kind.EXPENSE | Kind.CREDIT:
                return self.entry
            case Kind.CATEGORY:
                raise ValueError(f"{self} has no row.")

    @property
    def client_row(self) -> UUID:
        """Primary key of a client's own row.

        Raises:
            ValueError: it is no client.
        """
        return self.derived(f"client-row:{self.client_key}")

    @property
    def entry(self) -> UUID:
        """Primary key of its timeline entry."""
        return self.derived(f"{self.kind}-entry")

    def line(self, position: int) -> UUID:
        """Return the primary key of the row of an invoice's line, by position from 1.

        FreshBooks does not say whether `lineid` survives an edit, so the position is the identity.
        """
        return self.derived("line", position)

    def derived(self, what: str, *parts: int) -> UUID:
        """Return an id that is this record's alone, and the same for ever."""
        return uuid.uuid5(
            NAMESPACE, ":".join([self.business, what, *map(str, (self.number, *parts))])
        )


@dataclass(frozen=True)
class Edition:
    """The rows that stand for a record in one of its currencies.

    A currency is part of what a row is. A record whose currency changes gets other rows, and those
    it had are kept as replaced; they say which edition came after them.

    Where a canceled invoice may not be opened again, another header stands for it, and the entry
    points at that one.

    Attributes:
        name: "" for the rows it had first, else the ISO code of the currency.
        again: how many headers were left canceled before this one.
    """

    record: RecordId
    name: str = ""
    again: int = 0

    @property
    def row(self) -> UUID:
        """Primary key of its row: of an invoice the header, else the timeline entry."""
        record = self.record
        if record.kind is Kind.INVOICE and (self.name or self.again):
            return self._derived(self._anew(record.kind))
        return self.entry if self.name else record.row

    @property
    def entry(self) -> UUID:
        """Primary key of its timeline entry."""
        return self._derived(f"{self.record.kind}-entry") if self.name else self.record.entry

    def line(self, position: int) -> UUID:
        """Return the primary key of the row of an invoice's line, by position from 1."""
        if not (self.name or self.again):
            return self.record.line(position)
        return self._derived(self._anew("line"), position)

    def _anew(self, what: str) -> str:
        return f"{what}-again-{self.again}" if self.again else what

    def _derived(self, what: str, *parts: int) -> UUID:
        return self.record.derived(f"{what}-in-{self.name}" if self.name else what, *parts)


def read_client_key(key: str, business: str) -> RecordId | None:
    """Return the client of `business` that a client key names, None when it names none."""
    head, _, number = key.rpartition("-")
    return (
        RecordId(business, Kind.CLIENT, int(number))
        if head == business and _digits(number)
        else None
    )


def read_key(key: str, business: str) -> RecordId | None:
    """Return the record of `business` that a row's key names, None when it names none."""
    head, _, number = key.rpartition("-")
    owner, _, kind = head.rpartition("-")
    if owner != business or kind not in set(Kind) or not _digits(number):
        return None
    return RecordId(business, Kind(kind), int(number))


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _names_a_record(text: str) -> bool:
    return _digits(text) and len(text) <= _LONGEST_NUMBER and int(text) > 0


class AwaitedKind(StrEnum):
    """The kinds of things a record can wait for."""

    CLIENT = "client"  # a client's account, or a person's decision about it
    IGNORED = "ignored"  # a client that an operator decided to leave out
    INVOICE = "invoice"  # a payment's invoice
    CURRENCY = "currency"  # a currency Dataverse does not have
    SERVICE = "service"  # a service that is down or wants us to wait
    CONNECTION = "connection"  # a login to FreshBooks that is accepted
    PROBLEM = "problem"  # that records are refused for the same reason
    POLICY = "policy"  # that the record itself becomes one that is carried over
    EXISTING = "existing"  # a person's decision about an invoice that Sales has already
    CHOSEN = "chosen"  # that decision, kept


_NUMBERED: Final = {
    AwaitedKind.CLIENT,
    AwaitedKind.IGNORED,
    AwaitedKind.INVOICE,
    AwaitedKind.EXISTING,
    AwaitedKind.CHOSEN,
}


@dataclass(frozen=True)
class Awaited:
    """What records wait for, within a business.

    A decision to ignore a client is kept apart from the wait for it, so that a sync under way
    cannot overwrite the decision.

    Attributes:
        name: the client's or invoice's number, the currency's code, or the name of a service, of a
            connection, of a problem or of a policy.
    """

    kind: AwaitedKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}-{self.name}"

    @classmethod
    def parse(cls, text: str) -> "Awaited":
        """Read its text.

        Raises:
            ValueError: it is none.
        """
        word, _, name = text.partition("-")
        kind = AwaitedKind(word)
        if kind in _NUMBERED and not _names_a_record(name):
            raise ValueError(f"A {kind} is awaited by its number.")
        return cls(kind, name)

    @classmethod
    def client(cls, number: int) -> "Awaited":
        """Return the wait for a client's account."""
        return cls(AwaitedKind.CLIENT, str(number))

    @classmethod
    def ignored(cls, number: int) -> "Awaited":
        """Return the decision to leave a client out."""
        return cls(AwaitedKind.IGNORED, str(number))

    @classmethod
    def invoice(cls, number: int) -> "Awaited":
        """Return the wait of payments for their invoice."""
        return cls(AwaitedKind.INVOICE, str(number))

    @classmethod
    def existing(cls, number: int) -> "Awaited":
        """Return the wait of an invoice of which Sales may have a row already."""
        return cls(AwaitedKind.EXISTING, str(number))

    @classmethod
    def chosen(cls, number: int) -> "Awaited":
        """Return the decision about such an invoice."""
        return cls(AwaitedKind.CHOSEN, str(number))

    @classmethod
    def currency(cls, code: str) -> "Awaited":
        """Return the wait for a currency."""
        return cls(AwaitedKind.CURRENCY, code or "none")

    @classmethod
    def service(cls, name: str) -> "Awaited":
        """Return the wait for a service, such as `Dataverse`."""
        return cls(AwaitedKind.SERVICE, name.lower().replace(" ", "-"))

    @classmethod
    def connection(cls, connection: str) -> "Awaited":
        """Return the wait for a login to FreshBooks."""
        return cls(AwaitedKind.CONNECTION, connection)

    @classmethod
    def problem(cls, signature: str) -> "Awaited":
        """Return the wait until what refuses records does so no more."""
        return cls(AwaitedKind.PROBLEM, signature)

    @classmethod
    def policy(cls, word: str) -> "Awaited":
        """Return the wait of a record that is left out as it is now, such as a draft."""
        return cls(AwaitedKind.POLICY, word)


def verifier_secret(business: str, noun: str) -> str:
    """Return the name of the secret that holds a webhook's verifiers."""
    return f"webhook-{business}-{noun}"


def candidate_secret(business: str, noun: str) -> str:
    """Return the name of the secret that holds a verifier FreshBooks has not accepted yet."""
    return f"webhook-{business}-{noun}-candidate"


def token_secret(connection: str) -> str:
    """Return the name of the secret, and of the lease, that belong to a connection's tokens."""
    return f"freshbooks-token-{connection}"


def webhooks_lease(business: str) -> str:
    """Return the name of the lease of whoever compares a business's webhooks."""
    return f"webhooks-{business}"


def poll_checkpoint(business: str, kind: Kind) -> str:
    """Return the name under which it is kept how far the poll of a kind has come."""
    return f"poll.{business}.{kind}"


def cursor_checkpoint(business: str, what: str) -> str:
    """Return the name under which a walk through a list of a business is kept."""
    return f"cursor.{business}.{what}"


def gap_checkpoint(business: str, what: str) -> str:
    """Return the name under which is kept what no walk through a list could read."""
    return f"gap.{business}.{what}"


def backfill_checkpoint(business: str) -> str:
    """Return the name under which it is kept when a backfill that stands still was looked at."""
    return f"backfill.{business}"


def overdue_checkpoint(business: str) -> str:
    """Return the name under which it is kept when overdue invoices were last looked for."""
    return f"overdue.{business}"


def credits_checkpoint(business: str) -> str:
    """Return the name under which it is kept that credits are shown as their notes alone."""
    return f"credits.{business}"


def webhooks_checkpoint(business: str) -> str:
    """Return the name under which the release before keeps when it compared a business's webhooks.

    This one keeps it with each webhook.
    """
    return f"webhooks.{business}"


def waiting_checkpoint(business: str) -> str:
    """Return the name under which is kept what Sales sees of what waits of a business."""
    return f"{WAITING_CHECKPOINT}.{business}"


def heartbeat_checkpoint(what: str) -> str:
    """Return the name under which it is kept when something happened last."""
    return f"heartbeat.{what}"


PRUNE_LEASE: Final = "prune"
RECONCILE_LEASE: Final = "reconcile"
PRUNE_CHECKPOINT: Final = "prune"
RECHECK_CHECKPOINT: Final = "recheck"
DECISIONS_CHECKPOINT: Final = "decisions"
SWEEP_CHECKPOINT: Final = "sweep"
WAITING_CHECKPOINT: Final = "waiting"
PROBE_CHECKPOINT: Final = "doctor"
PROBE_SECRET: Final = "doctor-probe"  # noqa: S105  # the name of a secret that holds none
