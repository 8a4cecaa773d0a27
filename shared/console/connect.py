"""The pages that connect FreshBooks: start, the way back from it, the steps, the choice.

Never lets anybody begin who is not invited or signed in, and takes an answer of FreshBooks only
from the browser that asked, once.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from shared.console import page
from shared.console.access import Access
from shared.console.visit import Reply, Visit, redirect
from shared.core.consent import Stage
from shared.core.lines import Trouble, need_of
from shared.errors import ConnectorError, NeedsPersonError, NotPossibleError
from shared.sync.connect import Connect
from shared.sync.connections import Connections
from shared.sync.ports import Telemetry

logger = logging.getLogger(__name__)

_TERMINAL = "Run `python -m shared connect` for a new link."


@dataclass(frozen=True, kw_only=True)
class ConnectPages:
    """Answers browsers.

    Attributes:
        connect: the use case.
        access: who may do what.
        connections: says how every login stands.
        connect_url: address of the start page; the others are below it.
    """

    connect: Connect
    access: Access
    connections: Connections
    connect_url: str

    def start(self, visit: Visit) -> Reply:
        """Send an invited or signed-in person to FreshBooks' consent page.

        A second click in the same browser goes there again; a link opened elsewhere has ended.
        """
        consent = self.access.read_invitation(visit.query.get("invitation", ""))
        if consent is None:
            if not self.access.signed_in(visit.principal, visit.provider):
                return _refused(
                    401,
                    "This page is for the administrator",
                    "It opens with a link from the terminal, or for somebody who is signed in "
                    "with the operator's role.",
                    advice=_TERMINAL,
                )
            consent = self.connect.invite().id
        try:
            stage = self.connect.get(consent).stage
            if stage is Stage.INVITED:
                self.connect.start(consent)
            elif self.access.read_cookie(visit.cookie) != consent:
                return _refused(
                    410, "This link was used already", "A link opens once.", advice=_TERMINAL
                )
            elif stage is not Stage.STARTED:
                return redirect(f"{self.connect_url}/steps")
        except NotPossibleError as error:
            return _refused(410, "This link has ended", str(error), advice=_TERMINAL)
        address = self.connect.authorize_url(consent, state=self.access.state(consent))
        return redirect(address, cookie=self.access.cookie(consent))

    def callback(self, visit: Visit) -> Reply:
        """Take FreshBooks' answer from the browser that asked for it."""
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
            else:
                self.connect.refuse(consent, error=error)
        except NotPossibleError:
            # A second click or a reload: the code is not used again, the page shows what became.
            logger.info("FreshBooks' answer to consent %s came again", consent)
        return redirect(f"{self.connect_url}/steps")

    def steps(self, visit: Visit) -> Reply:
        """Show how far the connection is, and take the steps that are no person's."""
        consent = self.access.read_cookie(visit.cookie)
        if consent is None:
            return _refused(
                401,
                "There is no connection in this browser",
                "The connection's page is shown in the browser in which it began, for an hour.",
                advice=_TERMINAL,
            )
        try:
            progress = self.connect.advance(consent)
        except NotPossibleError as error:
            return _refused(404, "There is no such connection", str(error), advice=_TERMINAL)
        again = self.connect_url if self.access.signed_in(visit.principal, visit.provider) else ""
        return Reply(200, page.connection(progress, form=self.access.form(consent), again=again))

    def state(self, visit: Visit) -> Reply:
        """Show how every connection stands, and what a person has to do."""
        signed_in = self.access.signed_in(visit.principal, visit.provider)
        if not signed_in and self.access.read_cookie(visit.cookie) is None:
            return _refused(
                401,
                "This page is for the administrator",
                "It is shown to somebody who is signed in with the operator's role, and for an "
                "hour in a browser that connected FreshBooks.",
                advice="Run `python -m shared doctor` to see the same in the terminal.",
            )
        return Reply(
            200,
            page.connections(
                self.connections.list_statuses(), again=self.connect_url if signed_in else ""
            ),
        )

    def choose(self, visit: Visit) -> Reply:
        """Take the choice of businesses."""
        consent = self.access.read_cookie(visit.cookie)
        given = self.access.read_form((*visit.form.get("form", ()), "")[0])
        if consent is None or given != consent:
            return _refused(403, "This choice does not come from our page", "Nothing was changed.")
        try:
            self.connect.choose(consent, list(visit.form.get("account", ())))
        except NotPossibleError as error:
            return _refused(
                400,
                "Nothing was chosen",
                str(error),
                advice="Go back and choose the businesses to sync.",
            )
        return redirect(f"{self.connect_url}/steps")


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


def _refused(status: int, title: str, text: str, *, advice: str = "") -> Reply:
    return Reply(status, page.message(title, text, advice=advice))
