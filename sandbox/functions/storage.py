"""The storage account behind queue triggers and timers, over its REST API.

Never asks the SDK: at some milliseconds of processor time a call it would be the host's main cost.
"""

import base64
import hashlib
import hmac
import html
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET

import urllib3

from sandbox.azurite import ACCOUNT, KEY

_VERSION = "2021-12-02"
_DEVELOPMENT = (
    f"AccountName={ACCOUNT};AccountKey={KEY};"
    f"BlobEndpoint=http://127.0.0.1:10000/{ACCOUNT};QueueEndpoint=http://127.0.0.1:10001/{ACCOUNT}"
)


class StorageError(Exception):
    """The account refused a request.

    Attributes:
        status: HTTP status, 0 when there was no answer.
        code: the service's own, for example `QueueNotFound`.
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


@dataclass(frozen=True)
class Message:
    """A received queue message; `text` is as on the wire."""

    id: str
    receipt: str
    dequeue_count: int
    inserted: datetime
    expires: datetime
    next_visible: datetime
    text: str


class Account:
    """A storage account reached with its key.

    Args:
        connection_string: `UseDevelopmentStorage=true` means Azurite's usual ports.

    Raises:
        ValueError: the string has no account key; shared access signatures are not supported.
    """

    def __init__(self, connection_string: str) -> None:
        parts = _parts(connection_string)
        if parts.get("usedevelopmentstorage") == "true":
            parts = _parts(_DEVELOPMENT)
        if "accountname" not in parts or "accountkey" not in parts:
            raise ValueError("The connection string has no AccountName or no AccountKey.")
        self._name = parts["accountname"]
        self._key = base64.b64decode(parts["accountkey"])
        scheme = parts.get("defaultendpointsprotocol", "https")
        suffix = parts.get("endpointsuffix", "core.windows.net")
        self._endpoints = {
            service: parts.get(
                f"{service}endpoint", f"{scheme}://{self._name}.{service}.{suffix}"
            ).rstrip("/")
            for service in ("blob", "queue")
        }
        self._pool = urllib3.PoolManager(
            maxsize=32,
            # Once more when a connection kept alive turns out to be closed, whatever the method:
            # queues promise at least once, so nothing is worse for being sent twice.
            retries=urllib3.Retry(connect=2, read=1, status=0, redirect=0, allowed_methods=None),
            timeout=urllib3.Timeout(connect=5, read=30),
        )

    def request(
        self,
        method: str,
        service: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> bytes:
        """Send a signed request and return the answer's body.

        Args:
            method: of HTTP.
            service: `blob` or `queue`.
            path: below the account, without a leading slash.
            query: unquoted.
            headers: besides those every request has.
            body: sent as it is.

        Raises:
            StorageError: the status is no 2xx, or there was no answer.
        """
        url = f"{self._endpoints[service]}/{quote(path)}"
        return self._send(method, url, query or {}, headers or {}, body).data

    def update(self, path: str, query: Mapping[str, str]) -> str:
        """Send a PUT to the queue service and return the new pop receipt.

        Raises:
            StorageError: as for `request`.
        """
        url = f"{self._endpoints['queue']}/{quote(path)}"
        return self._send("PUT", url, query, {}, b"").headers["x-ms-popreceipt"]

    def close(self) -> None:
        """Close the connections kept alive."""
        self._pool.clear()

    def _send(
        self,
        method: str,
        url: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> urllib3.BaseHTTPResponse:
        own = {
            "x-ms-date": format_datetime(datetime.now(UTC), usegmt=True),
            "x-ms-version": _VERSION,
            **headers,
        }
        signature = self._sign(method, urlsplit(url).path, query, own, len(body))
        own["Authorization"] = f"SharedKey {self._name}:{signature}"
        own["Content-Length"] = str(len(body))
        if query:
            url += "?" + "&".join(f"{name}={quote(query[name], safe='')}" for name in query)
        try:
            answer = self._pool.request(method, url, body=body or None, headers=own)
        except urllib3.exceptions.HTTPError as error:
            raise StorageError(0, type(error).__name__) from error
        if answer.status >= 300:
            raise StorageError(answer.status, answer.headers.get("x-ms-error-code", ""))
        return answer

    def _sign(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        size: int,
    ) -> str:
        named = {name.lower(): value for name, value in headers.items()}
        lines = [
            method,
            "",  # Content-Encoding
            "",  # Content-Language
            str(size) if size else "",
            "",  # Content-MD5
            named.get("content-type", ""),
            "",  # Date: x-ms-date says it
            "",  # If-Modified-Since
            named.get("if-match", ""),
            named.get("if-none-match", ""),
            "",  # If-Unmodified-Since
            "",  # Range
            *(f"{name}:{named[name]}" for name in sorted(named) if name.startswith("x-ms-")),
            f"/{self._name}{path}",
            *(f"{name.lower()}:{query[name]}" for name in sorted(query, key=str.lower)),
        ]
        digest = hmac.digest(self._key, "\n".join(lines).encode(), hashlib.sha256)
        return base64.b64encode(digest).decode()


class Queue:
    """One queue of an account; messages are text as on the wire."""

    def __init__(self, account: Account, name: str) -> None:
        self.name = name
        self._account = account

    def receive(self, count: int, visibility: float) -> list[Message]:
        """Receive up to `count` messages and hide them for `visibility` seconds.

        Raises:
            StorageError: `QueueNotFound` among others.
        """
        query = {"numofmessages": str(count), "visibilitytimeout": str(int(visibility))}
        body = self._account.request("GET", "queue", f"{self.name}/messages", query=query)
        if b"<QueueMessage>" not in body:
            return []
        root = ET.fromstring(body.removeprefix(b"\xef\xbb\xbf"))  # noqa: S314  # the account is ours
        return [_message(node) for node in root]

    def update(self, message: str, receipt: str, visibility: float) -> str:
        """Hide a received message for `visibility` seconds from now; its receipt changes."""
        query = {"popreceipt": receipt, "visibilitytimeout": str(int(visibility))}
        return self._account.update(f"{self.name}/messages/{message}", query)

    def delete(self, message: str, receipt: str) -> None:
        """Delete a received message."""
        path = f"{self.name}/messages/{message}"
        self._account.request("DELETE", "queue", path, query={"popreceipt": receipt})

    def put(self, text: str) -> None:
        """Send a message with the service's own time to live; the queue is made when missing."""
        body = f"<QueueMessage><MessageText>{html.escape(text)}</MessageText></QueueMessage>"
        path, content = f"{self.name}/messages", body.encode()
        try:
            self._account.request("POST", "queue", path, body=content)
        except StorageError as error:
            if error.code != "QueueNotFound":
                raise
            self._account.request("PUT", "queue", self.name)
            self._account.request("POST", "queue", path, body=content)


class Blobs:
    """Small blobs in the container where the host keeps its own state."""

    CONTAINER = "azure-webjobs-hosts"

    def __init__(self, account: Account) -> None:
        self._account = account
        self._made = threading.Event()

    def get(self, name: str) -> bytes | None:
        """Return a blob, None when there is none."""
        try:
            return self._account.request("GET", "blob", f"{self.CONTAINER}/{name}")
        except StorageError as error:
            if error.status == 404:
                return None
            raise

    def put(self, name: str, content: bytes) -> None:
        """Write a blob; the container is made when missing."""
        if not self._made.is_set():
            self._make()
        self._account.request(
            "PUT",
            "blob",
            f"{self.CONTAINER}/{name}",
            headers={"x-ms-blob-type": "BlockBlob", "Content-Type": "application/json"},
            body=content,
        )

    def _make(self) -> None:
        try:
            self._account.request("PUT", "blob", self.CONTAINER, query={"restype": "container"})
        except StorageError as error:
            if error.code != "ContainerAlreadyExists":
                raise
        self._made.set()


def _parts(connection_string: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in connection_string.split(";") if part.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _message(node: ET.Element) -> Message:
    def moment(name: str) -> datetime:
        return parsedate_to_datetime(node.findtext(name, "")).astimezone(UTC)

    return Message(
        id=node.findtext("MessageId", ""),
        receipt=node.findtext("PopReceipt", ""),
        dequeue_count=int(node.findtext("DequeueCount", "0")),
        inserted=moment("InsertionTime"),
        expires=moment("ExpirationTime"),
        next_visible=moment("TimeNextVisible"),
        text=node.findtext("MessageText", ""),
    )
