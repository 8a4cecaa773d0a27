"""`Secrets`: the newest value of a name."""

import pytest

from shared.errors import ConfigurationError
from shared.sync.ports import Secrets


def test_the_newest_value_is_read_back(secrets: Secrets) -> None:
    secrets.set("webhook-xazq5-invoice", "first")
    secrets.set("webhook-xazq5-invoice", '{"verifier": "Ångström"}\n')

    assert secrets.get("webhook-xazq5-invoice") == '{"verifier": "Ångström"}\n'


def test_a_secret_nobody_stored_is_none(secrets: Secrets) -> None:
    assert secrets.get("freshbooks-token") is None


@pytest.mark.parametrize("name", ["webhook_xazq5", "webhook-xazq5-Straße", "x" * 128])
def test_a_name_that_no_secret_can_have_is_refused(secrets: Secrets, name: str) -> None:
    with pytest.raises(ConfigurationError):
        secrets.set(name, "value")


def test_a_secret_that_is_forgotten_is_none_and_can_be_set_again(secrets: Secrets) -> None:
    secrets.set("webhook-xazq5-payment", "first")
    for _ in range(2):
        secrets.delete("webhook-xazq5-payment")
    forgotten = secrets.get("webhook-xazq5-payment")
    secrets.set("webhook-xazq5-payment", "second")

    assert forgotten is None
    assert secrets.get("webhook-xazq5-payment") == "second"
