"""Both sides joined: which client's records belong where, and which row stands for a record.

Never says what differs.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from sandbox.check.books import Books, is_deleted
from sandbox.check.expected.expectation import Conditions, Home
from sandbox.check.expected.standing import Standing, standings
from sandbox.check.found import Crm, FoundRow
from sandbox.check.rules import Active
from sandbox.check.source import Source
from sandbox.check.words import GONE, IGNORED, NEEDS_A_PERSON


class Scene:
    """FreshBooks and Dataverse.

    Attributes:
        clients: rows of clients by their keys.
        invoices, entries: the rows that stand for a record, by its key.
        accounts: by id.
        homes: where the records of each client belong, by its key.
        standings: the figures of each client, by its key.
    """

    def __init__(self, source: Source, target: Crm) -> None:
        self.source = source
        self.target = target
        self.conditions = Conditions(
            source.policies, source.told, source.today, frozenset(target.currencies)
        )
        self.clients = _first(row for row in target.clients if row.key)
        self.invoices = _first(living(target.invoices))
        self.entries = _first(living(target.entries))
        self.accounts = {row.id: row for row in target.accounts}
        self.homes = {
            books.client_key(client): self._home(books, client)
            for books in source.books
            for client in books.clients
        }
        self.standings: dict[str, Standing] = {
            books.client_key(client): standing
            for books in source.books
            for client, standing in standings(books, source.today).items()
        }
        self.opportunities: dict[str, list[FoundRow]] = defaultdict(list)
        for row in target.opportunities:
            if row["account"] is not None:
                self.opportunities[row["account"].id].append(row)

    @property
    def has_sales(self) -> bool:
        """Whether invoices have rows of their own."""
        return self.source.policies.target == "record"

    def home(self, books: Books, client: int | None) -> Home:
        """Return where the records of a client belong."""
        unknown = Home(Active(), known=False)
        return self.homes.get(books.client_key(client), unknown) if client else unknown

    @cached_property
    def keys(self) -> dict[str, frozenset[str]]:
        """The keys that FreshBooks knows, by business."""
        return {books.account: books.keys for books in self.source.books}

    def _home(self, books: Books, client: int) -> Home:
        row = self.clients.get(books.client_key(client))
        held = self.source.is_held(books, client)
        if row is None:
            return Home(Active(), waits=held, known=False)
        state, account = row["state"], row["account"]
        gone = state == GONE and is_deleted(books.clients[client])
        waits = held or state in {NEEDS_A_PERSON, IGNORED} or (gone and account is None)
        active = account is not None and account.active
        # Nothing is moved to an inactive account, and nothing of one who is gone away from it.
        return Home(account if active or gone else Active(), waits=waits, active=active)


def living(rows: Iterable[FoundRow]) -> list[FoundRow]:
    """Return the rows that stand for a record, several where there are too many.

    None that another one replaced; and no canceled header beside another one, which may be there
    because nobody could open it again.
    """
    of_records: dict[str, list[FoundRow]] = defaultdict(list)
    for row in rows:
        if row["replaced by"] is None:
            of_records[row.record].append(row)
    found = []
    for several in of_records.values():
        found += [row for row in several if not _is_left(row)] or several[:1]
    return found


def _is_left(row: FoundRow) -> bool:
    is_header = "status reason" in row.fields
    gone = row["state"] == "canceled" and row["status"] != "replaced"
    return is_header and gone and not row["outstanding"]


def _first(rows: Iterable[FoundRow]) -> dict[str, FoundRow]:
    found: dict[str, FoundRow] = {}
    for row in rows:
        found.setdefault(row.record, row)
    return found
