"""A browser without a screen: it keeps cookies, presses buttons and follows where it is sent.

Never runs a script, and there is none on our pages.
"""

import html
import re
from urllib.parse import parse_qsl, urlsplit

from shared.adapters.telemetry.logs import Logs
from shared.console.connect import ConnectPages, shown
from shared.console.visit import COOKIE, VISITOR, Reply, Visit
from tests.functional.world import Firm

URL = "https://localhost:8443/api/connect/freshbooks"


class Browser:
    """Somebody's browser, at the pages of a firm's connector."""

    def __init__(self, firm: Firm, *, principal: str = "") -> None:
        self.firm = firm
        self.principal = principal
        self.cookies: dict[str, str] = {}

    @property
    def pages(self) -> ConnectPages:
        return self.firm.connector.pages

    @property
    def cookie(self) -> str:
        """The cookie of the consent that was begun here."""
        return self.cookies.get(COOKIE, "")

    @cookie.setter
    def cookie(self, value: str) -> None:
        self.cookies[COOKIE] = value

    def visit(
        self,
        page: str,
        query: dict[str, str] | None = None,
        form: dict[str, list[str]] | None = None,
    ) -> Reply:
        """Ask for a page by the name of its method, or send it a form."""
        sent = Visit(
            query=query or {},
            form=form or {},
            cookie=self.cookie,
            visitor=self.cookies.get(VISITOR, ""),
            principal=self.principal,
        )
        reply = shown(lambda: getattr(self.pages, page)(sent), Logs())
        if "Set-Cookie" in reply.headers:
            name, value = reply.headers["Set-Cookie"].partition(";")[0].split("=", 1)
            self.cookies[name] = value
        return reply

    def link(self, consent: str | None = None) -> dict[str, str]:
        """Return the query of a link as the terminal prints it."""
        consent = consent or self.firm.connector.connect.invite().id
        return {"invitation": self.firm.connector.access.invitation(consent)}

    def press(self, shown: Reply, query: dict[str, str] | None = None) -> Reply:
        """Press the button of the page that connects FreshBooks."""
        return self.visit("start", query, {"form": [form_of(shown)]})

    def invited(self, consent: str | None = None) -> Reply:
        """Open a link and press the button; return what that is answered with."""
        query = self.link(consent)
        shown = self.visit("open", query)
        return self.press(shown, query) if "<form" in shown.body else shown

    def onward(self, reply: Reply) -> str:
        """Follow what the button is answered with; return the address one is led to."""
        assert reply.status == 303
        page, _, query = reply.headers["Location"].partition("?")
        assert page == f"{URL}/steps"
        shown = self.visit("steps", dict(parse_qsl(query)))
        refresh = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', shown.body)
        assert refresh is not None
        return html.unescape(refresh[1])

    def decide(self, reply: Reply, **decision: object) -> dict[str, str]:
        """Decide on FreshBooks' page and return the query one comes back with."""
        return self.firm.consent(self.onward(reply), **decision)  # type: ignore[arg-type]  # as given

    def connect(self, consent: str | None = None, **decision: object) -> Reply:
        """Go all the way to the page with the steps."""
        answer = self.visit("callback", self.decide(self.invited(consent), **decision))
        assert answer.headers["Location"] == f"{URL}/steps"
        return self.visit("steps")

    def choose(self, shown: Reply, *businesses: str) -> Reply:
        """Send the choice of businesses."""
        return self.visit("choose", form={"form": [form_of(shown)], "account": list(businesses)})

    def go_on(self) -> Reply:
        """Press the button that goes on at once, and return the page with the steps."""
        shown = self.visit("steps")
        answer = self.visit("advance", form={"form": [form_of(shown)]})
        assert urlsplit(answer.headers["Location"]).path.endswith("/steps")
        return self.visit("steps")


def form_of(reply: Reply) -> str:
    """Return what the forms of a page carry."""
    found = re.search(r'name="form" value="([^"]+)"', reply.body)
    assert found is not None, text(reply)
    return found[1]


def text(reply: Reply) -> str:
    """Return the words of a page."""
    words = re.sub(r"<style>.*?</style>|<[^>]+>", " ", reply.body, flags=re.DOTALL)
    return html.unescape(" ".join(words.split()))


def states(reply: Reply) -> list[str]:
    """Return how far each line of a page is."""
    return re.findall(r'<li class="(\w+)">', reply.body)
