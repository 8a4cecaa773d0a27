"""What grows: the first load of a long history, and what is stored after a year.

Never judges growth by one moment: the last months of the year are compared.
"""

from bench.effort import Effort
from tests.functional.first_load import first_load
from tests.functional.kept import MONTH, Simulation, Year, bounds
from tools.bad_days.measured import Measured


def load(effort: Effort) -> list[Measured]:
    """Measure the first load of 100,000 invoices, killed 20 times before a random call.

    FreshBooks is a list that is made while it is asked, behind the real adapter; each kill ends the
    poll, and another process goes on from what is stored. The peak is that of the whole process.
    """
    records, kills = effort.pick((100_000, 20), (2_000, 3))
    done = first_load(records, kills, seed=1)
    missing = sum(1 for number in range(1, records + 1) if not done.asked.get(number))
    return [
        Measured("first load of 100,000 invoices: peak memory", done.peak, 200, "MiB"),
        Measured(f"... invoices missing after {done.kills} kills", missing, 0),
    ]


def year(effort: Effort) -> list[Measured]:
    """Count the rows that are stored after a year of 5,000 records with ten outages of six hours.

    170 records change a day. The bar is the most there can be by the settings, so that it holds for
    every further year.
    """
    lived = Year(**effort.pick({}, {"records": 50, "days": 40, "outages": 1}))
    months = list(Simulation(lived).run())
    last = months[-1]
    limits = bounds(lived, last)
    most = sum(limits.get(name, count) for name, count in last.items())
    return [
        Measured(
            "storage rows after a simulated year, 5,000 records, with ten outages",
            sum(last.values()),
            most,
        )
    ]


def plateau(effort: Effort) -> list[Measured]:
    """Count the rows that the last two months of such a year add, kept for 180 days.

    What happened is kept for 400 days by default, so that the first year alone would not show that
    it ends. The bar is a fiftieth of what was stored two months before.
    """
    short = {"records": 60, "days": 120, "outages": 0, "edits": 5, "busy": 2, "journal_days": 30}
    lived = Year(**effort.pick({"journal_days": 180}, short))
    months = [sum(month.values()) for month in Simulation(lived).run()][: lived.days // MONTH]
    before, after = months[-3], months[-1]
    what = "rows that months 11 and 12 add, where what happened is kept for 180 days"
    return [Measured(f"... {what}", max(0, after - before), before // 50)]
