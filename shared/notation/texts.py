"""Texts of settings: what is cut off at their ends, what none may hold, secrets, ids, words.

Never changes a text between its ends.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

SHORTEST_SECRET: Final = 16  # characters; of hex digits that is 64 bits, which nobody guesses

_INVISIBLE: Final = {"Zs", "Zl", "Zp", "Cc", "Cf"}
_PLAIN_BLANK: Final = " "
# Straight ones, and those of word processors: double, single, angled.
_QUOTES: Final = "\"'`\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"
# The service resolves these; where it could not, the app is handed the reference itself.
_REFERENCE: Final = re.compile(r"@microsoft\.(keyvault|appconfiguration)")
# What templates leave where a value belongs: <name>, ${NAME}, $(NAME), {{name}}, #{name}#, %NAME%.
_UNFILLED: Final = re.compile(
    r"<[^<>]*>|\$\{[^{}]*\}|\$\([^()]*\)|\{\{.*\}\}|#\{.*\}#|^%[A-Za-z_]+%$"
)
_EXAMPLES: Final = re.compile(
    r"(?<![a-z0-9-])your-?(org|app|vault|tenant|client|environment|storage|account)(?![a-z0-9-])"
)
_STAND_INS: Final = re.compile(
    r"(your[-_ ].*|changeme|change[-_ ]me|todo|tbd|secret|password|placeholder|none|null|n/a|x+)"
)
_SECRET: Final = re.compile(r"[!-~]+")
_MASKED: Final = re.compile(r"[•●·]|\*{3,}|\.{4,}|…")
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DOMAIN: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_ANY_TENANT: Final = {"common", "organizations", "consumers"}


def trimmed(text: str) -> str:
    """Return a text without what nobody sees at its ends: blanks, line ends, marks of no width.

    Copied from a portal, a file or a mail they come along, and no value begins or ends with them.
    """
    first = next((n for n, char in enumerate(text) if not _unseen(char)), len(text))
    last = next((n for n in range(len(text), first, -1) if not _unseen(text[n - 1])), first)
    return text[first:last]


def check_whole(text: str) -> str:
    """Return a trimmed text that somebody has filled in and nothing has been lost of.

    Raises:
        ValueError: an unresolved reference, a placeholder, quotation marks, unseen characters.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(char for char in folded if not _unseen(char))
    if _REFERENCE.search(seen):
        raise ValueError(
            "is a Key Vault reference that Azure could not resolve: check the secret's name, and "
            "that the app's identity has the role 'Key Vault Secrets User'; in a terminal write "
            "the value itself"
        )
    if _UNFILLED.search(text) or _EXAMPLES.search(folded) or _STAND_INS.fullmatch(folded):
        raise ValueError("still holds a placeholder: write your own value")
    if text[0] in _QUOTES or (text[-1] in _QUOTES and "=" not in text):
        raise ValueError("stands in quotation marks: write it without them")
    if any(_unseen(char) and char != _PLAIN_BLANK for char in text):
        raise ValueError(
            "holds a character that cannot be seen, such as a line end: type it anew instead of "
            "copying it"
        )
    return text


def secret(text: str) -> str:
    """Return a secret that can be one.

    Raises:
        ValueError: it is too short to protect anything, masked, or something else.
    """
    if _MASKED.search(text):
        raise ValueError("is masked as a portal shows it: copy the whole secret")
    if not _SECRET.fullmatch(text):
        raise ValueError("holds a blank or a letter no secret has: copy the secret alone")
    if len(text) < SHORTEST_SECRET:
        raise ValueError(
            f"is shorter than {SHORTEST_SECRET} characters, so that it could be guessed: copy the "
            "whole secret"
        )
    return text


def entra_secret(text: str) -> str:
    """Return the secret of an app registration.

    Raises:
        ValueError: it is none, or the id that Entra shows beside it.
    """
    if _GUID.fullmatch(text.lower()):
        raise ValueError("is the secret's id: write its value, which Entra shows once")
    return secret(text)


def one_word(text: str) -> str:
    """Return a text without blanks that is no address.

    Raises:
        ValueError: it is something else.
    """
    if not _SECRET.fullmatch(text) or "://" in text:
        raise ValueError("holds a blank or an address: write the bare value")
    return text


def client_id(text: str) -> str:
    """Return an application's id in Entra, lower-case.

    Raises:
        ValueError: it is none.
    """
    return _guid(text, "the application's client id")


def tenant_id(text: str) -> str:
    """Return a tenant's id in Entra, lower-case.

    Raises:
        ValueError: it is none.
    """
    return _guid(text, "the tenant's id (Entra admin centre, Overview), not its name")


def tenant(text: str) -> str:
    """Return a tenant's id, or a domain of it, lower-case.

    Raises:
        ValueError: it is neither, or stands for every tenant.
    """
    if text.lower() in _ANY_TENANT:
        raise ValueError("stands for any tenant: write the id of yours")
    if _DOMAIN.fullmatch(text.lower()):
        return text.lower()
    return _guid(text, "the tenant's id or its domain, such as contoso.onmicrosoft.com")


def word(text: str, allowed: Iterable[str]) -> str:
    """Return the one of a few words that is meant, however its case and its parting is written.

    Raises:
        ValueError: it is none of them.
    """
    words = {re.sub(r"[\s_-]+", "", each).casefold(): each for each in allowed}
    found = words.get(re.sub(r"[\s_-]+", "", text).casefold())
    if found is None:
        raise ValueError(f"is none of its words: write {' or '.join(words.values())}")
    return found


def _guid(text: str, meant: str) -> str:
    bare = text.lower()
    if bare.startswith("{") and bare.endswith("}"):
        bare = bare[1:-1]
    if not _GUID.fullmatch(bare):
        raise ValueError(
            f"is no id of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx: write {meant}"
        )
    if not bare.strip("0-"):
        raise ValueError(f"still holds a placeholder: write {meant}")
    return bare


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in _INVISIBLE
