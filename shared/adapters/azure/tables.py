"""Azure Tables: the few operations the connector's state needs, and the rules of its keys.

Never knows what an entity means; the modules beside it do.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from shared.adapters.azure.columns import VERSION, Entity, version_of
from shared.adapters.azure.faults import CALLERS, code_of, translated
from shared.adapters.azure.names import TableName
from shared.adapters.azure.sending import transport
from shared.adapters.telemetry.logs import Logs
from shared.errors import ConflictError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.data.tables import TableClient, TableServiceClient

    from shared.sync.ports import Telemetry

T = TypeVar("T")

LONGEST_TEXT: Final = 32_000  # a property holds 32 Ki UTF-16 units
_LONGEST_KEY: Final = 200
_ROLE: Final = "Storage Table Data Contributor"
_TIMEOUTS: Final = {"connection_timeout": 3, "read_timeout": 10}
_RETRIES: Final = {"retry_total": 2, "retry_backoff_factor": 0.3, "retry_backoff_max": 2}
# What a key must not hold, our own escape, and the separator of composed keys.
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f/\\#?%!~]")
_ESCAPED: Final = re.compile(r"!([0-9a-f]{2})")


def key(text: str) -> str:
    """Return `text` as a key: forbidden characters escaped, long ones cut and told apart by hash.

    >>> key("xazq5/invoice/4711")
    'xazq5!2finvoice!2f4711'
    """
    escaped = _FORBIDDEN.sub(lambda found: f"!{ord(found.group()):02x}", text)
    if len(escaped) <= _LONGEST_KEY:
        return escaped
    return f"{escaped[:_LONGEST_KEY]}!{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def unkey(text: str) -> str | None:
    """Return the text a key stands for, None for one that was cut.

    >>> unkey("xazq5!2finvoice!2f4711")
    'xazq5/invoice/4711'
    """
    if len(text) > _LONGEST_KEY:
        return None
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text)


def clip(text: str) -> str:
    """Return as much of `text` as a property holds."""
    units = text.encode("utf-16-le", "replace")
    return units[: 2 * LONGEST_TEXT].decode("utf-16-le", "ignore")


class Tables:
    """The account's tables, shared by all threads.

    Args:
        connection_string: of the storage account; without it `account_url` and `credential`.
        account_url: the table service, such as `https://account.table.core.windows.net`.
        credential: an azure-identity credential, asked for a token on first use.
        telemetry: told of every request.
    """

    def __init__(
        self,
        *,
        connection_string: str | None = None,
        account_url: str | None = None,
        credential: "TokenCredential | None" = None,
        telemetry: "Telemetry | None" = None,
    ) -> None:
        self._telemetry = telemetry or Logs()
        self._connection_string = connection_string
        self._account_url = account_url
        self._credential = credential
        self._lock = threading.Lock()
        self._service: TableServiceClient | None = None
        self._tables: dict[str, Table] = {}

    def table(self, name: TableName) -> "Table":
        """Return a table; nothing is asked of the service yet."""
        with self._lock:
            made = Table(
                name,
                lambda: self._client(name),
                telemetry=self._telemetry,
                by_key=self._connection_string is not None,
            )
            return self._tables.setdefault(name, made)

    def _client(self, name: str) -> "TableClient":
        if self._service is None:
            with self._lock:
                if self._service is None:
                    self._service = self._build()
        return self._service.get_table_client(name)

    def _build(self) -> "TableServiceClient":
        from azure.data.tables import TableServiceClient

        options: dict[str, Any] = {**_RETRIES, "transport": transport(**_TIMEOUTS)}
        if self._connection_string:
            return TableServiceClient.from_connection_string(self._connection_string, **options)
        if not self._account_url or not self._credential:
            raise ValueError("A connection string, or an account's address with a credential.")
        return TableServiceClient(self._account_url, credential=self._credential, **options)


class Table:
    """One table. It is created when the service says it is missing, and never asked for again.

    Whatever is written carries the version this release writes the table in. Every method may raise
    `RetryLaterError` and `ConfigurationError`.

    Args:
        name: the table's.
        connect: returns a client of it.
        telemetry: told of every request.
        by_key: whether a connection string signs us in.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], "TableClient"],
        *,
        telemetry: "Telemetry",
        by_key: bool = False,
    ) -> None:
        self.name = name
        self._telemetry = telemetry
        self._by_key = by_key
        self._connect = connect
        self._client: TableClient | None = None

    def get(self, partition: str, row: str) -> Entity | None:
        """Return an entity, None when there is none; its ETag is `etag_of(entity)`."""
        from azure.core.exceptions import ResourceNotFoundError

        with self._translated("read"):
            try:
                return self._client_or_connect().get_entity(partition, row)
            except ResourceNotFoundError:
                return None

    def query(self, condition: str, **parameters: Any) -> Iterator[Entity]:
        """Yield the entities that meet a filter such as `PartitionKey eq @partition`."""
        from azure.core.exceptions import ResourceNotFoundError

        with self._translated("list"):
            try:
                yield from self._client_or_connect().query_entities(
                    condition, parameters=parameters
                )
            except ResourceNotFoundError:
                return

    def query_some(
        self, condition: str, *, most: int, **parameters: Any
    ) -> tuple[list[Entity], bool]:
        """Return the first entities that meet a filter, and whether there may be more.

        Args:
            condition: the filter.
            most: entities, at most a thousand; fewer may come though there are more, but never
                none.
            parameters: of the filter.
        """
        from azure.core.exceptions import ResourceNotFoundError

        with self._translated("list"):
            pages = (
                self._client_or_connect()
                .query_entities(condition, parameters=parameters, results_per_page=most)
                .by_page()
            )
            try:
                for page in pages:
                    found: list[Entity] = list(page)
                    if found:
                        return found, bool(getattr(pages, "continuation_token", None))
            except ResourceNotFoundError:
                pass
        return [], False

    def list_keys(
        self, condition: str, *, page: int = 1000, **parameters: Any
    ) -> Iterator[tuple[str, str]]:
        """Yield the two keys of the entities that meet a filter, `page` of them a request."""
        from azure.core.exceptions import ResourceNotFoundError

        keys = ["PartitionKey", "RowKey"]
        with self._translated("list"):
            try:
                for entity in self._client_or_connect().query_entities(
                    condition, parameters=parameters, select=keys, results_per_page=page
                ):
                    yield entity["PartitionKey"], entity["RowKey"]
            except ResourceNotFoundError:
                return

    def upsert(self, entity: Entity) -> None:
        """Create an entity or replace it whole."""
        from azure.data.tables import UpdateMode

        self._write(
            lambda client: client.upsert_entity(self._marked(entity), mode=UpdateMode.REPLACE)
        )

    def upsert_all(self, entities: Sequence[Entity]) -> None:
        """Create or replace entities of one partition, all or none, in one request."""
        from azure.data.tables import UpdateMode

        self._write(
            lambda client: client.submit_transaction(
                [
                    ("upsert", self._marked(entity), {"mode": UpdateMode.REPLACE})
                    for entity in entities
                ]
            )
        )

    def write_versions(self, entities: Sequence[tuple[Entity, str | None]]) -> None:
        """Write entities of one partition, all or none, in one request.

        Args:
            entities: at most a hundred, each with the version it has to have: "" for one that must
                not be there, None for whichever it is.

        Raises:
            ConflictError: one of them is another version by now.
        """
        self._write(
            lambda client: client.submit_transaction(
                [self._versioned(entity, etag) for entity, etag in entities]
            )
        )

    def _versioned(self, entity: Entity, etag: str | None) -> tuple[Any, ...]:
        from azure.core import MatchConditions
        from azure.data.tables import UpdateMode

        marked = self._marked(entity)
        if etag is None:
            return ("upsert", marked, {"mode": UpdateMode.REPLACE})
        if not etag:
            return ("create", marked)
        condition = MatchConditions.IfNotModified
        options = {"mode": UpdateMode.REPLACE, "etag": etag, "match_condition": condition}
        return ("update", marked, options)

    def insert(self, entity: Entity) -> str:
        """Create an entity and return its ETag.

        Raises:
            ConflictError: there is one already; perhaps ours, when an answer was lost.
        """
        return _etag(self._write(lambda client: client.create_entity(self._marked(entity))))

    def merge(self, entity: Entity) -> None:
        """Change the properties named of an entity that is there, whatever its version.

        Raises:
            ConflictError: there is none.
        """
        from azure.data.tables import UpdateMode

        self._write(
            lambda client: client.update_entity(self._marked(entity), mode=UpdateMode.MERGE)
        )

    def replace(self, entity: Entity, *, etag: str) -> str:
        """Replace an entity that is still the version `etag`, and return its new ETag.

        Raises:
            ConflictError: it changed or is gone; perhaps by us, when an answer was lost.
        """
        from azure.core import MatchConditions
        from azure.data.tables import UpdateMode

        return _etag(
            self._write(
                lambda client: client.update_entity(
                    self._marked(entity),
                    mode=UpdateMode.REPLACE,
                    etag=etag,
                    match_condition=MatchConditions.IfNotModified,
                )
            )
        )

    def replace_all(self, entities: Sequence[tuple[Entity, str]]) -> int | None:
        """Replace at most a hundred entities of one partition, all or none, in one request.

        Args:
            entities: each with the version that it must still be, "" to create it.

        Returns:
            The position of one that is in the way of all, as it changed, is gone, or is there
            already; None when all are written.

        Raises:
            ConflictError: one is in the way, and the service does not say which.
        """
        from azure.core import MatchConditions
        from azure.data.tables import TableTransactionError, UpdateMode

        known = {"mode": UpdateMode.REPLACE, "match_condition": MatchConditions.IfNotModified}
        steps = [
            ("update", self._marked(entity), {**known, "etag": etag})
            if etag
            else ("create", self._marked(entity))
            for entity, etag in entities
        ]
        try:
            self._write(lambda client: client.submit_transaction(steps))
        except ConflictError as error:
            cause = error.__cause__
            place = cause.index if isinstance(cause, TableTransactionError) else None
            if not isinstance(place, int) or not 0 <= place < len(entities):
                raise
            return place
        return None

    def replace_with(self, entity: Entity, others: Sequence[Entity], *, etag: str) -> str:
        """Write entities of one partition, all or none; return the ETag of the first.

        Args:
            entity: the first; only if it is still the version `etag`, "" for none yet.
            others: those that are created or replaced with it.
            etag: the first one's.

        Raises:
            ConflictError: the first changed or is gone, or there is one already; perhaps by us,
                when an answer was lost.
        """
        from azure.core import MatchConditions
        from azure.data.tables import UpdateMode

        first: tuple[Any, ...] = ("create", self._marked(entity))
        if etag:
            condition = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
            first = ("update", self._marked(entity), {"mode": UpdateMode.REPLACE, **condition})
        rest = [("upsert", self._marked(each), {"mode": UpdateMode.REPLACE}) for each in others]
        answers = self._write(lambda client: client.submit_transaction([first, *rest]))
        return _etag(answers[0])

    def delete(self, partition: str, row: str) -> None:
        """Delete an entity; one that is gone is fine."""
        with self._translated("delete"):
            self._client_or_connect().delete_entity(partition, row)

    def delete_version(self, partition: str, row: str, *, etag: str) -> None:
        """Delete an entity that is still the version `etag`; one that is gone is fine.

        Raises:
            ConflictError: it changed.
        """
        from azure.core import MatchConditions

        self._write(
            lambda client: client.delete_entity(
                partition, row, etag=etag, match_condition=MatchConditions.IfNotModified
            )
        )

    def delete_all(self, partition: str, rows: Sequence[str]) -> None:
        """Delete at most a hundred entities of one partition in one request.

        Raises:
            ConflictError: one of them is gone, and all others are still there.
        """
        entities = [{"PartitionKey": partition, "RowKey": row} for row in rows]
        self._write(
            lambda client: client.submit_transaction([("delete", entity) for entity in entities])
        )

    def _marked(self, entity: Entity) -> dict[str, Any]:
        return {**entity, VERSION: version_of(self.name)}

    def _write(self, action: Callable[["TableClient"], T]) -> T:
        from azure.core.exceptions import HttpResponseError

        with self._translated("write"):
            client = self._client_or_connect()
            try:
                try:
                    return action(client)
                except HttpResponseError as error:
                    if code_of(error) != "TableNotFound":
                        raise
                    self._create(client)
                    return action(client)
            except HttpResponseError as error:
                if error.status_code not in CALLERS:
                    raise
                raise ConflictError(f"Table {self.name}: {code_of(error) or 'changed'}.") from error

    def _create(self, client: "TableClient") -> None:
        from azure.core.exceptions import ResourceExistsError

        try:
            client.create_table()
        except ResourceExistsError:
            return

    def _client_or_connect(self) -> "TableClient":
        if self._client is None:
            self._client = self._connect()  # two threads at once: both get one, one is kept
        return self._client

    def _translated(self, verb: str) -> Any:
        what = f"Table {self.name}: {verb}"
        return translated(
            what,
            service="Tables",
            role=_ROLE,
            telemetry=self._telemetry,
            by_key=self._by_key,
        )


def etag_of(entity: Entity) -> str:
    """Return the version of an entity that was read."""
    return _etag(getattr(entity, "metadata", {}))


def _etag(metadata: Mapping[str, Any]) -> str:
    return str(metadata["etag"])
