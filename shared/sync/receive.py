"""A webhook comes in: verified, queued, and only then acknowledged.

A request that is not signed by FreshBooks reaches no queue and causes no outside call.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from shared.core.connections import Registration, RegistrationState
from shared.core.events import Handshake, Malformed, NotOurs, SyncRequest, read_webhook
from shared.core.identity import candidate_secret
from shared.core.lines import Accepted, Refusal, Refused
from shared.core.signature import verify
from shared.core.trace import trace_id_of
from shared.core.webhook_address import is_address_key
from shared.sync.remembered import Remembered
from shared.sync.verifiers import Verifiers

if TYPE_CHECKING:
    from shared.sync.ports import Registrations, Secrets, SyncQueue, Telemetry

MAX_BODY_BYTES = 64 * 1024
FORM = "application/x-www-form-urlencoded"
_REMEMBERED: Final = timedelta(seconds=30)
_PAUSE: Final = timedelta(milliseconds=100)
_ALL: Final = "all"  # they are looked up together: a path nobody registered costs no more


@dataclass(frozen=True)
class WebhookReply:
    """What FreshBooks is told: an HTTP status and a few words.

    Attributes:
        refusal: why it is refused, None when it is not.
    """

    status: int
    text: str
    refusal: Refusal | None = None


# FreshBooks delivers again, and meanwhile the upkeep registers the webhook anew.
_NOT_READABLE: Final = WebhookReply(503, "the registration cannot be read, try again")


class Receive:
    """Answers the webhooks of one callback path."""

    def __init__(
        self,
        *,
        registrations: "Registrations",
        verifiers: Verifiers,
        secrets: "Secrets",
        queue: "SyncQueue",
        telemetry: "Telemetry",
        clock: Callable[[], datetime],
        secret: str,
    ) -> None:
        self._secret = secret
        self._registrations = registrations
        self._verifiers = verifiers
        self._secrets = secrets
        self._queue = queue
        self._telemetry = telemetry
        self._clock = clock
        self._known = Remembered(
            self._read,
            clock,
            keep=_REMEMBERED,
            keep_missing=_PAUSE,
            pause=_PAUSE,
            one_at_a_time=True,
            through_failures=True,
        )

    def handle(
        self,
        *,
        business: str,
        noun: str,
        key: str,
        body: bytes,
        signature: str | None,
        content_type: str,
        invocation: str = "",
    ) -> WebhookReply:
        """Verify, queue, acknowledge.

        Args:
            business: FreshBooks account id from the path.
            noun: the callback's noun from the path.
            key: the path's last part, known to FreshBooks and us only.
            body: the raw bytes; the signature is over what was received.
            signature: header `X-FreshBooks-Hmac-SHA256`.
            content_type: header `Content-Type`.
            invocation: the step of a trace that the host gave this request.

        Returns:
            200 only when the message is on the queue, or nothing has to be done.

        Raises:
            RetryLaterError: Storage or Key Vault cannot be reached; FreshBooks delivers again.
        """
        if is_address_key(key, self._secret, business, noun):
            with self._telemetry.unit("webhook", invocation=invocation):
                answer = self._answer(business, noun, body, signature, content_type)
        else:
            # No unit of work: whoever calls here costs nothing but this.
            answer = _refused(Refusal.ADDRESS, 401, "this is not an address of a webhook")
        if answer.refusal is not None:
            self._telemetry.count(Refused(why=answer.refusal))
        return answer

    def _answer(
        self, business: str, noun: str, body: bytes, signature: str | None, content_type: str
    ) -> WebhookReply:
        if (unreadable := _unreadable(body, content_type)) is not None:
            return unreadable
        webhook = read_webhook(body, business=business, seen=self._clock())
        if webhook is None:
            return _refused(Refusal.MALFORMED, 400, "the body is no form")
        if isinstance(webhook.says, Handshake):
            return self._handshake(business, noun, webhook.says)
        registration = self._registration(business, noun)
        if registration is not None and registration.state is RegistrationState.UNREADABLE:
            return _NOT_READABLE
        if registration is None or not self._signed(business, noun, webhook.fields, signature):
            return _refused(Refusal.SIGNATURE, 401, "the signature is missing or wrong")
        return self._accept(business, noun, webhook.says)

    def _accept(
        self, business: str, noun: str, says: SyncRequest | NotOurs | Malformed
    ) -> WebhookReply:
        """Queue what FreshBooks reports, then acknowledge it."""
        match says:
            case SyncRequest() as request:
                self._queue.send(request)
                self._tell("queued", business, request.kind, record=request.number)
                return WebhookReply(200, "queued")
            case NotOurs(reason=reason):
                self._tell("ignored", business, noun, reason=reason)
                return WebhookReply(200, "nothing to do")
            case Malformed():
                text = "name or object_id is missing or malformed"
                return _refused(Refusal.MALFORMED, 400, text)

    def _tell(
        self, outcome: str, business: str, noun: str, *, record: int | None = None, reason: str = ""
    ) -> None:
        self._telemetry.write(
            Accepted(
                outcome=outcome,
                business=business,
                noun=noun,
                record=record,
                reason=reason,
                trace=trace_id_of(self._telemetry.traceparent()),
            )
        )

    def _signed(
        self, business: str, noun: str, fields: Mapping[str, str], signature: str | None
    ) -> bool:
        if not signature:
            return False
        return verify(fields, signature, self._verifiers.get(business, noun)) or verify(
            fields, signature, self._verifiers.get(business, noun, again=True)
        )

    def _handshake(self, business: str, noun: str, handshake: Handshake) -> WebhookReply:
        """Keep the code of a callback that was just registered; anything else is a stranger's.

        The code is put in force by whoever registered the callback, after FreshBooks took it.
        """
        # Read anew: the callback was made a moment ago. A stranger does not know the address.
        registration = self._registrations.get(business, noun)
        if registration is not None and registration.state is RegistrationState.UNREADABLE:
            return _NOT_READABLE
        if registration is None or registration.state is not RegistrationState.PENDING:
            return _refused(Refusal.HANDSHAKE, 401, "no verification is expected here")
        if registration.callback is None:
            text = "the registration is not finished, try again"
            return _refused(Refusal.NOT_READY, 503, text)
        if registration.callback != handshake.callback:
            return _refused(Refusal.HANDSHAKE, 401, "no verification is expected here")
        self._secrets.set(candidate_secret(business, noun), handshake.verifier)
        self._tell("handshake", business, noun)
        return WebhookReply(200, "received")

    def _registration(self, business: str, noun: str) -> Registration | None:
        """Return a registration, as remembered where the table cannot be read.

        Raises:
            ConnectorError: the table cannot be read, and this one was not known before.
        """
        path = (business, noun)
        return self._known.get(_ALL).get(path) or self._known.get(_ALL, again=True).get(path)

    def _read(self, _: str) -> dict[tuple[str, str], Registration]:
        return {(each.business, each.noun): each for each in self._registrations.list_all()}


def _unreadable(body: bytes, content_type: str) -> WebhookReply | None:
    """Return the answer to a body that is not looked into, None when it is."""
    if len(body) > MAX_BODY_BYTES:
        return _refused(Refusal.TOO_LARGE, 413, "the body is too large")
    if not body:
        # a chunked request arrives at a Python function with an empty body
        return _refused(Refusal.EMPTY, 400, "the body is empty; chunked requests cannot be read")
    if content_type.partition(";")[0].strip().lower() != FORM:
        return _refused(Refusal.MALFORMED, 400, f"the body must be {FORM}")
    return None


def _refused(refusal: Refusal, status: int, text: str) -> WebhookReply:
    return WebhookReply(status, text, refusal)
