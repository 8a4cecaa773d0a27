"""How many decimals a currency has, and amounts as people read them.

Never rounds an amount: one with more digits than its currency is shown with all of them.
"""

from decimal import Decimal
from typing import Final

# ISO 4217's minor units where they are not two.
_DECIMALS: Final = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


def decimals(code: str) -> int:
    """Return how many decimals amounts in a currency have, by its ISO code.

    >>> decimals("JPY"), decimals("KWD"), decimals("USD")
    (0, 3, 2)
    """
    return _DECIMALS.get(code.upper(), 2)


def spell(amount: Decimal, code: str) -> str:
    """Return an amount with the decimals of its currency and commas between thousands.

    >>> spell(Decimal("1234.5"), "USD"), spell(Decimal("1200"), "JPY")
    ('1,234.50', '1,200')
    """
    plain = amount.normalize()
    exponent = plain.as_tuple().exponent
    digits = max(decimals(code), -exponent if isinstance(exponent, int) else 0)
    return f"{amount:,.{digits}f}"
