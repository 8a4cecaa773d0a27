"""The pages that connect FreshBooks: the button, the way back from it, the steps, the choice.

Never changes anything for a GET, whoever sends it and however often, with one exception that OAuth
wants: FreshBooks' answer. That one counts with its state, in the browser that asked, once.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass

from shared.console import page
from shared.console.access import Access
from shared.console.visit import Reply, Visit, named, redirect
from shared.core.consent import Consent, Stage
from shared.core.histories import Histories
from shared.core.lines import Trouble, need_of
from shared.errors import ConnectorError, NeedsPersonError, NotPossibleError
from shared.sync.connect import Connect
from shared.sync.connections import Connections
from shared.sync.ports import Clock, Telemetry

logger = logging.getLogger(__name__)

_LATE = "This took longer than a quarter of an hour."
_TERMINAL = "Run `python -m shared connect` for a new link."


@dataclass(frozen=True, kw_only=True)
class ConnectPages:
    """Answers browsers.

    Attributes:
        connect: the use case.
        access: who may do what.
        connections: says how every login stands.
        histories: says how far the histories of businesses are.
        connect_url: address of the page with the button; the others are below it.
    """

    connect: Connect
    access: Access
    connections: Connections
    histories: Callable[[Collection[str]], Histories]
    clock: Clock
    connect_url: str

    def open(self, visit: Visit) -> Reply:
        """Show an invited or signed-in person the button, and what it does.

        Programs that look at links before people do may open it as often as they like.
        """
        invited = self.access.read_invitation(visit.query.get("invitation", ""))
        if invited is None and (refusal := self._refusal(visit)):
            return refusal
        browser = self.access.read_visitor(visit.visitor) or self.connect.new_id()
        link = self._open_link(invited, visit, browser) if invited is not None else None
        if isinstance(link, Reply):
            return link
        # Of somebody who needs no invitation nothing is kept before the button is pressed.
        consent = link.id if link is not None else self.connect.new_id()
        form = self.access.start_form(consent, browser=browser)
        shown = Reply(200, page.invitation(form=form, wanted=link.wanted if link else ()))
        return named(shown, visitor=self.access.visitor(browser))

    def start(self, visit: Visit) -> Reply:
        """Begin a connection and lead on to FreshBooks' consent page.

        A second press in the same browser leads there again; in another one the link has ended.
        FreshBooks' page is reached by a page of ours: browsers hold a form's whole way, with every
        redirect, to where our pages let forms go.
        """
        invited = self.access.read_invitation(visit.query.get("invitation", ""))
        if invited is None and (refusal := self._refusal(visit)):
            return refusal
        browser = self.access.read_visitor(visit.visitor)
        form = (*visit.form.get("form", ()), "")[0]
        consent = self.access.read_start_form(form, browser=browser) if browser else None
        if browser is None or consent is None or (invited is not None and invited != consent):
            return _refused(
                403,
                "This button has ended",
                "It counts for a quarter of an hour, in the browser that shows it. Nothing was "
                "changed.",
                advice="Open the page again, and press the button there.",
            )
        try:
            if self.access.read_cookie(visit.cookie) == consent:
                found = self.connect.get(consent)  # by the cookie it is this browser's
            else:
                found = self.connect.begin(consent, browser=browser, uninvited=invited is None)
        except NotPossibleError as error:
            return _ended(str(error))
        onward = "?to=freshbooks" if found.stage is Stage.STARTED else ""
        return redirect(f"{self.connect_url}/steps{onward}", cookie=self.access.cookie(consent))

    def callback(self, visit: Visit) -> Reply:
        """Take FreshBooks' answer from the browser that asked for it.

        The only GET that changes something, for OAuth has no other way. The state is ours and has
        not ended, the cookie says that the browser pressed the button, and the answer is taken
        once: a reload or a second browser changes nothing.
        """
        consent = self.access.read_state(visit.query.get("state", ""))
        if consent is None:
            return _refused(
                400,
                "This answer belongs to no connection",
                "Its state is missing, too old, or was not made here.",
                advice=_TERMINAL,
            )
        if self.access.read_cookie(visit.cookie) != consent:
            return _refused(
                400,
                "This answer belongs to another browser",
                "A connection ends in the browser in which it began. Nothing was changed.",
                advice=_TERMINAL,
            )
        code, error = visit.query.get("code", ""), visit.query.get("error", "")
        try:
            if code and not error:
                self.connect.finish(consent, code)
                self._go_on(consent)
            else:
                self.connect.refuse(consent, error=error)
        except NotPossibleError:
            # A second click or a reload: the code is not used again, the page shows what became.
            logger.info("FreshBooks' answer to consent %s came again", consent)
        return redirect(f"{self.connect_url}/steps")

    def steps(self, visit: Visit) -> Reply:
        """Show how far the connection is; the steps themselves are taken elsewhere."""
        consent = self.access.read_cookie(visit.cookie)
        if consent is None:
            return _refused(
                401,
                "There is no connection in this browser",
                "The connection's page is shown in the browser in which it began, for an hour.",
                advice=_TERMINAL,
            )
        try:
            progress = self.connect.look(consent)
        except NotPossibleError as error:
            return _refused(404, "There is no such connection", str(error), advice=_TERMINAL)
        found, now = progress.consent, self.clock()
        if found.waits_for_person() and found.has_lapsed(now):
            return _ended(_LATE)
        onward = ""
        if found.stage is Stage.STARTED:
            onward = self.connect.authorize_url(consent, state=self.access.state(consent))
            if visit.query.get("to") == "freshbooks":
                return Reply(200, page.onward(onward))
        shown = page.connection(
            progress,
            form=self.access.form(consent),
            again=self.connect_url if self._signed_in(visit) else "",
            onward=onward,
            ticked=visit.query.get("tick") == "all",
            histories=self.histories(found.chosen) if progress.done else Histories(),
            now=now,
        )
        return Reply(200, shown)

    def advance(self, visit: Visit) -> Reply:
        """Take the steps that are no person's at once, for somebody who does not want to wait."""
        consent = self._of_our_form(visit)
        if consent is None:
            return _foreign()
        try:
            self.connect.advance(consent)
        except NotPossibleError as error:
            return _refused(404, "There is no such connection", str(error), advice=_TERMINAL)
        return redirect(f"{self.connect_url}/steps")

    def state(self, visit: Visit) -> Reply:
        """Show how every connection stands, and what a person has to do."""
        signed_in = self._signed_in(visit)
        if not signed_in and not self._has_connected(visit):
            return _refused(
                401,
                "This page is for the administrator",
                "It is shown to somebody who is signed in with the operator's role, and for an "
                "hour in a browser that connected FreshBooks.",
                advice="Run `python -m shared doctor` to see the same in the terminal.",
            )
        again = self.connect_url if signed_in else ""
        statuses = self.connections.look()
        businesses = {each.id for status in statuses for each in status.businesses}
        histories = self.histories(businesses)
        shown = page.connections(statuses, histories=histories, again=again, now=self.clock())
        return Reply(200, shown)

    def choose(self, visit: Visit) -> Reply:
        """Take the choice of businesses."""
        consent = self._of_our_form(visit)
        if consent is None:
            return _foreign()
        chosen = None if "all" in visit.form else list(visit.form.get("account", ()))
        try:
            self.connect.choose(consent, chosen)
        except NotPossibleError as error:
            return _refused(
                400,
                "Nothing was chosen",
                str(error),
                advice="Go back and choose the businesses to sync.",
            )
        self._go_on(consent)
        return redirect(f"{self.connect_url}/steps")

    def _go_on(self, consent: str) -> None:
        """Take the next steps at once; those that do not succeed the minute's upkeep takes."""
        try:
            self.connect.advance(consent)
        except ConnectorError as error:
            logger.warning("The consent %s waits for the upkeep: %s", consent, error)

    def _open_link(self, invited: str, visit: Visit, browser: str) -> Consent | Reply:
        """Return the consent a link invites to, or what is said of a link that has ended."""
        try:
            found = self.connect.get(invited)
        except NotPossibleError as error:
            return _ended(str(error))
        theirs = self._is_theirs(found, visit, browser)
        if found.stage is not Stage.INVITED and not theirs:
            return _used()
        if not found.waits_for_person():
            return redirect(f"{self.connect_url}/steps")
        return _ended(_LATE) if found.has_lapsed(self.clock()) else found

    def _refusal(self, visit: Visit) -> Reply | None:
        """Return what is said to somebody without a good link, None to who needs none."""
        if not self._signed_in(visit):
            return _stranger()
        if visit.query.get("invitation"):  # whoever made the link waits for that one
            return _ended(f"Signed in as you are, you can also connect at {self.connect_url}.")
        return None

    def _signed_in(self, visit: Visit) -> bool:
        return self.access.signed_in(visit.principal, visit.provider)

    def _has_connected(self, visit: Visit) -> bool:
        """Say whether somebody pressed the button in this browser and logged in to FreshBooks.

        Whoever only came by with a link has shown nothing.
        """
        consent = self.access.read_cookie(visit.cookie)
        try:
            return consent is not None and self.connect.get(consent).has_tokens
        except NotPossibleError:
            return False

    def _is_theirs(self, consent: Consent, visit: Visit, browser: str) -> bool:
        """Say whether a consent was begun in the browser of a visit."""
        return self.access.read_cookie(visit.cookie) == consent.id or consent.browser == browser

    def _of_our_form(self, visit: Visit) -> str | None:
        """Return the browser's consent if the form was made for it by us, None otherwise."""
        consent = self.access.read_cookie(visit.cookie)
        given = self.access.read_form((*visit.form.get("form", ()), "")[0])
        return consent if given == consent else None


def shown(answer: Callable[[], Reply], told: Telemetry) -> Reply:
    """Return an answer, or the page for a service that is down or settings that are wrong."""
    try:
        return answer()
    except ConnectorError as error:
        # Once a minute: whoever loads the page may be a stranger who does so again and again.
        told.count(Trouble(what=need_of(error), text=f"A page could not be shown: {error}"))
        return _unavailable(error)


def _unavailable(error: ConnectorError) -> Reply:
    mended = isinstance(error, NeedsPersonError)
    advice = "Load this page again when that is mended." if mended else "Try again later."
    return _refused(503, "This cannot be done right now", str(error), advice=advice)


def _stranger() -> Reply:
    return _refused(
        401,
        "This page is for the administrator",
        "It opens with a link from the terminal, for a quarter of an hour, or for somebody who is "
        "signed in with the operator's role.",
        advice=_TERMINAL,
    )


def _used() -> Reply:
    return _refused(
        410,
        "This link was used already",
        "A link counts for one browser, and another one went on with it.",
        advice=_TERMINAL,
    )


def _ended(why: str) -> Reply:
    return _refused(410, "This link has ended", why, advice=_TERMINAL)


def _foreign() -> Reply:
    return _refused(403, "This choice does not come from our page", "Nothing was changed.")


def _refused(status: int, title: str, text: str, *, advice: str = "") -> Reply:
    return Reply(status, page.message(title, text, advice=advice))
