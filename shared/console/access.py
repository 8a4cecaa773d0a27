"""Who may use the operator's pages: somebody with a link from the terminal, or signed in.

Never trusts a header that the platform has not put there, and never asks anybody outside.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.console.principal import read_principal
from shared.core.signed_values import read_signed, sign_until

INVITATION_LASTS: Final = timedelta(minutes=15)
BROWSER_LASTS: Final = timedelta(hours=1)


class _Purpose(StrEnum):
    """What an id is signed for."""

    INVITATION = "invitation"
    STATE = "state"
    BROWSER = "browser"
    FORM = "form"
    VISITOR = "visitor"
    START = "start"


@dataclass(frozen=True, kw_only=True)
class Access:
    """Signed links, cookies, states and forms, and the platform's word on who is signed in.

    Attributes:
        secret: signs them; the FreshBooks app's client secret, which every instance and the
            terminal have.
        operator_role: the app role that opens the pages; "" for none.
        operator_tenant: id of the Entra tenant whose word counts; "" for none.
        easy_auth: whether the platform's sign-in stands before the app. Without it anybody can send
            its headers, so they count for nothing.
        clock: the time.
    """

    secret: str = field(repr=False)
    operator_role: str
    operator_tenant: str
    easy_auth: bool
    clock: Callable[[], datetime]

    def invitation(self, consent: str) -> str:
        """Return what a link from the terminal carries."""
        return self._sign(_Purpose.INVITATION, consent, INVITATION_LASTS)

    def read_invitation(self, text: str) -> str | None:
        """Return the consent a link invites to, None when the link is none or has ended."""
        return self._read(_Purpose.INVITATION, text)

    def state(self, consent: str) -> str:
        """Return the state that goes to FreshBooks and comes back with the code."""
        return self._sign(_Purpose.STATE, consent, INVITATION_LASTS)

    def read_state(self, text: str) -> str | None:
        """Return the consent a state belongs to, None when it is not ours or has ended."""
        return self._read(_Purpose.STATE, text)

    def cookie(self, consent: str) -> str:
        """Return the cookie that binds a consent to the browser in which it was begun."""
        return self._sign(_Purpose.BROWSER, consent, BROWSER_LASTS)

    def read_cookie(self, text: str) -> str | None:
        """Return the consent of a browser, None when it has none."""
        return self._read(_Purpose.BROWSER, text)

    def form(self, consent: str) -> str:
        """Return what a form carries, so that no other site can send it (CSRF)."""
        return self._sign(_Purpose.FORM, consent, BROWSER_LASTS)

    def read_form(self, text: str) -> str | None:
        """Return the consent a form belongs to, None when we did not make the form."""
        return self._read(_Purpose.FORM, text)

    def visitor(self, browser: str) -> str:
        """Return the cookie that names a browser, whatever it begins or does not begin."""
        return self._sign(_Purpose.VISITOR, browser, BROWSER_LASTS)

    def read_visitor(self, text: str) -> str | None:
        """Return what names a browser, None when it has no cookie of ours."""
        return self._read(_Purpose.VISITOR, text)

    def start_form(self, consent: str, *, browser: str) -> str:
        """Return what the button that begins a consent carries; it counts in one browser only."""
        return self._sign(_Purpose.START, f"{consent}-{browser}", INVITATION_LASTS)

    def read_start_form(self, text: str, *, browser: str) -> str | None:
        """Return the consent a button begins, None when we did not make it for this browser."""
        consent, _, named = (self._read(_Purpose.START, text) or "").rpartition("-")
        return consent if consent and named == browser else None

    def signed_in(self, principal: str, provider: str) -> bool:
        """Say whether the platform vouches for somebody of our tenant with the operator's role.

        Args:
            principal: header `X-MS-CLIENT-PRINCIPAL`; "" if none.
            provider: header `X-MS-CLIENT-PRINCIPAL-IDP`; "" if none.
        """
        if not (self.easy_auth and self.operator_role and self.operator_tenant):
            return False
        person = read_principal(principal, provider)
        return (
            person is not None
            and person.tenant == self.operator_tenant
            and self.operator_role in person.roles
        )

    def _sign(self, purpose: _Purpose, consent: str, lasts: timedelta) -> str:
        return sign_until(self.secret, purpose, consent, until=self.clock() + lasts)

    def _read(self, purpose: _Purpose, text: str) -> str | None:
        return read_signed(self.secret, purpose, text, now=self.clock())
