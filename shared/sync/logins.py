"""Which login reads a person's businesses: the newest one, for FreshBooks has ended the others.

Never takes a business from another person's login.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from shared.core.connections import SyncedBusiness
from shared.core.consent import Consent, list_synced, list_usable, named, newest_login
from shared.sync.ports import Businesses, Consents

logger = logging.getLogger(__name__)

_MOST: Final = 50  # of one person's logins, of which it is asked which one is the newest


@dataclass(frozen=True, kw_only=True)
class Logins:
    """Says by which connection businesses are read."""

    consents: Consents
    businesses: Businesses

    def follow(self, consent: Consent) -> None:
        """Read what this person connected before by the newest login: older tokens are dead."""
        seen = {business.id for business in list_usable(consent.businesses)}
        theirs = self._businesses_of(consent)
        newest = self._newest(consent, theirs)
        self.businesses.upsert_all(
            [
                replace(business, connection=newest)
                for business in theirs
                if business.id in seen and business.connection != newest
            ]
        )

    def sync(self, consent: Consent) -> None:
        """Sync the businesses that were chosen, by the person's newest login."""
        newest = self._newest(consent, self._businesses_of(consent))
        self.businesses.upsert_all(list_synced(consent, connection=newest))
        logger.info("FreshBooks is connected: %s", named(consent.chosen))

    def _businesses_of(self, consent: Consent) -> list[SyncedBusiness]:
        return [each for each in self.businesses.list_all() if each.identity == consent.identity]

    def _newest(self, consent: Consent, theirs: Sequence[SyncedBusiness]) -> str:
        """Return the person's newest connection; a later try may have overtaken this one."""
        # Those that read most come first: every login takes over what it opens.
        logins = Counter(business.connection for business in theirs).most_common(_MOST)
        others = [self.consents.get(connection) for connection, _ in logins]
        return newest_login([consent, *(each for each in others if each is not None)])
