"""Signing in to Azure: which ways are tried, and what is said when none of them gives a token.

Never asks for a token; `adapters/azure/credentials.py` carries it out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class AzureSignIn(StrEnum):
    """What the setting AZURE_SIGN_IN may say."""

    AUTO = "auto"
    MANAGED_IDENTITY = "managed-identity"
    AZURE_CLI = "azure-cli"
    AZURE_DEVELOPER_CLI = "azure-developer-cli"


class Way(StrEnum):
    """A way to sign in, as people call it."""

    MANAGED_IDENTITY = "the managed identity"
    AZURE_CLI = "Azure CLI"
    AZURE_DEVELOPER_CLI = "Azure Developer CLI"


class Refusal(StrEnum):
    """What a way said instead of giving a token."""

    NOT_INSTALLED = "is not installed"
    SIGNED_OUT = "is not signed in"
    EXPIRED = "has to be signed in again"
    STRANGER = "has no access to this tenant"
    NO_TENANT = "finds no such tenant"
    NO_SERVICE = "finds no such service in this tenant"
    KEPT_OUT = "is kept out by a conditional access policy"
    TIMED_OUT = "timed out"
    UNREADABLE = "gave no token that can be read"
    ABSENT = "does not answer here"
    REFUSED = "gave no token"


@dataclass(frozen=True)
class Attempt:
    """A way that was tried in vain.

    Attributes:
        code: Entra's own code, "" when it gave none.
    """

    way: Way
    refusal: Refusal
    code: str = ""


_CODES: Final = {
    "AADSTS50020": Refusal.STRANGER,
    "AADSTS50034": Refusal.STRANGER,
    "AADSTS90072": Refusal.STRANGER,
    "AADSTS90002": Refusal.NO_TENANT,
    "AADSTS500011": Refusal.NO_SERVICE,
    "AADSTS53000": Refusal.KEPT_OUT,
    "AADSTS53003": Refusal.KEPT_OUT,
    "AADSTS50132": Refusal.EXPIRED,
    "AADSTS50133": Refusal.EXPIRED,
    "AADSTS50173": Refusal.EXPIRED,
    "AADSTS70008": Refusal.EXPIRED,
    "AADSTS70043": Refusal.EXPIRED,
    "AADSTS700082": Refusal.EXPIRED,
    "AADSTS700084": Refusal.EXPIRED,
}
# A second factor is wanted for this one service: the login has to name it.
_FACTOR: Final = {"AADSTS50074", "AADSTS50076", "AADSTS50078", "AADSTS50079", "AADSTS50158"}
# What azure-identity and the two programs say; compared in lower case.
_PHRASES: Final = (
    ("not found on path", Refusal.NOT_INSTALLED),
    ("could not be found", Refusal.NOT_INSTALLED),
    ("please run 'az login'", Refusal.SIGNED_OUT),
    ("please run 'azd auth login'", Refusal.SIGNED_OUT),
    ("not logged in", Refusal.SIGNED_OUT),
    ("az login", Refusal.EXPIRED),
    ("azd auth login", Refusal.EXPIRED),
    ("unexpected output", Refusal.UNREADABLE),
)
# Where a new login alone mends nothing.
_REMEDIES: Final = {
    Refusal.NOT_INSTALLED: "Install Azure CLI (https://aka.ms/azure-cli) and run {logins}; on "
    "Azure, give the app a managed identity",
    Refusal.NO_SERVICE: "{resource} is no service of {tenant}: check its address in the settings, "
    "and AZURE_TENANT_ID",
    Refusal.NO_TENANT: "Check AZURE_TENANT_ID",
    Refusal.KEPT_OUT: "Ask the administrator of Entra which device or network the policy wants",
}


def ways_of(sign_in: AzureSignIn, *, on_azure: bool) -> tuple[Way, ...]:
    """Return the ways to try, in their order.

    Args:
        sign_in: what the settings say.
        on_azure: whether the platform offers a managed identity here; then nothing else is tried.
    """
    match sign_in:
        case AzureSignIn.MANAGED_IDENTITY:
            return (Way.MANAGED_IDENTITY,)
        case AzureSignIn.AZURE_CLI:
            return (Way.AZURE_CLI,)
        case AzureSignIn.AZURE_DEVELOPER_CLI:
            return (Way.AZURE_DEVELOPER_CLI,)
        case AzureSignIn.AUTO if on_azure:
            return (Way.MANAGED_IDENTITY,)
        case AzureSignIn.AUTO:
            return (Way.AZURE_CLI, Way.AZURE_DEVELOPER_CLI)


def attempt_of(way: Way, said: str, *, timed_out: bool = False) -> Attempt:
    """Return what a way's own words mean.

    Args:
        way: the one that was tried.
        said: its words, of any length; nothing of them but Entra's code is kept.
        timed_out: whether it was given up on.
    """
    if timed_out:
        return Attempt(way, Refusal.TIMED_OUT)
    if way is Way.MANAGED_IDENTITY:
        return Attempt(way, Refusal.ABSENT)
    if found := re.search(r"AADSTS\d+", said):
        code = found.group()
        other = Refusal.EXPIRED if code in _FACTOR else Refusal.REFUSED
        return Attempt(way, _CODES.get(code, other), code)
    lower = said.lower()
    refusal = next((refusal for words, refusal in _PHRASES if words in lower), Refusal.REFUSED)
    return Attempt(way, refusal)


def explain(attempts: Sequence[Attempt], *, tenant: str, scope: str) -> str:
    """Return one sentence for what was tried and what each said, one for what mends it.

    Args:
        attempts: all that were made, in their order.
        tenant: the one that was asked for, "" when the program's own was.
        scope: what the token was for, such as `https://org.crm.dynamics.com/.default`.
    """
    said = "; ".join(
        f"{each.way} {each.refusal}" + (f" ({each.code})" if each.code else "") for each in attempts
    )
    return f"No sign-in to Azure works here: {said}. {_remedy(attempts, tenant, scope)}."


def _remedy(attempts: Sequence[Attempt], tenant: str, scope: str) -> str:
    there = [each for each in attempts if each.refusal is not Refusal.NOT_INSTALLED]
    first = there[0] if there else attempts[0]
    remedy = _REMEDIES.get(first.refusal)
    if first.refusal is Refusal.STRANGER and not tenant:
        tenant, remedy = "TENANT", "Run {logins} with the tenant of the Dataverse environment"
    if first.way is Way.MANAGED_IDENTITY:
        first = Attempt(Way.AZURE_CLI, Refusal.SIGNED_OUT)
        remedy = "Leave AZURE_SIGN_IN out and run {logins} to sign in as yourself"
    elif not there and first.way is Way.AZURE_DEVELOPER_CLI:
        remedy = "Install Azure Developer CLI (https://aka.ms/azure-dev) and run {logins}"
    tried = there if len(there) > 1 else [first]
    logins = " or ".join(dict.fromkeys(f"`{_login(each, tenant, scope)}`" for each in tried))
    return (remedy or "Run {logins}").format(
        logins=logins,
        resource=scope.removesuffix("/.default"),
        tenant=f"the tenant {tenant}" if tenant else "the tenant you are signed in to",
    )


def _login(attempt: Attempt, tenant: str, scope: str) -> str:
    if attempt.way is Way.AZURE_DEVELOPER_CLI:
        return "azd auth login" + (f" --tenant-id {tenant}" if tenant else "")
    named = f" --scope {scope}" if attempt.code in _FACTOR else ""
    return "az login" + (f" --tenant {tenant}" if tenant else "") + named
