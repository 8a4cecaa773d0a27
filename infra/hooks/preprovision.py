"""Before provisioning: is everything there that a deployment needs?

Never changes anything in Azure; says all that is missing at once, each with what to write. Ends
with 1 when something is, and azd stops before it has made anything.
"""

import json
import sys

from infra.hooks import entra
from infra.hooks.commands import run, say, setting
from infra.hooks.requirements import (
    PROVIDERS,
    REQUIRED,
    provider_hints,
    value_problems,
    version_problems,
)

SIGN_IN = "azd auth login, then az login"


def is_azd_signed_in() -> bool:
    """Say whether azd is; it ends with 0 in either case, so its answer has to be read."""
    answer = run("azd", "auth", "login", "--check-status", "--output", "json")
    try:
        return bool(json.loads(answer.out).get("status") == "success")
    except (ValueError, AttributeError):
        return False


def is_az_signed_in() -> bool:
    """Say whether the Azure CLI is."""
    return run("az", "account", "show", "--output", "none").went_well


def sign_in_problems(*, azd: bool, az: bool) -> list[str]:
    """Return what is wrong with the sign-in of the two command line programs."""
    if entra.is_asked_for() and not az:
        return ["EASY_AUTH needs the Azure CLI, signed in: install it and run az login."]
    return [] if azd or az else [f"Nobody is signed in to Azure. Run: {SIGN_IN}"]


def tell_providers(*, az: bool) -> None:
    """Name the resource providers that are not registered; that alone stops nothing."""
    chosen = setting("AZURE_SUBSCRIPTION_ID")
    words = ["--query", "[?registrationState=='Registered'].namespace", "--output", "json"]
    words += ["--subscription", chosen] if chosen else []
    answer = run("az", "provider", "list", *words) if az else None
    try:
        registered = json.loads(answer.out) if answer and answer.went_well else None
    except ValueError:
        registered = None
    if registered is None:
        say(f"These resource providers have to be registered: {', '.join(PROVIDERS)}.")
        say("    az provider register --namespace NAME")
    elif hints := provider_hints(registered):
        say("Not registered in the subscription yet. A deployment registers most by itself, if you")
        say("may; Microsoft.App, needed for a private network, it does not:")
        for hint in hints:
            say(f"    {hint}")


def main() -> int:
    """Look at everything; register the Entra application early, so that it is on from the start."""
    az = is_az_signed_in()
    problems = version_problems((sys.version_info.major, sys.version_info.minor))
    problems += sign_in_problems(azd=is_azd_signed_in(), az=az)
    problems += value_problems({value.name: setting(value.name) for value in REQUIRED})
    if problems:
        say("Not ready to provision:")
        for problem in problems:
            say(f"  - {problem}")
        return 1
    tell_providers(az=az)
    if entra.is_asked_for() and not setting("ENTRA_CLIENT_ID"):
        if not setting("AZURE_SUBSCRIPTION_ID"):
            say("The Entra application is registered after provisioning; provision once more then.")
            return 0
        return entra.register()
    return 0


if __name__ == "__main__":
    sys.exit(main())
