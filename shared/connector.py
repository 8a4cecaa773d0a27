"""The connector of this process, built once, on first use.

Never built at import: a missing setting shows on the health page instead of hiding all functions.
"""

import threading
import time

from shared.adapters.telemetry.logs import Logs
from shared.app import Connector, build
from shared.core.lines import Need, Trouble
from shared.errors import ConfigurationError
from shared.settings import Settings
from shared.sync.ports import Telemetry
from shared.world import real_world

_RECHECK = 10.0  # seconds after which wrong settings are looked at again

_lock = threading.Lock()
_connector: Connector | None = None
_problem: tuple[float, ConfigurationError] | None = None
_unsettled = Logs()  # until there are settings that say otherwise


def connector() -> Connector:
    """Return the connector of this process, built once, on first use.

    Raises:
        ConfigurationError: names every setting that is missing or wrong.
    """
    global _connector, _problem  # noqa: PLW0603  # one connector per process is the point
    if _connector is not None:
        return _connector
    with _lock:
        if _connector is not None:
            return _connector
        now = time.monotonic()
        if _problem is not None and now - _problem[0] < _RECHECK:
            _unsettled.count(Trouble(what=Need.SETTINGS, text=str(_problem[1])))
            raise _problem[1]
        try:
            settings = Settings.load()
        except ConfigurationError as error:
            _problem = (now, error)
            _unsettled.count(Trouble(what=Need.SETTINGS, text=str(error)))
            raise
        _connector = build(settings, real_world(settings))
    return _connector


def telemetry() -> Telemetry:
    """Return where this process tells what it does; the log while the settings are wrong."""
    return _connector.world.telemetry if _connector is not None else _unsettled


def problem() -> str:
    """Return what is wrong with the settings, "" when nothing is."""
    try:
        connector()
    except ConfigurationError as error:
        return str(error)
    return ""
