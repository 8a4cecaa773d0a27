"""Before a teardown: keeps what only lives in this deployment, and says what stays elsewhere.

Never lets azd delete anything before the backup is there, unless AZD_DOWN_WITHOUT_BACKUP=1 says so.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from infra.hooks.commands import Ran, say, setting, terminal

ROOT: Final = Path(__file__).resolve().parents[2]
BACKUPS: Final = "backups"
WITHOUT: Final = "AZD_DOWN_WITHOUT_BACKUP"
PROVISIONED: Final = "KEY_VAULT_URL"  # one of the outputs: without them there is nothing to keep
WARNING: Final = (
    "azd down deletes the connector's memory: its connections to FreshBooks, which client is which",
    "account, what people decided, and what waits. Rows in Dataverse stay.",
)
STAYS: Final = (
    "What stays, and how to take it away:",
    "  - FreshBooks keeps calling. To end that, stop now, run python -m shared webhooks remove",
    "    --account ACCOUNT for each business, then azd down again",
    "  - the columns, tables and rows in Dataverse: python -m shared schema remove",
    "  - the Entra application, if there is one: python -m infra.hooks.entra --remove",
    "  - the names of both vaults, taken for 90 days: the next azd up takes new ones by itself",
)


def file_name(environment: str, now: datetime) -> str:
    """Return what a backup is called, from the root of the project."""
    return f"{BACKUPS}/{environment or 'connector'}-{now:%Y%m%dT%H%M%SZ}.json"


def is_kept(ran: Ran, file: Path) -> bool:
    """Say whether the backup is there, whatever the command says of itself."""
    return ran.went_well and file.is_file() and file.stat().st_size > 0


def back_up() -> bool:
    """Write the backup, and say where it is or why there is none."""
    name = file_name(setting("AZURE_ENV_NAME"), datetime.now(UTC))
    file = ROOT / name
    file.parent.mkdir(exist_ok=True)
    ran = terminal(ROOT, "backup", str(file))
    if is_kept(ran, file):
        say(f"Kept in {name}. It comes back with: python -m shared restore {name}")
        return True
    if file.is_file():
        say(f"{name} is not whole; what is lacking is said above.")
        return False
    why = ran.why if not ran.went_well else f"python -m shared backup wrote no {name}"
    say(f"There is no backup: {why}")
    return False


def main() -> int:
    """Back up, then say what stays; 1 stops the teardown."""
    if not setting(PROVISIONED):
        say("Nothing was provisioned, so nothing is backed up.")
        return 0
    for line in WARNING:
        say(line)
    if not back_up():
        if setting(WITHOUT) != "1":
            say(
                "The teardown is stopped, nothing is deleted. Mend it and run azd down again, or go"
            )
            say(f"on without: azd env set {WITHOUT} 1")
            return 1
        say(f"Going on without, as {WITHOUT} says.")
    for line in STAYS:
        say(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
