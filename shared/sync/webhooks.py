"""Our webhooks in FreshBooks: register, verify, look after, remove.

Never believes a handshake that nobody waits for, and puts a verifier in force only after FreshBooks
took it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from shared.core.connections import Callback, Registration, RegistrationState
from shared.core.identity import Kind, candidate_secret, webhooks_lease
from shared.core.lines import CallbackLine
from shared.core.scopes import OPTIONAL
from shared.core.webhook_address import webhook_prefix, webhook_uri
from shared.errors import ConfigurationError, ConnectorError
from shared.sync.ports import Alone, Callbacks, Clock, MayRead, Registrations, Secrets, Telemetry
from shared.sync.verifiers import Verifiers

# After so many handshakes asked for in vain the callback is registered anew.
MOST_ASKED = 5
FEW = 5  # businesses whose rows are read one by one rather than by a look through the whole table
REPAIR_TAKES = 60.0  # seconds; one that takes longer may be doubled, and the next one mends it


@dataclass(frozen=True, kw_only=True)
class Webhooks:
    """Sees that every noun of a business has one verified callback, and that no other is ours.

    Here a noun is the kind of record that it stands for; only FreshBooks is told its own word.

    Attributes:
        may_read: says of which kinds there should be one at all.
        alone: keeps other instances from comparing the same business at once.
        public_url: where FreshBooks reaches this app.
        secret: the FreshBooks app's client secret; the addresses follow from it.
    """

    callbacks: Callbacks
    may_read: MayRead
    registrations: Registrations
    secrets: Secrets
    verifiers: Verifiers
    alone: Alone
    telemetry: Telemetry
    clock: Clock
    public_url: str
    secret: str = field(repr=False)

    def list_registrations(self, *businesses: str) -> list[Registration]:
        """Return what is kept of each noun's callback, in the order of the businesses.

        One of which nothing is kept is missing, and one whose address is an earlier one of ours. Of
        one whose row cannot be read nothing else is known; `repair` writes it anew. It is `repair`
        too that begins with one that not every login may have.
        """
        nouns = [(business, kind) for business in businesses for kind in Kind]
        if len(businesses) <= FEW:
            kept = [(*each, self.registrations.get(*each)) for each in nouns]
        else:
            rows = {(each.business, each.noun): each for each in self.registrations.list_all()}
            kept = [(*each, rows.get(each)) for each in nouns]
        return [self._as_kept(*each) for each in kept if each[2] or each[1] not in OPTIONAL]

    def repair(self, business: str) -> list[Registration]:
        """Compare FreshBooks' list with what should be there, and repair what differs.

        Missing ones are registered, unverified ones are asked to verify again, doubled ones and
        those of an earlier address of ours are deleted. While another instance does so, nothing.

        Raises:
            RetryLaterError: FreshBooks cannot be reached; calling again is safe.
            ConfigurationError: it does not let us register a noun; the others are looked after.
        """
        with self.alone(webhooks_lease(business), seconds=REPAIR_TAKES) as first:
            return self._repair(business) if first else self.list_registrations(business)

    def _repair(self, business: str) -> list[Registration]:
        # Ours is read before FreshBooks' list: one that another instance settles in between then
        # looks pending, not disabled.
        now = self.clock()
        known = {kind: self.registrations.get(business, kind) for kind in Kind}
        there = list(self.callbacks.list_callbacks(business))
        before = {each.callback for each in known.values() if each is not None}
        kept, refused = [], []
        for kind in Kind:
            if not self.may_read(business, kind):
                if known[kind] is not None:
                    self.registrations.delete(business, kind)
                continue
            try:
                kept.append(self._repair_noun(business, kind, there, known[kind]))
            except ConfigurationError as error:
                refused.append(error)  # a noun without its scope keeps no other one away
                self._note_refusal(business, kind, error)
        for each in kept:
            if not each.is_seen_since(now):
                self.registrations.mark_seen(business, each.noun, now)
        if refused:
            raise refused[0]
        wanted = {each.callback for each in kept}
        for callback in there:
            ours = callback.id in before or callback.uri.startswith(webhook_prefix(self.public_url))
            if ours and callback.id not in wanted:
                self.callbacks.delete_callback(business, callback.id)
                text = f"The callback {callback.id} of ours was not needed and is deleted."
                self._tell(business, callback.event, "unneeded", text)
        return kept

    def inspect(self, business: str) -> list[Registration]:
        """Return each noun's callback as FreshBooks has it now; changes nothing.

        Raises:
            RetryLaterError: FreshBooks or Key Vault cannot be reached.
        """
        there = {each.id: each for each in self.callbacks.list_callbacks(business)}
        now = self.clock()
        return [
            replace(self._as_it_is(each, there), seen=now)
            for each in self.list_registrations(business)
        ]

    def settle(self, business: str | None = None) -> list[Registration]:
        """Finish registrations whose handshake arrived, and return those still pending.

        Args:
            business: only this one's; None for all.
        """
        pending = []
        for registration in list(self.registrations.list_all()):
            if registration.state is not RegistrationState.PENDING or business not in {
                None,
                registration.business,
            }:
                continue
            if not self.try_to_settle(registration):
                pending.append(registration)
        return pending

    def try_to_settle(self, registration: Registration) -> bool:
        """Finish a registration whose handshake arrived, and say whether that is done.

        Why FreshBooks did not take it is told.
        """
        try:
            return self._settle(registration)
        except ConnectorError as error:
            text = f"It is not verified: {error}"
            self._tell(registration.business, registration.noun, "unverified", text)
            return False

    def remove(self, business: str) -> int:
        """Delete every callback of ours in FreshBooks, and return how many there were.

        Raises:
            RetryLaterError: FreshBooks cannot be reached; calling again is safe.
            NeedsPersonError: FreshBooks does not let us in; `forget` is what is left.
        """
        known = {each.callback for each in self.list_registrations(business)}
        prefix = webhook_prefix(self.public_url)
        ours = [
            callback
            for callback in self.callbacks.list_callbacks(business)
            if callback.id in known or callback.uri.startswith(prefix)
        ]
        for callback in ours:
            self.callbacks.delete_callback(business, callback.id)
        self.forget(business)
        return len(ours)

    def forget(self, business: str) -> None:
        """Refuse from now on whatever our callbacks report; they stay in FreshBooks."""
        for kind in Kind:
            self.registrations.delete(business, kind)

    def _as_kept(self, business: str, noun: str, kept: Registration | None) -> Registration:
        uri = self._uri(business, noun)
        kept = kept or Registration(business, noun, uri, RegistrationState.MISSING)
        known = kept.uri == uri or kept.state is RegistrationState.UNREADABLE
        return kept if known else replace(kept, state=RegistrationState.MISSING, seen=None)

    def _as_it_is(self, kept: Registration, there: dict[int, Callback]) -> Registration:
        if kept.state is RegistrationState.UNREADABLE:
            return kept
        found = there.get(kept.callback or 0)
        if found is None or found.uri != self._uri(kept.business, kept.noun):
            return replace(kept, state=RegistrationState.MISSING, since=None)
        if kept.state is RegistrationState.LIVE and not found.verified:
            return replace(kept, state=RegistrationState.DISABLED, since=None)
        if kept.state is RegistrationState.LIVE and not self.verifiers.get(
            kept.business, kept.noun
        ):
            return replace(kept, state=RegistrationState.WITHOUT_VERIFIER, since=None)
        return kept

    def _repair_noun(
        self, business: str, noun: Kind, there: Iterable[Callback], known: Registration | None
    ) -> Registration:
        uri = self._uri(business, noun)
        ours = [each for each in there if each.uri == uri and each.event == noun.noun]
        if not ours:
            if known is not None and known.callback is not None:
                moved = known.uri != uri
                why = "our address changed" if moved else "FreshBooks has lost it"
                text = f"It is registered anew: {why}."
                self._tell(business, noun, "moved" if moved else "lost", text)
            return self._register(business, noun, uri)
        number = known.callback if known is not None else None
        chosen = min(ours, key=lambda each: (not each.verified, each.id != number, each.id))
        same = known is not None and known.callback == chosen.id and known.uri == uri
        kept = known if same else None
        # Verified there is not enough: the verifiers in the vault may be those of another one.
        if (
            kept
            and kept.state is RegistrationState.LIVE
            and chosen.verified
            and self.verifiers.get(business, noun)
        ):
            return kept
        return self._verify_again(business, noun, chosen, kept)

    def _verify_again(
        self, business: str, noun: Kind, callback: Callback, known: Registration | None
    ) -> Registration:
        """Ask for the handshake, unless one is under way or was asked for in vain too often."""
        asked = 0
        if known is not None and known.state is RegistrationState.PENDING:
            if known.is_asked(self.clock()):
                return known
            asked = known.asked
        elif known is not None:
            lost = callback.verified  # at FreshBooks it is as it should be
            why = "has no verifier in Key Vault" if lost else "was disabled by FreshBooks"
            text = f"It {why}; it is being verified again and polling covers meanwhile."
            self._tell(business, noun, "without a verifier" if lost else "disabled", text)
        if asked >= MOST_ASKED:
            self.callbacks.delete_callback(business, callback.id)
            return self._register(business, noun, callback.uri)
        kept = self._keep(
            business,
            noun,
            callback.uri,
            state=RegistrationState.PENDING,
            callback=callback.id,
            asked=asked + 1,
        )
        self.callbacks.resend_verifier(business, callback.id)
        return kept

    def _register(self, business: str, noun: Kind, uri: str) -> Registration:
        # Pending before FreshBooks is asked: its handshake may be faster than its answer.
        self._keep(business, noun, uri, state=RegistrationState.PENDING, callback=None)
        created = self.callbacks.create_callback(business, event=noun.noun, uri=uri)
        return self._keep(
            business, noun, uri, state=RegistrationState.PENDING, callback=created.id, asked=1
        )

    def _note_refusal(self, business: str, noun: str, error: ConfigurationError) -> None:
        """Keep why a noun cannot be registered; one that FreshBooks has keeps its state."""
        kept = self.registrations.get(business, noun)
        if kept is not None and kept.callback is None:
            self.registrations.upsert(replace(kept, problem=str(error), seen=self.clock()))

    def _settle(self, registration: Registration) -> bool:
        business, noun = registration.business, registration.noun
        verifier = self.secrets.get(candidate_secret(business, noun))
        if registration.callback is None or not verifier:
            return False
        if not self.callbacks.verify_callback(business, registration.callback, verifier=verifier):
            return False
        self.verifiers.replace(business, noun, verifier)
        now = self.clock()
        live = replace(registration, state=RegistrationState.LIVE, since=now, seen=now, asked=0)
        self.registrations.upsert(live)
        self._tell(business, noun, "live")
        return True

    def _keep(
        self,
        business: str,
        noun: str,
        uri: str,
        *,
        state: RegistrationState,
        callback: int | None,
        asked: int = 0,
    ) -> Registration:
        now = self.clock()
        registration = Registration(
            business=business,
            noun=noun,
            uri=uri,
            state=state,
            callback=callback,
            since=now,
            asked=asked,
            seen=now,
        )
        self.registrations.upsert(registration)
        return registration

    def _tell(self, business: str, noun: str, state: str, text: str = "") -> None:
        line = CallbackLine(business=business, noun=noun, state=state, text=text)
        self.telemetry.write(line)

    def _uri(self, business: str, noun: str) -> str:
        return webhook_uri(self.public_url, self.secret, business, noun)
