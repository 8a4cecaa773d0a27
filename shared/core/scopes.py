"""FreshBooks' scopes: which one each kind of record needs, and what a login may read by its own.

Never asks anybody: what was granted is told with the tokens.
"""

from typing import Final

from shared.core.identity import Kind

_NEEDED: Final = {
    Kind.INVOICE: "user:invoices:read",
    Kind.PAYMENT: "user:payments:read",
    Kind.CLIENT: "user:clients:read",
    Kind.EXPENSE: "user:expenses:read",
    Kind.CREDIT: "user:credit_notes:read",
    Kind.CATEGORY: "user:expenses:read",
}
# All read-only. There is no scope for webhooks: a callback needs the read scope of its noun. One
# scope that the app has not enabled makes the whole consent fail.
SCOPES: Final = tuple(dict.fromkeys(("user:profile:read", *_NEEDED.values())))
# Logins of an earlier release were not asked for these: everything else works without them.
OPTIONAL: Final = frozenset({Kind.CREDIT})
SPARED: Final = frozenset(_NEEDED[kind] for kind in OPTIONAL)


def scope_of(kind: Kind) -> str:
    """Return the scope that reading a kind of record needs."""
    return _NEEDED[kind]


def may_read(granted: str, kind: Kind) -> bool:
    """Say whether a login may be asked for a kind of record.

    For what is optional only where it is known that it may: a refusal might look as if the whole
    login were dead. For the rest always, so that a refusal is told.

    Args:
        granted: the scopes, separated by blanks; "" when they are not known.
        kind: what is to be read.
    """
    return kind not in OPTIONAL or scope_of(kind) in granted.split()
