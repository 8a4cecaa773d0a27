"""What a failure of Dataverse says about Dataverse, and what about the rows alone."""

import json

import pytest

from shared.adapters.dataverse.faults import THROTTLE_CODES, refusal
from shared.errors import ConfigurationError, ConnectorError, RecordRefusedError, RetryLaterError


def refused(status: int, code: str, **headers: str) -> ConnectorError:
    body = json.dumps({"error": {"code": code, "message": "no"}}).encode()
    return refusal(status, headers, body, what="Dataverse: POST accounts")


@pytest.mark.parametrize("status", [400, 429, 500, 503])
@pytest.mark.parametrize("code", ["0x80072321", "0x80072322", "0x80072326"])
def test_service_protection_is_throttling_whatever_the_status(status: int, code: str) -> None:
    error = refused(status, code.upper().replace("X", "x"), **{"Retry-After": "17"})

    assert isinstance(error, RetryLaterError)
    assert (error.service, error.throttled, error.retry_after) == ("Dataverse", True, 17.0)


def test_the_codes_of_service_protection_are_known_by_their_meaning() -> None:
    assert {"0x80072321", "0x80072322", "0x80072326"} == THROTTLE_CODES


@pytest.mark.parametrize(
    ("status", "code", "service"),
    [
        (503, "", "Dataverse"),
        (500, "0x80044151", "Dataverse"),  # the database was too slow
        (400, "0x80040216", "Dataverse"),  # the metadata cache is behind
        (400, "0x80044150", ""),  # two requests lock each other's rows
    ],
)
def test_a_deadlock_says_nothing_about_dataverse(status: int, code: str, service: str) -> None:
    error = refused(status, code)

    assert isinstance(error, RetryLaterError)
    assert (error.service, error.throttled) == (service, False)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "0x80040220", ConfigurationError),
        (401, "", ConfigurationError),
        (400, "0x80048d19", ConfigurationError),
        (400, "0x80040265", RecordRefusedError),
    ],
)
def test_a_refusal_says_that_it_is_dataverses(
    status: int, code: str, kind: type[ConfigurationError | RecordRefusedError]
) -> None:
    error = refused(status, code)

    assert isinstance(error, kind)
    assert error.service == "Dataverse"
