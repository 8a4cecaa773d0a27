"""`$batch`: multipart in, multipart out, change sets that are applied whole or not at all.

Never executes anything itself; parts go to the service one by one, in order.
"""

import re
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from sandbox.dataverse import errors
from sandbox.dataverse.addresses import ROOT
from sandbox.dataverse.environment import Reference
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.operations import Answer, Operation, error_answer
from sandbox.dataverse.service import Service

MAX_REQUESTS = 1000
MAX_URL = 65_536
CRLF = b"\r\n"

_BOUNDARY = re.compile(r'boundary="?([^";,\s]+)"?', re.IGNORECASE)
_REQUEST_LINE = re.compile(r"([A-Z]+) (\S+) HTTP/1\.1")

Headers = dict[str, str]


@dataclass(frozen=True)
class Part:
    """One request of a batch, with its Content-ID."""

    method: str
    url: str
    headers: Headers
    body: bytes
    content_id: str | None


ChangeSet = list[Part]


class Batch:
    """Answers `POST /$batch`."""

    def __init__(self, service: Service, *, url: str) -> None:
        self._service = service
        self._hosts = {urlsplit(url).netloc}

    def answer(self, operation: Operation) -> Answer:
        """Execute a batch.

        Without `odata.continue-on-error` it stops at the first failure, and the answer carries
        that failure's status.

        Raises:
            DataverseError: 400, the batch as a whole cannot be read; nothing is executed then.
        """
        operation.check_headers()
        items = parse(operation.headers.get("content-type", ""), operation.body)
        boundary = f"batchresponse_{uuid.uuid4()}"
        answers: list[bytes] = []
        status, count, reads = 200, 0, 0
        for item in items:
            if isinstance(item, Part):
                answer = self._one(operation, item, {}, in_change_set=False)
                answers.append(_http_part(answer, None))
                reads += answer.operations if item.method == "GET" else 0
            else:
                answer, written = self._change_set(operation, item)
                answers.append(written)
            count += answer.operations
            if answer.status >= 400 and not operation.preferences.continue_on_error:
                status = answer.status
                break
        body = b"".join(b"--" + boundary.encode() + CRLF + each for each in answers)
        body += b"--" + boundary.encode() + b"--" + CRLF
        headers = {"Content-Type": f"multipart/mixed; boundary={boundary}"}
        return Answer(status, body.decode(), headers, operations=count, reads=reads)

    def _change_set(self, operation: Operation, parts: ChangeSet) -> tuple[Answer, bytes]:
        """Execute a change set; a failure undoes it and is answered by a single part."""
        boundary = f"changesetresponse_{uuid.uuid4()}"
        references: dict[str, Reference] = {}
        written = []
        env = self._service.env
        try:
            with env.lock, env.transaction():
                for part in parts:
                    answer = self._one(operation, part, references, in_change_set=True)
                    _stop_at_failure(answer)
                    if part.content_id and answer.created:
                        references[part.content_id] = answer.created
                    written.append(_http_part(answer, part.content_id))
        except _FailedError as stopped:
            stopped.answer.operations = len(written) + 1
            return stopped.answer, _http_part(stopped.answer, None)
        opening = b"--" + boundary.encode() + CRLF
        head = f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n".encode()
        closing = b"--" + boundary.encode() + b"--" + CRLF
        body = head + b"".join(opening + each for each in written) + closing
        return Answer(200, operations=len(parts)), body

    def _one(
        self,
        outer: Operation,
        part: Part,
        references: dict[str, Reference],
        *,
        in_change_set: bool,
    ) -> Answer:
        try:
            if in_change_set and part.method == "GET":
                raise errors.request("GET is not allowed in a change set.")
            if len(part.url) > MAX_URL:
                raise errors.request("The URL is too long.", status=414)
            length = part.headers.get("content-length")
            if length is not None and length != str(len(part.body)):
                raise errors.payload("the part's Content-Length does not match its body.")
            path, _, query = self._relative(part.url, outer.origin).partition("?")
            return self._service.execute(
                Operation(
                    part.method,
                    path,
                    query,
                    part.headers,
                    part.body,
                    outer.origin,
                    references,
                    in_change_set,
                )
            )
        except DataverseError as error:
            return error_answer(error)

    def _relative(self, url: str, origin: str) -> str:
        """Return a part's URL relative to the service root; it may be absolute or begin with /."""
        if "://" in url.partition("?")[0]:
            parts = urlsplit(url)
            if parts.netloc not in {*self._hosts, urlsplit(origin).netloc}:
                raise errors.request(f"The host of '{url}' is not this service's.")
            url = parts.path + (f"?{parts.query}" if parts.query else "")
        if url.startswith("/"):
            if not url.startswith(ROOT):
                raise errors.no_segment(url)
            url = url.removeprefix(ROOT)
        if url.partition("?")[0] == "$batch":
            raise errors.request("A batch cannot hold another batch.")
        return url


class _FailedError(Exception):
    """Leaves the transaction of a change set one part of which failed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _stop_at_failure(answer: Answer) -> None:
    if answer.status >= 400:
        raise _FailedError(answer)


def parse(content_type: str, body: bytes) -> list[Part | ChangeSet]:
    """Parse the body of a batch.

    Raises:
        DataverseError: 400, it is not well formed, or has too many requests.
    """
    boundary = _boundary(content_type)
    items: list[Part | ChangeSet] = []
    for head, content in _split(body, boundary):
        kind = head.get("content-type", "")
        if kind.lower().startswith("multipart/mixed"):
            parts = [_part(*piece) for piece in _split(content, _boundary(kind))]
            items.append(parts)
        else:
            items.append(_part(head, content))
    total = sum(1 if isinstance(item, Part) else len(item) for item in items)
    if total > MAX_REQUESTS:
        raise errors.request(f"A batch holds no more than {MAX_REQUESTS} requests.")
    if not total:
        raise errors.payload("the batch holds no request.")
    return items


def _boundary(content_type: str) -> bytes:
    match = _BOUNDARY.search(content_type)
    if match is None or not content_type.lower().startswith("multipart/mixed"):
        raise errors.payload(f"'{content_type}' is no multipart/mixed with a boundary.")
    return match[1].encode()


def _split(body: bytes, boundary: bytes) -> list[tuple[Headers, bytes]]:
    """Return head and content of each part between the boundaries."""
    delimiter = b"--" + boundary
    pieces: list[tuple[Headers, bytes]] = []
    start, at = None, body.find(delimiter)
    while at >= 0:
        match = _AFTER_BOUNDARY.match(body, at + len(delimiter))
        if match is not None and (at == 0 or body.endswith(CRLF, 0, at)):
            if start is not None:
                pieces.append(_headed(body[start : max(start, at - len(CRLF))]))
            start = match.end()
            if match[1]:
                return pieces
        at = body.find(delimiter, at + 1)
    raise errors.payload("the closing boundary of the batch is missing.")


_AFTER_BOUNDARY = re.compile(rb"(--)?[ \t]*(?=\r\n|$)")


def _headed(piece: bytes) -> tuple[Headers, bytes]:
    """Separate a part's headers from its content at the first empty line."""
    head, found, content = (piece.removeprefix(CRLF)).partition(CRLF + CRLF)
    if not found and not head.endswith(CRLF):
        raise errors.payload("a part of the batch has no empty line after its headers.")
    return _headers(head), content


def _headers(head: bytes) -> Headers:
    if b"\n" in head.replace(CRLF, b""):
        raise errors.payload("lines of a batch end with CRLF.")
    found: Headers = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        if line:
            name, colon, value = line.partition(":")
            if not colon:
                raise errors.payload(f"'{line}' is no header.")
            found[name.strip().lower()] = value.strip()
    return found


def _part(head: Headers, content: bytes) -> Part:
    if head.get("content-type", "").lower() != "application/http":
        raise errors.payload("a part of the batch is not application/http.")
    if head.get("content-transfer-encoding", "").lower() != "binary":
        raise errors.payload("a part of the batch lacks Content-Transfer-Encoding: binary.")
    line, _, rest = content.partition(CRLF)
    match = _REQUEST_LINE.fullmatch(line.decode("utf-8", "replace").strip(" "))
    if match is None:
        raise errors.payload(f"'{line.decode('utf-8', 'replace')}' is no request line.")
    if rest.startswith(CRLF):
        headers, body = {}, rest.removeprefix(CRLF)
    else:
        inner, _, body = rest.partition(CRLF + CRLF)
        headers = _headers(inner)
    content_id = head.get("content-id") or headers.get("content-id")
    return Part(match[1], match[2], headers, body, content_id)


def _http_part(answer: Answer, content_id: str | None) -> bytes:
    head = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id is not None:
        head.append(f"Content-ID: {content_id}")
    inner = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    inner += [f"{name}: {value}" for name, value in answer.headers.items()]
    if answer.status >= 400:
        inner.append(f"REQ_ID: {uuid.uuid4()}")
    inner.append("OData-Version: 4.0")
    text = "\r\n".join(head) + "\r\n\r\n" + "\r\n".join(inner) + "\r\n\r\n"
    return text.encode() + (answer.body or "").encode() + CRLF
