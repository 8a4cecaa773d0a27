"""The connector of this process, built once, on first use.

Never built at import: a missing setting shows on the health page instead of hiding all functions.
"""

import threading
import time

from shared.app import Connector, build
from shared.errors import ConfigurationError
from shared.settings import Settings
from shared.world import real_world

_RECHECK = 10.0  # seconds after which wrong settings are looked at again

_lock = threading.Lock()
_connector: Connector | None = None
_problem: tuple[float, ConfigurationError] | None = None


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
            raise _problem[1]
        try:
            settings = Settings.load()
        except ConfigurationError as error:
            _problem = (now, error)
            raise
        _connector = build(settings, real_world(settings))
    return _connector


def problem() -> str:
    """Return what is wrong with the settings, "" when nothing is."""
    try:
        connector()
    except ConfigurationError as error:
        return str(error)
    return ""
