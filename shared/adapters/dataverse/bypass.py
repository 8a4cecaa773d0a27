"""The headers that keep a history from starting the firm's own logic, where that is allowed.

Never asks for what the application user may not have: such a request would be refused as a whole.
"""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from shared.adapters.dataverse.api import NO_HEADERS
from shared.core.lines import Need, Trouble
from shared.core.policies import BypassPolicy
from shared.core.privileges import BYPASS
from shared.errors import ConfigurationError, ConnectorError
from shared.sync.ports import Clock, Telemetry, is_history
from shared.sync.ports.doctor import Environment

# Both leave Dynamics' own logic in force. Flows take no privilege, their owners are not told; the
# rest takes `prvBypassCustomBusinessLogic`, which System Administrators alone have by default.
# https://learn.microsoft.com/power-apps/developer/data-platform/bypass-power-automate-flows
# https://learn.microsoft.com/power-apps/developer/data-platform/bypass-custom-business-logic
_NO_FLOWS: Final = {"MSCRM.SuppressCallbackRegistrationExpanderJob": "true"}
_NO_LOGIC: Final = {"MSCRM.BypassBusinessLogicExecution": "CustomSync,CustomAsync"}
_HEADERS: Final[Mapping[BypassPolicy, Mapping[str, str]]] = {
    BypassPolicy.NOTHING: NO_HEADERS,
    BypassPolicy.FLOWS: _NO_FLOWS,
    BypassPolicy.ALL: {**_NO_FLOWS, **_NO_LOGIC},
}
_KNOWN_FOR: Final = timedelta(minutes=30)


class Bypass:
    """What goes into the headers of what a history writes; safe for many threads.

    Args:
        policy: what of the firm's own is not to be started.
        environment: says which privileges we hold.
        telemetry: is told where less is left out than was wanted.
        clock: now, UTC.
    """

    def __init__(
        self, policy: BypassPolicy, environment: Environment, telemetry: Telemetry, clock: Clock
    ) -> None:
        self._policy = policy
        self._environment = environment
        self._telemetry = telemetry
        self._clock = clock
        self._lock = threading.Lock()
        self._known: tuple[datetime, BypassPolicy] | None = None

    def headers(self) -> Mapping[str, str]:
        """Return what the policy asks for, as far as it is allowed; nothing for what is live."""
        if not is_history():
            return NO_HEADERS
        if self._policy is not BypassPolicy.ALL:
            return _HEADERS[self._policy]
        with self._lock:
            now = self._clock()
            if self._known is None or now - self._known[0] >= _KNOWN_FOR:
                self._known = (now, self._allowed())
            return _HEADERS[self._known[1]]

    def _allowed(self) -> BypassPolicy:
        try:
            user = self._environment.get_identity().user
            held = BYPASS.name in self._environment.list_held(user, [BYPASS.name])
            why = f"the application user lacks {BYPASS.name}"
        except ConfigurationError as error:
            held, why = False, f"whether {BYPASS.name} is held is not told: {error}"
        except ConnectorError:
            return BypassPolicy.FLOWS  # Dataverse is down: the write itself will say so
        if held:
            return BypassPolicy.ALL
        text = (
            f"BACKFILL_BYPASS is all, and {why}: histories start the firm's own plug-ins and "
            "workflows. The Power Platform administrator grants it with `python -m shared schema "
            "apply`, or sets BACKFILL_BYPASS=flows."
        )
        self._telemetry.count(Trouble(what=Need.PERSON, text=text))
        return BypassPolicy.FLOWS
