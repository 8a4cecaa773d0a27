"""The address of a webhook: one for each business and noun, its last part known to FreshBooks only.

Never proves who calls; it keeps strangers from even being heard.
"""

from shared.core.signed_values import is_keyed_digest, keyed_digest

_LENGTH = 22  # 132 bits
_PURPOSE = "webhook address"


def address_key(secret: str, business: str, noun: str) -> str:
    """Return the last part of a webhook's path: 22 characters that follow from the app's secret.

    Args:
        secret: the FreshBooks app's client secret; with another one all addresses change.
        business: its FreshBooks account id.
        noun: what the webhook reports.
    """
    return keyed_digest(secret, _PURPOSE, f"{business}/{noun}")[:_LENGTH]


def is_address_key(given: str, secret: str, business: str, noun: str) -> bool:
    """Say whether `given` is the key of this business and noun, in constant time."""
    return is_keyed_digest(given, secret, _PURPOSE, f"{business}/{noun}", length=_LENGTH)


def webhook_prefix(public_url: str) -> str:
    """Return what the addresses of all our webhooks begin with."""
    return f"{public_url}/api/webhooks/freshbooks/"


def webhook_uri(public_url: str, secret: str, business: str, noun: str) -> str:
    """Return the address FreshBooks is to call for a noun of a business."""
    return f"{webhook_prefix(public_url)}{business}/{noun}/{address_key(secret, business, noun)}"
