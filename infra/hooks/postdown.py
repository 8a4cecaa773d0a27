"""After a teardown: gives the vaults of the next deployment other names.

Never runs when the teardown was called off. A deleted vault keeps its name for ninety days and
cannot be purged: the next `azd up` of the same environment would fail without another salt.
"""

import sys
from datetime import UTC, datetime

from infra.hooks.commands import keep, say


def salt(now: datetime) -> str:
    """Return a salt that no teardown before had."""
    return f"{now:%Y%m%d%H%M%S}"


def main() -> int:
    """Keep a new salt, and forget what let this teardown go on without a backup."""
    new = salt(datetime.now(UTC))
    kept = [keep("VAULT_SALT", new), keep("AZD_DOWN_WITHOUT_BACKUP", "")]
    if all(ran.went_well for ran in kept):
        return 0
    say(f"azd did not keep it ({kept[0].why or kept[1].why}). Before the next azd up, write:")
    say(f"    azd env set VAULT_SALT {new}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
