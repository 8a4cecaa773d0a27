"""After a deployment: does the app answer, to whom it should, and only to them?

Never signs in and never sends anything signed: it asks as a stranger. Ends with 1 when something is
wrong with what was deployed; settings that are still missing are none of that.
"""

import sys
import time
from collections.abc import Callable
from typing import Final

from infra.hooks import probes
from infra.hooks.commands import say, setting

PATIENCE: Final = 180.0  # seconds in which a new package has to be there
PAUSE: Final = 5.0


def settled(look: Callable[[], probes.Finding], *, until: float) -> probes.Finding:
    """Look until it is right, or cannot become right, or the time is up."""
    while True:
        found = look()
        if not found.may_pass or time.monotonic() >= until:
            return found
        time.sleep(min(PAUSE, max(0.0, until - time.monotonic())))


def main() -> int:
    """Ask the app as a stranger does."""
    base = setting("PUBLIC_URL")
    if not base:
        say("PUBLIC_URL is not known: nothing was asked. Run: azd provision")
        return 1
    until = time.monotonic() + float(setting("PROBE_SECONDS") or PATIENCE)
    found = [settled(lambda: probes.health(probes.ask(base, probes.HEALTH)), until=until)]
    if setting("ENTRA_CLIENT_ID"):
        found.append(settled(lambda: probes.page(probes.ask(base, probes.PAGE)), until=until))
    else:
        say("Nobody signs in before the operator's pages: links from the terminal open them.")
        say("    azd env set EASY_AUTH true, then azd provision, to change that")
    look = lambda: probes.webhook(probes.ask(base, probes.WEBHOOK, "POST"))  # noqa: E731  # as above
    found.append(settled(look, until=until))
    for finding in found:
        say(finding.text)
    return 1 if any(finding.is_wrong for finding in found) else 0


if __name__ == "__main__":
    sys.exit(main())
