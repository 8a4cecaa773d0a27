"""What is stored is bounded, however long the connector runs and whatever fails meanwhile."""

import pytest

from shared.core.identity import Kind
from tests.functional.kept import Simulation, Year, bounds
from tests.soak import SOAK

SHORT = Year(
    records=120,
    days=70,
    outages=2,
    edits=6,
    busy=4,
    waiting=30,
    journal_days=30,
    history_per_record=5,
)
LONG = Year(days=500, outages=14)
RUNS = [SHORT, LONG] if SOAK else [SHORT]


@pytest.mark.parametrize("year", RUNS, ids=["short", "long"][: len(RUNS)])
def test_what_is_stored_stops_to_grow(year):
    simulation = Simulation(year)
    months = list(simulation.run())
    first, last = months[year.journal_days // 30 + 1], months[-1]
    limits = bounds(year, last)

    assert {name: last[name] for name in limits if last[name] > limits[name]} == {}
    assert last["newest states"] <= first["newest states"] + 50
    assert last["history"] <= first["history"] * 1.1
    assert last["registrations"] == len(Kind)
    # An old note becomes history when another one takes its place, and goes the day after; the
    # newest note of a record stays.
    simulation.firm.clock.advance(86_400)
    simulation.forget()
    journal = simulation.firm.journal
    past = [entry for entry in journal.history if entry != journal.latest[entry.record].past()]
    oldest = min(entry.at for entry in past)
    assert (simulation.firm.clock() - oldest).days <= year.journal_days + 2
