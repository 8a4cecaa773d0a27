"""What work uses of what Azure bills for, and what a month of it costs.

Never measures: it is given what single records and timers use.
"""

from dataclasses import dataclass
from typing import Final, Self

from bench.prices import Assumed, Inputs

MONTH_SECONDS: Final = 30 * 24 * 3600
POLLS: Final = MONTH_SECONDS / 300  # every five minutes
UPKEEPS: Final = MONTH_SECONDS / 60  # each minute
NIGHTS: Final = 30


@dataclass(frozen=True)
class Use:
    """What something uses.

    Attributes:
        runs: executions of a function.
        seconds: that these are billed for, each by itself, as if none ran beside another.
        tables: requests at tables.
        queues: requests at queues, those of the Functions host for a message included.
        vaults: requests at Key Vault.
        freshbooks: requests at FreshBooks.
        dataverse: requests at Dataverse.
    """

    runs: float = 0
    seconds: float = 0
    tables: float = 0
    queues: float = 0
    vaults: float = 0
    freshbooks: float = 0
    dataverse: float = 0

    @classmethod
    def run(
        cls,
        assumed: Assumed,
        *,
        cpu: float,
        tables: float = 0,
        queues: float = 0,
        vaults: float = 0,
        freshbooks: float = 0,
        dataverse: float = 0,
    ) -> Self:
        """Return what one execution uses, which waits for each of its requests in turn."""
        waits = (
            (tables + queues + vaults) * assumed.storage_seconds
            + freshbooks * assumed.freshbooks_seconds
            + dataverse * assumed.dataverse_seconds
        )
        return cls(
            runs=1,
            seconds=max(assumed.least_seconds, cpu + waits),
            tables=tables,
            queues=queues,
            vaults=vaults,
            freshbooks=freshbooks,
            dataverse=dataverse,
        )

    def __add__(self, other: "Use") -> "Use":
        return Use(*(a + b for a, b in zip(self.all(), other.all(), strict=True)))

    def times(self, count: float) -> "Use":
        """Return what so many of it use."""
        return Use(*(each * count for each in self.all()))

    def all(self) -> tuple[float, ...]:
        """Return every figure, in order."""
        return (
            self.runs,
            self.seconds,
            self.tables,
            self.queues,
            self.vaults,
            self.freshbooks,
            self.dataverse,
        )


@dataclass(frozen=True)
class Measured:
    """What single things use, with all that follows from them.

    Attributes:
        webhook: one is taken, whatever it reports.
        past: an invoice with its payment as history has them, found by a list.
        poll: finds nothing new.
        upkeep: finds nothing to do.
    """

    webhook: Use
    client: Use
    invoice: Use
    edit: Use
    payment: Use
    expense: Use
    past: Use
    poll: Use
    upkeep: Use

    def live(self, invoices: float, inputs: Inputs) -> Use:
        """Return what invoices use with the changes, payments, expenses and clients they bring."""
        firm = inputs.firm
        reports = 1 + firm.edits + firm.payments + firm.expenses + firm.clients
        each = (
            self.invoice
            + self.edit.times(firm.edits)
            + self.payment.times(firm.payments)
            + self.expense.times(firm.expenses)
            + self.client.times(firm.clients)
            + self.webhook.times(reports)
        )
        return each.times(invoices)

    def idle(self) -> Use:
        """Return what a month uses in which nothing happens."""
        return self.poll.times(POLLS) + self.upkeep.times(UPKEEPS)

    def history(self, invoices: float, inputs: Inputs) -> Use:
        """Return what the history of a firm of so many invoices a month uses, once."""
        return self.past.times(invoices * inputs.firm.history_months)

    def nights(self, invoices: float, inputs: Inputs) -> Use:
        """Return what a month of comparing both sides page by page uses, of a firm in its books.

        Half a second of our own for a page of either side; it is read whole every night.
        """
        firm, assumed = inputs.firm, inputs.assumed
        of_each = 1 + firm.payments + firm.expenses + firm.clients
        records = invoices * firm.history_months * of_each
        freshbooks = records / assumed.freshbooks_page + 5
        dataverse = records / assumed.dataverse_page + 5
        night = Use.run(
            assumed,
            cpu=(freshbooks + dataverse) / 2,
            tables=records / 1000 + 10,
            freshbooks=freshbooks,
            dataverse=dataverse,
        )
        return night.times(NIGHTS)


@dataclass(frozen=True)
class Plan:
    """How the app is deployed.

    Attributes:
        name: as the page calls it.
        memory: of an instance, GB.
        ready: instances that always wait for webhooks.
        alerts: minutes between two looks of each alert rule.
    """

    name: str
    memory: float
    ready: int
    alerts: tuple[int, ...]


@dataclass(frozen=True)
class Bill:
    """A month's, in USD."""

    on_demand: float
    executions: float
    ready: float
    storage: float
    vaults: float
    logs: float
    alerts: float

    @property
    def total(self) -> float:
        """Everything together."""
        return (
            self.on_demand
            + self.executions
            + self.ready
            + self.storage
            + self.vaults
            + self.logs
            + self.alerts
        )


def bill(use: Use, webhooks: Use, plan: Plan, inputs: Inputs) -> Bill:
    """Return what a month costs.

    Args:
        use: everything but the webhooks.
        webhooks: what taking them uses; always-ready instances do that where there are any.
        plan: how the app is deployed.
        inputs: prices, and what is assumed.
    """
    prices, whole = inputs.prices, use + webhooks
    demanded, waiting = (use, webhooks) if plan.ready else (whole, Use())
    ready = prices["ready_gb_second"].of(plan.ready * plan.memory * MONTH_SECONDS)
    runs = prices["execution"]
    return Bill(
        on_demand=prices["on_demand_gb_second"].of(demanded.seconds * plan.memory),
        executions=runs.of(demanded.runs) + waiting.runs * runs.price,
        ready=ready + prices["ready_run_gb_second"].of(waiting.seconds * plan.memory),
        storage=prices["table_operation"].of(whole.tables)
        + prices["queue_operation"].of(whole.queues),
        vaults=prices["vault_operation"].of(whole.vaults),
        logs=prices["log_gb"].of(whole.runs * inputs.assumed.telemetry_bytes / 1e9),
        alerts=sum(prices[f"alert_{minutes}_minutes"].price for minutes in plan.alerts),
    )
