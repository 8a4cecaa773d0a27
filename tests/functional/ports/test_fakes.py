"""The fakes alone: every method of a port can fail, and something can happen before it."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.errors import ConfigurationError, RetryLaterError
from shared.sync.ports import (
    Businesses,
    Checkpoints,
    Circuits,
    Claims,
    Consents,
    DeadLetters,
    Holds,
    Journal,
    Leases,
    PoisonQueue,
    Registrations,
    Secrets,
    Shares,
    SyncQueue,
)
from shared.sync.ports.runs import BackfillQueue, Runs
from tests.memory import (
    Breakable,
    FakeClock,
    MemoryBusinesses,
    MemoryCheckpoints,
    MemoryCircuits,
    MemoryClaims,
    MemoryConsents,
    MemoryDeadLetters,
    MemoryHolds,
    MemoryJournal,
    MemoryLeases,
    MemoryPoisonQueue,
    MemoryQueue,
    MemoryRegistrations,
    MemoryRuns,
    MemorySecrets,
    MemoryShares,
)

FAKES: dict[type, Callable[[], Breakable]] = {
    Businesses: MemoryBusinesses,
    Checkpoints: MemoryCheckpoints,
    Circuits: MemoryCircuits,
    Claims: MemoryClaims,
    Consents: MemoryConsents,
    DeadLetters: MemoryDeadLetters,
    Holds: MemoryHolds,
    Journal: MemoryJournal,
    Leases: lambda: MemoryLeases(FakeClock()),
    PoisonQueue: lambda: MemoryPoisonQueue(FakeClock()),
    Registrations: MemoryRegistrations,
    Runs: MemoryRuns,
    Secrets: MemorySecrets,
    Shares: MemoryShares,
    BackfillQueue: lambda: MemoryQueue(FakeClock()),
    SyncQueue: lambda: MemoryQueue(FakeClock()),
}
METHODS = [
    pytest.param(port, name, id=f"{port.__name__}.{name}")
    for port in FAKES
    for name, value in vars(port).items()
    if inspect.isfunction(value) and not name.startswith("_")
]


def call(fake: Breakable, name: str) -> None:
    """Call a method with what it cannot use, and walk through what it lists."""
    method = getattr(fake, name)
    given: dict[str, Any] = {
        each.name: object()
        for each in inspect.signature(method).parameters.values()
        if each.default is inspect.Parameter.empty
    }
    result = method(**given)
    if isinstance(result, Iterator):
        list(result)


@pytest.mark.parametrize(("port", "name"), METHODS)
def test_a_broken_fake_fails_whatever_it_is_asked(port: type, name: str) -> None:
    fake = FAKES[port]()
    fake.broken = RetryLaterError("it is down")

    with pytest.raises(RetryLaterError, match="it is down"):
        call(fake, name)


@pytest.mark.parametrize(("port", "name"), METHODS)
def test_every_method_of_a_fake_can_be_refused_by_itself(port: type, name: str) -> None:
    fake = FAKES[port]()
    fake.refuse(name, ConfigurationError("the role is missing"))

    with pytest.raises(ConfigurationError, match="the role is missing"):
        call(fake, name)


def test_a_list_fails_when_it_is_walked_through_as_an_adapters_does() -> None:
    holds = MemoryHolds()
    listed = holds.list_all()
    holds.broken = RetryLaterError("it is down")

    with pytest.raises(RetryLaterError):
        next(listed)


def test_what_happens_before_a_call_is_given_its_arguments_even_if_the_call_fails() -> None:
    secrets, asked = MemorySecrets(), list[str]()
    secrets.before("get", asked.append)
    secrets.get("a")
    secrets.broken = RetryLaterError("it is down")

    with pytest.raises(RetryLaterError):
        secrets.get("b")
    assert asked == ["a", "b"]


def test_what_happens_once_may_make_the_call_it_came_before() -> None:
    secrets = MemorySecrets()
    secrets.before("set", lambda name, _value: secrets.set(name, "theirs"), once=True)
    secrets.set("a", "ours")
    secrets.set("b", "ours")

    assert secrets.values == {"a": "ours", "b": "ours"}
    assert secrets.writes == 3


def test_a_healed_fake_is_as_before() -> None:
    secrets = MemorySecrets()
    secrets.refuse("set", RetryLaterError("it is down"))
    secrets.broken = RetryLaterError("it is down")
    secrets.heal()
    secrets.set("a", "value")

    assert secrets.get("a") == "value"


def test_nothing_can_happen_before_a_method_that_is_not_there() -> None:
    with pytest.raises(AssertionError, match="no method put"):
        MemorySecrets().before("put", print)
