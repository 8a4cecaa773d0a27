import http.client
import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from sandbox.freshbooks.webhook import SIGNATURE, post

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

UNHEARD = itertools.count(990_000_001)


@pytest.fixture
def endpoint(sandbox):
    """Posts to the invoice webhook."""
    parts = urlsplit(sandbox.functions)
    hook = next(
        one for one in sandbox.books.get("/_sandbox/callbacks") if one["event"] == "invoice"
    )

    class Endpoint:
        path = urlsplit(hook["uri"]).path

        def deliver(self, body, headers):
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
            try:
                connection.request("POST", self.path, body=body, headers=headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
            finally:
                connection.close()

    return Endpoint()


@pytest.fixture
def unheard(sandbox):
    """The number of an invoice that nothing but a webhook can ask for: the books have no such."""
    number = next(UNHEARD)
    sandbox.books.fail(kind="delay", seconds=0, path=f"/invoices/[0-9]*{number}$")
    yield number
    sandbox.books.heal()


@pytest.fixture
def was_asked_for(sandbox, settling):
    """Whether FreshBooks was asked for the invoice, once everything is at rest.

    Other records may be worked on meanwhile: those that earlier tests left waiting.
    """

    def look():
        settling.drain()
        return sandbox.books.get("/_sandbox/faults") == []

    return look


@pytest.fixture
def signed(sandbox, unheard):
    """A change as FreshBooks posts it: body and headers, signed for the invoice callback."""
    verifier = next(
        one["verifier"]
        for one in sandbox.books.get("/_sandbox/callbacks")
        if one["event"] == "invoice"
    )
    form = {
        "name": "invoice.update",
        "object_id": str(unheard),
        "account_id": sandbox.books.account,
        "business_id": "8675301",
        "identity_id": "4242001",
        "user_id": "1",
    }
    return post(form, verifier)


def unsigned(body, headers):
    return body, {name: value for name, value in headers.items() if name != SIGNATURE}


def wrongly_signed(body, headers):
    return body, headers | {SIGNATURE: headers[SIGNATURE][::-1]}


def signed_for_something_else(body, headers):
    return body.replace(b"object_id=", b"object_id=1"), headers


def truncated(body, headers):
    return body[: len(body) // 2], headers


def oversized(body, headers):
    return body + b"&note=" + b"x" * 100_000, headers


def not_a_form(body, headers):
    return b'{"name": "invoice.update"}', headers | {"Content-Type": "application/json"}


def chunked(body, headers):
    # An iterable body without a length is sent in chunks; the host hands on an empty one.
    return iter([body]), headers


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        (unsigned, 401),
        (wrongly_signed, 401),
        (signed_for_something_else, 401),
        (truncated, 401),
        (oversized, 413),
        (not_a_form, 400),
        (chunked, 400),
    ],
)
def test_a_bad_webhook_is_refused_in_a_few_words_and_nothing_is_queued(
    endpoint, signed, was_asked_for, spoil, status
):
    answered, said = endpoint.deliver(*spoil(*signed))

    assert answered == status
    assert list(json.loads(said)) == ["error"]
    assert not was_asked_for()


def test_a_good_webhook_is_queued_and_worked_off(endpoint, signed, was_asked_for):
    answered, said = endpoint.deliver(*signed)

    assert (answered, json.loads(said)) == (200, {"status": "queued"})
    assert was_asked_for()


def test_webhooks_that_arrive_together_at_a_cold_start_are_all_taken(
    sandbox, start_host, endpoint, signed
):
    sandbox.stop_host()
    start_host()

    with ThreadPoolExecutor(8) as together:
        answers = list(together.map(lambda _: endpoint.deliver(*signed)[0], range(8)))

    assert answers == [200] * 8


def test_what_was_refused_is_logged_without_its_body(sandbox, endpoint, signed):
    body, headers = signed
    endpoint.deliver(body + b"&note=for-your-eyes-only", headers)

    assert "for-your-eyes-only" not in sandbox.log.read_text()
