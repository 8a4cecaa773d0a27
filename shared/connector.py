"""The connector of this process, built once, on first use.

Never built at import: a missing setting is told by the log and the doctor instead of hiding all
functions.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from shared.adapters.telemetry.logs import Logs
from shared.app import Connector, build
from shared.cautions import list_cautions
from shared.core.lines import Need, Trouble
from shared.errors import ConfigurationError
from shared.settings import Settings
from shared.sync.ports import Telemetry
from shared.world import real_world

RECHECK: Final = 10.0  # seconds after which wrong settings are looked at again

_log = logging.getLogger(__name__)


class FirstUse:
    """Builds a connector when it is first asked for, and keeps it; shared by all threads.

    Args:
        make: builds it.
        clock: seconds that only grow.
        unsettled: told of wrong settings, and of all else until they are right; None for the log.
    """

    def __init__(
        self,
        make: Callable[[], Connector],
        *,
        clock: Callable[[], float] = time.monotonic,
        unsettled: Telemetry | None = None,
    ) -> None:
        self._unsettled = unsettled or Logs(clock=clock)
        self._make = make
        self._clock = clock
        self._lock = threading.Lock()
        self._made: Connector | None = None
        self._problem: tuple[float, ConfigurationError] | None = None

    @property
    def telemetry(self) -> Telemetry:
        """Where this process tells what it does; the log while the settings are wrong."""
        return self._made.world.telemetry if self._made is not None else self._unsettled

    def get(self) -> Connector:
        """Return the connector; what is wrong with the settings goes to the log, once a minute.

        Raises:
            ConfigurationError: names every setting that is missing or wrong.
        """
        try:
            return self._get()
        except ConfigurationError as error:
            self._unsettled.count(Trouble(what=Need.SETTINGS, text=str(error)))
            raise

    def is_ready(self) -> bool:
        """Say whether the settings are complete; what is wrong goes to the log, once a minute."""
        try:
            self.get()
        except ConfigurationError:
            return False
        return True

    def _get(self) -> Connector:
        if self._made is not None:
            return self._made
        with self._lock:
            if self._made is not None:
                return self._made
            now = self._clock()
            if self._problem is None or now - self._problem[0] >= RECHECK:
                try:
                    self._made = self._make()
                except ConfigurationError as error:
                    self._problem = (now, error)
                else:
                    return self._made
            raise self._problem[1]


def _make() -> Connector:
    settings = Settings.load()
    if settings.in_azure:
        # A doctor in a terminal is not told what the platform is set to.
        for finding in list_cautions(settings):
            _log.warning("Settings: %s %s", finding.text, finding.advice)
    return build(settings, real_world(settings, instance=True))


_of_this_process = FirstUse(_make)
connector = _of_this_process.get
is_ready = _of_this_process.is_ready


def telemetry() -> Telemetry:
    """Return where this process tells what it does; the log while the settings are wrong."""
    return _of_this_process.telemetry
