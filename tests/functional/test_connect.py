"""The consent from the first click to the last webhook, by the pages a browser is shown."""

import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.front import principal_headers, signed_in
from shared.adapters.freshbooks.token_chain import token_secret
from shared.cli import main
from shared.console.visit import VISITOR
from shared.core.consent import Stage
from shared.core.identity import Kind
from shared.errors import ConfigurationError, RetryLaterError
from tests.functional.browser import URL, Browser, form_of, states, text
from tests.functional.world import Firm


@pytest.fixture
def firm():
    return Firm(connected=False)


@pytest.fixture
def browser(firm):
    return Browser(firm)


def posts(firm):
    return firm.freshbooks_door.traffic["POST /auth/oauth/token"]


# the way it should go


def test_a_consent_goes_from_the_link_to_live_webhooks(firm, browser):
    waiting = browser.connect()
    firm.freshbooks.deliveries.run_pending()
    done = browser.go_on()

    assert states(waiting) == ["done"] * 4 + ["now"] * len(Kind)
    assert 'http-equiv="refresh"' in waiting.body
    assert states(done) == ["done"] * (4 + len(Kind))
    assert 'http-equiv="refresh"' not in done.body
    assert "FreshBooks is connected" in text(done)
    assert [each.id for each in firm.businesses.list_all()] == [firm.account]
    assert {each.state for each in firm.registrations.list_all()} == {"live"}


def test_the_cookie_is_signed_short_lived_and_for_this_host_and_https_only(browser):
    cookie = browser.invited().headers["Set-Cookie"]

    assert cookie.startswith("__Host-")
    assert {"Path=/", "Max-Age=3600", "Secure", "HttpOnly", "SameSite=Lax"} <= set(
        cookie.split("; ")
    )


def test_freshbooks_is_asked_with_pkce_and_the_redirect_uri_to_the_letter(firm, browser):
    query = parse_qs(urlsplit(browser.onward(browser.invited())).query)

    assert query["code_challenge_method"] == ["S256"]
    assert len(query["code_challenge"][0]) == 43
    assert query["redirect_uri"] == [firm.settings.freshbooks_redirect_uri]


def test_no_page_may_be_framed_cached_or_run_a_script(browser):
    shown = browser.visit("open", browser.link())
    for reply in (shown, browser.invited(), browser.visit("steps"), browser.visit("callback")):
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["Referrer-Policy"] == "same-origin"


def test_tokens_are_saved_before_the_businesses_are_asked_for(firm, browser):
    firm.freshbooks_door.fail(kind="status", status=503, path="/users/me", times=None)
    shown = browser.connect()
    consent = next(iter(firm.consents.consents.values()))

    assert consent.stage is Stage.SAVED
    assert token_secret(consent.id) in firm.secrets.values
    assert states(shown)[:4] == ["done", "done", "done", "now"]
    assert "tried again by itself" in text(shown)

    firm.freshbooks_door.heal()
    assert states(browser.go_on())[:4] == ["done"] * 4


def test_no_page_shows_a_code_a_token_a_verifier_or_a_secret(firm, browser, caplog):
    caplog.set_level("DEBUG")
    answer = browser.decide(browser.invited())
    shown = [browser.visit("callback", answer), browser.visit("steps")]
    firm.freshbooks.deliveries.run_pending()
    shown += [browser.go_on(), browser.visit("callback", answer)]
    tokens = json.loads(next(v for n, v in firm.secrets.values.items() if "token" in n))
    secrets = {answer["code"], tokens["access_token"], tokens["refresh_token"]}
    secrets |= {each.verifier for each in firm.freshbooks.callbacks.of(firm.account)}
    secrets |= {firm.freshbooks.app.client_secret, answer["state"], browser.cookie}
    kept = repr(firm.consents.consents) + repr(firm.businesses.businesses) + caplog.text
    seen = kept + "".join(reply.body + repr(reply.headers) for reply in shown)

    assert len(secrets) == 6 + len(Kind)
    assert [secret for secret in secrets if secret in seen] == []


# how it stands


def renewed(firm, browser):
    """The cookie of the same browser, as if it lasted longer than an hour."""
    return firm.connector.access.cookie(browser.cookie.partition(".")[0])


def test_the_state_of_every_connection_is_shown_to_who_connected_it(firm, browser):
    browser.connect()
    firm.freshbooks.deliveries.run_pending()
    browser.go_on()

    shown = browser.visit("state")

    assert "FreshBooks is connected" in text(shown)
    assert "Harbour Light Studio" in text(shown)
    assert states(shown) == ["done"] * len(Kind)


def test_the_state_says_reconnect_needed_and_what_to_do(firm, browser):
    browser.connect()
    firm.freshbooks.grant()  # the same person consented elsewhere: our refresh token is dead
    firm.clock.advance(12 * 3600)
    firm.connector.upkeep.run()
    browser.cookie = renewed(firm, browser)

    shown = text(browser.visit("state"))

    assert "FreshBooks needs you" in shown
    assert "Reconnect needed: " in shown
    assert "messages wait" in shown
    assert "python -m shared connect" in shown


def test_the_state_asks_nobody_to_connect_while_a_store_of_ours_is_down(firm, browser):
    browser.connect()
    firm.connector = firm.start()
    firm.secrets.broken = RetryLaterError("Key Vault is throttled.")

    shown = text(browser.visit("state"))

    assert "FreshBooks cannot be asked right now" in shown
    assert "It is tried again every minute" in shown
    assert "python -m shared connect" not in shown


def test_the_state_is_not_shown_to_a_stranger_and_nothing_is_asked(firm, browser):
    reads = firm.secrets.reads

    assert browser.visit("state").status == 401
    assert firm.secrets.reads == reads
    assert not firm.freshbooks_door.traffic


# who may begin


def test_a_stranger_cannot_begin_and_nothing_is_asked_or_kept(firm, browser):
    reads = firm.secrets.reads
    for query in ({}, {"invitation": "x"}, {"invitation": "a.1.b"}, {"invitation": "\ud800"}):
        reply = browser.visit("start", query)
        assert reply.status == 401
        assert "Location" not in reply.headers

    assert firm.consents.consents == {}
    assert firm.secrets.reads == reads
    assert not firm.freshbooks_door.traffic


TENANT = "7c3f0a52-41d8-4e0b-9a66-2f1be0c7d915"


@pytest.mark.parametrize(("tenant", "status"), [(TENANT, 200), (TENANT.replace("7", "8"), 401)])
def test_somebody_of_the_tenant_signed_in_with_the_role_begins_without_a_link(tenant, status):
    firm = Firm(
        connected=False,
        operator_role="Op",
        operator_tenant_id=TENANT,
        website_auth_enabled="true",
    )
    claims = signed_in(tenant, name="robin", object_id="an-id", roles=["Op"])
    browser = Browser(firm, principal=principal_headers(claims)["X-MS-CLIENT-PRINCIPAL"])

    opened = browser.visit("open")

    assert opened.status == status
    if status == 200:
        assert browser.visit("callback", browser.decide(browser.press(opened))).status == 303
        assert states(browser.visit("steps"))[:4] == ["done"] * 4


def test_a_link_counts_once_and_only_in_the_browser_in_which_the_button_was_pressed(firm, browser):
    consent = firm.connector.connect.invite().id
    first = browser.invited(consent)
    elsewhere = Browser(firm).invited(consent)
    again = browser.invited(consent)

    assert first.status == again.status == 303
    assert elsewhere.status == 410
    assert urlsplit(browser.onward(again)).path == "/oauth/authorize/"


def test_a_link_ends_after_a_quarter_of_an_hour(firm, browser):
    consent = firm.connector.connect.invite().id
    link = firm.connector.access.invitation(consent)
    firm.clock.advance(16 * 60)

    assert browser.visit("open", {"invitation": link}).status == 401


# what is not possible, and what cannot be done now


@pytest.mark.parametrize(
    ("page", "status", "said"),
    [
        ("open", 410, "This link has ended"),
        ("start", 410, "This link has ended"),
        ("callback", 303, ""),
        ("steps", 404, "There is no such connection"),
        ("advance", 404, "There is no such connection"),
        ("state", 401, "This page is for the administrator"),
        ("choose", 400, "Nothing was chosen"),
    ],
)
def test_a_connection_nobody_knows_is_said_to_be_none(firm, browser, page, status, said):
    access = firm.connector.access
    browser.cookie = access.cookie("unknown")
    browser.cookies[VISITOR] = access.visitor("b")
    query = {"invitation": access.invitation("unknown"), "state": access.state("unknown")}
    form = access.start_form("unknown", browser="b") if page == "start" else access.form("unknown")

    reply = browser.visit(page, query | {"code": "a-code"}, {"form": [form]})

    assert reply.status == status
    assert said in text(reply)
    assert posts(firm) == 0


class Denied:
    """A table that lets nobody in, as every port over it tells."""

    def __init__(self, name):
        self.said = f"Table {name}: access is denied. Give the app's identity the role 'Writer'."

    def __getattr__(self, _verb):
        def refuse(*_given, **_named):
            raise ConfigurationError(self.said)

        return refuse


@pytest.mark.parametrize(
    ("page", "port"),
    [
        ("open", "consents"),
        ("start", "consents"),
        ("callback", "consents"),
        ("steps", "consents"),
        ("steps", "registrations"),
        ("advance", "consents"),
        ("advance", "registrations"),
        ("state", "consents"),
        ("state", "businesses"),
        ("state", "registrations"),
        ("choose", "consents"),
        ("choose", "businesses"),
    ],
)
def test_storage_that_denies_access_is_no_missing_connection(firm, browser, page, port):
    if page == "choose":
        firm.books.create_business("Second", account="s3cond")
    consent = firm.connector.connect.invite().id
    if page == "callback":
        browser.invited(consent)
    elif page == "start":
        browser.visit("open", browser.link(consent))
    elif page != "open":
        browser.connect(consent)
    access = firm.connector.access
    query = {"invitation": access.invitation(consent), "state": access.state(consent)}
    named = access.read_visitor(browser.cookies.get(VISITOR, "")) or ""
    button = access.start_form(consent, browser=named)
    form = {
        "form": [button if page == "start" else access.form(consent)],
        "account": [firm.account],
    }
    setattr(firm, port, Denied(port))
    firm.connector = firm.start()

    reply = browser.visit(page, query | {"code": "a-code"}, form)

    assert reply.status == 503
    assert "the role 'Writer'" in text(reply)
    assert "Load this page again when that is mended." in text(reply)


def test_storage_that_denies_access_is_no_connection_that_is_not_there_in_the_terminal(
    firm, capsys
):
    firm.businesses = Denied("accounts")
    firm.connector = firm.start()

    code = main(["history", "invoice", "1"], build=lambda: firm.connector)

    assert code == 2
    assert capsys.readouterr().err.startswith("Configuration: Table accounts: access is denied.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["history", "invoice", "1"], "Name the FreshBooks account with --account"),
        (["held", "--account", "nobody", "ignore", "7"], "nobody is not connected"),
        (["dead-letters", "retry", "a/b"], "There is no dead letter a/b."),
        (["dead-letters", "dismiss", "a/b"], "There is no dead letter a/b."),
    ],
)
def test_the_terminal_says_what_is_not_possible(firm, capsys, arguments, said):
    code = main(arguments, build=lambda: firm.connector)

    assert code == 2
    assert capsys.readouterr().err.startswith(f"Not possible: {said}")


# what may go wrong on the way


def test_cancelling_is_explained_and_starts_anew(firm, browser):
    shown = browser.connect(decision="cancel")

    assert "was not allowed" in text(shown)
    assert "python -m shared connect" in text(shown)
    assert posts(firm) == 0
    assert states(browser.connect())[:4] == ["done"] * 4


@pytest.mark.parametrize("state", ["", "wrong", "abc.9999999999.x"])
def test_a_wrong_state_is_refused_and_the_code_is_not_used(firm, browser, state):
    answer = browser.decide(browser.invited())

    reply = browser.visit("callback", answer | {"state": state})

    assert reply.status == 400
    assert posts(firm) == 0


def test_an_answer_in_another_browser_is_refused(firm, browser):
    answer = browser.decide(browser.invited())
    victim = Browser(firm)
    victim.invited()

    assert Browser(firm).visit("callback", answer).status == 400
    assert victim.visit("callback", answer).status == 400
    assert posts(firm) == 0


def test_a_replayed_callback_shows_the_page_and_uses_no_code(firm, browser):
    answer = browser.decide(browser.invited())
    first = browser.visit("callback", answer)
    second = browser.visit("callback", answer)

    assert first.headers["Location"] == second.headers["Location"]
    assert posts(firm) == 1
    assert states(browser.visit("steps"))[:4] == ["done"] * 4


def test_a_code_that_is_too_old_is_explained(firm, browser):
    answer = browser.decide(browser.invited())
    firm.clock.advance(6 * 60)
    browser.visit("callback", answer)

    assert "did not take the consent's code" in text(browser.visit("steps"))


def test_an_exchange_whose_answer_was_lost_ends_in_start_again(firm, browser):
    firm.freshbooks_door.fail(kind="drop-after", path="/oauth/token")
    shown = browser.connect()

    assert "got no whole answer" in text(shown)
    assert "Start again" in text(shown)
    assert posts(firm) == 1


def test_a_process_that_died_between_saving_and_noting_it_loses_nothing(firm, browser):
    answer = browser.decide(browser.invited())

    def dies(consent):
        if consent.stage is Stage.SAVED:
            raise KeyboardInterrupt

    firm.consents.before("replace", dies)
    with pytest.raises(KeyboardInterrupt):
        browser.visit("callback", answer)
    firm.consents.heal()
    waiting = states(browser.visit("steps"))
    firm.clock.advance(61)

    assert waiting[:4] == ["done", "done", "now", "waiting"]
    assert firm.connector.upkeep.run() == []
    assert states(browser.visit("steps"))[:4] == ["done"] * 4


def test_a_process_that_died_before_it_had_tokens_ends_in_start_again(firm, browser):
    answer = browser.decide(browser.invited())
    firm.freshbooks_door.fail(kind="drop-before", path="/oauth/token")

    def dies(consent):
        if consent.stage is Stage.FAILED:
            raise KeyboardInterrupt

    firm.consents.before("replace", dies)
    with pytest.raises(KeyboardInterrupt):
        browser.visit("callback", answer)
    firm.consents.heal()
    firm.clock.advance(61)
    firm.connector.upkeep.run()

    assert "lost on the way" in text(browser.visit("steps"))


def test_a_browser_without_a_connection_is_told_so(browser):
    assert browser.visit("steps").status == 401


@pytest.mark.parametrize("saved", [True, False])
def test_an_exchange_that_takes_long_ends_as_the_page_found_it(firm, browser, saved):
    answer = browser.decide(browser.invited())
    login = firm.connector.connect.login
    plain = login.exchange

    def slow(*given, **named):
        if saved:
            plain(*given, **named)
        firm.clock.advance(61)
        firm.connector.upkeep.run()  # the minute's upkeep takes it for cut short
        if not saved:
            raise RetryLaterError("FreshBooks is down")

    login.exchange = slow
    sent = browser.visit("callback", answer)

    assert sent.headers["Location"] == f"{URL}/steps"
    assert ("FreshBooks is not connected" in text(browser.visit("steps"))) is not saved


class Pasting:
    """A standard input: somebody who consents at the printed address and pastes the answer."""

    def __init__(self, firm, capsys):
        self.firm = firm
        self.capsys = capsys

    def readline(self):
        page = re.search(r"https://\S+/oauth/authorize/\S+", self.capsys.readouterr().out)[0]
        return f"{URL}/callback?{urlencode(self.firm.consent(page))}\n"


@pytest.mark.parametrize("patience", [-1.0, 1.0])
def test_the_terminal_says_what_keeps_it_waiting_and_does_not_wait_for_ever(
    firm, monkeypatch, capsys, patience
):
    monkeypatch.setattr("sys.stdin", Pasting(firm, capsys))
    monkeypatch.setattr("shared.cli.connect.PATIENCE", patience)
    firm.freshbooks_door.fail(kind="status", status=403, path="/users/me", times=None)

    code = main(["connect", "--paste"], build=lambda: firm.connector)

    said = capsys.readouterr()
    assert code == 2
    assert "user:profile:read" in said.err
    assert said.out.count("user:profile:read") == (1 if patience > 0 else 0)


# businesses


def test_an_account_id_that_stands_in_the_roles_only_is_synced(browser, firm):
    firm.books.business(None).hides_account_id = True
    browser.connect()

    assert [each.id for each in firm.businesses.list_all()] == [firm.account]


def test_a_person_who_is_only_a_client_is_refused_with_the_reason(firm, browser):
    person = firm.books.create_identity()
    firm.books.create_business("Supplier", role="client", userid=9, identity=person.id)

    shown = browser.connect(identity=person.id)

    assert "is shown only a part" in text(shown)
    assert firm.businesses.list_all() == []


def test_a_person_without_a_business_is_told_so(firm, browser):
    person = firm.books.create_identity()

    assert "belongs to no FreshBooks business" in text(browser.connect(identity=person.id))


def test_of_several_businesses_the_chosen_ones_are_synced(firm, browser):
    firm.books.create_business("Second & Sons", account="s3cond")
    firm.books.create_business("Third", account="th1rd")
    shown = browser.connect()
    form = form_of(shown)

    browser.visit("choose", form={"form": [form], "account": [firm.account, "s3cond"]})
    firm.freshbooks.deliveries.run_pending()
    done = browser.go_on()

    assert "Second &amp; Sons" in shown.body
    assert 'http-equiv="refresh"' not in shown.body
    assert sorted(each.id for each in firm.businesses.list_all()) == sorted(
        [firm.account, "s3cond"]
    )
    assert states(done) == ["done"] * (4 + 2 * len(Kind))


def test_a_business_that_was_chosen_twice_is_synced_once(firm, browser):
    firm.books.create_business("Second", account="s3cond")
    shown = browser.connect()
    form = form_of(shown)

    browser.visit("choose", form={"form": [form], "account": ["s3cond", "s3cond"]})

    assert states(browser.visit("steps")) == ["done"] * 4 + ["now"] * len(Kind)


@pytest.mark.parametrize("chosen", [[], ["nobody"], ["s3cond", "nobody"]])
def test_a_choice_that_was_not_offered_changes_nothing(firm, browser, chosen):
    firm.books.create_business("Second", account="s3cond")
    shown = browser.connect()
    form = form_of(shown)

    reply = browser.visit("choose", form={"form": [form], "account": chosen})

    assert reply.status == 400
    assert firm.businesses.list_all() == []


def test_a_choice_from_another_site_changes_nothing(firm, browser):
    firm.books.create_business("Second", account="s3cond")
    browser.connect()

    for forged in ([], ["x"], [browser.cookie], [firm.connector.access.form("another")]):
        reply = browser.visit("choose", form={"form": forged, "account": ["s3cond"]})
        assert reply.status == 403
    assert firm.businesses.list_all() == []


def test_accounts_that_were_named_beforehand_are_synced_without_a_question(firm, browser):
    firm.books.create_business("Second", account="s3cond")
    consent = firm.connector.connect.invite("s3cond").id

    browser.visit("callback", browser.decide(browser.invited(consent)))

    assert [each.id for each in firm.businesses.list_all()] == ["s3cond"]


def test_an_account_that_was_named_and_cannot_be_read_ends_it_and_nothing_else_is_synced(
    firm, browser
):
    consent = firm.connector.connect.invite("el5e").id
    browser.visit("callback", browser.decide(browser.invited(consent)))

    said = text(browser.visit("steps"))
    assert f"cannot read el5e; it can read {firm.account}" in said
    assert firm.businesses.list_all() == []


def test_a_login_counts_even_if_nobody_looks_at_the_page_afterwards(firm, browser):
    browser.connect()
    before = firm.businesses.get(firm.account).connection
    again = Browser(firm)

    again.visit("callback", again.decide(again.invited()))  # and the window is closed

    assert firm.businesses.get(firm.account).connection != before
    assert firm.connector.upkeep.run() == []


def test_connecting_again_as_the_same_person_moves_their_accounts_to_the_new_login(firm, browser):
    browser.connect()
    before = firm.businesses.get(firm.account).connection
    firm.freshbooks.deliveries.run_pending()
    browser.go_on()

    Browser(firm).connect()

    after = firm.businesses.get(firm.account).connection
    client = firm.books.create_client(organization="Aster Works")["id"]
    assert after != before
    assert firm.connector.poll.run().problems == []
    assert ("client", client) in [(r.kind.value, r.number) for r in firm.queue.sent]


def test_a_try_that_a_later_one_of_the_same_person_overtook_takes_nothing_back(firm, browser):
    later = Browser(firm)
    firm.freshbooks_door.fail(kind="status", status=503, path="/users/me", times=None)
    browser.connect()
    firm.clock.advance(60)
    later.connect()
    firm.freshbooks_door.heal()

    later.go_on()
    browser.go_on()
    firm.clock.advance(12 * 3600)  # the access tokens of both have ended

    assert firm.connector.poll.run().problems == []


@pytest.fixture
def two_tabs(firm, browser):
    """The same person at the choice of businesses twice, a minute apart; each with its form."""
    firm.books.create_business("Second", account="s3cond")
    tabs = []
    for each in (browser, Browser(firm)):
        tabs.append((each, form_of(each.connect())))
        firm.clock.advance(60)
    return tabs


def test_a_choice_in_an_older_tab_is_read_by_the_newest_login(firm, two_tabs):
    (older, first), (newer, second) = two_tabs

    newer.visit("choose", form={"form": [second], "account": [firm.account]})
    older.visit("choose", form={"form": [first], "account": [firm.account, "s3cond"]})
    firm.clock.advance(12 * 3600)

    assert [each.id for each in firm.businesses.list_all()] == sorted([firm.account, "s3cond"])
    assert firm.connector.poll.run().problems == []


def test_a_choice_in_a_newer_tab_follows_that_of_an_older_one(firm, two_tabs):
    (older, first), (newer, second) = two_tabs

    older.visit("choose", form={"form": [first], "account": [firm.account]})
    newer.visit("choose", form={"form": [second], "account": ["s3cond"]})
    firm.clock.advance(12 * 3600)

    assert firm.connector.poll.run().problems == []


def test_another_persons_login_leaves_the_first_ones_accounts_alone(firm, browser):
    browser.connect()
    before = firm.businesses.get(firm.account)
    person = firm.books.create_identity()
    firm.books.create_business("Second", account="s3cond", identity=person.id)

    Browser(firm).connect(identity=person.id)

    assert firm.businesses.get(firm.account) == before
    assert firm.businesses.get("s3cond").connection != before.connection
    assert firm.connector.poll.run().problems == []
