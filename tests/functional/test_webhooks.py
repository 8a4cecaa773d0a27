"""Our callbacks in FreshBooks: kept there, kept verified, kept ours."""

import base64
from collections import Counter
from dataclasses import replace

import pytest

from sandbox.freshbooks.errors import RefusedError
from shared.cli import main
from shared.core.connections import HANDSHAKE_PATIENCE
from shared.core.identity import Kind, verifier_secret
from shared.core.webhook_address import webhook_prefix
from shared.errors import RetryLaterError
from shared.sync.receive import WebhookReply
from shared.sync.upkeep import REPAIR_WEBHOOKS_EVERY
from shared.sync.verifiers import HONOURED
from shared.sync.webhooks import MOST_ASKED
from tests.functional.world import PUBLIC, Firm


@pytest.fixture
def firm():
    return Firm()


def live(firm):
    return {each.noun for each in firm.registrations.list_all() if each.state == "live"}


class Down:
    """A `Receive` of an app that is not ready."""

    def handle(self, **_):
        return WebhookReply(503, "down")


def there(firm, account=None):
    return firm.freshbooks.callbacks.of(account or firm.account)


def ids(firm):
    return {each.event: each.id for each in there(firm)}


def tick(firm, *, seconds=60.0):
    """Let the timer fire, and FreshBooks answer."""
    firm.clock.advance(seconds)
    problems = firm.connector.upkeep.run()
    firm.freshbooks.deliveries.run_pending()
    return problems


def look_after(firm):
    """Let so much time pass that the callbacks are compared, then let handshakes settle."""
    problems = tick(firm, seconds=REPAIR_WEBHOOKS_EVERY.total_seconds())
    return problems + tick(firm)


def disable(callback):
    """As FreshBooks does to a callback that fails over a long period."""
    callback.verified = False


def heard(firm, organization="Aster Works"):
    """Change something and say whether a webhook brought it here."""
    before = len(firm.queue.sent)
    firm.books.create_client(organization=organization)
    firm.freshbooks.deliveries.run_pending()
    return len(firm.queue.sent) > before


def test_nothing_is_touched_while_everything_is_as_it_should_be(firm):
    before = ids(firm)
    firm.freshbooks_door.traffic.clear()

    problems = look_after(firm)

    asked = {what for what in firm.freshbooks_door.traffic if "callbacks" in what}
    assert problems == []
    assert ids(firm) == before
    assert asked == {"GET /events/account/*/events/callbacks"}


def test_a_disabled_callback_is_live_again_without_a_person(firm, caplog):
    for callback in there(firm):
        disable(callback)
    unheard = heard(firm)
    before = ids(firm)

    look_after(firm)

    assert not unheard
    assert live(firm) == set(Kind)
    assert ids(firm) == before
    assert "was disabled by FreshBooks" in caplog.text
    assert heard(firm, "Bright Ltd")


def test_a_disabled_callback_with_a_new_code_is_live_again(firm):
    firm.freshbooks.switches.resend_renews_verifier = True
    disable(there(firm)[0])

    look_after(firm)

    assert live(firm) == set(Kind)
    assert heard(firm)


def test_records_arrive_by_poll_while_a_callback_is_disabled(firm):
    for callback in there(firm):
        disable(callback)
    client = firm.books.create_client(organization="Aster Works")
    firm.run()
    unseen = firm.account_of(client)
    firm.poll()

    assert unseen is None
    assert firm.account_of(client) is not None


def test_a_callback_that_freshbooks_gave_up_on_after_failing_for_long_is_live_again(firm):
    firm.freshbooks.deliveries.set(disable_after=3600.0, retries=[900.0] * 8)
    healthy = firm.connector
    firm.connector = replace(healthy, receive=Down())
    client = firm.books.create_client(organization="Aster Works")
    for _ in range(8):
        firm.freshbooks.deliveries.run_pending()
        firm.clock.advance(900)
    given_up = [each.event for each in there(firm) if not each.verified]
    firm.connector = healthy
    firm.poll()
    arrived = firm.account_of(client)
    look_after(firm)

    assert given_up == ["client"]
    assert arrived is not None
    assert live(firm) == set(Kind)
    assert heard(firm, "Bright Ltd")


def test_a_missing_callback_is_registered_anew(firm, caplog):
    gone = next(each for each in there(firm) if each.event == "client")
    firm.freshbooks.callbacks.delete(gone)

    look_after(firm)

    assert live(firm) == set(Kind)
    assert ids(firm)["client"] != gone.id
    assert "FreshBooks has lost it" in caplog.text
    assert heard(firm)


def test_doubled_callbacks_and_strays_that_point_at_us_are_deleted(firm):
    kept = ids(firm)
    one = there(firm)[0]
    firm.freshbooks.callbacks.create(firm.account, one.event, one.uri)
    firm.freshbooks.callbacks.create(firm.account, "estimate", f"{webhook_prefix(PUBLIC)}old")
    firm.freshbooks.deliveries.run_pending()

    look_after(firm)

    assert ids(firm) == kept
    assert len(there(firm)) == len(Kind)


def test_callbacks_of_others_are_left_alone(firm):
    theirs = firm.freshbooks.callbacks.create(
        firm.account, "invoice", "https://other.example/api/webhooks/freshbooks/x/invoice/k"
    )

    look_after(firm)

    assert theirs in there(firm)


def test_a_public_url_that_changed_moves_the_callbacks(firm, caplog):
    before = {each.id for each in there(firm)}
    firm.settings = firm.settings.model_copy(update={"public_url": "https://new.example"})
    firm.connector = firm.start()

    look_after(firm)

    assert not before & {each.id for each in there(firm)}
    assert all(each.uri.startswith("https://new.example/") for each in there(firm))
    assert live(firm) == set(Kind)
    assert "our address changed" in caplog.text
    assert heard(firm)


@pytest.mark.parametrize("trouble", ["answer lost", "vault down"])
def test_a_verifier_freshbooks_took_is_in_force_however_the_step_was_cut_short(firm, trouble):
    firm.settings = firm.settings.model_copy(update={"public_url": "https://new.example"})
    firm.connector = firm.start()  # so the vault holds verifiers, of the callbacks before
    tick(firm, seconds=REPAIR_WEBHOOKS_EVERY.total_seconds())
    if trouble == "answer lost":
        firm.freshbooks_door.fail(kind="drop-after", method="PUT", path="/callbacks", times=None)
    else:
        firm.secrets.refuse("set", RetryLaterError("the vault is down"))
    tick(firm)
    verified_there = [each.verified for each in there(firm)]
    firm.freshbooks_door.heal()
    firm.secrets.heal()

    look_after(firm)

    assert verified_there == [True] * len(Kind)
    assert live(firm) == set(Kind)
    assert heard(firm)


def test_connecting_again_after_the_address_changed_moves_the_callbacks_at_once(firm):
    firm.settings = firm.settings.model_copy(update={"public_url": "https://new.example"})
    firm.connector = firm.start()
    consent = firm.connector.connect.start(firm.connector.connect.invite().id).id
    page = firm.connector.connect.authorize_url(consent, state="a-state")
    firm.connector.connect.finish(consent, firm.consent(page)["code"])
    before = firm.connector.connect.advance(consent).done
    firm.freshbooks.deliveries.run_pending()

    assert not before
    assert firm.connector.connect.advance(consent).done
    assert heard(firm)
    assert all(each.uri.startswith("https://new.example/") for each in there(firm))


def test_a_handshake_that_never_came_is_asked_for_again_but_not_at_once(firm):
    firm.freshbooks.deliveries.set(drop=1.0)
    firm.freshbooks.switches.resend_renews_verifier = True
    disable(there(firm)[0])
    noun = there(firm)[0].event
    tick(firm, seconds=REPAIR_WEBHOOKS_EVERY.total_seconds())
    asked_first = firm.registrations.get(firm.account, noun).asked
    firm.connector.webhooks.repair(firm.account)
    asked_at_once = firm.registrations.get(firm.account, noun).asked
    firm.clock.advance(HANDSHAKE_PATIENCE.total_seconds() + 1)
    firm.connector.webhooks.repair(firm.account)

    assert (asked_first, asked_at_once) == (1, 1)
    assert firm.registrations.get(firm.account, noun).asked == 2


def test_a_callback_that_cannot_be_verified_is_registered_anew_in_the_end(firm):
    first = there(firm)[0]
    disable(first)
    first.verifier = "one that never reaches us"
    firm.freshbooks.callbacks.resend = lambda _callback: None  # FreshBooks has forgotten how
    for _ in range(MOST_ASKED + 2):
        look_after(firm)

    assert ids(firm)[first.event] != first.id
    assert live(firm) == set(Kind)


def test_a_lost_answer_to_a_registration_doubles_nothing(firm):
    gone = there(firm)[0]
    firm.freshbooks.callbacks.delete(gone)
    firm.freshbooks_door.fail(kind="drop-after", method="POST", path="/callbacks")

    problems = tick(firm, seconds=REPAIR_WEBHOOKS_EVERY.total_seconds())
    for _ in range(3):
        tick(firm, seconds=90)

    assert any("no whole answer" in problem for problem in problems)
    assert len(there(firm)) == len(Kind)
    assert live(firm) == set(Kind)


def test_the_verifier_before_is_honoured_for_a_day(firm):
    noun = "client"
    callback = next(each for each in there(firm) if each.event == noun)
    old = firm.connector.receive._verifiers.get(firm.account, noun)
    firm.freshbooks.switches.resend_renews_verifier = True
    disable(callback)
    look_after(firm)
    in_force = firm.start().receive._verifiers.get(firm.account, noun)
    firm.clock.advance(HONOURED.total_seconds())
    a_day_later = firm.start().receive._verifiers.get(firm.account, noun)

    assert in_force == [callback.verifier, *old]
    assert a_day_later == [callback.verifier]
    assert verifier_secret(firm.account, noun) in firm.secrets.values


@pytest.mark.parametrize("noun", list(Kind))
def test_a_noun_that_freshbooks_does_not_let_us_register_keeps_no_other_one_away(noun):
    firm = Firm(connected=False)
    plain = firm.freshbooks.callbacks.create

    def narrow(account, event, uri):
        if event == noun.noun:
            raise RefusedError(403, 1003, "The scope is missing.")
        return plain(account, event, uri)

    firm.freshbooks.callbacks.create = narrow
    with pytest.raises(AssertionError):  # the connection is not done
        firm.connect()
    problems = tick(firm)

    assert live(firm) == set(Kind) - {noun}
    assert f"register a callback for {noun}" in problems[0]


def test_two_that_look_after_the_same_account_at_once_double_nothing():
    firm = Firm(connected=False)
    firm.connect()
    for callback in there(firm):
        firm.freshbooks.callbacks.delete(callback)
    other = firm.start()
    plain = firm.freshbooks.callbacks.create

    def interrupted(*fields):
        firm.freshbooks.callbacks.create = plain
        other.webhooks.repair(firm.account)
        return plain(*fields)

    firm.freshbooks.callbacks.create = interrupted
    firm.connector.webhooks.repair(firm.account)

    assert len(there(firm)) == len(Kind)


def test_a_callback_that_another_instance_settles_meanwhile_is_not_taken_for_disabled(caplog):
    firm = Firm()
    firm.freshbooks.switches.resend_renews_verifier = True
    for callback in there(firm):
        disable(callback)
    tick(firm, seconds=REPAIR_WEBHOOKS_EVERY.total_seconds())
    caplog.clear()
    plain, other = firm.freshbooks.callbacks.of, firm.start()

    def interrupted(*fields):
        found = [replace(each) for each in plain(*fields)]
        firm.freshbooks.callbacks.of = plain
        other.webhooks.settle(firm.account)  # after FreshBooks wrote its list
        return found

    firm.freshbooks.callbacks.of = interrupted
    firm.connector.webhooks.repair(firm.account)

    assert live(firm) == set(Kind)
    assert [each.verified for each in there(firm)] == [True] * len(Kind)
    assert "was disabled" not in caplog.text


@pytest.mark.parametrize("kept", ["not json", "{}", '["a"]', '[{"verifier": "a"}]', "[1]"])
def test_a_verifier_that_was_changed_by_hand_counts_as_none_and_is_replaced(firm, kept):
    firm.secrets.values[verifier_secret(firm.account, "client")] = kept
    firm.connector = firm.start()

    unheard = heard(firm)
    look_after(firm)

    assert not unheard
    assert heard(firm, "Bright Ltd")


def test_removing_leaves_no_callback_and_no_sync(firm):
    count = firm.connector.webhooks.remove(firm.account)

    assert count == len(Kind)
    assert there(firm) == []
    assert list(firm.registrations.list_all()) == []


def test_a_business_whose_login_is_gone_can_be_removed(firm, capsys):
    firm.clock.advance(120)
    firm.freshbooks.oauth.expire_access_tokens()
    firm.freshbooks.grant()  # our refresh token is dead, and its person is not there any more

    code = main(["webhooks", "remove"], build=lambda: firm.connector)

    assert code == 0
    assert "could not be deleted in FreshBooks" in capsys.readouterr().out
    assert firm.businesses.list_all() == []
    assert tick(firm) == []
    assert not heard(firm)


def test_looking_changes_nothing_and_tells_what_differs(firm):
    first, second, *_ = there(firm)
    disable(first)
    firm.freshbooks.callbacks.delete(second)

    states = {each.noun: each.state for each in firm.connector.webhooks.inspect(firm.account)}

    assert states[first.event] == "disabled"
    assert states[second.event] == "missing"
    assert Counter(states.values()) == {"disabled": 1, "live": len(Kind) - 2, "missing": 1}
    assert live(firm) == set(Kind)


# strangers


def forged(firm, noun, number, *, key=None, callback=None):
    path = next(each.uri for each in firm.registrations.list_all() if each.noun == noun)
    key = path.rpartition("/")[2] if key is None else key
    body = f"name=callback.verify&object_id={callback or number}&verifier=mine{number}"
    return firm.connector.receive.handle(
        business=firm.account,
        noun=noun,
        key=key,
        body=body.encode(),
        signature=base64.b64encode(b"x" * 32).decode(),
        content_type="application/x-www-form-urlencoded",
    ).status


@pytest.mark.parametrize("pending", [False, True])
def test_ten_thousand_forged_handshakes_cause_no_write_no_call_and_no_message(firm, pending):
    callback = there(firm)[0]
    if pending:
        firm.freshbooks.deliveries.set(hold=True)
        disable(callback)
        firm.clock.advance(REPAIR_WEBHOOKS_EVERY.total_seconds())
        firm.connector.upkeep.run()
    firm.freshbooks_door.traffic.clear()
    reads, writes, sent = firm.secrets.reads, firm.secrets.writes, len(firm.queue.sent)

    statuses = {
        # a stranger may guess everything but the address
        forged(firm, callback.event, number, key=f"guess{number}", callback=callback.id)
        for number in range(10_000)
    }

    assert statuses == {401}
    assert (firm.secrets.reads, firm.secrets.writes) == (reads, writes)
    assert not firm.freshbooks_door.traffic
    assert len(firm.queue.sent) == sent
    if pending:
        firm.freshbooks.deliveries.set(hold=False)
        firm.freshbooks.deliveries.run_pending()
        tick(firm)
    assert live(firm) == set(Kind)
    assert heard(firm)


def test_a_forged_code_at_the_right_address_is_never_in_force(firm):
    callback = there(firm)[0]
    disable(callback)
    firm.clock.advance(REPAIR_WEBHOOKS_EVERY.total_seconds())
    firm.connector.webhooks.repair(firm.account)
    forged(firm, callback.event, 1, callback=callback.id)
    firm.connector.upkeep.run()
    before = live(firm)
    firm.freshbooks.deliveries.run_pending()
    tick(firm)

    assert callback.event not in before
    assert live(firm) == set(Kind)
    assert "mine1" not in firm.secrets.values[verifier_secret(firm.account, callback.event)]


# trouble that is told


def test_reconnect_needed_is_told_within_a_minute_and_drains_after_connecting_again(firm, caplog):
    client = firm.books.create_client(organization="Aster Works")
    firm.freshbooks.grant()  # the same person consented elsewhere: our refresh token is dead
    firm.freshbooks.oauth.expire_access_tokens()
    firm.clock.advance(61)  # a token that was just renewed is not renewed again at once
    firm.freshbooks.deliveries.run_pending()
    firm.step()
    told = [tick(firm) for _ in range(3)]
    lines = caplog.text.count("Reconnect needed: ")
    waiting = [wait.request for wait in firm.holds.list_waits()]
    firm.connect()
    tick(firm)
    firm.drain()

    assert [len(problems) for problems in told] == [1, 1, 1]
    assert lines == 3
    assert [(request.kind, request.attempt) for request in waiting] == [(Kind.CLIENT, 0)]
    assert firm.account_of(client) is not None
    assert tick(firm) == []


def test_tokens_are_refreshed_ahead_of_their_end_though_nothing_happens(firm):
    before = firm.freshbooks_door.traffic["POST /auth/oauth/token"]
    for _ in range(12 * 12 + 1):
        firm.clock.advance(300)
        firm.connector.upkeep.run()

    assert firm.freshbooks_door.traffic["POST /auth/oauth/token"] == before + 1
    firm.freshbooks_door.traffic.clear()
    firm.connector.tokens(firm.account)(None)
    assert not firm.freshbooks_door.traffic


def test_an_outage_of_freshbooks_is_told_and_costs_nothing(firm):
    firm.freshbooks_door.fail(kind="status", status=503, path="/callbacks", times=None)

    problems = tick(firm, seconds=REPAIR_WEBHOOKS_EVERY.total_seconds())
    firm.freshbooks_door.heal()

    assert any(firm.account in problem for problem in problems)
    assert look_after(firm) == []


def test_a_minute_in_which_nothing_can_be_looked_after_is_measured_all_the_same(firm, caplog):
    caplog.set_level("INFO")
    firm.businesses.broken = RetryLaterError("the tables are down")

    with pytest.raises(RetryLaterError):
        firm.connector.upkeep.run()

    assert '{"event":"watched"' in caplog.text
    assert '{"event":"kept-up"' not in caplog.text


@pytest.mark.parametrize("why", ["", "FreshBooks is down"])
def test_the_webhooks_of_a_freshbooks_that_may_not_be_asked_are_left_alone(why):
    firm = Firm()
    firm.clock.advance(3600)
    firm.freshbooks_door.traffic.clear()

    replace(firm.connector.upkeep, is_open=lambda _business: why).run()

    asked = [each for each in firm.freshbooks_door.traffic if "callbacks" in str(each)]
    assert bool(asked) is not bool(why)
