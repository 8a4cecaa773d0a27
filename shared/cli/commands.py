"""What the commands share: how one is added, and which FreshBooks account is meant.

Never prints.
"""

import argparse
from typing import TypeAlias

from shared.app import Connector
from shared.errors import ConfigurationError

# Text, because the class takes no parameter at run time.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # no public name


def chosen_account(options: argparse.Namespace, app: Connector) -> str:
    """Return the FreshBooks account a command is about.

    Raises:
        ConfigurationError: the one named is not connected, or several are and none was named.
    """
    accounts = [account.id for account in app.accounts.list_all()]
    if options.account:
        if options.account not in accounts:
            raise ConfigurationError(
                f"{options.account} is not connected; connected: {', '.join(accounts) or 'none'}."
            )
        return str(options.account)
    if len(accounts) != 1:
        raise ConfigurationError(
            "Name the FreshBooks account with --account; connected: "
            f"{', '.join(accounts) or 'none, run connect first'}."
        )
    return accounts[0]
