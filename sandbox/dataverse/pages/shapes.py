"""The shapes charts are drawn of: texts, boxes, a scale from figures to lengths.

Never knows what a chart is about.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from sandbox.dataverse.pages.markup import NONE

WIDTH = 320
COLOURS = 8
_SIGNS = ((10**9, "bn"), (10**6, "M"), (10**3, "k"))


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    wide: float
    high: float


def fill(number: int, colour: str, *, css: bool = False) -> Markup:
    """Return what colours a shape: its own colour, or that of its place in the palette."""
    kind = Markup(' class="c{}"').format(number % COLOURS)
    if not colour:
        return kind
    style = f"background:{colour}" if css else f"fill:{colour};stroke:{colour}"
    return kind + Markup(' style="{}"').format(style)


def short(text: str, letters: int) -> str:
    """Return a text that is not longer than so many letters."""
    return text if len(text) <= letters else f"{text[: letters - 1]}\u2026"


def compact(value: Decimal) -> str:
    """Return a number for an axis or a bar.

    >>> compact(Decimal(12_340)), compact(Decimal(-4_000_000)), compact(Decimal("0.50"))
    ('12.3k', '-4M', '0.5')
    """
    for limit, sign in _SIGNS:
        if abs(value) >= limit:
            return f"{(value / limit).quantize(Decimal('0.1')).normalize():f}{sign}"
    return f"{value.quantize(Decimal('0.01')).normalize() if value else Decimal(0):f}"


def text(x: float, y: float, words: str, *, anchor: str = "middle", kind: str = "") -> Markup:
    """Return words at a place."""
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>').format(
        x, y, anchor, kind, words
    )


def slanted(x: float, y: float, words: str, letters: int) -> Markup:
    """Return words that run up to a place from below, shortened."""
    return Markup(
        '<text transform="translate({:.1f},{:.1f}) rotate(-35)" text-anchor="end" '
        'class="category">{}<title>{}</title></text>'
    ).format(x, y, short(words, letters), words)


def box(at: Box, coloured: Markup, title: str) -> Markup:
    """Return a rectangle with a title."""
    return Markup(
        '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"{}><title>{}</title></rect>'
    ).format(at.x, at.y, max(at.wide, 0.0), max(at.high, 0.0), coloured, title)


def dot(x: float, y: float, coloured: Markup, title: str) -> Markup:
    """Return a point of a line with a title."""
    return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3"{}><title>{}</title></circle>').format(
        x, y, coloured, title
    )


def piece(
    centre: tuple[float, float], radius: float, ends: tuple[float, float], coloured: Markup,
    title: str,
) -> Markup:  # fmt: skip
    """Return a piece of a pie between two shares of the whole, clockwise from the top."""
    x, y = centre
    share = ends[1] - ends[0]
    if not share:
        return NONE
    if share > 0.9999:  # an arc that ends where it begins would not show
        return Markup('<circle cx="{}" cy="{}" r="{}"{}><title>{}</title></circle>').format(
            x, y, radius, coloured, title
        )
    (x1, y1), (x2, y2) = (_around(centre, radius, end) for end in ends)
    return Markup(
        '<path d="M{:.1f},{:.1f} L{:.2f},{:.2f} A{},{} 0 {} 1 {:.2f},{:.2f} Z"{}>'
        "<title>{}</title></path>"
    ).format(x, y, x1, y1, radius, radius, int(share > 0.5), x2, y2, coloured, title)


def _around(centre: tuple[float, float], radius: float, share: float) -> tuple[float, float]:
    angle = 2 * math.pi * share - math.pi / 2
    return centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)


class Scale:
    """From figures to lengths; it holds 0 and ends at round numbers."""

    def __init__(self, values: list[Decimal], length: float) -> None:
        low, high = min(Decimal(0), *values), max(Decimal(0), *values)
        if low == high:
            high = Decimal(1)
        rough = float(high - low) / 4
        size = 10 ** math.floor(math.log10(rough))
        round_one = next(each for each in (1, 2, 2.5, 5, 10) if each * size >= rough * 0.999)
        self._step = Decimal(str(round_one)) * Decimal(str(size))
        self._low = (low / self._step).to_integral_value("ROUND_FLOOR") * self._step
        self._high = (high / self._step).to_integral_value("ROUND_CEILING") * self._step
        self._length = length

    def at(self, value: Decimal) -> float:
        """Return how far a value is from the lowest one."""
        return float((value - self._low) / (self._high - self._low)) * self._length

    def marks(self) -> Iterator[Decimal]:
        """Yield the values an axis names."""
        value = self._low
        while value <= self._high:
            yield value
            value += self._step
