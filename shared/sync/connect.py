"""Connecting FreshBooks: from the invitation over the consent to the businesses that are synced.

Never takes a step twice: each stage is reached once, whoever clicks again.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from shared.core.connections import Registration
from shared.core.consent import (
    Consent,
    Progress,
    Stage,
    choose,
    code_challenge,
    code_verifier,
    decide,
    explain_refusal,
    fail,
    list_synced,
    list_usable,
    newest_login,
)
from shared.errors import (
    ConflictError,
    ConnectorError,
    NotPossibleError,
    ReconnectNeededError,
)
from shared.sync.ports import Businesses, Clock, Consents, Login
from shared.sync.webhooks import Webhooks

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Connect:
    """Connects FreshBooks businesses, one consent at a time.

    Attributes:
        new_id: returns an id nobody can guess.
        secret: the FreshBooks app's client secret; the proofs of our codes follow from it.
    """

    login: Login
    consents: Consents
    businesses: Businesses
    webhooks: Webhooks
    clock: Clock
    new_id: Callable[[], str]
    secret: str = field(repr=False)

    def invite(self, *businesses: str) -> Consent:
        """Open a try; its link is for one browser.

        Args:
            businesses: those to sync, by their ids; without them the login's only one is synced,
                or the person chooses.
        """
        consent = Consent(self.new_id(), Stage.INVITED, self.clock(), wanted=businesses)
        return self.consents.add(consent)

    def start(self, consent: str) -> Consent:
        """Let a browser begin; it is sent to `authorize_url` then.

        Raises:
            NotPossibleError: the link was used, is too old, or is none.
        """
        return self._step(consent, Stage.INVITED, Stage.STARTED)

    def get(self, consent: str) -> Consent:
        """Return a try.

        Raises:
            NotPossibleError: there is none of this id.
        """
        found = self.consents.get(consent)
        if found is None:
            raise NotPossibleError("This connection is not known. Start again.")
        return found

    def authorize_url(self, consent: str, *, state: str) -> str:
        """Return the address of FreshBooks' consent page."""
        challenge = code_challenge(code_verifier(self.secret, consent))
        return self.login.authorize_url(state=state, challenge=challenge)

    def refuse(self, consent: str, *, error: str) -> Consent:
        """Note that FreshBooks sent the browser back without a code.

        Args:
            consent: its id.
            error: FreshBooks' word for the reason, such as `access_denied`.

        Raises:
            NotPossibleError: FreshBooks has answered this try already.
        """
        started = self._step(consent, Stage.STARTED, Stage.EXCHANGING)
        return self._fail(started, explain_refusal(error))

    def finish(self, consent: str, code: str) -> Consent:
        """Turn the code FreshBooks sent into tokens, and learn which businesses they open.

        What does not succeed after the tokens were saved is tried again by `advance`.

        Raises:
            NotPossibleError: FreshBooks has answered this try already.
        """
        started = self._step(consent, Stage.STARTED, Stage.EXCHANGING)
        verifier = code_verifier(self.secret, consent)
        try:
            self.login.exchange(code, verifier=verifier, connection=consent)
        except ConnectorError as error:
            logger.warning("The consent %s brought no tokens: %s", consent, error)
            return self._fail(started, f"{error} Start again.")
        saved = self._reached(replace(started, stage=Stage.SAVED, at=self.clock()))
        try:
            # At once, even if nobody looks at the page: the tokens of an earlier login are dead.
            return self._discover(saved) if saved.stage is Stage.SAVED else saved
        except ConnectorError as error:
            logger.warning("The businesses of consent %s are not known yet: %s", consent, error)
            return saved

    def advance(self, consent: str) -> Progress:
        """Take the next step, if it is not a person's, and return how far it has come.

        Raises:
            NotPossibleError: there is no such try.
            RetryLaterError: storage cannot be reached.
        """
        found = self.get(consent)
        problem = ""
        try:
            if found.stage is Stage.SAVED or found.is_cut_short(self.clock()):
                found = self._discover(found)
            if found.stage is Stage.CONNECTED:
                self._bring_webhooks(found)
        except ConflictError:  # another request takes the same step; the next look shows it
            found = self.get(consent)
        except ConnectorError as error:
            problem = str(error)
        return Progress(found, tuple(self._registrations(found)), problem)

    def choose(self, consent: str, businesses: Sequence[str]) -> Consent:
        """Sync these businesses of the login.

        Raises:
            NotPossibleError: none was chosen, or one that cannot be.
        """
        found = self.get(consent)
        if found.stage is Stage.CONNECTED:
            return found  # a second click
        chosen = choose(found, businesses)
        self._follow_the_person(chosen)
        try:
            return self._sync(chosen)
        except ConflictError:
            return self.get(consent)

    def _discover(self, consent: Consent) -> Consent:
        """Learn who consented and which businesses that opens."""
        try:
            person = self.login.get_person(consent.id)
        except ReconnectNeededError:
            if consent.stage is Stage.SAVED:
                raise
            return self._fail(consent, "FreshBooks' answer was lost on the way. Start again.")
        found = replace(
            consent, identity=person.identity, businesses=person.businesses, at=self.clock()
        )
        self._follow_the_person(found)
        decided = decide(found)
        if decided.stage is Stage.CONNECTED:
            return self._sync(decided)
        return self._reached(decided)

    def _follow_the_person(self, consent: Consent) -> None:
        """Read what this person connected before by the newest login: older tokens are dead."""
        seen = {business.id for business in list_usable(consent.businesses)}
        newest = self._newest_login(consent)
        for business in self.businesses.list_all():
            if business.identity == consent.identity and business.id in seen:
                self.businesses.upsert(replace(business, connection=newest))

    def _newest_login(self, consent: Consent) -> str:
        """Return the person's newest connection; a later try may have overtaken this one."""
        businesses = [b for b in self.businesses.list_all() if b.identity == consent.identity]
        others = map(self.consents.get, {business.connection for business in businesses})
        return newest_login([consent, *(each for each in others if each is not None)])

    def _sync(self, consent: Consent) -> Consent:
        """Sync the businesses that were chosen, by the person's newest login."""
        for business in list_synced(consent, connection=self._newest_login(consent)):
            self.businesses.upsert(business)
        logger.info("FreshBooks is connected: %s", ", ".join(consent.chosen))
        return self.consents.replace(replace(consent, at=self.clock()))

    def _bring_webhooks(self, consent: Consent) -> None:
        for business in consent.chosen:
            kept = self.webhooks.list_registrations(business)
            if all(each.is_live for each in kept):
                continue
            try:
                if not all(each.is_live or each.is_asked(self.clock()) for each in kept):
                    self.webhooks.repair(business)
            finally:
                self.webhooks.settle(business)

    def _registrations(self, consent: Consent) -> list[Registration]:
        return [
            each
            for business in consent.chosen
            for each in self.webhooks.list_registrations(business)
        ]

    def _step(self, consent: str, before: Stage, after: Stage) -> Consent:
        found = self.get(consent)
        if found.stage is not before:
            raise NotPossibleError(
                "This step was taken already. Look at the connection's page, or start again."
            )
        now = self.clock()
        if found.has_lapsed(now):
            raise NotPossibleError("This took longer than a quarter of an hour. Start again.")
        try:
            answered = now if after is Stage.EXCHANGING else None
            return self.consents.replace(replace(found, stage=after, at=now, answered=answered))
        except ConflictError as error:
            raise NotPossibleError(
                "This step is being taken already. Look at the connection's page."
            ) from error

    def _fail(self, consent: Consent, problem: str) -> Consent:
        return self._reached(replace(fail(consent, problem), at=self.clock()))

    def _reached(self, consent: Consent) -> Consent:
        """Keep a stage and return how the try stands: another request may have been faster."""
        try:
            return self.consents.replace(consent)
        except ConflictError:
            return self.get(consent.id)
