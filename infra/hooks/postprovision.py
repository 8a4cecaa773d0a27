"""After provisioning: what has to be entered elsewhere, and whether the connector can work already.

Never fails because the connector is not ready, which nobody expects of a first installation: what
`schema check` and `doctor` find is shown with what comes next. Ends with 1 when the template left
out what is needed, or a sign-in was asked for and could not be registered.
"""

import sys
from pathlib import Path
from typing import Final

from infra.hooks import entra
from infra.hooks.commands import MISSING, SLOW, Ran, say, setting, terminal

ROOT: Final = Path(__file__).resolve().parents[2]
SECRET: Final = "freshbooks-client-secret"  # noqa: S105  # the secret's name in the vault
FROM_A_FILE: Final = "--file FILE --encoding utf-8 --output none"
OUTPUTS: Final = (
    "FRESHBOOKS_REDIRECT_URI",
    "APP_IDENTITY_CLIENT_ID",
    "DATAVERSE_URL",
    "CONFIGURATION_VAULT_NAME",
    "PUBLIC_URL",
)
CHECKS: Final = (
    (
        ("schema", "check"),
        "What is missing is made by a System Administrator, once: python -m shared schema apply",
    ),
    (
        ("doctor",),
        (
            "Do what its lines say, from the top, then run it again: python -m shared doctor\n"
            "Rights that were given a minute ago may take five more to arrive."
        ),
    ),
)


def next_steps() -> list[str]:
    """Return what a person enters elsewhere."""
    vault = setting("CONFIGURATION_VAULT_NAME")
    return [
        "What is left to do by hand:",
        "  1. FreshBooks, developer portal, your app, redirect URI, to the letter:",
        f"       {setting('FRESHBOOKS_REDIRECT_URI')}",
        "  2. The client secret of your FreshBooks app, from a file that you delete afterwards:",
        f"       az keyvault secret set --vault-name {vault} --name {SECRET} {FROM_A_FILE}",
        "  3. The connector's columns, table and role, as a System Administrator there:",
        "       python -m shared schema apply",
        f"  4. Power Platform admin centre, the environment {setting('DATAVERSE_URL')},",
        "     Settings, Application users, New: this application, the role FreshBooks connector:",
        f"       {setting('APP_IDENTITY_CLIENT_ID')}",
        "  5. Then connect FreshBooks: python -m shared connect",
    ]


def comes_next(words: tuple[str, ...], ran: Ran, hint: str) -> str:
    """Return what to say about a command of the terminal that did not go well."""
    command = " ".join(("python -m shared", *words))
    if ran.code == MISSING:
        return f"{command} did not run: {ran.why}"
    if ran.code == SLOW:
        return f"{command}: {ran.why}. Run it yourself when the services answer again."
    return f"{command} ended with {ran.code}. {hint}"


def main() -> int:
    """Register the sign-in if it is asked for, say what is left, look whether it works."""
    missing = [name for name in OUTPUTS if not setting(name)]
    if not setting("CONFIGURATION_VAULT_NAME") and not setting("APP_IDENTITY_CLIENT_ID"):
        say("Nothing was provisioned yet, as after azd provision --preview.")
        return 0
    if missing:
        say(f"infra/main.bicep gave no {', '.join(missing)}. Run: azd provision")
        return 1
    registered = entra.register() if entra.is_asked_for() else 0
    for line in next_steps():
        say(line)
    for words, hint in CHECKS:
        say(f"\npython -m shared {' '.join(words)}")
        ran = terminal(ROOT, *words)
        if not ran.went_well:
            say(comes_next(words, ran, hint))
        if ran.code == MISSING:
            break
    return registered


if __name__ == "__main__":
    sys.exit(main())
