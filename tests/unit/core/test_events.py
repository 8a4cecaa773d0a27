import base64
import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.events import (
    Cause,
    Handshake,
    Malformed,
    NotOurs,
    SyncRequest,
    read_webhook,
)
from shared.core.identity import Kind, RecordId
from shared.errors import InvalidMessageError, LaterReleaseError

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)


def a_request(**fields):
    return SyncRequest(**fields)


def said(fields, business="xazq5"):
    return read_webhook(urlencode(fields).encode(), business=business, seen=NOW).says


def an_invoice_of_a_webhook(number):
    record = RecordId("xazq5", Kind.INVOICE, number)
    return SyncRequest.of(record, cause=Cause.WEBHOOK, seen=NOW)


requests = st.builds(
    a_request,
    business=st.from_regex(r"\A[A-Za-z0-9]{1,32}\Z"),
    kind=st.sampled_from(Kind),
    number=st.integers(1, 2**63 - 1),
    cause=st.sampled_from(Cause),
    seen=st.datetimes(timezones=st.just(UTC)),
    attempt=st.integers(0, 1000),
    traceparent=st.from_regex(r"\A(00-[0-9a-f]{31}1-[0-9a-f]{15}1-0[01])?\Z"),
    due=st.none() | st.datetimes(timezones=st.just(UTC)),
    ticket=st.from_regex(r"\A([0-9A-Za-z-]{1,64})?\Z"),
)
# What any JSON can hold.
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
OF_THE_RELEASE_BEFORE = {"v", "account", "kind", "record", "cause", "seen", "attempt"}
OVERWRITTEN_BY_THE_HOST = {
    "id",
    "dequeuecount",
    "popreceipt",
    "insertiontime",
    "expirationtime",
    "nextvisibletime",
    "queuetrigger",
}


@given(requests)
def test_a_message_survives_the_queue(request):
    assert SyncRequest.parse(base64.b64decode(request.encode())) == request


@given(requests)
def test_no_field_is_one_the_functions_host_overwrites(request):
    names = {name.lower() for name in json.loads(base64.b64decode(request.encode()))}

    assert not names & OVERWRITTEN_BY_THE_HOST


OF_THE_FIRST_RELEASE = (
    '{"v":1,"account":"xazq5","kind":"invoice","record":7,"cause":"poll",'
    '"seen":"2026-11-02T15:00:00Z","attempt":2}'
)


def test_a_message_is_written_as_the_first_release_wrote_it_to_the_letter():
    request = a_request(
        business="xazq5", kind=Kind.INVOICE, number=7, cause=Cause.POLL, seen=NOW, attempt=2
    )

    assert base64.b64decode(request.encode()).decode() == OF_THE_FIRST_RELEASE
    assert request.plain() == request


def test_a_field_of_a_later_release_is_left_out():
    later = OF_THE_FIRST_RELEASE.replace("{", '{"priority":"high","nested":{"a":[1]},', 1)

    assert SyncRequest.parse(later.encode()) == SyncRequest.parse(OF_THE_FIRST_RELEASE.encode())


def test_a_cause_of_a_later_release_is_another_one():
    later = OF_THE_FIRST_RELEASE.replace("poll", "foresight")

    assert SyncRequest.parse(later.encode()).cause is Cause.OTHER


@pytest.mark.parametrize("rest", ["", ',"account":7', f',"much":"{"x" * 9000}"'])
def test_a_message_of_a_later_version_is_told_apart_from_one_that_is_none(rest):
    with pytest.raises(LaterReleaseError, match="version 3"):
        SyncRequest.parse(f'{{"v":3{rest}}}'.encode())


@pytest.mark.parametrize("version", ["true", "0", '"2"', "1.5", "null", "[2]"])
def test_a_version_that_is_none_makes_no_later_message(version):
    with pytest.raises(InvalidMessageError) as caught:
        SyncRequest.parse(f'{{"v":{version}}}'.encode())

    assert not isinstance(caught.value, LaterReleaseError)


@given(st.binary(max_size=300))
def test_any_other_bytes_are_refused_by_name(body):
    with pytest.raises(InvalidMessageError, match="message"):
        SyncRequest.parse(body)


def test_the_refusal_names_the_fields_and_not_their_values():
    body = b'{"v": 1, "account": "secret value!", "kind": "invoice", "record": -1}'

    with pytest.raises(InvalidMessageError) as caught:
        SyncRequest.parse(body)

    assert "account" in str(caught.value)
    assert "seen" in str(caught.value)
    assert "secret value" not in str(caught.value)


def test_a_message_without_a_zone_is_refused():
    body = (
        b'{"account":"a","kind":"invoice","record":1,"cause":"poll","seen":"2026-01-01T00:00:00"}'
    )

    with pytest.raises(InvalidMessageError, match="seen"):
        SyncRequest.parse(body)


def test_an_overlong_message_is_refused_without_being_read():
    with pytest.raises(InvalidMessageError, match="too long"):
        SyncRequest.parse(b" " * 5000)


@pytest.mark.parametrize("name", ["invoice.create", "invoice.sendByEmail", "invoice"])
def test_an_event_and_a_bare_noun_are_read_alike(name):
    fields = {"name": name, "object_id": "177", "account_id": "xazq5"}

    assert said(fields) == an_invoice_of_a_webhook(177)


def test_the_largest_number_a_record_can_have_is_read():
    fields = {"name": "invoice.create", "object_id": str(2**63 - 1)}

    assert said(fields) == an_invoice_of_a_webhook(2**63 - 1)


def test_a_message_about_a_larger_number_than_a_record_can_have_is_refused():
    body = (
        b'{"account":"a","kind":"invoice","record":9223372036854775808,"cause":"poll",'
        b'"seen":"2026-01-01T00:00:00Z"}'
    )

    with pytest.raises(InvalidMessageError, match="record"):
        SyncRequest.parse(body)


def test_the_handshake_carries_callback_and_code():
    fields = {"name": "callback.verify", "object_id": "2001", "verifier": "abc", "system": "x"}

    assert said(fields) == Handshake(2001, "abc")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "invoice.create"},
        {"name": "", "object_id": "1"},
        {"name": "invoice.create", "object_id": "0"},
        {"name": "invoice.create", "object_id": "-1"},
        {"name": "invoice.create", "object_id": "٣"},
        {"name": "invoice.create", "object_id": "9" * 30},
        {"name": "invoice.create", "object_id": str(2**63)},
        {"name": "callback.verify", "object_id": "1", "verifier": ""},
    ],
)
def test_malformed_webhooks_are_said_to_be(fields):
    assert said(fields) == Malformed()


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "estimate.create", "object_id": "1"},
        {"name": "invoice.create", "object_id": "1", "account_id": "other"},
    ],
)
def test_what_is_not_synced_is_said_so(fields):
    assert isinstance(said(fields), NotOurs)


def test_a_request_is_named_by_business_kind_and_number():
    request = SyncRequest(
        business="xazq5",
        kind=Kind.PAYMENT,
        number=5,
        cause=Cause.POLL,
        seen=datetime(2026, 1, 1, tzinfo=UTC),
    )

    assert str(request) == "xazq5/payment/5"


@given(st.text(max_size=40), st.binary(max_size=200))
def test_any_bytes_at_any_address_are_read_without_a_crash(business, body):
    webhook = read_webhook(body, business=business, seen=NOW)

    assert webhook is None or webhook.fields


@pytest.mark.parametrize("business", ["", "a-b", "x" * 33, "xazq5\n", "ä"])
def test_an_address_of_no_business_makes_no_message(business):
    fields = {"name": "invoice.create", "object_id": "177"}

    assert said(fields, business) == Malformed()


@given(requests)
def test_what_a_message_does_not_say_is_not_in_it(request):
    told = json.loads(base64.b64decode(request.plain().encode()))
    whole = json.loads(base64.b64decode(request.encode()))

    assert told.keys() == OF_THE_RELEASE_BEFORE
    assert {name: whole[name] for name in told} == told


@given(requests)
def test_a_message_of_the_release_before_is_read(request):
    assert SyncRequest.parse(request.plain().model_dump_json().encode()) == request.plain()


@pytest.mark.parametrize("name", ["traceparent", "ticket"])
@given(requests, anything)
def test_whatever_stands_as_traceparent_or_ticket_the_message_is_read(name, request, bad):
    body = json.dumps({**json.loads(request.plain().model_dump_json()), name: bad})
    read = SyncRequest.parse(body.encode())

    assert read.plain() == request.plain()
    assert getattr(read, name) in {"", bad if isinstance(bad, str) else ""}


@pytest.mark.parametrize("bad", ["a" * 65, "a b", "a\n", "ä", "a/b"])
def test_a_ticket_is_a_short_word_or_none(bad):
    body = json.dumps({**json.loads(an_invoice_of_a_webhook(7).model_dump_json()), "ticket": bad})

    assert SyncRequest.parse(body.encode()).ticket == ""


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("credit_note.update", Kind.CREDIT),
        ("credit_note", Kind.CREDIT),
        ("category.update", Kind.CATEGORY),
    ],
)
def test_freshbooks_word_for_a_kind_is_its_own(name, kind):
    fields = {"name": name, "object_id": "5", "account_id": "xazq5"}

    assert said(fields).record == RecordId("xazq5", kind, 5)


@pytest.mark.parametrize("name", ["credit.update", "estimate.create"])
def test_what_freshbooks_does_not_call_so_is_not_synced(name):
    fields = {"name": name, "object_id": "5", "account_id": "xazq5"}

    assert isinstance(said(fields), NotOurs)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_message_is_of_the_first_version_that_knows_its_kind(kind):
    request = SyncRequest.of(RecordId("xazq5", kind, 5), cause=Cause.POLL, seen=NOW)
    body = json.loads(request.model_dump_json())

    assert body["v"] == (2 if kind in {Kind.CREDIT, Kind.CATEGORY} else 1)
    assert next(iter(body)) == "v"
    assert SyncRequest.parse(json.dumps(body).encode()) == request
