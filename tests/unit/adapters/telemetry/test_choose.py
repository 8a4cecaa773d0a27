"""Which telemetry there is, by the setting and by what is installed."""

import json
import logging
import subprocess
import sys

from shared.adapters.telemetry.choose import telemetry
from shared.adapters.telemetry.logs import Logs
from tests.functional.vault import Credential

IMPORT_ALL = """
import sys
import function_app
from shared.app import build
from shared.settings import Settings
from shared.world import real_world
settings = Settings.load({
    "FRESHBOOKS_CLIENT_ID": "client", "FRESHBOOKS_CLIENT_SECRET": "a-secret-of-the-app",
    "FRESHBOOKS_REDIRECT_URI": "https://app.example/connected",
    "DATAVERSE_URL": "https://org.example", "KEY_VAULT_URL": "https://vault.example",
    "PUBLIC_URL": "https://app.example", "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=" + "0" * 32,
})
build(settings, real_world(settings))
print(sorted(name for name in sys.modules if name.startswith("opentelemetry")))
"""


def test_by_default_nothing_of_opentelemetry_is_imported():
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_without_the_packages_the_lines_are_still_there_and_say_so(monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    monkeypatch.setitem(sys.modules, "azure.monitor.opentelemetry.exporter", None)
    monkeypatch.delitem(sys.modules, "shared.adapters.telemetry.spans", raising=False)

    chosen = telemetry("InstrumentationKey=00000000-0000-0000-0000-000000000001", Credential())

    (line,) = [json.loads(record.getMessage()) for record in caplog.records]
    assert type(chosen) is Logs
    assert (line["event"], line["what"]) == ("trouble", "settings")
    assert "InstrumentationKey" not in caplog.text
