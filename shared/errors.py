"""Every error of the connector, grouped by what happens next.

Never holds a payload, a secret or personal data: ids, the service's own words, its request id.

    ConnectorError
    ├── NotPossibleError         what was asked for cannot be done      -> told to who asked
    ├── InvalidMessageError      a queue message is no SyncRequest      -> dead letter
    │   └── LaterReleaseError    it is one of a later release           -> wait for that release
    ├── RecordRefusedError       a service refuses the record as it is  -> dead letter
    ├── NotSyncedError           the record's business is not synced    -> skipped
    ├── ConflictError            somebody wrote in between              -> gather again
    ├── RetryLaterError          throttled, down or unreachable         -> same message, later
    └── NeedsPersonError         only a person can mend it              -> wait, burn no attempt
        ├── ConfigurationError   a setting, role, column or address     -> fix it, then it drains
        ├── ReconnectNeededError FreshBooks wants a new login           -> connect, then it drains
        └── UnreadableRowError   a stored row is not as this release writes it -> mend that row
"""


class ConnectorError(Exception):
    """Root of all errors the connector raises on purpose."""


class NotPossibleError(ConnectorError):
    """What somebody asked for is not possible as things stand; the text says why and what to do."""


class InvalidMessageError(ConnectorError):
    """A queue message that is no `SyncRequest`; the text says which field is wrong."""


class LaterReleaseError(InvalidMessageError):
    """A queue message in a version that only a later release reads."""


class RecordRefusedError(ConnectorError):
    """A service refuses this record as it is; sending it again changes nothing.

    Attributes:
        code: the service's own error code, "" if it gave none.
        request_id: what the service calls this request, "" if it did not say.
        service: who refuses it, such as "Dataverse"; "" for the connector itself.
    """

    def __init__(
        self, message: str, *, code: str = "", request_id: str = "", service: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id
        self.service = service


class NotSyncedError(ConnectorError):
    """The FreshBooks business was never connected, or is not synced any more."""


class ConflictError(ConnectorError):
    """A row changed, appeared or vanished between reading and writing it.

    Attributes:
        code: the service's own error code, "" if it gave none.
        request_id: what the service calls this request, "" if it did not say.
        service: who says so, such as "Dataverse"; "" for the connector itself.
    """

    def __init__(
        self, message: str, *, code: str = "", request_id: str = "", service: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id
        self.service = service


class RetryLaterError(ConnectorError):
    """Throttling, an outage or a lost answer: time heals it and no attempt is burnt.

    Attributes:
        retry_after: seconds the service asked for, None if it did not say.
        service: whose trouble it is, such as "Dataverse"; "" for trouble of one record, or of
            nobody but the connector: it says nothing about any service.
        throttled: the service answers, and asks for fewer requests.
        of_a_change: the service took the request, and failed at one of the changes in it.
    """

    of_a_change = False

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        service: str = "",
        throttled: bool = False,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.service = service
        self.throttled = throttled


class NeedsPersonError(ConnectorError):
    """Nothing heals by itself; the text says who has to do what."""


class ConfigurationError(NeedsPersonError):
    """A setting, role, column or address is missing or wrong.

    Attributes:
        service: who says so, such as "Dataverse"; "" for the connector itself.
    """

    def __init__(self, message: str, *, service: str = "") -> None:
        super().__init__(message)
        self.service = service


class ReconnectNeededError(NeedsPersonError):
    """FreshBooks does not accept our refresh token any more: somebody has to connect again."""


class UnreadableRowError(NeedsPersonError):
    """A row of a table is not as this release writes it; the text names it and what is wrong.

    Attributes:
        why: what is wrong alone.
    """

    def __init__(self, message: str, *, why: str = "") -> None:
        super().__init__(message)
        self.why = why
