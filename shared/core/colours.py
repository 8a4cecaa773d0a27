"""The colours of the choices by which people see at a glance how things stand.

Never the only sign: every option's label says the same. Each colour stands out by at least 3:1
from white and from the dark theme's ground, which is what WCAG 2.2 (1.4.11) asks of signs.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from shared.core.options import ClientState, Health, Status

GREY: Final = "#7A7A7A"
BLUE: Final = "#2B7CD3"
GREEN: Final = "#2E8540"
AMBER: Final = "#B5740B"
RED: Final = "#D13438"

# By kind of choice: options of different ones share their numbers, and would be one key.
_COLOURS: Final[Mapping[type[IntEnum], Mapping[IntEnum, str]]] = {
    Health: {
        Health.NO_ACTIVITY: GREY,
        Health.GOOD_STANDING: GREEN,
        Health.PAYMENT_DUE: AMBER,
        Health.OVERDUE: RED,
    },
    ClientState: {
        ClientState.LINKED: GREEN,
        ClientState.NEEDS_A_PERSON: AMBER,
        ClientState.IGNORED: GREY,
        ClientState.GONE: GREY,
    },
    Status: {
        # nothing is owed or expected
        Status.DRAFT: GREY,
        Status.CREATED: GREY,
        Status.RECORDED: GREY,
        Status.DELETED: GREY,
        Status.UNKNOWN: GREY,
        Status.REPLACED: GREY,
        # on its way
        Status.SENT: BLUE,
        Status.VIEWED: BLUE,
        # something is still missing
        Status.PARTIAL: AMBER,
        Status.DEPOSIT_PARTIAL: AMBER,
        Status.DEPOSIT_PAID: AMBER,
        Status.PENDING: AMBER,
        Status.RETRY: AMBER,
        # somebody has to act
        Status.OVERDUE: RED,
        Status.FAILED: RED,
        Status.DISPUTED: RED,
        Status.DECLINED: RED,
        # done
        Status.PAID: GREEN,
        Status.AUTOPAID: GREEN,
        Status.RESOLVED: GREEN,
        Status.SUCCESS: GREEN,
    },
}


def colour_of(option: IntEnum) -> str:
    """Return an option's colour as #RRGGBB, "" for options that have none."""
    return _COLOURS.get(type(option), {}).get(option, "")
