"""What a backfill needs beside what everything needs: its rows, its queue, reading pages of rows.

Never says how any of it is kept or asked for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from shared.core.identity import RecordId
from shared.core.rows import Operation
from shared.core.runs import Part, Run
from shared.core.views import EntryView, InvoiceView
from shared.errors import ConnectorError
from shared.sync.ports.state import SyncQueue


class Runs(Protocol):
    """Backfills: each with the pages that are done, and the records that they made due."""

    def insert(self, run: Run) -> Run:
        """Keep a new run, and return it with its version.

        Raises:
            ConflictError: there is one of this id.
        """

    def replace(self, run: Run) -> Run:
        """Keep a run as it is now, if it is still `run.version`, and return its new version.

        Raises:
            ConflictError: it changed meanwhile.
        """

    def get(self, business: str, run: str) -> Run | None:
        """Return one, None when there is none."""

    def get_latest(self, business: str) -> Run | None:
        """Return a business's newest run, None when it never had any."""

    def list_all(self) -> Iterator[Run]:
        """Yield every business's runs."""

    def delete(self, run: Run, *, most: int) -> int:
        """Forget a run, the run itself last; return how many rows of it were forgotten.

        Args:
            run: one that has ended.
            most: rows at a time; as many of them mean that there may be more.
        """

    def put_part(self, run: Run, part: Part) -> None:
        """Keep that a page is done; done again it is kept once."""

    def list_parts(self, run: Run, *, step: int | None = None) -> list[Part]:
        """Return the pages that are done, of one step or of all."""

    def add_due(self, run: Run, records: Iterable[RecordId]) -> None:
        """Keep which records have to be looked at when all pages are done; each once."""

    def list_due(self, run: Run) -> list[RecordId]:
        """Return them."""

    def forget_due(self, run: Run, record: RecordId) -> None:
        """Forget one that was looked at; one that is gone is fine."""


class BackfillQueue(SyncQueue, Protocol):
    """The queue `backfill`: messages of lanes, beside records that are carried alone."""

    def send_lane(self, body: str, *, delay: float = 0) -> None:
        """Put a lane's message on the queue, to be seen after `delay` seconds."""


@dataclass(frozen=True)
class InvoiceAsked:
    """An invoice whose rows are wanted; the fields are those of `Crm.get_invoice_view`."""

    invoice: UUID
    entry: UUID
    client_key: str | None
    reference: str = ""
    number: str = ""
    source_key: str = ""


@dataclass(frozen=True)
class EntryAsked:
    """A payment or expense whose rows are wanted; the fields are those of `Crm.get_entry_view`."""

    entry: UUID
    invoice: UUID | None
    client_key: str | None
    invoice_entry: UUID | None = None


class PageReader(Protocol):
    """Dataverse's rows of a page of records, in one request.

    A record is missing in the answer where more has to be read to know what is there: an adopted
    row, one that was made anew, a number that Sales has already. It goes the ordinary way.
    """

    def read_invoices(self, asked: Sequence[InvoiceAsked]) -> Mapping[UUID, InvoiceView]:
        """Return what is there of invoices, by the id of their header."""

    def read_entries(self, asked: Sequence[EntryAsked]) -> Mapping[UUID, EntryView]:
        """Return what is there of payments, credits and expenses, by the id of their entry."""


class PageWriter(Protocol):
    """Writes what many records need, each in whole or not at all."""

    def write_each(self, sets: Sequence[Sequence[Operation]]) -> list[ConnectorError | str]:
        """Apply sets of operations, and return of each why it was not applied, or what to know.

        One that is refused keeps no other from being applied.

        Raises:
            RetryLaterError: Dataverse is throttled or down; some sets may have been applied.
            ConfigurationError: we are not let in at all.
        """
