"""Connecting to FreshBooks: consent, businesses, webhook registration.

Never believes a handshake that nobody waits for, and puts a verifier in force only after FreshBooks
took it.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from shared.core.events import Kind
from shared.errors import ConfigurationError, ConnectorError
from shared.sync.ports import (
    Business,
    Callback,
    Callbacks,
    Login,
    Registration,
    Registrations,
    Secrets,
)
from shared.sync.verifiers import Verifiers, candidate_name

logger = logging.getLogger(__name__)


class Connect:
    """Connects a FreshBooks account and keeps its webhooks registered."""

    def __init__(
        self,
        *,
        login: Login,
        callbacks: Callbacks,
        registrations: Registrations,
        secrets: Secrets,
        verifiers: Verifiers,
        clock: Callable[[], datetime],
        public_url: str,
    ) -> None:
        self._login = login
        self._callbacks = callbacks
        self._registrations = registrations
        self._secrets = secrets
        self._verifiers = verifiers
        self._clock = clock
        self._public_url = public_url

    def authorize_url(self, state: str) -> str:
        """Return the address where the administrator consents."""
        return self._login.authorize_url(state=state)

    def finish(self, code: str, *, account: str | None = None) -> Business:
        """Exchange the consent's code and choose the business to sync.

        Args:
            code: from the redirect.
            account: the FreshBooks account id to sync; None takes the only one there is.

        Raises:
            ConfigurationError: there is no usable business, or several and none was chosen.
        """
        self._login.exchange(code)
        businesses = self._login.list_businesses()
        usable = [b for b in businesses if b.account and b.role != "client"]
        chosen = [b for b in usable if account in {None, b.account}]
        if len(chosen) != 1 or chosen[0].account is None:
            listed = ", ".join(
                f"{b.name} ({b.account or 'no account'}, {b.role})" for b in businesses
            )
            raise ConfigurationError(
                f"Choose one of the businesses of this login by its account id: {listed or 'none'}."
                " A person with the role client cannot be used: FreshBooks shows it only a part."
            )
        self._registrations.add_account(chosen[0].account, chosen[0].name)
        return chosen[0]

    def register(self, account: str) -> list[Registration]:
        """See that every noun has a callback of its own; their handshakes arrive afterwards.

        Raises:
            RetryLaterError: FreshBooks cannot be reached; calling again is safe.
        """
        there = list(self._callbacks.list_callbacks(account))
        return [self._register(account, kind.value, there) for kind in Kind]

    def settle(self) -> list[Registration]:
        """Finish registrations whose handshake arrived, and return those still pending."""
        pending = []
        for registration in list(self._registrations.list_all()):
            if registration.state != "pending":
                continue
            try:
                settled = self._settle(registration)
            except ConnectorError as error:
                logger.warning(
                    "Webhook %s/%s not verified: %s", registration.account, registration.noun, error
                )
                settled = False
            if not settled:
                pending.append(registration)
        return pending

    def _register(self, account: str, noun: str, there: list[Callback]) -> Registration:
        uri = f"{self._public_url}/api/webhooks/freshbooks/{account}/{noun}"
        ours = [callback for callback in there if callback.uri == uri and callback.event == noun]
        if ours and ours[0].verified and self._verifiers.get(account, noun):
            return self._keep(account, noun, uri, state="live", callback=ours[0].id)
        if ours:
            registration = self._keep(account, noun, uri, state="pending", callback=ours[0].id)
            self._callbacks.resend_verifier(account, ours[0].id)
            return registration
        # Pending before FreshBooks is asked: its handshake may be faster than its answer.
        self._keep(account, noun, uri, state="pending", callback=None)
        created = self._callbacks.create_callback(account, event=noun, uri=uri)
        return self._keep(account, noun, uri, state="pending", callback=created.id)

    def _settle(self, registration: Registration) -> bool:
        account, noun = registration.account, registration.noun
        verifier = self._secrets.get(candidate_name(account, noun))
        if registration.callback is None or not verifier:
            return False
        if not self._callbacks.verify_callback(account, registration.callback, verifier=verifier):
            return False
        self._verifiers.replace(account, noun, verifier)
        self._keep(account, noun, registration.uri, state="live", callback=registration.callback)
        logger.info("Webhook %s/%s is live", account, noun)
        return True

    def _keep(
        self, account: str, noun: str, uri: str, *, state: str, callback: int | None
    ) -> Registration:
        registration = Registration(
            account=account,
            noun=noun,
            uri=uri,
            state=state,
            callback=callback,
            since=self._clock(),
        )
        self._registrations.upsert(registration)
        return registration
