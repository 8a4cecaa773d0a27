"""What FreshBooks' answers mean, in every shape it words an error."""

import json

import pytest
import requests

from shared.adapters.freshbooks.answers import read_faults, read_result
from shared.errors import ConfigurationError, ConnectorError, RecordRefusedError, RetryLaterError

GONE_CLASSIC = {"response": {"errors": [{"errno": 1012, "message": "Client not found."}]}}
DELETED_CLASSIC = {"response": {"errors": {"errno": 1011, "message": "Deleted."}}}
GONE_GOOGLE = {
    "code": 5,
    "message": "Request failed with status_code: 404",
    "details": [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "1012",
            "metadata": {"message": "Client not found.", "field": "userid"},
        }
    ],
}
NO_ACCOUNT = {"response": {"errors": [{"errno": 404, "message": "Account not found"}]}}


def answered(status, body):
    response = requests.Response()
    response.status_code = status
    response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return response


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("body", [GONE_CLASSIC, DELETED_CLASSIC, GONE_GOOGLE])
def test_an_unknown_or_deleted_row_is_none_whatever_the_status(status, body):
    assert read_result(answered(status, body), what="GET client 17") is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, NO_ACCOUNT),
        (404, b""),
        (404, {"error": "Requested resource could not be found."}),
        (404, {"code": 5, "message": "Requested resource could not be found.", "details": []}),
        (403, {"response": {"errors": [{"errno": 1012, "message": "Permission Denied"}]}}),
        (403, b"<html>Forbidden</html>"),
        (200, {"response": {"errors": [{"errno": 12001, "message": "No access to items."}]}}),
        (400, {"response": {"errors": [{"errno": 1003, "message": "Access denied."}]}}),
    ],
)
def test_a_wrong_account_or_missing_access_never_looks_like_a_deletion(status, body):
    with pytest.raises(ConfigurationError, match=f"answered {status}"):
        read_result(answered(status, body), what="GET client 17")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (409, {"response": {"errors": [{"errno": 409, "message": "Being modified."}]}}),
        (200, {"response": {"errors": [{"errno": 500, "message": "ORM error"}]}}),
        (200, b"<html>We will be back soon</html>"),
        (200, b'{"response": {"res'),
        (200, {"response": {}}),
        (200, []),
    ],
)
def test_what_time_heals_is_tried_later(status, body):
    with pytest.raises(RetryLaterError, match="GET client 17"):
        read_result(answered(status, body), what="GET client 17")


@pytest.mark.parametrize(
    ("status", "body", "service"),
    [
        (409, {"response": {"errors": [{"errno": 409, "message": "Being modified."}]}}, ""),
        (409, b"", ""),
        (200, {"response": {"errors": [{"errno": 500, "message": "ORM error"}]}}, "FreshBooks"),
        (409, {"response": {"errors": [{"errno": 500, "message": "ORM error"}]}}, "FreshBooks"),
        (200, b"<html>We will be back soon</html>", "FreshBooks"),
        (200, {"response": {}}, ""),
        (404, NO_ACCOUNT, "FreshBooks"),
        (422, {"response": {"errors": [{"errno": 1015, "message": "x"}]}}, "FreshBooks"),
    ],
)
def test_a_row_that_is_busy_says_nothing_about_freshbooks(status, body, service):
    with pytest.raises(ConnectorError) as failed:
        read_result(answered(status, body), what="GET client 17")

    assert failed.value.service == service


def test_a_refused_value_names_its_errno_and_field():
    body = {"response": {"errors": [{"errno": 1015, "message": "not a number", "field": "id"}]}}

    with pytest.raises(RecordRefusedError, match=r"errno 1015: not a number \[id\]") as refused:
        read_result(answered(422, body), what="GET client 17")
    assert refused.value.code == "1015"


def test_a_result_is_returned_with_exact_numbers():
    result = read_result(
        answered(200, b'{"response": {"result": {"rate": 0.1, "client": {"id": 1}}}}'),
        what="GET client 1",
    )

    assert str(result["rate"]) == "0.1"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errno": 422, "message": "No.", "details": ["event: unknown"]}, "No. event: unknown"),
        ({"errors": {"message": "bad"}}, "bad"),
        ({"error": "unauthenticated", "error_description": "Log in."}, "unauthenticated Log in."),
        ({"message": "invalid_token: no"}, "invalid_token: no"),
        (
            {"code": 3, "details": [{"fieldViolations": [{"field": "uri", "description": "bad"}]}]},
            "bad",
        ),
    ],
)
def test_every_family_words_its_errors_in_its_own_way(body, words):
    assert [fault.message for fault in read_faults(body)] == [words]


@pytest.mark.parametrize("body", [{}, {"response": {"result": {}}}, {"response": {"errors": []}}])
def test_a_body_without_an_error_has_none(body):
    assert read_faults(body) == []
