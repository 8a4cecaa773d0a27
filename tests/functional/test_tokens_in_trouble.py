"""The token chain when processes die, answers get lost, stores stumble and holders are paused."""

import pytest

from shared.errors import ConfigurationError, ReconnectNeededError, RetryLaterError
from tests.functional.token_world import (
    HALF_A_DAY,
    SECRET,
    VERIFIER,
    After,
    Before,
    Doom,
    Failing,
    Killed,
    World,
)


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


# kills


def kills():
    """The steps of a refresh at which a process can die, found by counting an undisturbed one."""
    world = World()
    world.connect()
    world.clock.advance(HALF_A_DAY + 60)
    doom = Doom()
    world.process(doom=doom)(None)
    return range(1, doom.steps + 1)


@pytest.mark.parametrize("step", kills())
def test_a_process_that_dies_at_any_step_loses_the_chain_only_between_answer_and_save(
    expired, step
):
    with pytest.raises(Killed):
        expired.process(doom=Doom(at=step))(None)
    lost = expired.saved().refresh_token != expired.wire.newest
    expired.clock.advance(120)
    heir = expired.process()

    if lost:
        with pytest.raises(ReconnectNeededError, match="invalid_grant"):
            heir(None)
        assert heir.get_state().state == "reconnect needed"
    else:
        assert expired.accepts(heir(None))
        assert heir.get_state().state == "connected"
    assert all(expired.wire.refreshes().count(token) <= 2 for token in expired.wire.refreshes())


def test_most_steps_at_which_a_process_may_die_are_harmless(world):
    world.connect()
    survived = 0
    for step in kills():
        world.clock.advance(HALF_A_DAY + 60)
        with pytest.raises(Killed):
            world.process(doom=Doom(at=step))(None)
        world.clock.advance(120)
        if world.saved().refresh_token == world.wire.newest:
            world.process()(None)
            survived += 1
        else:
            world.connect()

    # After the answer: the check of the vault, the fence and the save itself, before it is done.
    assert len(kills()) - survived <= 6
    assert survived >= len(kills()) * 2 // 3


# answers that are lost


def test_a_request_that_never_arrived_is_sent_again_later(expired):
    chain = expired.process()
    expired.control.fail(kind="drop-before", path="/oauth/token")
    with pytest.raises(RetryLaterError, match="no whole answer"):
        chain(None)
    expired.clock.advance(10)

    assert expired.accepts(chain(None))
    assert len(expired.wire.refreshes()) == 2


def test_an_answer_lost_on_the_wire_ends_in_one_more_try_and_a_call_for_a_person(expired):
    chain = expired.process()
    expired.control.fail(kind="drop-after", path="/oauth/token")
    with pytest.raises(RetryLaterError, match="no whole answer"):
        chain(None)

    for _ in range(5):
        expired.clock.advance(600)
        with pytest.raises(ReconnectNeededError, match="invalid_grant"):
            chain(None)

    assert len(expired.wire.refreshes()) == 2


def test_while_a_person_is_needed_nobody_waits_for_the_lease(expired):
    expired.freshbooks.grant()
    chain = expired.process()
    with pytest.raises(ReconnectNeededError):
        chain(None)
    expired.leases.acquire(SECRET, seconds=90)
    before = expired.clock()

    with pytest.raises(ReconnectNeededError):
        chain(None)
    assert expired.clock() == before


def test_a_refresher_that_comes_second_does_not_try_a_refused_token_again(expired):
    expired.freshbooks.grant()
    theirs = expired.process()

    def learn():
        with pytest.raises(ReconnectNeededError):
            theirs(None)

    ours = expired.process(leases=Before(expired.leases, "acquire", 1, learn))

    with pytest.raises(ReconnectNeededError, match="invalid_grant"):
        ours(None)
    assert len(expired.wire.forms) == 1


def test_an_answer_that_cannot_be_read_is_tried_again_later(expired):
    chain = expired.process()
    expired.control.fail(kind="status", status=200, body="nonsense", path="/oauth/token")

    with pytest.raises(RetryLaterError, match="without tokens"):
        chain(None)
    expired.clock.advance(10)
    assert expired.accepts(chain(None))


def test_a_consent_ends_the_call_for_a_person_for_all_instances(expired):
    other = expired.process()
    expired.freshbooks.grant()  # the same person consented elsewhere: our refresh token is dead
    with pytest.raises(ReconnectNeededError):
        other(None)

    expired.process().exchange(expired.code(), verifier=VERIFIER)

    assert expired.accepts(other(None))
    assert other.get_state().state == "connected"
    assert other.get_state().reason == ""


def test_an_outage_of_the_endpoint_is_survived_with_a_token_that_is_still_good(connected):
    chain = connected.process()
    connected.clock.advance(HALF_A_DAY - 600)
    connected.control.fail(kind="status", status=503, path="/oauth/token", times=None)

    tokens = {chain(None) for _ in range(10)}

    assert tokens == {connected.saved().access_token}
    assert len(connected.wire.forms) == 1


def test_an_outage_is_not_met_with_a_storm(expired):
    chain = expired.process()
    expired.control.fail(kind="status", status=503, path="/oauth/token", times=None)

    for _ in range(10):
        with pytest.raises(RetryLaterError):
            chain(None)

    assert len(expired.wire.forms) == 1


def test_a_wrong_client_secret_is_a_wrong_setting_and_costs_no_token(expired):
    with pytest.raises(ConfigurationError, match="invalid_client"):
        expired.process(client_secret="wrong")(None)

    assert expired.accepts(expired.process()(None))


# stores that are down


def test_a_vault_that_stumbles_is_asked_again_before_the_token_is_used(expired):
    chain = expired.process(secrets=Failing(expired.secrets, "set", times=3))

    token = chain(None)

    assert token == expired.saved().access_token
    assert len(expired.wire.forms) == 1


def test_a_token_that_cannot_be_saved_is_not_used_and_not_lost(expired):
    before = expired.saved()
    chain = expired.process(secrets=Failing(expired.secrets, "set", times=7))
    with pytest.raises(RetryLaterError, match="could not be saved"):
        chain(None)
    assert expired.saved() == before

    token = chain(None)

    assert token == expired.saved().access_token
    assert expired.saved().refresh_token == expired.wire.newest
    assert len(expired.wire.forms) == 1


@pytest.fixture
def unsaved(expired):
    """An instance that was given tokens and found the vault down for as long as it tried."""
    expired.holder = expired.process(secrets=Failing(expired.secrets, "set", times=5))
    with pytest.raises(RetryLaterError, match="could not be saved"):
        expired.holder(None)
    return expired


def test_tokens_that_another_instance_still_has_to_save_are_waited_for(unsaved):
    other = unsaved.process()
    with pytest.raises(RetryLaterError, match="still has to save"):
        other(None)
    state = other.get_state().state
    token = unsaved.holder(None)

    assert state == "connected"
    assert other(None) == token == unsaved.saved().access_token
    assert len(unsaved.wire.refreshes()) == 1


def test_tokens_that_are_not_saved_for_long_end_in_a_call_for_a_person(unsaved):
    unsaved.clock.advance(600)

    with pytest.raises(ReconnectNeededError, match="invalid_grant"):
        unsaved.process()(None)
    assert unsaved.holder(None) == unsaved.saved().access_token
    assert unsaved.process().get_state().state == "connected"


def test_a_save_whose_answer_was_lost_is_made_again(expired):
    chain = expired.process(secrets=Failing(expired.secrets, "set", times=1, applied=True))

    assert chain(None) == expired.saved().access_token
    assert expired.saved().refresh_token == expired.wire.newest


def test_new_tokens_are_saved_even_when_the_tables_went_down_meanwhile(expired):
    leases = Failing(expired.leases, "renew", times=0)
    expired.wire.after_post = lambda: setattr(leases, "times", 99)

    token = expired.process(leases=leases)(None)

    assert token == expired.saved().access_token


# holders that were paused


def test_a_paused_holder_that_was_overtaken_uses_the_other_ones_tokens(expired):
    ours, theirs = expired.process(), expired.process()

    def overtaken():
        expired.clock.advance(100)
        theirs(None)

    expired.wire.before_post = overtaken

    assert ours(None) == expired.saved().access_token
    assert expired.saved().refresh_token == expired.wire.newest
    assert ours.get_state().state == "connected"


def test_a_paused_holder_of_the_living_tokens_still_saves_them(expired):
    ours, theirs = expired.process(), expired.process()

    def despaired_of():
        expired.clock.advance(100)
        with pytest.raises(ReconnectNeededError):
            theirs(None)

    expired.wire.after_post = despaired_of
    with pytest.raises(RetryLaterError, match="took over"):
        ours(None)

    token = ours(None)

    assert token == expired.saved().access_token
    assert expired.accepts(token)
    assert theirs(None) == token
    assert ours.get_state().state == "connected"


def test_a_paused_holder_does_not_overwrite_a_later_consent(expired):
    ours, theirs = expired.process(), expired.process()

    def reconnected():
        expired.clock.advance(100)
        theirs.exchange(expired.code(), verifier=VERIFIER)

    expired.wire.after_post = reconnected

    token = ours(None)

    assert token == expired.saved().access_token
    assert expired.saved().refresh_token == expired.wire.newest


def test_a_holder_that_is_paused_right_before_it_saves_is_stopped_at_the_fence(expired):
    theirs = expired.process()

    def reconnected():
        expired.clock.advance(100)
        theirs.exchange(expired.code(), verifier=VERIFIER)

    ours = expired.process(leases=Before(expired.leases, "renew", 2, reconnected))
    with pytest.raises(RetryLaterError, match="took over"):
        ours(None)
    consented = expired.saved()

    assert ours(None) == consented.access_token
    assert expired.saved() == consented


def test_a_holder_that_is_paused_right_before_the_post_does_not_send_the_token_again(expired):
    theirs = expired.process()

    def overtaken():
        expired.clock.advance(100)
        theirs(None)

    ours = expired.process(leases=After(expired.leases, "renew", 1, overtaken))
    with pytest.raises(RetryLaterError, match="about to end"):
        ours(None)

    assert ours(None) == expired.saved().access_token
    assert len(expired.wire.refreshes()) == 1


def test_a_holder_that_is_paused_behind_the_fence_does_not_overwrite_a_later_consent(expired):
    theirs = expired.process()

    def reconnected():
        expired.clock.advance(100)
        theirs.exchange(expired.code(), verifier=VERIFIER)

    ours = expired.process(leases=After(expired.leases, "renew", 2, reconnected))
    token = ours(None)

    assert token == expired.saved().access_token
    assert expired.saved().refresh_token == expired.wire.newest


# calls for a person that time has overtaken


@pytest.fixture
def saved_late(expired):
    """Somebody was given tokens and was slow to save them; another one called for a person."""
    theirs = expired.process()

    def despaired_of():
        expired.clock.advance(100)
        with pytest.raises(ReconnectNeededError):
            theirs(None)

    expired.process(secrets=Before(expired.secrets, "set", 1, despaired_of))(None)
    return expired


def test_the_timer_takes_a_call_for_a_person_back_when_the_tokens_were_saved_after_it(saved_late):
    chain = saved_late.process()
    before = chain.get_state().state
    chain.keep_warm()
    state = chain.get_state()

    assert before == "reconnect needed"
    assert (state.state, state.reason, state.refused) == ("connected", "", None)
    assert state.expires_at == saved_late.saved().expires_at
    assert len(saved_late.wire.refreshes()) == 2


def test_the_timer_takes_a_call_for_a_person_back_when_the_tables_were_down_at_the_consent(expired):
    expired.freshbooks.grant()
    with pytest.raises(ReconnectNeededError):
        expired.process()(None)
    leases = Failing(expired.leases, "renew", times=0)
    expired.wire.after_post = lambda: setattr(leases, "times", 99)
    expired.process(leases=leases).exchange(expired.code(), verifier=VERIFIER)
    chain = expired.process()

    chain.keep_warm()

    assert chain.get_state().state == "connected"
    assert expired.accepts(chain(None))


def test_a_call_for_a_person_stands_while_the_vault_holds_the_refused_tokens(expired):
    expired.freshbooks.grant()
    chain = expired.process()
    with pytest.raises(ReconnectNeededError):
        chain(None)

    with pytest.raises(ReconnectNeededError, match="invalid_grant"):
        expired.process().keep_warm()
    assert chain.get_state().state == "reconnect needed"


def test_the_timer_saves_what_it_holds_though_another_instance_called_for_a_person(expired):
    ours, theirs = expired.process(), expired.process()

    def despaired_of():
        expired.clock.advance(100)
        with pytest.raises(ReconnectNeededError):
            theirs(None)

    expired.wire.after_post = despaired_of
    with pytest.raises(RetryLaterError, match="took over"):
        ours.keep_warm()
    ours.keep_warm()

    assert expired.saved().refresh_token == expired.wire.newest
    assert ours.get_state().state == "connected"
