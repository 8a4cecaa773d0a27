"""Every line that tells how the connector does: the names that alerts and the workbook read.

Never holds what a record holds, a name, an address or a secret: ids, counts, seconds and reasons.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from shared.core.line import Counted, Level, Line
from shared.errors import ConnectorError, NeedsPersonError, ReconnectNeededError


@dataclass(frozen=True, kw_only=True)
class Processed(Line):
    """A message from the queue was handled.

    Attributes:
        record: the record's number; None of a message that names none.
        outcome: an `OutcomeName`.
        cause: why the record was asked for.
        ms: how long it took.
        lag_s: since the change was noticed.
        reason: of an outcome that is no success.
        trace: id of the trace it belongs to.
    """

    event: ClassVar[str] = "processed"

    outcome: str
    ms: float
    kind: str = ""
    business: str = ""
    record: int | None = None
    cause: str = ""
    lag_s: float | None = None
    reason: str = ""
    trace: str = ""

    @property
    def level(self) -> Level:
        """A dead letter is a unit that failed."""
        return Level.WARNING if self.outcome == "dead-lettered" else Level.INFO


@dataclass(frozen=True, kw_only=True)
class Poisoned(Line):
    """The Functions host gave up on a message; mostly it is tried again, alone and later.

    Attributes:
        outcome: an `OutcomeName`: deferred while it is tried again.
    """

    event: ClassVar[str] = "poisoned"

    outcome: str = ""
    kind: str = ""
    business: str = ""
    record: int | None = None
    trace: str = ""

    @property
    def level(self) -> Level:
        """It is a unit that failed."""
        return Level.WARNING


@dataclass(frozen=True, kw_only=True)
class Accepted(Line):
    """A webhook was FreshBooks' own.

    Attributes:
        outcome: queued, ignored or handshake.
        reason: why it was ignored.
    """

    event: ClassVar[str] = "accepted"

    outcome: str
    business: str
    noun: str
    record: int | None = None
    reason: str = ""
    trace: str = ""


@dataclass(frozen=True, kw_only=True)
class Backfilled(Line):
    """A page of a backfill was carried.

    Attributes:
        run: the run's id.
        step: what it is part of.
        page: which one, of `pages`.
        records: on it.
        written: records whose rows were created or changed.
        alone: records that go the ordinary way.
        ms: how long it took.
    """

    event: ClassVar[str] = "backfilled"

    business: str
    run: str
    step: str
    page: int
    pages: int
    records: int
    written: int
    alone: int
    ms: float


@dataclass(frozen=True, kw_only=True)
class Polled(Line):
    """A poll has ended.

    Attributes:
        asked: how many records it asked for.
        problems: how many things it could not do.
        backlog: messages that were waiting when it was postponed, None when it was not.
    """

    event: ClassVar[str] = "polled"

    asked: int
    problems: int
    ms: float
    backlog: int | None = None


@dataclass(frozen=True, kw_only=True)
class Reconciled(Line):
    """Both sides of a business were compared by the night's timer.

    Attributes:
        differences: how many there are, those included that somebody decided.
        asked: how many records were asked for.
    """

    event: ClassVar[str] = "reconciled"

    business: str
    differences: int
    asked: int
    ms: float


@dataclass(frozen=True, kw_only=True)
class KeptUp(Line):
    """The minute's look after the connections has ended.

    Attributes:
        problems: how many things are wrong.
    """

    event: ClassVar[str] = "kept-up"

    problems: int
    ms: float


@dataclass(frozen=True, kw_only=True)
class Watched(Line):
    """What was measured in a minute. What could not be measured is left out.

    Attributes:
        depth: messages on the queue, delayed ones included.
        poison: messages on the poison queue.
        oldest_s: how long the oldest visible message has been visible; 0 when there is none.
        unserved_s: how long messages have been visible and none was taken; 0 while some are.
        taken_s: since a message was last taken.
        webhook_s: since the newest webhook that was handled came in.
        poll_s: since a poll last ended.
        polled_s: since the business and kind that waits longest was polled.
        connections: logins to FreshBooks.
        reconnect: those that need a person.
        token_s: until the first of their access tokens ends.
        callbacks: webhooks there should be.
        callbacks_down: those FreshBooks does not report by.
        backfill: messages on the queue of histories, delayed ones included.
        backfill_poison: messages on its poison queue.
        backfill_oldest_s: how long its oldest visible message has been visible; 0 without one.
        histories: that are under way.
        history_s: for how long one of them has had no page, at most; 0 without.
        compared_s: since both sides were last compared by the night's timer.
        remained: differences that this found a second time and that nobody decided.
        unmeasured: how many things could not be measured.
    """

    event: ClassVar[str] = "watched"

    depth: int | None = None
    poison: int | None = None
    oldest_s: float | None = None
    unserved_s: float | None = None
    taken_s: float | None = None
    webhook_s: float | None = None
    poll_s: float | None = None
    polled_s: float | None = None
    connections: int | None = None
    reconnect: int | None = None
    token_s: float | None = None
    callbacks: int | None = None
    callbacks_down: int | None = None
    backfill: int | None = None
    backfill_poison: int | None = None
    backfill_oldest_s: float | None = None
    histories: int | None = None
    history_s: float | None = None
    compared_s: float | None = None
    remained: int | None = None
    unmeasured: int = 0


@dataclass(frozen=True, kw_only=True)
class StillWaiting(Line):
    """What waits was counted, which is done every ten minutes.

    Attributes:
        records: that are not in Sales, without what a person or the record itself decided.
        oldest_s: for how long the first of them has been waiting; 0 when there is none.
        circuits: services and logins through which nothing goes.
        problems: refusals whose end records wait for.
        stopped_s: for how long the first of these services, logins and refusals lasts; 0 without.
    """

    event: ClassVar[str] = "waiting"

    records: int
    oldest_s: float
    circuits: int
    problems: int
    stopped_s: float


@dataclass(frozen=True, kw_only=True)
class Connected(Line):
    """How a login to FreshBooks stands.

    Attributes:
        connection: names the login; it is random.
        age_s: since its tokens were last exchanged.
        expires_s: until its access token ends.
    """

    event: ClassVar[str] = "connection"

    connection: str
    state: str
    age_s: float | None = None
    expires_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class CallbackLine(Line):
    """A webhook of ours in FreshBooks is not as it should be, or is again.

    Attributes:
        state: disabled, lost, moved, without a verifier, unneeded, unverified or live.
    """

    event: ClassVar[str] = "callback"

    business: str
    noun: str
    state: str
    text: str = ""

    @property
    def level(self) -> Level:
        """Trouble is told louder than its end."""
        return Level.INFO if self.state == "live" else Level.WARNING


@dataclass(frozen=True, kw_only=True)
class Refused(Counted):
    """Webhooks were refused.

    Attributes:
        why: a `Refusal`.
    """

    event: ClassVar[str] = "refused"

    why: str

    @property
    def level(self) -> Level:
        """They are units that failed."""
        return Level.WARNING


@dataclass(frozen=True, kw_only=True)
class Trouble(Counted):
    """Something does not go on by itself.

    Attributes:
        what: a `Need`.
        text: what, why and who has to do what.
    """

    event: ClassVar[str] = "trouble"

    what: str
    text: str

    @property
    def level(self) -> Level:
        """What heals by itself is a warning."""
        return Level.WARNING if self.what == Need.PATIENCE else Level.ERROR


@dataclass(frozen=True, kw_only=True)
class Requested(Line):
    """What was asked of a service since the last such line of this process.

    Attributes:
        requests: how many, each try counted.
        throttled: those it answered with 429.
        failed: those it answered with another 408 or a 5xx.
        lost: those without an answer.
        ms: how long they took together.
    """

    event: ClassVar[str] = "requested"

    service: str
    requests: int
    throttled: int
    failed: int
    lost: int
    ms: float


class Refusal(StrEnum):
    """Why a webhook is refused."""

    ADDRESS = "address"  # nobody gave FreshBooks such an address
    SIGNATURE = "signature"
    HANDSHAKE = "handshake"  # nobody waits for one
    TOO_LARGE = "too large"
    EMPTY = "empty"  # a chunked request arrives at a Python function so
    MALFORMED = "malformed"
    NOT_READY = "not ready"  # FreshBooks delivers it again


class Need(StrEnum):
    """What is needed where something does not go on by itself."""

    RECONNECT = "reconnect"  # a new login to FreshBooks
    PERSON = "person"  # a role, a column, an address
    SETTINGS = "settings"
    PATIENCE = "patience"  # a service is down; it is tried again


LINES: Final[tuple[type[Line], ...]] = (
    Processed,
    Poisoned,
    Accepted,
    Backfilled,
    Polled,
    Reconciled,
    KeptUp,
    Watched,
    StillWaiting,
    Connected,
    CallbackLine,
    Refused,
    Trouble,
    Requested,
)


def need_of(error: ConnectorError) -> Need:
    """Return what is needed where this error keeps something from going on."""
    if isinstance(error, ReconnectNeededError):
        return Need.RECONNECT
    return Need.PERSON if isinstance(error, NeedsPersonError) else Need.PATIENCE
