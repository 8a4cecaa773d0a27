import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core import signature as signatures
from shared.core.events import read_webhook

VERIFIER = "kD7vQm2XoT9sLr4WpZb6Yc1HnGf8JeAu"
FIELDS = {"name": "client.update", "object_id": "177864", "user_id": "1", "account_id": "FrEsHb"}

printable = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
forms = st.dictionaries(printable.filter(bool), printable, min_size=1, max_size=8)


def freshbooks_signs(fields, verifier):
    """What FreshBooks documents, spelled out once more and not taken from the code under test."""
    text = json.dumps({str(key): str(value) for key, value in fields.items()})
    return base64.b64encode(hmac.new(verifier.encode(), text.encode(), hashlib.sha256).digest())


def verify(body, signature, secrets):
    """Read and verify, as a webhook's body is when it comes in."""
    webhook = read_webhook(body, business="xazq5", seen=datetime(2026, 11, 2, tzinfo=UTC))
    return webhook is not None and signatures.verify(webhook.fields, signature, secrets)


@given(forms, printable.filter(bool))
def test_what_freshbooks_signs_is_accepted(fields, verifier):
    body = urlencode(fields).encode()

    assert verify(body, freshbooks_signs(fields, verifier).decode(), [verifier])


@given(st.binary(max_size=200), st.text(max_size=60) | st.none(), st.lists(st.text(max_size=40)))
def test_any_bytes_are_answered_without_a_crash(body, signature, secrets):
    assert verify(body, signature, secrets) in {True, False}


@given(forms, st.binary(min_size=1, max_size=40), st.integers(min_value=0))
def test_a_changed_body_is_refused(fields, junk, where):
    body = urlencode(fields).encode()
    signature = freshbooks_signs(fields, VERIFIER).decode()
    at = where % len(body)
    changed = body[:at] + junk + body[at:]

    same_form = dict_of(changed) == fields
    assert verify(changed, signature, [VERIFIER]) == same_form


def dict_of(body):
    from urllib.parse import parse_qsl

    try:
        return dict(
            parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict")
        )
    except ValueError:
        return None


def test_the_order_of_the_fields_is_part_of_what_is_signed():
    signature = freshbooks_signs(FIELDS, VERIFIER).decode()
    turned = urlencode(dict(reversed(FIELDS.items()))).encode()

    assert not verify(turned, signature, [VERIFIER])


def test_blank_fields_are_signed_too():
    fields = {**FIELDS, "user_id": ""}

    assert verify(
        urlencode(fields).encode(), freshbooks_signs(fields, VERIFIER).decode(), [VERIFIER]
    )


def test_the_previous_verifier_is_still_honoured():
    signature = freshbooks_signs(FIELDS, VERIFIER).decode()

    assert verify(urlencode(FIELDS).encode(), signature, ["a-newer-one", VERIFIER])


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "é",
        "\udcff",
        "bm90IGl0",
        hmac.new(VERIFIER.encode(), urlencode(FIELDS).encode(), hashlib.sha256).hexdigest(),
        base64.b64encode(
            hmac.new(VERIFIER.encode(), urlencode(FIELDS).encode(), hashlib.sha256).digest()
        ).decode(),
    ],
    ids=["missing", "empty", "accent", "surrogate", "other", "hex of raw", "base64 of raw"],
)
def test_other_signatures_are_refused(signature):
    assert not verify(urlencode(FIELDS).encode(), signature, [VERIFIER])


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_without_a_verifier_nothing_is_accepted(secrets):
    signature = freshbooks_signs(FIELDS, "").decode()

    assert not verify(urlencode(FIELDS).encode(), signature, secrets)


@pytest.mark.parametrize(
    "body", [b"", b"&", b"name", b"\xff\xfe=1", b"a=%ff", b"&".join([b"a=1"] * 101)]
)
def test_what_is_no_form_is_refused(body):
    assert not verify(body, "x", [VERIFIER])
