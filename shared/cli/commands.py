"""What the commands share: how one is added, which business is meant, what is printed.

Never prints.
"""

import argparse
from typing import TypeAlias

from shared.app import Connector
from shared.errors import NotPossibleError

# Text, because the class takes no parameter at run time.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # no public name


def chosen_business(options: argparse.Namespace, app: Connector) -> str:
    """Return the FreshBooks business a command is about.

    Raises:
        NotPossibleError: the one named is not connected, or several are and none was named.
    """
    businesses = [business.id for business in app.businesses.list_all()]
    if options.business:
        if options.business not in businesses:
            raise NotPossibleError(
                f"{options.business} is not connected; connected: "
                f"{', '.join(businesses) or 'none'}."
            )
        return str(options.business)
    if len(businesses) != 1:
        raise NotPossibleError(
            "Name the FreshBooks account with --account; connected: "
            f"{', '.join(businesses) or 'none, run connect first'}."
        )
    return businesses[0]


def printable(text: str) -> str:
    """Return a text in one line: names and services' words come from outside.

    Nothing in them may steer the terminal.
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
