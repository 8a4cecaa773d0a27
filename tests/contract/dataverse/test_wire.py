"""What surrounds every answer: authentication, headers, protection limits, sizes, latency."""

import threading
import time

import pytest
import requests

from sandbox.dataverse import Dataverse, Limits
from sandbox.dataverse.limits import Throttle


def test_without_a_token_the_answer_is_a_challenge(api):
    answer = requests.Session()
    answer.mount(api.origin, api.session.adapters[api.origin])
    found = answer.get(api.root + "accounts")

    assert found.status_code == 401
    assert found.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=https://")
    assert f"resource_id={api.origin}" in found.headers["WWW-Authenticate"]


def test_a_token_can_be_refused_as_invalid_or_as_lacking_privileges(api_of):
    def check(token):
        if token == "stranger":
            raise PermissionError("not an application user")
        return token == "good"

    api = api_of(Dataverse(token_check=check))
    statuses = {}
    for token in ("good", "bad", "stranger"):
        api.session.headers["Authorization"] = f"Bearer {token}"
        statuses[token] = api.get("WhoAmI").status_code

    assert statuses == {"good": 200, "bad": 401, "stranger": 403}


def test_every_answer_carries_request_ids_the_parallelism_hint_and_what_is_left(api):
    good = api.get("WhoAmI", **{"x-ms-client-request-id": "mine"})
    bad = api.get("nothings")

    for answer in (good, bad):
        assert answer.headers["x-ms-service-request-id"] == answer.headers["REQ_ID"]
        assert int(answer.headers["x-ms-dop-hint"]) > 0
        assert int(answer.headers["x-ms-ratelimit-burst-remaining-xrm-requests"]) < 6000
        assert "x-ms-ratelimit-time-remaining-xrm-requests" in answer.headers
        assert answer.headers["OData-Version"] == "4.0"
    assert good.headers["x-ms-client-request-id"] == "mine"
    assert good.headers["REQ_ID"] != bad.headers["REQ_ID"]


def test_the_affinity_cookie_is_set_until_a_client_brings_it(api):
    first = api.get("WhoAmI")
    cookie = first.headers["Set-Cookie"].partition(";")[0]
    second = api.get("WhoAmI", Cookie=cookie)

    assert cookie.startswith("ARRAffinity=")
    assert "Set-Cookie" not in second.headers


def test_errors_have_the_service_s_envelope(api):
    answer = api.get("nothings")

    assert set(answer.json()) == {"error"}
    assert set(answer.json()["error"]) == {"code", "message"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"OData-Version": "3.0"}, 400),
        ({"Accept": "application/xml"}, 415),
        ({"Prefer": "handling=strict"}, 501),
        ({"Prefer": "odata.track-changes"}, 501),
        ({"Prefer": "return=everything"}, 400),
        ({"Prefer": "odata.maxpagesize=none"}, 400),
        ({"MSCRM.SuppressDuplicateDetection": "false"}, 501),
        ({"MSCRM.SuppressDuplicateDetection": "true"}, 200),
        ({"MSCRM.Something": "1"}, 501),
        ({"MSCRMCallerID": "1"}, 501),
        ({"Consistency": "Strong"}, 200),
    ],
)
def test_a_header_that_is_not_understood_is_never_ignored(api, headers, status):
    assert api.get("accounts", **headers).status_code == status


def test_the_request_limit_answers_429_with_retry_after_that_grows(api_of, code):
    api = api_of(Dataverse(limits=Limits(requests=2)))
    answers = [api.get("WhoAmI") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert code(answers[2]) == (429, "0x80072322")
    waits = [int(answer.headers["Retry-After"]) for answer in answers[2:]]
    assert 0 < waits[0] <= 300
    assert waits[1] > waits[0]


def test_a_batch_counts_as_one_request(api_of, a_part):
    api = api_of(Dataverse(limits=Limits(requests=1)))

    answer = api.batch(*[a_part("POST", "accounts", {"name": "A"}) for _ in range(5)])

    assert answer.status_code == 200
    assert api.get("WhoAmI").status_code == 429


def test_the_execution_time_limit_answers_its_own_code(api_of, code):
    api = api_of(Dataverse(latency=0.02, limits=Limits(execution=0.01)))

    first, second = api.get("WhoAmI"), api.get("WhoAmI")

    assert first.status_code == 200
    assert code(second) == (429, "0x80072321")


def test_too_many_requests_at_once_are_refused_while_they_last(api_of, code):
    api = api_of(Dataverse(latency=0.2, limits=Limits(concurrent=1)))
    slow = threading.Thread(target=api.get, args=("WhoAmI",))
    slow.start()
    time.sleep(0.05)

    refused = api.get("WhoAmI")
    slow.join()

    assert code(refused) == (429, "0x80072326")
    assert api.get("WhoAmI").status_code == 200


def test_the_window_slides(clock):
    throttle = Throttle(Limits(requests=1, window=300), clock=lambda: clock().timestamp())

    with throttle.request():
        clock.forward(1)
    clock.forward(298)
    before = throttle.headers()["x-ms-ratelimit-burst-remaining-xrm-requests"]
    clock.forward(2)
    after = throttle.headers()["x-ms-ratelimit-burst-remaining-xrm-requests"]

    assert (before, after) == ("0", "1")


def test_limits_can_be_switched_off(api_of):
    api = api_of(Dataverse(limits=None))

    answer = api.get("WhoAmI")

    assert answer.status_code == 200
    assert "x-ms-ratelimit-burst-remaining-xrm-requests" not in answer.headers


def test_a_body_that_is_too_large_is_413(api_of):
    api = api_of(Dataverse(limits=Limits(body=1000)))

    assert api.post("accounts", {"description": "x" * 900}).status_code == 204
    assert api.post("accounts", {"description": "x" * 1000}).status_code == 413


def test_a_url_that_is_too_long_is_refused_outside_a_batch_only(api, a_part, parts):
    long = "accounts?$filter=" + " or ".join(["name eq 'x'"] * 2500)

    assert api.get(long).status_code == 414
    assert parts(api.batch(a_part("GET", long.replace(" ", "%20")))).statuses == [200]


def test_latency_is_per_request_and_per_operation_that_reads_or_writes(api_of, a_part):
    dataverse = Dataverse(latency=0.03, latency_per_read=0.005, latency_per_write=0.01)
    api = api_of(dataverse)
    api.get("WhoAmI")
    single = dataverse.throttle.used().seconds
    api.batch(
        *[a_part("POST", "accounts", {"name": "A"}) for _ in range(8)],
        *[a_part("GET", "accounts?$top=1")] * 4,
    )
    used = dataverse.throttle.used()

    assert 0.035 <= single < 0.08
    assert 0.13 <= used.seconds - single < 0.3
    assert used.requests == 2


def test_what_is_refused_is_counted_by_its_limit(api_of):
    dataverse = Dataverse(limits=Limits(requests=1))
    api = api_of(dataverse)
    for _ in range(3):
        api.get("WhoAmI")

    assert dataverse.throttle.used().requests == 1
    assert dataverse.throttle.used().refused == {"0x80072322": 2}


def test_addresses_in_answers_are_those_the_client_called(dataverse):
    session = requests.Session()
    from sandbox.web import InProcess

    session.mount("http://127.0.0.1:7100", InProcess(dataverse))
    headers = {"Authorization": "Bearer x"}
    root = "http://127.0.0.1:7100/api/data/v9.2/"

    made = session.post(root + "accounts", json={"name": "A"}, headers=headers)

    assert made.headers["OData-EntityId"].startswith(root + "accounts(")


def test_sixteen_threads_write_without_losing_anything(api_of, dataverse):
    def work(number):
        api = api_of(dataverse)
        for step in range(10):
            assert api.post("accounts", {"name": f"{number}-{step}"}).status_code == 204

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rows = dataverse.all("account")
    assert len({row["name"] for row in rows}) == 160
    assert len({row["versionnumber"] for row in rows}) == 160
