"""Findings of the doctor: what was looked at, how it is, who has to do what.

Never looks at anything itself, and never lets one check keep the others from being made.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.errors import ConnectorError, RetryLaterError

_LATER = (
    "Run the doctor again in a few minutes; if it stays, the administrator checks {settings} and "
    "whether the network lets the app through."
)
_SOMEBODY = "administrator"  # of whatever kind: such an error says itself who has to act
_ANY_SETTING = "the address in the settings"
_OURS = "Run the doctor again; if it stays, report it as a defect of the connector."


class Level(StrEnum):
    """How something is."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    SKIPPED = "skipped"


class Subject(StrEnum):
    """What the doctor looks at, in this order."""

    SETTINGS = "settings"
    AZURE = "Azure sign-in"
    KEY_VAULT = "Key Vault"
    QUEUE = "queue"
    POISON_QUEUE = "poison queue"
    TABLES = "tables"
    SERVED = "queue is served"
    ROWS = "stored rows"
    DEAD_LETTERS = "dead letters"
    HELD = "held"
    CIRCUITS = "circuit breakers"
    WAITING = "waiting"
    FRESHBOOKS_CLOCK = "clock of FreshBooks"
    DATAVERSE_CLOCK = "clock of Dataverse"
    FRESHBOOKS_APP = "FreshBooks app"
    CONNECTIONS = "FreshBooks connection"
    WEBHOOKS = "webhooks"
    HISTORIES = "histories"
    SIGN_IN = "Dataverse sign-in"
    PRIVILEGES = "Dataverse privileges"
    SCHEMA = "Dataverse schema"
    MATCH_FIELD = "match field"
    INVOICE_FIELD = "invoice match field"
    COLUMNS = "columns"
    PRICE_LISTS = "price lists"
    CURRENCIES = "currencies"
    TOTALS = "totals"
    NAMES = "account names"
    NOTICES = "notices"
    BYPASS = "custom logic left out"
    RECONCILED = "both sides compared"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        text: what was found, a sentence.
        advice: who has to do what, "" when nobody has to do anything or `text` says it.
    """

    level: Level
    subject: Subject
    text: str
    advice: str = ""


@dataclass(frozen=True)
class Check:
    """One thing to look at.

    Attributes:
        run: looks and yields what it finds; may raise.
        needs: subjects without which there is nothing to look at.
        settings: what says where to look, named when nobody answers there.
        mender: who mends what a failure names, where its own words leave open who.
    """

    subject: Subject
    run: Callable[[], Iterable[Finding]]
    needs: tuple[Subject, ...] = ()
    settings: str = _ANY_SETTING
    mender: str = "The administrator mends what is named, then runs the doctor again."


def examine(checks: Iterable[Check]) -> Iterator[Finding]:
    """Make every check that can be made and yield the findings, as they come."""
    broken: dict[Subject, None] = {}
    for check in checks:
        if lacking := [subject for subject in check.needs if subject in broken]:
            findings = [_skipped(check.subject, lacking[0])]
        else:
            findings = _made(check)
        if any(finding.level in {Level.FAILURE, Level.SKIPPED} for finding in findings):
            broken[check.subject] = None
        yield from findings


def unsettled(problem: str) -> list[Finding]:
    """Return the findings when the settings are wrong, and nothing else can be looked at."""
    rest = [subject for subject in Subject if subject is not Subject.SETTINGS]
    return [
        Finding(Level.FAILURE, Subject.SETTINGS, problem),
        *(_skipped(subject, Subject.SETTINGS) for subject in rest),
    ]


def left_out(check: Check, reason: str) -> Check:
    """Return a check that is not made, for a reason that nobody has to mend."""
    return replace(
        check,
        run=lambda: [Finding(Level.SKIPPED, check.subject, f"Not looked at: {reason}.")],
        needs=(),
    )


def _made(check: Check) -> list[Finding]:
    try:
        return list(check.run())
    except ConnectorError as error:
        named = "" if _SOMEBODY in str(error) else check.mender
        later = _LATER.format(settings=check.settings)
        advice = later if isinstance(error, RetryLaterError) else named
        return [Finding(Level.FAILURE, check.subject, str(error), advice)]
    except Exception as error:  # noqa: BLE001  # a defect in one check must not hide the others
        # Its text may hold anything, so only its kind is told.
        text = f"The check itself failed ({type(error).__name__})."
        return [Finding(Level.FAILURE, check.subject, text, _OURS)]


def _skipped(subject: Subject, lacking: Subject) -> Finding:
    return Finding(Level.SKIPPED, subject, f"Not checked: first mend {lacking}.")
