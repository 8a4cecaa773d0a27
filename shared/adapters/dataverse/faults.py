"""What a failure of Dataverse means: its codes, and who has to mend what.

Never sends anything.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from shared.adapters.http.faults import (
    ResponseAction,
    action_of,
    error_for,
    read_problem,
    retry_after,
)
from shared.errors import (
    ConfigurationError,
    ConflictError,
    ConnectorError,
    NeedsPersonError,
    RetryLaterError,
)

SERVICE: Final = "Dataverse"
CHECK_SCHEMA: Final = "Run `python -m shared schema check`: it names what is missing"
_SIGN_IN: Final = (
    "The Power Platform administrator checks that {who} is a user of this environment (an app: an "
    "application user), enabled, with the security role FreshBooks connector, see "
    "docs/dataverse.md. "
    "`python -m shared doctor` names those that are missing"
)
NO_ENVIRONMENT: Final = (
    "DATAVERSE_URL is no Dataverse environment; the administrator writes the environment's address "
    "(Power Platform admin centre, Environment URL)"
)
_NOT_FOUND: Final = 404
_SIGN_IN_REFUSED: Final = {401, 403}


class Meaning(Enum):
    """What a code of Dataverse's means, whatever the status beside it."""

    CONFLICT = auto()
    ABSENT = auto()
    SCHEMA = auto()
    LATER = auto()
    THROTTLED = auto()
    LOCKED = auto()


# Statuses beside these codes differ from message to message, so the code decides.
_CODES: Final = {
    "0x80060882": Meaning.CONFLICT,  # another version than If-Match says
    "0x80060892": Meaning.CONFLICT,  # alternate or primary key taken
    "0x80040237": Meaning.CONFLICT,  # the same, from the database
    "0x80073002": Meaning.CONFLICT,  # the same, from a unique index
    "0x80040217": Meaning.ABSENT,  # no row with this id
    "0x80060891": Meaning.ABSENT,  # no row with this alternate key
    "0x80048d19": Meaning.SCHEMA,  # a column or navigation property that is not there
    "0x80060888": Meaning.SCHEMA,  # a segment, column or key that is not there
    "0x80040216": Meaning.LATER,  # the metadata cache is behind a schema change
    "0x80071151": Meaning.LATER,  # another customization is running
    "0x80044150": Meaning.LOCKED,  # database deadlock: two requests about the same rows
    "0x80044151": Meaning.LATER,  # database timeout
    "0x80072321": Meaning.THROTTLED,  # service protection: execution time
    "0x80072322": Meaning.THROTTLED,  # service protection: number of requests
    "0x80072326": Meaning.THROTTLED,  # service protection: concurrent requests
}
THROTTLE_CODES: Final = frozenset(
    code for code, meaning in _CODES.items() if meaning is Meaning.THROTTLED
)
_UNKNOWN_KEY: Final = "key in the request uri"


def meaning_of(headers: Mapping[str, str], body: bytes) -> Meaning | None:
    """Return what the code of a failure means, None for one the status decides about."""
    problem = read_problem(headers, body)
    if _UNKNOWN_KEY in problem.message.lower():
        return Meaning.SCHEMA
    return _CODES.get(problem.code.lower())


def refusal(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    what: str,
    who: str = "",
    about_rows: bool = True,
) -> ConnectorError:
    """Return the error a failure of Dataverse stands for; a row that is missing is a conflict.

    Args:
        status: of the answer.
        headers: of the answer.
        body: of the answer.
        what: the request, for people.
        who: signed in, as a person would say it; "" when unknown.
        about_rows: whether the request is about rows, so that the schema may be why it failed.
    """

    def unauthorized(text: str) -> NeedsPersonError:
        return not_signed_in(text, who)

    def conflict() -> ConflictError:
        problem = read_problem(headers, body)
        return ConflictError(
            str(error), code=problem.code, request_id=problem.request_id, service=SERVICE
        )

    error = error_for(
        status,
        headers,
        body,
        what=what,
        service=SERVICE,
        unauthorized=unauthorized,
        throttle_codes=THROTTLE_CODES,
    )
    # Who is not let in has no schema to mend, whatever code stands beside the refusal.
    meaning = None if status in _SIGN_IN_REFUSED else meaning_of(headers, body)
    match meaning:
        case Meaning.CONFLICT | Meaning.ABSENT:
            return conflict()
        case Meaning.SCHEMA:
            mend = CHECK_SCHEMA if about_rows else NO_ENVIRONMENT
            return ConfigurationError(f"{error}. {mend}.", service=SERVICE)
        case Meaning.THROTTLED | Meaning.LATER | Meaning.LOCKED:
            return _later(error, meaning, headers)
        case None if status == _NOT_FOUND:
            return conflict()
        case None if action_of(status) is ResponseAction.MISCONFIGURED:
            return not_signed_in(str(error), who)
        case None:
            return error


def _later(error: ConnectorError, meaning: Meaning, headers: Mapping[str, str]) -> RetryLaterError:
    throttled = meaning is Meaning.THROTTLED
    asked = retry_after(headers) if throttled else getattr(error, "retry_after", None)
    # Two that lock each other's rows say nothing about Dataverse.
    whose = "" if meaning is Meaning.LOCKED else SERVICE
    return RetryLaterError(str(error), retry_after=asked, service=whose, throttled=throttled)


def not_signed_in(text: str, who: str) -> ConfigurationError:
    """Return the error of somebody whom Dataverse does not know, or allows too little."""
    named = who or "the app's identity"
    return ConfigurationError(f"{text}. {_SIGN_IN.format(who=named)}.", service=SERVICE)
