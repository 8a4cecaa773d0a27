"""Many requests in one: builds a `$batch` and takes its answer apart.

Never sends anything and never decides what a part's status means.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Final, NamedTuple

from shared.adapters.dataverse.odata import API, PureRequest
from shared.adapters.http.exact_json import encode_each

MAX_REQUESTS: Final = 1000
_LINE: Final = b"\r\n"


@dataclass(frozen=True)
class Batch:
    """The body of a `$batch` and its Content-Type."""

    content_type: str
    body: bytes


@dataclass(frozen=True)
class PartResponse:
    """The response to one request, of a batch or alone.

    Attributes:
        headers: its own, names in lower case; Retry-After and the request id may be among them.
        body: as it came, may be anything.
        content_id: which request of the change set it answers, "" outside and for an error that
            stands for the whole change set.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    content_id: str = ""


Part = PartResponse | tuple[PartResponse, ...]


def build(reads: Sequence[PureRequest] = (), *, changes: Sequence[PureRequest] = ()) -> Batch:
    """Return a batch of reads followed by one change set, if there are changes.

    Every part gets a Content-Length, and every change a Content-ID counted from 1: Dataverse is
    reported to refuse parts without them.

    Raises:
        ValueError: more requests than Dataverse takes in one batch.
    """
    if len(reads) + len(changes) > MAX_REQUESTS:
        raise ValueError(f"A batch holds {MAX_REQUESTS} requests at most.")
    bodies = _encoded([*reads, *changes])
    parts = [_part(request, next(bodies)) for request in reads]
    if changes:
        parts.append(
            _change_set(
                [_part(each, next(bodies), content_id=n) for n, each in enumerate(changes, start=1)]
            )
        )
    boundary, body = _join("batch", parts)
    return Batch(f'multipart/mixed; boundary="{boundary}"', body)


def build_sets(sets: Sequence[Sequence[PureRequest]]) -> Batch:
    """Return a batch of change sets, each of which is applied whole or not at all.

    Raises:
        ValueError: more requests than Dataverse takes in one batch, or a set without any.
    """
    if sum(map(len, sets)) > MAX_REQUESTS or not all(sets):
        raise ValueError(f"A batch holds {MAX_REQUESTS} requests at most, and no empty set.")
    bodies = _encoded([each for changes in sets for each in changes])
    parts = [
        _change_set([_part(each, next(bodies), content_id=n) for n, each in enumerate(changes, 1)])
        for changes in sets
    ]
    boundary, body = _join("batch", parts)
    return Batch(f'multipart/mixed; boundary="{boundary}"', body)


def parse(content_type: str, body: bytes) -> tuple[Part, ...]:
    """Take a batch's answer apart, in the order of the requests; a change set's answers together.

    A change set that failed is answered by a single error, so it appears as one `PartResponse`.

    Raises:
        ValueError: it is no multipart (Dataverse answers a malformed batch in plain JSON), or it
            was cut off.
    """
    parts: list[Part] = []
    for content in _split(content_type, body):
        headers, rest = _headers(content)
        kind = headers.get("content-type", "")
        if kind.lower().startswith("multipart/"):
            parts.append(tuple(_response(inner) for inner in _split(kind, rest)))
        else:
            parts.append(_response(content))
    return tuple(parts)


def _encoded(requests: Sequence[PureRequest]) -> Iterator[bytes]:
    """Yield the requests' bodies, empty where there is none."""
    texts = iter(encode_each([each.body for each in requests if each.body is not None]))
    for request in requests:
        yield b"" if request.body is None else next(texts).encode()


def _part(request: PureRequest, body: bytes, *, content_id: int | None = None) -> bytes:
    outer = {"Content-Type": "application/http", "Content-Transfer-Encoding": "binary"}
    if content_id is not None:
        outer["Content-ID"] = str(content_id)
    inner = {"Accept": "application/json", **request.headers}
    if request.body is not None:
        inner["Content-Type"] = "application/json; type=entry"
    inner["Content-Length"] = str(len(body))
    line = f"{request.method} {API}/{request.path} HTTP/1.1".encode("ascii")
    return _head(outer) + _LINE + line + _LINE + _head(inner) + _LINE + body


def _change_set(parts: Sequence[bytes]) -> bytes:
    boundary, body = _join("changeset", parts)
    return _head({"Content-Type": f'multipart/mixed; boundary="{boundary}"'}) + _LINE + body


def _head(headers: Mapping[str, str]) -> bytes:
    for name, value in headers.items():
        if "\r" in value or "\n" in value:
            raise ValueError(f"The header {name} has a line break.")
    return b"".join(f"{name}: {value}\r\n".encode("ascii") for name, value in headers.items())


def _join(kind: str, parts: Sequence[bytes]) -> tuple[str, bytes]:
    # No part can hold the digest of all parts, so the boundary cannot occur in one.
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]
    boundary = f"{kind}_{digest}"
    delimiter = f"--{boundary}".encode()
    pieces = [delimiter + _LINE + part + _LINE for part in parts]
    return boundary, b"".join(pieces) + delimiter + b"--" + _LINE


def _split(content_type: str, body: bytes) -> list[bytes]:
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary()
    if message.get_content_maintype() != "multipart" or not boundary:
        raise ValueError("The answer is no multipart.")
    marks = list(_marks(body, f"--{boundary}".encode()))
    if not marks or not marks[-1].closing:
        raise ValueError("The answer was cut off.")
    starts = [_BLANK.match(body, mark.end) for mark in marks[:-1]]
    return [
        body[start.end() if start else mark.end : after.start]
        for start, mark, after in zip(starts, marks[:-1], marks[1:], strict=True)
    ]


class _Mark(NamedTuple):
    """A line that separates parts, from the line break before it to its own."""

    start: int
    end: int
    closing: bool


def _marks(body: bytes, delimiter: bytes) -> Iterator[_Mark]:
    # Every answer has a boundary of its own: a pattern for each would be made anew, and one for
    # all of them stops at every line.
    at = body.find(delimiter)
    while at >= 0:
        end = _LINE_END.search(body, at).start()  # type: ignore[union-attr]  # every text has an end
        rest = body[at + len(delimiter) : end].rstrip(b" \t")
        if rest in {b"", b"--"} and (at == 0 or body.endswith(b"\n", 0, at)):
            line_break = 2 if body.endswith(b"\r\n", 0, at) else min(at, 1)
            yield _Mark(at - line_break, end, closing=rest == b"--")
        at = body.find(delimiter, end)


_LINE_END: Final = re.compile(rb"[\r\n]|\Z")
_BLANK: Final = re.compile(rb"\r?\n")
_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")


def _headers(content: bytes) -> tuple[dict[str, str], bytes]:
    head, rest = content, b""
    if (blank := _BLANK.match(content) or _BLANK_LINE.search(content)) is not None:
        head, rest = content[: blank.start()], content[blank.end() :]
    headers = {}
    for line in head.splitlines():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers, rest


_STATUS: Final = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})[^\r\n]*(?:\r?\n)?")


def _response(content: bytes) -> PartResponse:
    outer, rest = _headers(content)
    status = _STATUS.match(rest)
    if status is None:
        raise ValueError("A part of the answer has no status line.")
    inner, body = _headers(rest[status.end() :])
    length = inner.get("content-length", "")
    if length.isdecimal():
        if int(length) > len(body):
            raise ValueError("A part of the answer was cut off.")
        body = body[: int(length)]
    return PartResponse(int(status.group(1)), inner, body, outer.get("content-id", ""))
