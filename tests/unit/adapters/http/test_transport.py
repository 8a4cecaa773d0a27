"""One request to a service: what is retried, what is renewed, what every answer becomes."""

import contextlib
import json
import logging
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Request, Response

from sandbox.web import InProcess, drop_connection
from shared.adapters.http.exact_json import decode_json, encode_json
from shared.adapters.http.faults import error_for, read_problem
from shared.adapters.http.limiter import Limiter
from shared.adapters.http.membership import Membership
from shared.adapters.http.transport import Transport
from shared.core.rates import Budget
from shared.errors import (
    ConfigurationError,
    ConflictError,
    ConnectorError,
    ReconnectNeededError,
    RecordRefusedError,
    RetryLaterError,
)
from shared.sync.ports import Traffic, traffic

BASE = "https://api.example.org"


class Service:
    """Answers what it is told to, in order, the last one for ever; keeps what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.seen = []

    def __call__(self, environ, start_response):
        request = Request(environ)
        self.seen.append((request, request.get_data()))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer) and not isinstance(answer, Response):
            answer()
        return answer(environ, start_response)

    def sent(self, header):
        return [request.headers.get(header) for request, _ in self.seen]


def answer(status=200, body="{}", **headers):
    return Response(
        body,
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        content_type=headers.pop("content_type", "application/json"),
    )


def over(service, **options):
    naps = []
    session = requests.Session()
    session.mount("https://", InProcess(service))
    transport = Transport(
        service="Books",
        base_url=BASE,
        session=session,
        timeout=(1, 1),
        sleep=naps.append,
        random=lambda: 0.5,
        **options,
    )
    return transport, naps


class Tokens:
    def __init__(self):
        self.asked = []

    def __call__(self, rejected):
        self.asked.append(rejected)
        return "new" if rejected == "old" else "old"


def test_a_success_is_returned_and_its_retry_after_is_ignored():
    service = Service(answer(200, '{"a": 1}', Retry_After="100"))
    transport, naps = over(service)

    response = transport.send("GET", "/a", idempotent=True)

    assert (response.status_code, response.content, naps) == (200, b'{"a": 1}', [])


def test_an_idempotent_request_is_sent_again_after_an_outage_of_a_moment():
    service = Service(answer(503), answer(200))
    transport, naps = over(service)

    response = transport.send("GET", "/a", idempotent=True)

    assert response.status_code == 200
    assert naps == [0.2]


def test_an_outage_that_lasts_is_for_the_queue():
    service = Service(answer(500))
    transport, _ = over(service)

    with pytest.raises(RetryLaterError, match="GET /a was answered 500"):
        transport.send("GET", "/a", idempotent=True)

    assert len(service.seen) == 2


@pytest.mark.parametrize("fault", [answer(503), answer(503, Retry_After="1"), drop_connection])
def test_a_probe_is_one_request(fault):
    service = Service(fault)
    transport, naps = over(service)

    with traffic(Traffic.PROBE), pytest.raises(RetryLaterError):
        transport.send("GET", "/a", idempotent=True)

    assert (len(service.seen), naps) == (1, [])


@pytest.mark.parametrize("fault", [answer(429), answer(429, Retry_After="30")])
def test_a_service_that_asks_for_fewer_requests_is_not_asked_again_at_once(fault):
    service = Service(fault)
    transport, naps = over(service)

    with pytest.raises(RetryLaterError) as throttled:
        transport.send("GET", "/a", idempotent=True)

    assert (len(service.seen), naps) == (1, [])
    assert throttled.value.throttled


def limited(*answers, budget, per_advised=0.0, **options):
    service = Service(*answers)
    membership = Membership(budget, None)
    limiter = Limiter("Books", membership, longest_wait=0.05, per_advised=per_advised)
    transport, _ = over(service, limiter=limiter, **options)
    return service, limiter, transport


def test_every_single_try_has_a_turn_of_its_own():
    service, _, transport = limited(answer(503), budget=Budget(0.001, 1))
    with pytest.raises(RetryLaterError, match="503"):
        transport.send("GET", "/a", idempotent=True)

    with pytest.raises(RetryLaterError, match="of our own") as late:
        transport.send("GET", "/a", idempotent=True)

    assert len(service.seen) == 3  # the burst
    assert late.value.service == ""


@pytest.mark.parametrize(
    ("advice", "advised"), [("4", 4), ("0", None), ("many", None), ("", None), ("9" * 9, 1000)]
)
def test_how_many_at_once_the_service_advises_is_read_off_its_answers(advice, advised):
    answered = answer(200, x_ms_dop_hint=advice)
    _, limiter, transport = limited(answered, budget=Budget(20, 52), per_advised=1.0)
    transport.send("GET", "/a", idempotent=True)

    assert limiter._advised == advised


def test_requests_of_one_address_and_size_are_expected_to_take_what_the_last_ones_took():
    _, limiter, transport = limited(answer(200), budget=Budget(20, 52))
    for size in (10, 15, 5000):
        transport.send("POST", "/$batch", idempotent=True, data=b"x" * size)

    assert sorted(limiter._expected._by_kind) == ["POST /$batch 13", "POST /$batch 4"]


def test_what_cannot_wait_needs_no_turn():
    service, _, transport = limited(answer(200), budget=Budget(0.001, 1))
    for _ in range(9):
        transport.send("POST", "/token", idempotent=False, in_turn=False)

    assert len(service.seen) == 9


@pytest.mark.parametrize(
    ("given_answer", "part"),
    [
        (answer(200), 1.0),
        (answer(404), 1.0),
        (answer(503), 0.7),
        (answer(429), 0.5),
        (answer(400, '{"error": {"code": "0xAB"}}'), 0.5),
        (drop_connection, 0.7),
    ],
)
def test_the_limiter_learns_from_every_answer(given_answer, part):
    _, limiter, transport = limited(given_answer, budget=Budget(20, 52), throttle_codes={"0xab"})

    with contextlib.suppress(ConnectorError):
        transport.send("GET", "/a", idempotent=False)

    assert limiter.part == part


@pytest.mark.parametrize("fault", [answer(503), answer(429), drop_connection])
def test_a_request_that_must_not_be_repeated_is_sent_once(fault):
    service = Service(fault)
    transport, naps = over(service)

    with pytest.raises(RetryLaterError):
        transport.send("POST", "/token", data={"secret": "x"}, idempotent=False)

    assert (len(service.seen), naps) == (1, [])


def test_a_lost_connection_is_tried_again():
    service = Service(drop_connection, answer(200))
    transport, _ = over(service)

    assert transport.send("GET", "/a", idempotent=True).status_code == 200


def test_a_service_that_hung_once_is_not_asked_again_here():
    def hang():
        raise requests.ReadTimeout

    service = Service(hang)
    transport, _ = over(service)

    with pytest.raises(RetryLaterError, match="ReadTimeout"):
        transport.send("GET", "/a", idempotent=True)

    assert len(service.seen) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_short_retry_after_is_waited_for(status):
    service = Service(answer(status, Retry_After="2"), answer(200))
    transport, naps = over(service)

    assert transport.send("GET", "/a", idempotent=True).status_code == 200
    assert naps == [2.2]


def test_a_long_retry_after_is_for_the_queue():
    service = Service(answer(429, Retry_After="120"))
    transport, naps = over(service)

    with pytest.raises(RetryLaterError) as caught:
        transport.send("GET", "/a", idempotent=True)

    assert (caught.value.retry_after, len(service.seen), naps) == (120, 1, [])


def test_a_retry_after_may_be_a_date():
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    service = Service(answer(503, Retry_After="Thu, 01 Jan 2026 12:01:30 GMT"))
    transport, _ = over(service, clock=noon.timestamp)

    with pytest.raises(RetryLaterError) as caught:
        transport.send("GET", "/a", idempotent=True)

    assert caught.value.retry_after == 90


@pytest.mark.parametrize("nonsense", ["soon", "-5", "1e3", "", "Thu, 99 Jan 2026 12:01:30 GMT"])
def test_a_retry_after_nobody_can_read_is_none(nonsense):
    service = Service(answer(503, Retry_After=nonsense))
    transport, _ = over(service)

    with pytest.raises(RetryLaterError) as caught:
        transport.send("GET", "/a", idempotent=True)

    assert caught.value.retry_after is None


def test_an_outage_without_a_meaning_for_retry_after_does_not_repeat_it():
    transport, _ = over(Service(answer(500, Retry_After="100")))

    with pytest.raises(RetryLaterError) as caught:
        transport.send("GET", "/a", idempotent=True)

    assert caught.value.retry_after is None


def test_a_refused_token_is_renewed_once_and_the_request_sent_again():
    service, tokens = Service(answer(401), answer(200)), Tokens()
    transport, _ = over(service)

    response = transport.send("POST", "/a", idempotent=False, authorize=tokens)

    assert response.status_code == 200
    assert service.sent("Authorization") == ["Bearer old", "Bearer new"]
    assert tokens.asked == [None, "old"]


def test_a_token_refused_twice_is_the_error_the_caller_chose():
    service = Service(answer(401))
    transport, _ = over(service)

    with pytest.raises(ReconnectNeededError, match="401"):
        transport.send(
            "GET",
            "/a",
            idempotent=True,
            authorize=Tokens(),
            unauthorized=ReconnectNeededError,
            expected=range(400, 500),
        )

    assert len(service.seen) == 2


def test_without_a_token_a_401_can_be_expected():
    transport, _ = over(Service(answer(401)))

    response = transport.send("POST", "/token", idempotent=False, expected=range(400, 500))

    assert response.status_code == 401


def test_what_the_token_source_raises_passes_through():
    def refuse(_rejected):
        raise ReconnectNeededError("connect again")

    transport, _ = over(Service(answer(200)))

    with pytest.raises(ReconnectNeededError, match="connect again"):
        transport.send("GET", "/a", idempotent=True, authorize=refuse)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, ConfigurationError),
        (400, RecordRefusedError),
        (401, ConfigurationError),
        (403, ConfigurationError),
        (405, RecordRefusedError),
        (408, RetryLaterError),
        (409, RecordRefusedError),
        (412, ConflictError),
        (413, RecordRefusedError),
        (422, RecordRefusedError),
        (429, RetryLaterError),
        (500, RetryLaterError),
        (501, RecordRefusedError),
        (504, RetryLaterError),
        (599, RetryLaterError),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>oops</html>", b'{"error": {"co', b'{"error": []}'])
def test_every_status_becomes_its_error_whatever_the_body(status, kind, body):
    transport, _ = over(Service(answer(status, body)))

    with pytest.raises(kind, match=f"GET /a was answered {status}"):
        transport.send("GET", "/a", idempotent=False)


def test_a_missing_record_is_left_to_the_caller():
    transport, _ = over(Service(answer(404)))

    assert transport.send("GET", "/a", idempotent=True).status_code == 404


def test_expecting_all_client_errors_never_hides_throttling():
    transport, _ = over(Service(answer(429)))

    with pytest.raises(RetryLaterError):
        transport.send("GET", "/a", idempotent=False, expected=range(400, 500))


def test_a_redirect_is_not_followed_and_names_the_host_alone():
    service = Service(answer(302, Location="https://elsewhere.example.org/x?secret=1"))
    transport, _ = over(service)

    with pytest.raises(ConfigurationError, match="elsewhere") as caught:
        transport.send("GET", "/a", idempotent=True)

    assert "secret" not in str(caught.value)
    assert len(service.seen) == 1


def test_an_error_carries_the_services_code_and_request_id():
    body = json.dumps({"error": {"code": "0x80044331", "message": "Too\nlong\x00" + "x" * 900}})
    transport, _ = over(Service(answer(400, body, x_ms_service_request_id="abc-1")))

    with pytest.raises(RecordRefusedError) as caught:
        transport.send("GET", "/a", idempotent=True)

    assert (caught.value.code, caught.value.request_id) == ("0x80044331", "abc-1")
    assert "Too long" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_no_secret_and_no_query_reaches_an_error_or_the_log(caplog):
    caplog.set_level(logging.DEBUG)
    service = Service(answer(400, '{"error": "invalid_grant", "refresh_token": "s3cret"}'))
    transport, _ = over(service)

    with pytest.raises(RecordRefusedError) as caught:
        transport.send(
            "POST",
            "/token",
            params=[("name", "s3cret")],
            data={"refresh_token": "s3cret"},
            headers={"X-Key": "s3cret"},
            authorize=lambda _rejected: "s3cret",
            idempotent=False,
        )

    assert "invalid_grant" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("shared")]
    assert any("POST /token 400" in line for line in ours)
    assert not any("s3cret" in line for line in ours)


def test_a_link_to_another_server_never_gets_the_token():
    service = Service(answer(200))
    transport, _ = over(service)

    with pytest.raises(ConfigurationError, match=r"evil\.example\.org"):
        transport.send(
            "GET", "https://evil.example.org/a", idempotent=True, authorize=lambda _: "t"
        )

    assert service.seen == []


def test_a_link_to_the_same_server_is_followed_to_the_letter():
    service = Service(answer(200))
    transport, _ = over(service)

    transport.send("GET", f"{BASE}/a?$skiptoken=%3Ccookie%20x%3D%22%22%3E", idempotent=True)

    assert service.seen[0][0].environ["REQUEST_URI"] == ("/a?$skiptoken=%3Ccookie%20x%3D%22%22%3E")


def test_a_cookie_of_the_service_is_not_sent_back():
    service = Service(answer(200, Set_Cookie="ARRAffinity=server7; Path=/"), answer(200))
    transport, _ = over(service)

    transport.send("GET", "/a", idempotent=True)
    transport.send("GET", "/a", idempotent=True)

    assert service.sent("Cookie") == [None, None]


def test_a_netrc_of_the_machine_changes_nothing(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.example.org login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    service = Service(answer(200))
    transport, _ = over(service)

    transport.send("GET", "/a", idempotent=True, authorize=lambda _rejected: "token")
    transport.send("GET", "/a", idempotent=True)

    assert service.sent("Authorization") == ["Bearer token", None]


def test_a_get_has_no_content_type_and_a_body_has_one():
    service = Service(answer(200))
    transport, _ = over(service)

    transport.send("GET", "/a", idempotent=True)
    transport.send("POST", "/a", idempotent=False, json={"amount": Decimal("10.10")})

    assert service.sent("Content-Type") == [None, "application/json"]
    assert service.seen[1][1] == b'{"amount":10.10}'


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": 1', b"\xff\xfe", b"[" * 100_000, b"NaN"])
def test_a_success_that_is_no_json_is_for_the_queue(body):
    transport, _ = over(Service(answer(200, body)))
    response = transport.send("GET", "/a", idempotent=True)

    with pytest.raises(RetryLaterError, match="is no JSON"):
        transport.read_json(response)


def test_amounts_of_an_answer_are_exact():
    transport, _ = over(Service(answer(200, '{"amount": 0.1000, "count": 3}')))

    read = transport.read_json(transport.send("GET", "/a", idempotent=True))

    assert read == {"amount": Decimal("0.1000"), "count": 3}
    assert str(read["amount"]) == "0.1000"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_an_amount_survives_json_to_the_digit(amount):
    there = encode_json({"amount": amount})

    back = json.loads(there, parse_float=Decimal, parse_int=Decimal)["amount"]

    assert back == amount
    assert decode_json(there)["amount"] == amount


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(-999, 999, places=4),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values)
def test_json_reads_back_as_it_was_written(value):
    text = encode_json(value)

    assert decode_json(text) == value
    assert text.isascii()


def test_days_instants_and_ids_become_text():
    vienna = timezone(timedelta(hours=1))

    text = encode_json(
        {
            "day": date(2026, 1, 31),
            "instant": datetime(2026, 1, 31, 0, 30, tzinfo=vienna),
            "id": UUID(int=7),
        }
    )

    assert json.loads(text) == {
        "day": "2026-01-31",
        "instant": "2026-01-30T23:30:00Z",
        "id": "00000000-0000-0000-0000-000000000007",
    }


@pytest.mark.parametrize(
    "value",
    [0.1, datetime(2026, 1, 1), b"x", {1, 2}],  # noqa: DTZ001  # the point
)
def test_what_json_cannot_say_exactly_is_refused(value):
    with pytest.raises(TypeError):
        encode_json([value])


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_no_number_without_an_end_is_sent(value):
    with pytest.raises(ValueError, match="NaN"):
        encode_json(Decimal(value))


@pytest.mark.parametrize(
    ("given_answer", "throttled"),
    [(answer(429), True), (answer(503), False), (answer(400), None), (answer(403), None)],
)
def test_an_error_says_whose_it_is(given_answer, throttled):
    transport, _ = over(Service(given_answer))

    with pytest.raises(ConnectorError) as failed:
        transport.send("GET", "/a", idempotent=True)

    assert failed.value.service == "Books"
    assert getattr(failed.value, "throttled", None) is throttled


def test_a_lost_answer_and_one_that_is_no_json_are_the_services_trouble():
    lost, _ = over(Service(drop_connection))
    broken, _ = over(Service(answer(200, "<html>")))

    with pytest.raises(RetryLaterError) as nothing:
        lost.send("GET", "/a", idempotent=False)
    with pytest.raises(RetryLaterError) as page:
        broken.read_json(broken.send("GET", "/a", idempotent=True))

    assert (nothing.value.service, page.value.service) == ("Books", "Books")
    assert (nothing.value.throttled, page.value.throttled) == (False, False)


def test_a_services_own_code_says_too_many_requests_whatever_the_status():
    body = '{"error": {"code": "0xAB", "message": "slow down"}}'
    transport, _ = over(Service(answer(500, body, Retry_After="7")), throttle_codes={"0xab"})

    with pytest.raises(RetryLaterError) as failed:
        transport.send("GET", "/a", idempotent=True)

    assert (failed.value.throttled, failed.value.retry_after) == (True, 7.0)


@given(st.integers(100, 599), st.dictionaries(st.text(), st.text()), st.binary())
def test_any_answer_has_an_error_of_one_line(status, headers, body):
    error = error_for(status, headers, body, what="Books: GET /a")

    assert str(error).isprintable()
    assert len(str(error)) < 700


@given(json_values)
def test_any_json_can_be_asked_for_its_problem(value):
    problem = read_problem({}, encode_json(value).encode())

    assert problem.code.isprintable()
    assert problem.message.isprintable()


class Recording(InProcess):
    """Remembers with which options requests were sent."""

    def __init__(self, app):
        super().__init__(app)
        self.options = []

    def send(self, request, **options):
        self.options.append(options)
        return super().send(request, **options)


@pytest.mark.parametrize("excepted", [False, True])
def test_the_proxy_and_the_authority_of_the_machine_are_used_for_every_request(
    monkeypatch, excepted
):
    for name in ("https_proxy", "no_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", urlsplit(BASE).hostname if excepted else "")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/a/bundle.pem")
    adapter = Recording(Service(answer()))
    session = requests.Session()
    session.mount("https://", adapter)
    transport = Transport(service="Books", base_url=BASE, session=session, timeout=(1, 2))

    for _ in range(2):
        transport.send("GET", "/a", idempotent=True)

    for sent in adapter.options:
        assert sent["proxies"].get("https") == (None if excepted else "http://proxy.example:3128")
        assert sent["verify"] == "/a/bundle.pem"
        assert sent["timeout"] == (1, 2)
    assert len(adapter.options) == 2
