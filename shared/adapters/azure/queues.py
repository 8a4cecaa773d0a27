"""The queue `sync-requests`, as the sender and the watch see it.

Never receives: that is the Functions host's part.
"""

import base64
import math
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from shared.adapters.azure.faults import CALLERS, translated
from shared.adapters.azure.sending import transport
from shared.adapters.telemetry.logs import Logs
from shared.core.events import SyncRequest
from shared.errors import InvalidMessageError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.storage.queue import QueueClient, QueueMessage

    from shared.sync.ports import Parked, Telemetry

T = TypeVar("T")

_ROLE: Final = "Storage Queue Data Contributor"
_NEVER: Final = -1
_LOOKED_AT: Final = 32  # messages; as many as the service shows at once
_TAKEN: Final = 300  # seconds
_LONGEST_DELAY: Final = 7 * 24 * 3600  # what Azure Queues takes as a visibility timeout
# A webhook has ten seconds for its answer; the SDK's own retries would take 86.
_TIMEOUTS: Final = {"connection_timeout": 3, "read_timeout": 4}
_RETRIES: Final = {
    "retry_total": 1,
    "initial_backoff": 0,
    "increment_base": 0,
    "random_jitter_range": 1,
}


class StorageQueue:
    """The port `SyncQueue` over an Azure Storage queue, shared by all threads.

    The messages are base64 of JSON because `SyncRequest.encode` makes them so; the SDK adds no
    encoding of its own, and `host.json` says `"messageEncoding": "base64"`.

    Args:
        name: the queue's name.
        connection_string: of the storage account; without it `account_url` and `credential`.
        account_url: the queue service, such as `https://account.queue.core.windows.net`.
        credential: an azure-identity credential, asked for a token on first use.
        telemetry: told of every request.
    """

    def __init__(
        self,
        name: str,
        *,
        connection_string: str | None = None,
        account_url: str | None = None,
        credential: "TokenCredential | None" = None,
        telemetry: "Telemetry | None" = None,
    ) -> None:
        self.name = name
        self._telemetry = telemetry or Logs()
        self._connection_string = connection_string
        self._account_url = account_url
        self._credential = credential
        self._lock = threading.Lock()
        self._built: QueueClient | None = None

    def send(self, request: SyncRequest, *, delay: float = 0) -> None:
        """Put a request on the queue, to be seen after `delay` seconds, at most seven days.

        An answer that was lost is followed by a second send: the message may be there twice.

        Raises:
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        self._send(request.encode(), delay)

    def send_as_it_is(self, body: bytes, *, delay: float) -> None:
        """Put a message back that this release cannot read; otherwise as `send`."""
        self._send(base64.b64encode(body).decode(), delay)

    def send_lane(self, body: str, *, delay: float = 0) -> None:
        """Put a lane's message on the queue, to be seen after `delay` seconds."""
        self._send(base64.b64encode(body.encode()).decode(), delay)

    def _send(self, text: str, delay: float) -> None:
        wait = max(0, min(math.ceil(delay), _LONGEST_DELAY))
        self._call(
            "send",
            lambda queue: queue.send_message(
                text, visibility_timeout=wait or None, time_to_live=_NEVER
            ),
        )

    def depth(self) -> int:
        """Return roughly how many messages wait, delayed ones included.

        Raises:
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        properties = self._call("count", lambda queue: queue.get_queue_properties())
        return int(properties.approximate_message_count or 0)

    def visible_since(self) -> datetime | None:
        """Return when the oldest message that can be taken became visible, None without one.

        The service shows visible messages only, and tells when each was sent; when a delayed one
        became visible, the message tells itself.

        Raises:
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        shown = self._call("look", lambda queue: queue.peek_messages(_LOOKED_AT))
        return min(map(_visible_since, shown), default=None)

    def _call(self, verb: str, action: Callable[["QueueClient"], T]) -> T:
        from azure.core.exceptions import ResourceNotFoundError

        with translated(
            f"Queue {self.name}: {verb}",
            service="Queues",
            role=_ROLE,
            telemetry=self._telemetry,
            by_key=self._connection_string is not None,
        ):
            try:
                return action(self._client)
            except ResourceNotFoundError:
                self._create()
                return action(self._client)

    def _create(self) -> None:
        from azure.core.exceptions import ResourceExistsError

        try:
            self._client.create_queue()
        except ResourceExistsError:
            return

    @property
    def _client(self) -> "QueueClient":
        if self._built is None:
            with self._lock:
                if self._built is None:
                    self._built = self._build()
        return self._built

    def _build(self) -> "QueueClient":
        from azure.storage.queue import QueueClient

        options: dict[str, Any] = {**_RETRIES, "transport": transport(**_TIMEOUTS)}
        if self._connection_string:
            return QueueClient.from_connection_string(self._connection_string, self.name, **options)
        if not self._account_url or not self._credential:
            raise ValueError("A connection string, or an account's address with a credential.")
        return QueueClient(self._account_url, self.name, credential=self._credential, **options)


class StoragePoisonQueue(StorageQueue):
    """The port `PoisonQueue`: the messages as they are, whatever they are."""

    def take(self, *, most: int) -> "list[Parked]":
        """Return some messages, which nobody else is shown for five minutes.

        Raises:
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        count = min(most, _LOOKED_AT)
        found = self._call(
            "take",
            lambda queue: list(
                queue.receive_messages(
                    messages_per_page=count, max_messages=count, visibility_timeout=_TAKEN
                )
            ),
        )
        from shared.sync.ports import Parked

        return [Parked(str(message.content or ""), message) for message in found]

    def remove(self, parked: "Parked") -> None:
        """Remove a message that was taken; one that is gone is fine.

        Raises:
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        from azure.core.exceptions import HttpResponseError

        message: Any = parked.receipt
        try:
            self._call("remove", lambda queue: queue.delete_message(message))
        except HttpResponseError as error:
            if error.status_code not in CALLERS:
                raise


def _visible_since(message: "QueueMessage") -> datetime:
    # The SDK leaves it empty only where the service did: such a message counts as new.
    sent = (message.inserted_on or datetime.now(UTC)).astimezone(UTC)
    try:
        due = SyncRequest.parse(base64.b64decode(message.content)).due
    except (InvalidMessageError, ValueError, TypeError):
        return sent  # whoever takes it says what is wrong with it
    return max(sent, due) if due is not None else sent
