"""What only a deployment in Azure shows: sign-in before the pages, open paths, refused strangers.

Never asks anything; points without a reason have a check.
"""

from typing import Final

from tools.contract_live.points import Point, Service

_HOURS: Final = "shows in the platform's own logs over hours"


def _point(number: str, question: str, relies: str, reason: str = "") -> Point:
    return Point(f"A{number}", Service.AZURE, question, relies, reason)


POINTS: Final = (
    _point("01", "Is the health page open to strangers, and does it tell nothing?", "ok or not ok"),
    _point("02", "Do the operator's pages ask a stranger to sign in?", "401, 403 or a sign-in"),
    _point("03", "Is the webhook's path open, and a wrong address refused?", "401, never a 2xx"),
    _point("04", "Is a wrong signature refused?", "401, never a 2xx"),
    _point("05", "Is a forged identity header of a stranger believed?", "it is dropped"),
    _point("06", "Is the consent's callback reached without a sign-in?", "no 401 of the platform"),
    _point("07", "Is the address answered over http?", "never: https only"),
    _point("08", "How long is a cold start?", "below FreshBooks' ten seconds", _HOURS),
    _point(
        "09",
        "Does a user-assigned identity sign in to Dataverse?",
        "it does",
        "a laptop has no managed identity; the app's own log and the doctor show it",
    ),
    _point("10", "Are queue triggers woken by the identity alone?", "they are", _HOURS),
)
