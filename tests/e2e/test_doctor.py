import json

import pytest

from shared.core.identity import Kind

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def test_the_doctor_finds_nothing_to_mend_in_a_running_sandbox(administrator):
    found = json.loads(administrator.run("doctor", "--json"))

    levels = {each["subject"]: each["level"] for each in found}
    assert "failure" not in levels.values()
    assert "skipped" not in levels.values()
    assert levels["FreshBooks connection"] == "ok"
    assert levels["webhooks"] == "ok"
    assert levels["Key Vault"] == "ok"


def test_the_login_of_a_running_sandbox_is_listed_as_connected(sandbox, administrator):
    (login,) = json.loads(administrator.run("connections", "--json"))

    assert login["state"] == "connected"
    assert [business["id"] for business in login["businesses"]] == [sandbox.books.account]
    assert {webhook["state"] for webhook in login["webhooks"]} == {"live"}


def test_webhooks_are_listed_and_repaired_from_the_terminal(sandbox, administrator):
    gone, disabled, *_ = sandbox.books.get("/_sandbox/callbacks")
    sandbox.books.post("/_sandbox/callbacks/delete", {"callback": gone["callbackid"]})
    sandbox.books.post("/_sandbox/callbacks/disable", {"callback": disabled["callbackid"]})
    before = administrator.run("webhooks", accepted=(1,))

    after = administrator.run("webhooks", "repair")

    assert before.count(" live ") == len(Kind) - 2
    assert "  missing" in before
    assert "  disabled" in before
    assert after.count(" live ") == len(Kind)
    assert all(key not in after for key in addresses(sandbox))


def addresses(sandbox):
    """The last parts of the webhooks' addresses, which are for FreshBooks only."""
    return [one["uri"].rpartition("/")[2] for one in sandbox.books.get("/_sandbox/callbacks")]
