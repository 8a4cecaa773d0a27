"""What host.json says of telemetry: nothing the alerts read is dropped, strangers cost little."""

import json
from pathlib import Path

import pytest

from tools import tables

LOGGING = json.loads((Path(__file__).resolve().parents[2] / "host.json").read_text())["logging"]
LEVELS = ["Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"]


def level_of(category):
    """Return the level of a category: that of the longest name it begins with."""
    fitting = [name for name in LOGGING["logLevel"] if f"{category}.".startswith(f"{name}.")]
    name = max(fitting, key=len, default="default")
    return LEVELS.index(LOGGING["logLevel"][name])


@pytest.mark.parametrize("function", tables.triggers())
def test_the_lines_of_every_function_are_carried(function):
    assert level_of(f"Function.{function}.User") <= LEVELS.index("Information")


@pytest.mark.parametrize("function", tables.triggers())
def test_the_host_tells_no_invocation_of_its_own_unless_it_fails(function):
    assert level_of(f"Function.{function}") == LEVELS.index("Warning")


def test_no_function_is_named_that_there_is_not():
    named = {name.split(".")[1] for name in LOGGING["logLevel"] if name.count(".") == 2}

    assert named == tables.triggers().keys()


def test_sampling_never_drops_a_line_and_bounds_what_strangers_cause():
    sampling = LOGGING["applicationInsights"]["samplingSettings"]
    excluded = sampling["excludedTypes"].split(";")

    assert sampling["isEnabled"] is True
    assert {"Trace", "Exception"} <= set(excluded)
    assert "Request" not in excluded
    assert sampling["maxTelemetryItemsPerSecond"] <= 5
