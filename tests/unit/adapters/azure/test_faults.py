"""What Azure's exceptions say about a service of Azure's."""

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError

from shared.adapters.azure.faults import translated
from shared.adapters.telemetry.logs import Logs
from shared.errors import ConfigurationError, ConnectorError, RetryLaterError


def translation_of(error: AzureError) -> ConnectorError:
    told = translated("Table x: read", service="Tables", role="Reader", telemetry=Logs())
    with pytest.raises(ConnectorError) as failed, told:
        raise error
    return failed.value


def answered(status: int) -> HttpResponseError:
    error = HttpResponseError("no")
    error.status_code = status
    return error


@pytest.mark.parametrize(("status", "throttled"), [(429, True), (503, False), (408, False)])
def test_an_outage_is_the_services_and_429_is_throttling(status: int, throttled: bool) -> None:
    error = translation_of(answered(status))

    assert isinstance(error, RetryLaterError)
    assert (error.service, error.throttled) == ("Tables", throttled)


def test_no_answer_is_the_services_trouble() -> None:
    error = translation_of(ServiceRequestError("no"))

    assert isinstance(error, RetryLaterError)
    assert (error.service, error.throttled) == ("Tables", False)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_who_is_denied_is_told_by_whom(status: int) -> None:
    error = translation_of(answered(status))

    assert isinstance(error, ConfigurationError)
    assert error.service == "Tables"
