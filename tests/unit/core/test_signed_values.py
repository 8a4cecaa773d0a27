from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.core.signed_values import digests_equal, read_signed, sign_until
from shared.core.webhook_address import address_key, is_address_key, webhook_uri

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
values = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
any_text = st.text(alphabet=st.characters(exclude_categories=()))


@given(value=values, secret=st.text(), purpose=st.text())
def test_what_was_signed_comes_back_for_its_purpose(value, secret, purpose):
    signed = sign_until(secret, purpose, value, until=LATER)

    assert read_signed(secret, purpose, signed, now=NOW) == value


@example(text="\ud800.1.x")
@given(text=any_text)
def test_anything_else_is_refused_and_never_raises(text):
    assert read_signed("secret", "state", text, now=NOW) is None


@given(value=values, place=st.integers(min_value=0), char=st.sampled_from("abcXYZ019-_."))
def test_a_signed_value_with_a_changed_letter_is_refused(value, place, char):
    signed = sign_until("secret", "state", value, until=LATER)
    place %= len(signed)
    changed = signed[:place] + char + signed[place + 1 :]

    read = read_signed("secret", "state", changed, now=NOW)
    assert read == (value if changed == signed else None)


@pytest.mark.parametrize(
    ("secret", "purpose", "now"),
    [
        ("other", "state", NOW),
        ("secret", "browser", NOW),
        ("secret", "state", LATER),
        ("secret", "state", LATER + timedelta(days=1)),
    ],
)
def test_with_another_secret_purpose_or_time_it_counts_for_nothing(secret, purpose, now):
    signed = sign_until("secret", "state", "abc", until=LATER)

    assert read_signed(secret, purpose, signed, now=now) is None


@given(given_text=any_text)
def test_an_address_key_is_only_what_follows_from_the_secret(given_text):
    key = address_key("secret", "xazq5", "invoice")

    assert is_address_key(key, "secret", "xazq5", "invoice")
    assert is_address_key(given_text, "secret", "xazq5", "invoice") == (given_text == key)


@given(account=any_text, noun=any_text)
def test_any_path_is_refused_without_raising(account, noun):
    assert not is_address_key("guess", "secret", account, noun)


def test_every_account_and_noun_has_an_address_of_its_own():
    uris = {
        webhook_uri("https://app.example", secret, account, noun)
        for secret in ("a", "b")
        for account in ("xazq5", "other")
        for noun in ("client", "invoice")
    }

    assert len(uris) == 8
    assert all(uri.startswith("https://app.example/api/webhooks/freshbooks/") for uri in uris)


def test_an_address_stays_what_it_was():
    uri = webhook_uri("https://app.example", "secret", "xazq5", "invoice")

    assert uri.endswith("/api/webhooks/freshbooks/xazq5/invoice/WmfNYWxvp2rT68il0Nk-2E")


def test_comparing_never_raises():
    assert not digests_equal("\ud800", "é")
    assert digests_equal("é", "é")
