"""The token chain on a normal day, with many callers, and with dates that make no sense."""

import json
import threading
import time
from datetime import timedelta

import pytest

from shared.errors import ReconnectNeededError, RetryLaterError
from tests.functional.token_world import HALF_A_DAY, REDIRECT, SECRET, VERIFIER, World, together


@pytest.fixture
def world():
    return World()


@pytest.fixture
def connected(world):
    world.connect()
    return world


@pytest.fixture
def expired(connected):
    connected.clock.advance(HALF_A_DAY + 60)
    return connected


# the quiet day


def test_without_a_consent_a_person_is_needed(world):
    with pytest.raises(ReconnectNeededError, match="python -m shared connect"):
        world.process()(None)


def test_a_token_that_is_good_is_used_without_a_refresh(connected):
    chain = connected.process()

    tokens = {chain(None) for _ in range(10)}

    assert tokens == {connected.saved().access_token}
    assert connected.wire.forms == []
    assert connected.secrets.reads == 1


def test_a_token_is_renewed_before_it_ends(connected):
    chain = connected.process()
    before = chain(None)
    connected.clock.advance(HALF_A_DAY - 600)

    after = chain(None)

    assert after != before
    assert after == connected.saved().access_token
    assert connected.accepts(after)


def test_a_refresh_sends_the_redirect_uri_and_the_app(expired):
    expired.process()(None)

    assert [set(form) for form in expired.wire.forms] == [
        {"grant_type", "client_id", "client_secret", "redirect_uri", "refresh_token"}
    ]
    assert expired.wire.forms[0]["redirect_uri"] == REDIRECT


def test_the_state_tells_until_when_the_access_lasts(expired):
    chain = expired.process()
    chain(None)

    state = chain.get_state()

    assert state.state == "connected"
    assert state.expires_at == expired.clock() + timedelta(hours=12)
    assert "user:invoices:read" in state.scope


def test_every_refresh_is_saved_once(connected):
    chain = connected.process()
    for _ in range(3):
        connected.clock.advance(HALF_A_DAY)
        chain(None)

    assert connected.secrets.writes == len(connected.wire.forms) == 3


def test_generations_count_upwards(connected):
    generations = []
    for _ in range(3):
        connected.clock.advance(HALF_A_DAY)
        connected.process()(None)
        generations.append(connected.saved().generation)

    assert generations == sorted(set(generations))
    assert generations[0] > 1


# who only looks


def test_who_looks_is_given_a_good_token_and_nothing_is_renewed_for_it(connected):
    connected.clock.advance(HALF_A_DAY - 60)  # others would renew it now

    token = connected.process().look(None)

    assert token == connected.saved().access_token
    assert connected.wire.forms == []
    assert connected.secrets.writes == 0


@pytest.mark.parametrize("rejected", [False, True])
def test_who_looks_waits_for_a_token_that_has_ended_or_is_not_taken(connected, rejected):
    chain = connected.process()
    refused = connected.saved().access_token if rejected else None
    connected.clock.advance(0 if rejected else HALF_A_DAY)

    with pytest.raises(RetryLaterError, match="renewed within a minute"):
        chain.look(refused)
    assert connected.wire.forms == []
    assert connected.secrets.writes == 0


def test_who_looks_is_told_that_a_person_is_needed(expired):
    expired.freshbooks.grant()  # the same person consented elsewhere
    chain = expired.process()
    with pytest.raises(ReconnectNeededError):
        chain(None)

    with pytest.raises(ReconnectNeededError, match="invalid_grant"):
        chain.look(None)
    assert len(expired.wire.forms) == 1


def test_who_looks_before_anybody_connected_is_told_so(world):
    with pytest.raises(ReconnectNeededError, match="python -m shared connect"):
        world.process().look(None)


# many at once


def test_eight_threads_that_find_the_token_ended_share_one_refresh(expired):
    chain = expired.process(sleep=lambda _seconds: time.sleep(0.002))

    tokens = together(*[lambda: chain(None)] * 8)

    assert set(tokens) == {expired.saved().access_token}
    assert len(expired.wire.forms) == 1


def test_eight_instances_that_find_the_token_ended_share_one_refresh(expired):
    chains = [expired.process(sleep=lambda _seconds: time.sleep(0.002)) for _ in range(8)]

    tokens = together(*[lambda chain=chain: chain(None) for chain in chains])

    assert set(tokens) == {expired.saved().access_token}
    assert len(expired.wire.forms) == 1


def test_eight_threads_whose_token_is_rejected_share_one_refresh(connected):
    chain = connected.process(sleep=lambda _seconds: time.sleep(0.002))

    def use():
        first = chain(None)
        gate.wait(timeout=10)
        return first, chain(first)

    gate = threading.Barrier(8)
    pairs = together(*[use] * 8)

    assert len(connected.wire.forms) == 1
    assert {second for _, second in pairs} == {connected.saved().access_token}
    assert all(first != second for first, second in pairs)


def test_a_token_that_another_instance_renewed_already_is_taken_from_the_vault(connected):
    ours, theirs = connected.process(), connected.process()
    refused = ours(None)
    renewed = theirs(refused)

    assert ours(refused) == renewed
    assert len(connected.wire.forms) == 1


def test_a_renewal_that_takes_too_long_is_not_waited_for_for_ever(expired):
    held = expired.leases.acquire(SECRET, seconds=90)
    chain = expired.process()

    with pytest.raises(RetryLaterError, match="by another instance"):
        chain(None)
    assert expired.wire.forms == []
    assert expired.clock() < held.until


def test_a_token_that_is_due_but_good_is_used_while_another_instance_renews_it(connected):
    connected.clock.advance(HALF_A_DAY - 300)
    connected.leases.acquire(SECRET, seconds=90)

    assert connected.process()(None) == connected.saved().access_token
    assert connected.wire.forms == []


# dates that make no sense


def test_the_first_grants_date_after_a_refresh_causes_no_storm(expired):
    expired.wire.created_at = int(expired.clock().timestamp()) - HALF_A_DAY - 60
    chain = expired.process()

    tokens = {chain(None) for _ in range(20)}
    expired.clock.advance(3600)
    tokens |= {chain(None), expired.process()(None)}

    assert tokens == {expired.saved().access_token}
    assert len(expired.wire.forms) == 1


def test_a_token_without_an_end_is_renewed_when_it_is_rejected(expired):
    expired.wire.created_at = int(expired.clock().timestamp()) - HALF_A_DAY - 60
    chain = expired.process()
    first = chain(None)
    expired.clock.advance(3600)

    second = chain(first)

    assert second != first
    assert len(expired.wire.forms) == 2


def test_a_token_is_renewed_at_most_once_a_minute(expired):
    chain = expired.process()
    renewed = chain(None)
    expired.clock.advance(20)

    with pytest.raises(RetryLaterError, match="less than a minute ago") as later:
        chain(renewed)

    assert later.value.retry_after == 40
    assert len(expired.wire.forms) == 1


# secrecy


def test_no_token_shows_in_logs_errors_or_tables(expired, caplog):
    caplog.set_level("DEBUG")
    secrets = {expired.saved().access_token, expired.saved().refresh_token}
    chain = expired.process()
    secrets.add(chain(None))
    secrets |= {expired.saved().refresh_token, expired.freshbooks.app.client_secret}
    expired.freshbooks.grant()
    expired.clock.advance(HALF_A_DAY)
    with pytest.raises(ReconnectNeededError) as refused:
        chain(None)
    expired.control.fail(kind="drop-after", path="/oauth/token")
    code = expired.code()
    with pytest.raises(RetryLaterError) as lost:
        chain.exchange(code, verifier=VERIFIER)

    shown = caplog.text + str(refused.value) + repr(lost.value) + repr(expired.leases.leases)

    assert "renewed" in caplog.text
    assert [secret for secret in {*secrets, code} if secret in shown] == []


# what a vault holds that this release did not write


def test_tokens_with_a_field_of_a_later_release_are_used(connected):
    saved = json.loads(connected.secrets.values[SECRET])
    connected.secrets.values[SECRET] = json.dumps({**saved, "granted_by": 7})

    assert connected.process()(None) == saved["access_token"]


def test_tokens_of_a_later_version_are_left_alone_and_nobody_is_called(connected):
    kept = json.dumps({"v": 2, "sealed": "in another way"})
    connected.secrets.values[SECRET] = kept
    chain = connected.process()

    with pytest.raises(RetryLaterError, match=f"{SECRET} are of a later release"):
        chain(None)
    with pytest.raises(RetryLaterError, match="Deploy that release"):
        chain.keep_warm()
    assert connected.secrets.values[SECRET] == kept
    assert connected.wire.forms == []


@pytest.mark.parametrize("kept", ["", "{}", "[]", "no JSON", '{"access_token": ""}', "[" * 9000])
def test_a_secret_that_holds_no_tokens_needs_a_person_and_is_named_without_what_it_holds(
    connected, kept, caplog
):
    connected.secrets.values[SECRET] = kept
    chain = connected.process()

    for _ in range(3):
        with pytest.raises(ReconnectNeededError, match="python -m shared connect"):
            chain(None)
    assert [each for each in caplog.messages if SECRET in each] == [
        f"The secret {SECRET} holds no tokens as this release writes them."
    ]
    assert connected.secrets.values[SECRET] == kept
