"""Dataverse's Web API: reads in one request, writes in one change set, its codes as our errors.

Never knows what the rows are about.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import requests

from shared.adapters.dataverse.batch import (
    Batch,
    Part,
    PartResponse,
    build,
    build_sets,
    parse,
)
from shared.adapters.dataverse.faults import (
    NO_ENVIRONMENT,
    SERVICE,
    Meaning,
    meaning_of,
    not_signed_in,
    refusal,
)
from shared.adapters.dataverse.odata import API, PureRequest
from shared.adapters.http.authorize import Authorize
from shared.adapters.http.exact_json import decode_json, encode_json
from shared.adapters.http.faults import SUCCESS
from shared.adapters.http.transport import Transport
from shared.errors import ConfigurationError, ConnectorError, NeedsPersonError, RetryLaterError

_OWN_HEADERS: Final = {"OData-Version": "4.0", "OData-MaxVersion": "4.0"}
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_CLIENT_ERRORS: Final = range(400, 500)
_NOT_FOUND: Final = 404
_METADATA: Final = "EntityDefinitions("
_WHO_AM_I: Final = "WhoAmI"
# A link may name another host of the environment; only its path and query are followed.
_ROOT: Final = re.compile(r"\A.*?/api/data/v[0-9.]+/")


class DataverseApi:
    """One environment.

    Args:
        transport: to the environment's address.
        token: returns the access token. None for a service that asks for none.
        who: returns who is signed in, "" when unknown; told to people only.
    """

    def __init__(
        self,
        transport: Transport,
        token: Authorize | None,
        *,
        who: Callable[[], str] = lambda: "",
    ) -> None:
        self._transport = transport
        self._token = token
        self._who = who

    def read(self, gets: Sequence[PureRequest]) -> list[dict[str, Any] | None]:
        """Read several addresses in one request.

        Returns:
            The JSON objects in order, None where there is no row.
        """
        if len(gets) == 1:
            return [self._found(gets[0], _from_response(self.send(gets[0], idempotent=True)))]
        parts = self._send_batch(build(gets))
        found = [self._found(get, part) for get, part in zip(gets, parts, strict=False)]
        if len(found) != len(gets):
            raise RetryLaterError(
                f"{self._transport.service}: {len(parts)} answers to {len(gets)} reads.",
                service=SERVICE,
            )
        return found

    def read_rows(self, get: PureRequest) -> list[dict[str, Any]]:
        """Read a list in full, further pages included; empty when there is no such list."""
        found = self.read([get])[0]
        return list(self.list_rows(found)) if found else []

    def list_rows(
        self, answer: Mapping[str, Any], collection: str = ""
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of a list or of an expanded collection, further pages included.

        Args:
            answer: the answer to a list, or a row.
            collection: the expanded navigation property of a row, "" for a list.
        """
        name, link = collection or "value", f"{collection}@odata.nextLink"
        page: Mapping[str, Any] | None = answer
        while page is not None:
            rows = page.get(name)
            if not isinstance(rows, list):
                raise RetryLaterError(
                    f"{self._transport.service}: a list without rows.", service=SERVICE
                )
            yield from rows
            following = page.get(link)
            # A collection that is expanded on one level has a link always: to all of its rows.
            if name == collection and "$skiptoken" not in str(following or ""):
                following = None
            name, link = "value", "@odata.nextLink"
            page = self._page(str(following)) if following else None

    def apply(
        self, changes: Sequence[PureRequest], *, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        """Apply all changes or none, in one request.

        Args:
            changes: what is changed together.
            headers: of every change, as in `apply_each`.

        Raises:
            ConflictError: a version, a key or a missing row got in the way.
            RecordRefusedError: Dataverse refuses one of them as it is.
        """
        if not changes:
            return
        if len(changes) == 1:
            # Ids are ours and versions are checked: sent again, it changes nothing twice.
            answer = _from_response(self.send(changes[0], idempotent=True, headers=headers))
            if changes[0].method != "DELETE" or not _absent(answer):
                self._require(changes[0], answer)
            return
        parts = self._send_batch(build(changes=_with(changes, headers)), headers)
        part = parts[0] if len(parts) == 1 else ()
        answers = (part,) if isinstance(part, PartResponse) else part
        for position, answer in enumerate(answers, start=1):
            named = answer.content_id if answer.content_id.isdecimal() else str(position)
            try:
                self._require(changes[min(int(named), len(changes)) - 1], answer)
            except RetryLaterError as error:
                error.of_a_change = True
                raise
        if len(answers) != len(changes):
            raise RetryLaterError(
                f"{self._transport.service}: {len(answers)} answers to {len(changes)} changes.",
                service=SERVICE,
            )

    def apply_each(
        self, sets: Sequence[Sequence[PureRequest]], *, headers: Mapping[str, str] = NO_HEADERS
    ) -> list[ConnectorError | None]:
        """Apply sets of changes in one request, each whole or not at all.

        Args:
            sets: what is changed together.
            headers: of every change. Whether those of a batch reach the requests in it is said
                nowhere, so both have them.

        Returns:
            Why each was not applied, None for one that was.

        Raises:
            RetryLaterError: Dataverse is throttled or down; some sets may have been applied.
            ConfigurationError: we are not let in at all.
        """
        given = [_with(changes, headers) for changes in sets]
        parts = self._send_batch(build_sets(given), headers)
        if len(parts) != len(sets):
            raise RetryLaterError(
                f"{self._transport.service}: {len(parts)} answers to {len(sets)} change sets.",
                service=SERVICE,
            )
        return [self._why(changes, part) for changes, part in zip(sets, parts, strict=True)]

    def _why(self, changes: Sequence[PureRequest], part: Part) -> ConnectorError | None:
        answers = (part,) if isinstance(part, PartResponse) else part
        failed = next(filter(_failed, answers), None)
        if failed is not None:
            position = int(failed.content_id) if failed.content_id.isdecimal() else 1
            what = self.what(changes[min(position, len(changes)) - 1])
            return refusal(failed.status, failed.headers, failed.body, what=what, who=self._who())
        if len(answers) != len(changes):
            return RetryLaterError(
                f"{self._transport.service}: {len(answers)} answers to {len(changes)} changes.",
                service=SERVICE,
            )
        return None

    def send(
        self,
        request: PureRequest,
        *,
        idempotent: bool,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request and return its answer: a 2xx or a 4xx to decide about."""
        content = {"Content-Type": "application/json"} if request.body is not None else {}
        return self._transport.send(
            request.method,
            f"{API}/{request.path}",
            idempotent=idempotent,
            authorize=self._token,
            unauthorized=self._unauthorized,
            expected=_CLIENT_ERRORS,
            headers={**self._headers(), **content, **request.headers, **(headers or {})},
            data=None if request.body is None else encode_json(request.body).encode(),
        )

    def what(self, request: PureRequest) -> str:
        """Name a request in an error: without its query."""
        return f"{self._transport.service}: {request.method} {request.path.partition('?')[0]}"

    def _headers(self) -> dict[str, str]:
        return {**_OWN_HEADERS, "x-ms-client-request-id": str(uuid4())}

    def _send_batch(
        self, batch: Batch, headers: Mapping[str, str] = NO_HEADERS
    ) -> tuple[Part, ...]:
        response = self._transport.send(
            "POST",
            f"{API}/$batch",
            idempotent=True,  # reads, or changes that change nothing twice
            authorize=self._token,
            unauthorized=self._unauthorized,
            expected=_CLIENT_ERRORS,
            headers={
                **self._headers(),
                "Content-Type": batch.content_type,
                # else the first part that fails decides the status and hides the others
                "Prefer": "odata.continue-on-error",
                **headers,
            },
            data=batch.body,
        )
        try:
            return parse(response.headers.get("Content-Type", ""), response.content)
        except ValueError as error:
            what = f"{self._transport.service}: POST $batch"
            if response.status_code == _NOT_FOUND:
                raise ConfigurationError(
                    f"{what} is not there: {NO_ENVIRONMENT}.", service=SERVICE
                ) from None
            if not response.ok:
                raise refusal(
                    response.status_code,
                    response.headers,
                    response.content,
                    what=what,
                    who=self._who(),
                ) from None
            raise RetryLaterError(f"{what}: {error}", service=SERVICE) from None

    def _page(self, link: str) -> dict[str, Any] | None:
        parts = urlsplit(link)
        path = _ROOT.sub("", parts.path) + (f"?{parts.query}" if parts.query else "")
        return self.read([PureRequest("GET", path)])[0]

    def _found(self, request: PureRequest, answer: Part) -> dict[str, Any] | None:
        if not isinstance(answer, PartResponse):
            raise RetryLaterError(
                f"{self.what(request)} has no answer of its own in the batch.", service=SERVICE
            )
        missing = answer.status == _NOT_FOUND and request.path.startswith(_METADATA)
        if missing or _absent(answer):
            return None
        self._require(request, answer)
        try:
            row = decode_json(answer.body)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise RetryLaterError(
                f"{self.what(request)}: the answer is no JSON object.", service=SERVICE
            )
        return row

    def _require(self, request: PureRequest, answer: PartResponse) -> None:
        if _failed(answer):
            raise refusal(
                answer.status,
                answer.headers,
                answer.body,
                what=self.what(request),
                who=self._who(),
                about_rows=request.path != _WHO_AM_I,
            )

    def _unauthorized(self, text: str) -> NeedsPersonError:
        return not_signed_in(text, self._who())


def _with(changes: Sequence[PureRequest], headers: Mapping[str, str]) -> Sequence[PureRequest]:
    if not headers:
        return changes
    return [replace(each, headers={**each.headers, **headers}) for each in changes]


def _failed(answer: PartResponse) -> bool:
    return answer.status not in SUCCESS


def _absent(answer: PartResponse) -> bool:
    if not _failed(answer):
        return False
    meaning = meaning_of(answer.headers, answer.body)
    return meaning is Meaning.ABSENT or (meaning is None and answer.status == _NOT_FOUND)


def _from_response(response: requests.Response) -> PartResponse:
    return PartResponse(response.status_code, response.headers, response.content)
