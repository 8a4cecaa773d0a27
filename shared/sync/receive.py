"""A webhook comes in: verified, queued, and only then acknowledged.

A request that is not signed by FreshBooks reaches no queue and causes no outside call.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.events import Change, Handshake, NotOurs, read_webhook, request_for
from shared.core.signature import form_fields, verify
from shared.core.webhook_address import is_address_key
from shared.errors import ConnectorError
from shared.sync.ports import Registration, Registrations, Secrets, SyncQueue
from shared.sync.verifiers import Verifiers, candidate_name

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
FORM = "application/x-www-form-urlencoded"
_REMEMBERED = timedelta(seconds=30)
_PAUSE = timedelta(milliseconds=100)


@dataclass(frozen=True)
class Answer:
    """What FreshBooks is told: an HTTP status and a few words."""

    status: int
    text: str


class Receive:
    """Answers the webhooks of one callback path."""

    def __init__(
        self,
        *,
        registrations: Registrations,
        verifiers: Verifiers,
        secrets: Secrets,
        queue: SyncQueue,
        clock: Callable[[], datetime],
        secret: str,
    ) -> None:
        self._secret = secret
        self._registrations = registrations
        self._verifiers = verifiers
        self._secrets = secrets
        self._queue = queue
        self._clock = clock
        self._known: dict[tuple[str, str], Registration] = {}
        self._known_since: datetime | None = None
        self._trouble: ConnectorError | None = None  # of the last look
        self._lock = threading.Lock()

    def __call__(
        self,
        *,
        account: str,
        noun: str,
        key: str,
        body: bytes,
        signature: str | None,
        content_type: str,
    ) -> Answer:
        """Verify, queue, acknowledge.

        Args:
            account: FreshBooks account id from the path.
            noun: the callback's noun from the path.
            key: the path's last part, known to FreshBooks and us only.
            body: the raw bytes; the signature is over what was received.
            signature: header `X-FreshBooks-Hmac-SHA256`.
            content_type: header `Content-Type`.

        Returns:
            200 only when the message is on the queue, or nothing has to be done.

        Raises:
            RetryLaterError: Storage or Key Vault cannot be reached; FreshBooks delivers again.
        """
        if is_address_key(key, self._secret, account, noun):
            answer = self._answer(account, noun, body, signature, content_type)
        else:
            answer = Answer(401, "this is not an address of a webhook")
        if answer.status >= 400:  # noqa: PLR2004  # HTTP's own border
            logger.warning(
                "Webhook for %s/%s refused with %d: %s (%d bytes)",
                *(_printable(account), _printable(noun), answer.status, answer.text, len(body)),
            )
        return answer

    def _answer(
        self, account: str, noun: str, body: bytes, signature: str | None, content_type: str
    ) -> Answer:
        fields = _read_form(body, content_type)
        if isinstance(fields, Answer):
            return fields
        if fields.get("name") == "callback.verify":
            return self._handshake(account, noun, fields)
        registration = self._registration(account, noun)
        if registration is None or not self._signed(account, noun, body, signature):
            return Answer(401, "the signature is missing or wrong")
        match read_webhook(fields, account=account):
            case Change() as change:
                now = self._clock()
                self._queue.send(request_for(change, account=account, seen=now))
                logger.info("Webhook %s %s/%d queued", change.kind, account, change.record)
                return Answer(200, "queued")
            case NotOurs(reason=reason):
                logger.info("Webhook for %s ignored: %s", account, reason)
                return Answer(200, "nothing to do")
            case _:
                return Answer(400, "name or object_id is missing or malformed")

    def _signed(self, account: str, noun: str, body: bytes, signature: str | None) -> bool:
        if not signature:
            return False
        return verify(body, signature, self._verifiers.get(account, noun)) or verify(
            body, signature, self._verifiers.get(account, noun, again=True)
        )

    def _handshake(self, account: str, noun: str, fields: dict[str, str]) -> Answer:
        """Keep the code of a callback that was just registered; anything else is a stranger's.

        The code is put in force by whoever registered the callback, after FreshBooks took it.
        """
        handshake = read_webhook(fields, account=account)
        # Read anew: the callback was made a moment ago. A stranger does not know the address.
        registration = self._registrations.get(account, noun)
        if (
            not isinstance(handshake, Handshake)
            or registration is None
            or registration.state != "pending"
        ):
            return Answer(401, "no verification is expected here")
        if registration.callback is None:
            return Answer(503, "the registration is not finished, try again")
        if registration.callback != handshake.callback:
            return Answer(401, "no verification is expected here")
        self._secrets.set(candidate_name(account, noun), handshake.verifier)
        logger.info("Webhook handshake for %s/%s received", account, noun)
        return Answer(200, "received")

    def _registration(self, account: str, noun: str) -> Registration | None:
        """Return a registration, as remembered where the table cannot be read.

        Raises:
            ConnectorError: the table cannot be read, and this one was not known before.
        """
        now = self._clock()
        with self._lock:
            age = now - self._known_since if self._known_since else None
            known = self._known.get((account, noun))
            if age is None or age > (_REMEMBERED if known is not None else _PAUSE):
                self._known_since = now
                try:
                    self._known = {(r.account, r.noun): r for r in self._registrations.list_all()}
                    self._trouble = None
                except ConnectorError as error:
                    self._trouble = error
                known = self._known.get((account, noun))
            if known is None and self._trouble is not None:
                raise self._trouble
        return known


def _read_form(body: bytes, content_type: str) -> dict[str, str] | Answer:
    if len(body) > MAX_BODY_BYTES:
        return Answer(413, "the body is too large")
    if not body:
        # a chunked request arrives at a Python function with an empty body
        return Answer(400, "the body is empty; chunked requests cannot be read")
    if content_type.partition(";")[0].strip().lower() != FORM:
        return Answer(400, f"the body must be {FORM}")
    return form_fields(body) or Answer(400, "the body is no form")


def _printable(text: str) -> str:
    return text[:40] if text.isascii() and text.isprintable() else "?"
