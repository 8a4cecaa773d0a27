"""Connecting FreshBooks: from the invitation over the consent to the businesses that are synced.

Never takes a step twice: each stage is reached once, whoever clicks again.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from shared.core.connections import Registration
from shared.core.consent import (
    GONE_ON_WITH,
    Consent,
    Progress,
    Stage,
    choose,
    code_challenge,
    code_verifier,
    decide,
    explain_refusal,
    fail,
)
from shared.errors import ConflictError, ConnectorError, NotPossibleError, ReconnectNeededError
from shared.sync.logins import Logins
from shared.sync.ports import Clock, Consents, Login
from shared.sync.sightings import Sightings
from shared.sync.webhook_rounds import Bounds, WebhookRounds

logger = logging.getLogger(__name__)

# What one step does of a login's webhooks; the minute's upkeep does the rest.
A_STEP: Final = Bounds(businesses=3, seconds=8.0)
_MOST_RESUMED: Final = 20  # tries in one go
_MOST_READ: Final = 500
_LATE: Final = "This took longer than a quarter of an hour. Start again."


@dataclass(frozen=True, kw_only=True)
class Connect:
    """Connects FreshBooks businesses, one consent at a time.

    Attributes:
        new_id: returns an id nobody can guess.
        secret: the FreshBooks app's client secret; the proofs of our codes follow from it.
        on_synced: is told of every business that is synced from now on.
    """

    login: Login
    consents: Consents
    logins: Logins
    rounds: WebhookRounds
    sightings: Sightings
    clock: Clock
    new_id: Callable[[], str]
    secret: str = field(repr=False)
    on_synced: Callable[[str], object] = lambda _business: None

    def invite(self, *businesses: str) -> Consent:
        """Open a try; its link is for one browser.

        Args:
            businesses: those to sync, by their ids; without them the login's only one is synced,
                or the person chooses.
        """
        consent = Consent(self.new_id(), Stage.INVITED, self.clock(), wanted=businesses)
        return self.consents.add(consent)

    def start(self, consent: str) -> Consent:
        """Begin without a browser of ours; `authorize_url` is gone to by hand.

        Raises:
            NotPossibleError: it was begun, is too old, or is none.
        """
        return self._step(consent, Stage.INVITED, Stage.STARTED)

    def begin(self, consent: str, *, browser: str, uninvited: bool = False) -> Consent:
        """Let a browser begin, or go on with what it began: a button may be pressed twice.

        Args:
            consent: its id.
            browser: names the browser; another one is refused from then on.
            uninvited: its person needs no invitation; the try is opened here.

        Raises:
            NotPossibleError: another browser began, it is too old, or there is none.
        """
        now = self.clock()
        try:
            if uninvited:
                return self.consents.add(Consent(consent, Stage.STARTED, now, browser=browser))
            found = self.get(consent)
            if found.stage is Stage.INVITED and not found.has_lapsed(now):
                begun = replace(found, stage=Stage.STARTED, at=now, browser=browser)
                return self.consents.replace(begun)
        except ConflictError:
            logger.info("The consent %s is begun already", consent)
        found = self.get(consent)
        if found.waits_for_person() and found.has_lapsed(now):
            raise NotPossibleError(_LATE)
        if found.browser != browser:
            raise NotPossibleError("A link counts for one browser, and another one was faster.")
        return found

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

    def look(self, consent: str) -> Progress:
        """Return how far it has come, with its webhooks as FreshBooks has them now.

        No step is taken: whoever looks, and however often, changes nothing.

        Raises:
            NotPossibleError: there is no such try.
            ConnectorError: storage cannot be reached.
        """
        found = self.get(consent)
        if found.stage is not Stage.CONNECTED:
            return Progress(found)
        sight = self.sightings.look(found.chosen, until=self.sightings.ends())
        return Progress(found, sight.registrations, unseen=sight.problem)

    def advance(self, consent: str) -> Progress:
        """Take the next step, if it is not a person's, and return how far it has come.

        Of a login with many businesses it brings the webhooks of some; the upkeep goes on.

        Raises:
            NotPossibleError: there is no such try.
            RetryLaterError: storage cannot be reached.
        """
        found = self.get(consent)
        problem = ""
        try:
            if found.waits_for_us(self.clock()):
                found = self._discover(found)
            if found.stage is Stage.CONNECTED:
                problem = self._bring_webhooks(found)
        except ConflictError:  # another request takes the same step; the next look shows it
            found = self.get(consent)
        except ConnectorError as error:
            problem = str(error)
            found = self._keep_problem(found, problem)
        return Progress(found, tuple(self._registrations(found)), problem)

    def resume(self) -> list[str]:
        """Go on with the tries that wait for no person, and return what keeps them waiting.

        So a connection is made though nobody looks at its page, and its process was ended.

        Raises:
            ConnectorError: storage cannot be reached.
        """
        now = self.clock()
        waiting = [
            each
            for each in islice(self.consents.list_under_way(since=now - GONE_ON_WITH), _MOST_READ)
            if each.waits_for_us(now)
        ]
        waiting.sort(key=lambda each: each.at, reverse=True)
        done = [self.advance(each.id) for each in waiting[:_MOST_RESUMED]]
        return [each.problem for each in done if each.consent.waits_for_us(now) and each.problem]

    def choose(self, consent: str, businesses: Sequence[str] | None) -> Consent:
        """Sync these businesses of the login.

        Args:
            consent: its id.
            businesses: their ids; None for all that can be read.

        Raises:
            NotPossibleError: none was chosen, or one that cannot be.
        """
        found = self.get(consent)
        if found.stage is Stage.CONNECTED:
            return found  # a second click
        chosen = choose(found, businesses)
        self.logins.follow(chosen)
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
            consent,
            identity=person.identity,
            businesses=person.businesses,
            problem="",
            at=self.clock(),
        )
        self.logins.follow(found)
        decided = decide(found)
        if decided.stage is Stage.CONNECTED:
            return self._sync(decided)
        return self._reached(decided)

    def _sync(self, consent: Consent) -> Consent:
        """Sync the businesses that were chosen, by the person's newest login."""
        self.logins.sync(consent)
        for business in consent.chosen:
            try:
                self.on_synced(business)
            except ConnectorError as error:  # the minute's upkeep does it
                logger.warning("The history of %s is not begun yet: %s", business, error)
        return self.consents.replace(replace(consent, at=self.clock()))

    def _bring_webhooks(self, consent: Consent) -> str:
        """Bring webhooks, compared with FreshBooks since the login; return what is wrong, or ""."""
        since = consent.answered or consent.at
        found = self.rounds.go([consent.chosen], seen_since=since, bounds=A_STEP, hurried=True)
        return str(next(iter(found.values()), ""))

    def _registrations(self, consent: Consent) -> list[Registration]:
        kept = self.sightings.list_kept(consent.chosen)
        return [each for business in consent.chosen for each in kept[business]]

    def _keep_problem(self, consent: Consent, problem: str) -> Consent:
        """Keep why a step could not be taken, for who looks at the page; return the try."""
        if consent.problem == problem or not consent.waits_for_us(self.clock()):
            return consent
        return self._reached(replace(consent, problem=problem))

    def _step(self, consent: str, before: Stage, after: Stage) -> Consent:
        found = self.get(consent)
        if found.stage is not before:
            raise NotPossibleError(
                "This step was taken already. Look at the connection's page, or start again."
            )
        now = self.clock()
        if found.has_lapsed(now):
            raise NotPossibleError(_LATE)
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
