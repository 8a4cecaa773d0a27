"""Changes of Dataverse's definitions, one after the other, with the patience they need.

Never decides what is created or removed, and never repeats blindly what cannot be repeated.
"""

import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Final

import requests

from shared.adapters.dataverse import schema_definitions as definitions
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.faults import Meaning, meaning_of, refusal
from shared.adapters.dataverse.odata import PureRequest
from shared.adapters.dataverse.schema_definitions import Creation
from shared.adapters.dataverse.schema_reads import option_values
from shared.adapters.http.faults import read_problem
from shared.errors import ConflictError, RetryLaterError

# Another customization, or the one before, holds a lock for seconds up to a minute.
_PAUSES: Final = (5, 10, 20, 40, 80)
_IN_USE: Final = "0x8004f01f"  # something else needs the component
_NOT_FOUND: Final = 404


class Removed(Enum):
    """How a deletion ended."""

    GONE = auto()
    IN_USE = auto()


class SchemaChanges:
    """Reads and writes of definitions in one environment.

    Args:
        api: the environment's Web API, signed in as somebody who may customize.
        sleep: waits.
    """

    def __init__(self, api: DataverseApi, *, sleep: Callable[[float], object] = time.sleep) -> None:
        self._api = api
        self._sleep = sleep

    def create(self, creation: Creation) -> None:
        """Create something; after a failure that may heal, look first whether it is there.

        Raises:
            RetryLaterError: Dataverse kept refusing for minutes.
        """
        failure: RetryLaterError | ConflictError | None = None
        for pause in (*_PAUSES, None):
            try:
                self.post(creation.request)
            except (RetryLaterError, ConflictError) as error:
                # A lock, a table too young to be seen, or a timeout of what went well.
                failure = error
            else:
                return
            if pause is None:
                break
            self._sleep(pause)
            if self._is_there(creation):
                return
        raise RetryLaterError(f"The {creation.title} could not be created: {failure}")

    def remove(self, title: str, request: PureRequest) -> Removed:
        """Delete something; it may be gone already.

        Args:
            title: for an administrator.
            request: the DELETE, which changes nothing when it is repeated.

        Raises:
            RetryLaterError: Dataverse kept refusing for minutes.
        """
        failure: RetryLaterError | None = None
        for pause in (*_PAUSES, None):
            try:
                response = self._api.send(request, idempotent=True)
            except RetryLaterError as error:
                failure = error
            else:
                meaning = meaning_of(response.headers, response.content)
                if response.ok or meaning is Meaning.ABSENT or response.status_code == _NOT_FOUND:
                    return Removed.GONE
                if read_problem(response.headers, response.content).code.lower() == _IN_USE:
                    return Removed.IN_USE
                refused = self._refusal(request, response)
                if not isinstance(refused, RetryLaterError):
                    raise refused
                failure = refused
            if pause is not None:
                self._sleep(pause)
        raise RetryLaterError(f"The {title} could not be removed: {failure}")

    def change(self, title: str, request: PureRequest) -> None:
        """Send a change that may be sent again: it leaves the same however often it arrives.

        Args:
            title: for an administrator.
            request: the change.

        Raises:
            RetryLaterError: Dataverse kept refusing for minutes.
        """
        self.ask(title, request)

    def ask(self, title: str, request: PureRequest) -> requests.Response:
        """Send an action that may be sent again, and return its answer.

        Args:
            title: for an administrator.
            request: the action.

        Raises:
            RetryLaterError: Dataverse kept refusing for minutes.
        """
        failure: RetryLaterError | None = None
        for pause in (*_PAUSES, None):
            try:
                return self.post(request)
            except RetryLaterError as error:
                failure = error
            if pause is not None:
                self._sleep(pause)
        raise RetryLaterError(f"Dataverse kept refusing the {title} for minutes: {failure}")

    def publish(self, xml: str) -> None:
        """Make changes visible in the apps.

        Args:
            xml: what is published; nothing else is, since others may have drafts.

        Raises:
            RetryLaterError: there was no answer for minutes.
        """
        for pause in _PAUSES:
            try:
                self.post(definitions.publish(xml))
            except RetryLaterError:
                self._sleep(pause)
            else:
                return
        raise RetryLaterError(
            "Everything is done, but publishing got no answer: run `python -m shared schema apply` "
            "again in some minutes; it publishes what is left."
        )

    def post(self, request: PureRequest) -> requests.Response:
        """Send a write once and return the answer.

        Raises:
            ConnectorError: it was refused, or there is no answer.
        """
        response = self._api.send(request, idempotent=False)
        if not response.ok:
            raise self._refusal(request, response)
        return response

    def rows(self, request: PureRequest) -> list[dict[str, Any]]:
        """Return the rows of a list, none when there is no such list."""
        found = self._api.read([request])[0]
        return list(self._api.list_rows(found)) if found is not None else []

    def _is_there(self, creation: Creation) -> bool:
        found = self._api.read([creation.probe])[0]
        if found is not None and creation.value is not None:
            return creation.value in option_values(found)
        if found is None or "value" not in found:
            return found is not None
        wanted = (creation.request.body or {}).get("SchemaName")
        return any(wanted in {None, row.get("SchemaName")} for row in self._api.list_rows(found))

    def _refusal(self, request: PureRequest, response: Any) -> Exception:
        return refusal(
            response.status_code,
            response.headers,
            response.content,
            what=self._api.what(request),
        )
