"""The connector of this process, built once, on first use, in two steps.

Never built at import: a missing setting is told by the log and the doctor instead of hiding all
functions. Never whole for a webhook: whoever waits for its answer would wait for all imports.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from shared.adapters.telemetry.logs import Logs
from shared.core.lines import Need, Trouble
from shared.errors import ConfigurationError
from shared.intake import import_sdks, intake_world, wire_intake
from shared.settings import Settings, is_hosted

if TYPE_CHECKING:
    from shared.app import Connector
    from shared.sync.ports import Telemetry
    from shared.sync.receive import Receive

RECHECK: Final = 10.0  # seconds after which wrong settings are looked at again

_log = logging.getLogger(__name__)

T = TypeVar("T")


class FirstUse(Generic[T]):
    """Makes something of the settings when it is first asked for, and keeps it, for all threads.

    Args:
        make: makes it.
        clock: seconds that only grow.
        unsettled: told of wrong settings; None for the log.
    """

    def __init__(
        self,
        make: Callable[[], T],
        *,
        clock: Callable[[], float] = time.monotonic,
        unsettled: "Telemetry | None" = None,
    ) -> None:
        self._unsettled = unsettled or Logs(clock=clock)
        self._make = make
        self._clock = clock
        self._lock = threading.Lock()
        self._made: T | None = None
        self._problem: tuple[float, ConfigurationError] | None = None

    @property
    def made(self) -> T | None:
        """What was made, None as long as nobody asked or the settings are wrong."""
        return self._made

    @property
    def unsettled(self) -> "Telemetry":
        """Where is told what happens while the settings are wrong."""
        return self._unsettled

    def get(self) -> T:
        """Return what is made; what is wrong with the settings goes to the log, once a minute.

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

    def _get(self) -> T:
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


class Begun:
    """A connector of which only what takes webhooks in is there; all of it once it is asked for.

    Attributes:
        receive: answers webhooks.
        telemetry: where this process tells what it does.

    Args:
        build: builds the rest around that.
    """

    def __init__(
        self, receive: "Receive", telemetry: "Telemetry", build: "Callable[[], Connector]"
    ) -> None:
        self.receive = receive
        self.telemetry = telemetry
        self._build = build
        self._lock = threading.Lock()
        self._whole: Connector | None = None

    def whole(self) -> "Connector":
        """Return the connector, built when this is first asked."""
        if self._whole is None:
            with self._lock:
                if self._whole is None:
                    self._whole = self._build()
        return self._whole


def begin(settings: Settings) -> Begun:
    """Make what takes webhooks in, and leave the rest for later."""
    world = intake_world(settings)
    intake = wire_intake(settings, world)
    import_sdks()

    def build() -> "Connector":
        from shared.app import build
        from shared.cautions import list_cautions
        from shared.world import real_world

        if settings.in_azure:
            # A doctor in a terminal is not told what the platform is set to.
            for finding in list_cautions(settings):
                _log.warning("Settings: %s %s", finding.text, finding.advice)
        return build(settings, real_world(settings, world, instance=True), intake)

    return Begun(intake.receive, world.telemetry, build)


_of_this_process = FirstUse(lambda: begin(Settings.load()))
is_ready = _of_this_process.is_ready


def prepare() -> threading.Thread | None:
    """Import what the first webhook needs, while nobody waits: a process may be up for long before.

    Who comes meanwhile waits for what he would have had to do himself, and no longer.

    Returns:
        The thread that does it; None outside of a host of Functions: a program may never need it.
    """
    if not is_hosted():
        return None
    thread = threading.Thread(target=is_ready, name="prepare", daemon=True)
    thread.start()
    return thread


def connector() -> "Connector":
    """Return the connector of this process.

    Raises:
        ConfigurationError: names every setting that is missing or wrong.
    """
    return _of_this_process.get().whole()


def receive() -> "Receive":
    """Return what answers webhooks, which needs a part of the connector only.

    Raises:
        ConfigurationError: names every setting that is missing or wrong.
    """
    return _of_this_process.get().receive


def telemetry() -> "Telemetry":
    """Return where this process tells what it does; the log while the settings are wrong."""
    begun = _of_this_process.made
    return begun.telemetry if begun is not None else _of_this_process.unsettled
