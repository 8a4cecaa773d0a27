"""Charts whose figures go up: columns side by side or stacked, and lines.

Never draws a legend.
"""

from decimal import Decimal

from markupsafe import Markup

from sandbox.dataverse.pages.charts import Chart, Series
from sandbox.dataverse.pages.markup import NONE, joined
from sandbox.dataverse.pages.shapes import (
    COLOURS,
    WIDTH,
    Box,
    Scale,
    box,
    compact,
    dot,
    fill,
    slanted,
    text,
)

_LEFT, _RIGHT, _TOP, _BASE = 42, 6, 18, 170
# What names need below the axis: in a line, or at a slant.
_LEVEL, _SLANTED = 40, 66
_GAP, _MOST_VALUES, _LETTERS, _LETTER_WIDE = 0.15, 8, 12, 6


class Uprights:
    """One chart on its axes.

    Attributes:
        height: how high the picture is.
    """

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._stacked = [series for series in chart.series if series.kind == "stacked"]
        self._beside = [series for series in chart.series if series.kind in {"column", "bar"}]
        self._scale = Scale(self._values(), _BASE - _TOP)
        self._slot = (WIDTH - _LEFT - _RIGHT) / len(chart.categories)
        columns = max(len(self._beside), 1)
        longest = max(len(name) for name in chart.categories)
        self._slanted = longest * _LETTER_WIDE > self._slot
        self.height = _BASE + (_SLANTED if self._slanted else _LEVEL)
        self._valued = len(chart.categories) * columns <= _MOST_VALUES

    def draw(self) -> Markup:
        """Return the picture."""
        numbers = range(len(self._chart.categories))
        return joined(
            [
                self._axis(),
                *(self._category(number) for number in numbers),
                *(self._columns(number) for number in numbers),
                *(self._stack(number) for number in numbers if self._stacked),
                *(self._line(series) for series in self._chart.series if series.kind == "line"),
                text(
                    (_LEFT + WIDTH - _RIGHT) / 2, self.height - 6, self._chart.category_title,
                    kind="axis",
                ),
            ]
        )  # fmt: skip

    def _values(self) -> list[Decimal]:
        plain = [series for series in self._chart.series if series not in self._stacked]
        values = [value for series in plain for value in series.values if value is not None]
        for number in range(len(self._chart.categories)):
            pieces = [series.values[number] or Decimal(0) for series in self._stacked]
            values.append(sum(pieces, Decimal(0)))
        return values

    def _axis(self) -> Markup:
        parts = []
        for mark in self._scale.marks():
            y = _BASE - self._scale.at(mark)
            line = Markup('<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}" class="{}"/>')
            parts.append(line.format(_LEFT, WIDTH - _RIGHT, y, y, "mark" if mark else "zero"))
            parts.append(text(_LEFT - 5, y + 3.5, compact(mark), anchor="end", kind="mark"))
        return joined(parts)

    def _category(self, number: int) -> Markup:
        """Return a category's name below its columns, at a slant where they stand close."""
        name, middle = self._chart.categories[number], self._middle(number)
        if self._slanted:
            return slanted(middle + 3, _BASE + 12, name, _LETTERS)
        return text(middle, _BASE + 14, name, kind="category")

    def _columns(self, number: int) -> Markup:
        parts = []
        thin = self._slot * (1 - 2 * _GAP) / max(len(self._beside), 1)
        for place, series in enumerate(self._beside):
            value = series.values[number]
            if value is None:
                continue
            x = _LEFT + (number + _GAP) * self._slot + place * thin
            parts.append(self._box(number, series, x, thin - 1, (Decimal(0), value)))
            if self._valued:
                parts.append(self._value(x + thin / 2, value))
        return joined(parts)

    def _stack(self, number: int) -> Markup:
        parts, lower = [], Decimal(0)
        x, wide = _LEFT + (number + _GAP) * self._slot, self._slot * (1 - 2 * _GAP)
        for series in self._stacked:
            value = series.values[number]
            if value is not None:
                parts.append(self._box(number, series, x, wide, (lower, lower + value)))
                lower += value
        if self._valued:
            parts.append(self._value(self._middle(number), lower))
        return joined(parts)

    def _line(self, series: Series) -> Markup:
        place = self._chart.series.index(series)
        points = [
            (self._middle(number), _BASE - self._scale.at(value), number, value)
            for number, value in enumerate(series.values)
            if value is not None
        ]
        stroke = Markup(' style="stroke:{}"').format(series.colour) if series.colour else NONE
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
        line = Markup('<polyline points="{}" class="line c{}"{}/>')
        return joined(
            [
                line.format(path, place % COLOURS, stroke),
                *(
                    dot(x, y, fill(place, series.colour), self._title(number, series))
                    for x, y, number, _ in points
                ),
                *(self._value(x, value) for x, _, _, value in points if self._valued),
            ]
        )

    def _box(
        self, number: int, series: Series, x: float, wide: float, ends: tuple[Decimal, Decimal]
    ) -> Markup:
        first, last = (_BASE - self._scale.at(end) for end in ends)
        place = self._chart.series.index(series)
        at = Box(x, min(first, last), wide, abs(first - last))
        return box(at, fill(place, series.colour), self._title(number, series))

    def _value(self, x: float, value: Decimal) -> Markup:
        y = _BASE - self._scale.at(max(value, Decimal(0))) - 5
        return text(x, y, compact(value), kind="value")

    def _title(self, number: int, series: Series) -> str:
        return f"{self._chart.categories[number]}, {series.name}: {series.texts[number]}"

    def _middle(self, number: int) -> float:
        return _LEFT + (number + 0.5) * self._slot
