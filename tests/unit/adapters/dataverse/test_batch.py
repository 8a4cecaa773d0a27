"""Many requests in one: what is built is valid multipart, what is answered is taken apart."""

import email
import email.policy
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.dataverse.batch import PartResponse, build, parse
from shared.adapters.dataverse.odata import PureRequest

texts = st.text(st.characters(exclude_categories=("Cs",)))
hostile = texts | st.sampled_from(
    ["--batch_1--", "\r\n--batchresponse_x--\r\n", "HTTP/1.1 500 No\r\n\r\n", "\0", "--"]
)
bodies = st.none() | st.dictionaries(hostile, hostile, max_size=4)
requests = st.builds(
    PureRequest,
    st.sampled_from(["GET", "PATCH", "DELETE"]),
    st.sampled_from(["accounts(1)", "invoices(2)?$select=name"]),
    st.dictionaries(st.sampled_from(["If-Match", "Prefer"]), st.sampled_from(["*", 'W/"1"'])),
    bodies,
)


def read_mime(batch):
    """Read a batch with the standard library's MIME parser, which owes ours nothing."""
    raw = f"Content-Type: {batch.content_type}\r\n\r\n".encode() + batch.body
    return email.message_from_bytes(raw, policy=email.policy.HTTP)


def read_request(part):
    payload = part.get_payload(decode=False)
    head, _, body = payload.partition("\r\n\r\n")
    line, *headers = head.split("\r\n")
    return line, dict(header.split(": ", 1) for header in headers), body


@given(st.lists(requests, max_size=5), st.lists(requests, max_size=5))
def test_another_mime_parser_reads_the_same_requests(reads, changes):
    message = read_mime(build(reads, changes=changes))

    parts = message.get_payload() if reads or changes else []
    inner = parts.pop().get_payload() if changes else []

    assert len(parts) == len(reads)
    assert [part["Content-ID"] for part in inner] == [str(n + 1) for n in range(len(changes))]
    for request, part in zip([*reads, *changes], [*parts, *inner], strict=True):
        line, headers, body = read_request(part)
        assert part.get_content_type() == "application/http"
        assert line == f"{request.method} /api/data/v9.2/{request.path} HTTP/1.1"
        assert headers["Content-Length"] == str(len(body))
        assert {name: headers[name] for name in request.headers} == request.headers
        if request.body is not None:
            assert json.loads(body) == request.body


@given(st.lists(requests, min_size=1, max_size=5))
def test_every_line_of_a_batch_ends_as_http_wants(reads):
    body = build(reads).body

    assert re.search(rb"(?<!\r)\n|\r(?!\n)", body) is None


def test_a_batch_holds_a_thousand_requests_at_most():
    get = PureRequest("GET", "accounts(1)")

    with pytest.raises(ValueError, match="1000"):
        build([get] * 500, changes=[get] * 501)


def test_a_line_break_cannot_be_smuggled_into_a_header():
    with pytest.raises(ValueError, match="If-Match"):
        build([PureRequest("GET", "accounts(1)", {"If-Match": "1\r\nX: y"})])


def part(status, body, content_id="", length=True, **headers):
    """Answer as Dataverse does: MIME headers, a status line, headers, a body."""
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id:
        lines.append(f"Content-ID: {content_id}")
    lines += ["", f"HTTP/1.1 {status} Whatever"]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def multipart(parts, boundary):
    joined = b"".join(f"--{boundary}\r\n".encode() + each + b"\r\n" for each in parts)
    return joined + f"--{boundary}--\r\n".encode()


def change_set(parts, boundary="changesetresponse_2"):
    head = f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n".encode()
    return head + multipart(parts, boundary)


TYPE = "multipart/mixed; boundary=batchresponse_1"

answer_bodies = st.binary(max_size=80).filter(lambda body: b"response_" not in body)


@given(st.lists(st.tuples(st.integers(200, 599), answer_bodies), max_size=6))
def test_answers_are_taken_apart_whatever_their_bodies(answers):
    body = multipart([part(*each) for each in answers], "batchresponse_1")

    parsed = parse(TYPE, body)

    assert [(each.status, each.body) for each in parsed] == answers


@given(st.lists(st.tuples(st.integers(200, 204), answer_bodies), min_size=1, max_size=5))
def test_the_answers_of_a_change_set_stay_together(answers):
    inner = [part(status, body, str(n)) for n, (status, body) in enumerate(answers, 1)]
    body = multipart([part(200, b"{}"), change_set(inner)], "batchresponse_1")

    first, changes = parse(TYPE, body)

    assert first.status == 200
    assert [(each.status, each.body, each.content_id) for each in changes] == [
        (*answer, str(n)) for n, answer in enumerate(answers, 1)
    ]


def test_a_failed_change_set_is_one_error_with_its_headers():
    error = part(429, b'{"error":{"code":"0x80072322"}}', length=False, Retry_After="17")

    (answer,) = parse(TYPE, multipart([error], "batchresponse_1"))

    assert (answer.status, answer.headers["retry-after"]) == (429, "17")
    assert answer.body == b'{"error":{"code":"0x80072322"}}'


def test_an_error_inside_its_change_set_is_found_too():
    error = part(400, b'{"error":{"code":"0x80044331"}}', "2")

    ((answer,),) = parse(TYPE, multipart([change_set([error])], "batchresponse_1"))

    assert (answer.status, answer.content_id) == (400, "2")


def test_an_answer_without_headers_or_body_is_one():
    body = (
        b"--batchresponse_1\r\nContent-Type: application/http\r\n\r\n"
        b"HTTP/1.1 204 No Content\r\n\r\n\r\n--batchresponse_1--"
    )

    assert parse(TYPE, body) == (PartResponse(204, {}, b""),)


def test_a_quoted_boundary_and_bare_line_feeds_are_read():
    body = multipart([part(200, b"{}")], "b 1").replace(b"\r\n", b"\n")

    (answer,) = parse('multipart/mixed; boundary="b 1"', body)

    assert (answer.status, answer.body) == (200, b"{}")


def test_a_boundary_inside_a_text_is_no_boundary():
    inside = b'{"a":"x --batchresponse_1 y --batchresponse_1--"}'

    (answer,) = parse(TYPE, multipart([part(200, inside)], "batchresponse_1"))

    assert answer.body == inside


@given(st.data())
def test_an_answer_cut_off_anywhere_is_never_taken_for_whole(data):
    inner = change_set([part(204, b"", "1"), part(204, b"", "2")])
    whole = multipart([part(200, b'{"a":1}'), inner], "batchresponse_1")
    end = data.draw(st.integers(0, len(whole) - len("--\r\n") - 1))

    with pytest.raises(ValueError, match="cut off"):
        parse(TYPE, whole[:end])


def test_a_part_shorter_than_it_says_was_cut_off():
    short = part(200, b'{"a": 1}').replace(b'"a": 1}', b"")

    with pytest.raises(ValueError, match="cut off"):
        parse(TYPE, multipart([short], "batchresponse_1"))


@pytest.mark.parametrize("kind", ["application/json", "", "multipart/mixed", "text/html; x=y"])
def test_an_answer_in_plain_json_is_no_batch(kind):
    with pytest.raises(ValueError, match="no multipart"):
        parse(kind, b'{"error":{"code":"","message":"malformed"}}')


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_parsed_or_refused(noise, framed):
    body = multipart([noise], "batchresponse_1") if framed else noise

    try:
        parsed = parse(TYPE, body)
    except ValueError:
        return
    assert all(isinstance(each, PartResponse | tuple) for each in parsed)
