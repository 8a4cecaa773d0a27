"""A project as azd sees it: the hooks, a path with stand-ins only, and azd's values.

Never reaches the programs of this machine: the path holds nothing else.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.functional.hooks import directory

ROOT = Path(__file__).resolve().parents[3]
VALUES = {
    "AZURE_ENV_NAME": "trial",
    "AZURE_SUBSCRIPTION_ID": "subscription-id",
    "AZURE_TENANT_ID": "tenant-id",
    "DATAVERSE_URL": "https://org.crm.dynamics.com",
    "FRESHBOOKS_CLIENT_ID": "a" * 64,
    "ALERT_EMAIL": "who@firm.example",
}
OUTPUTS = {
    "PUBLIC_URL": "https://app.azurewebsites.net",
    "FRESHBOOKS_REDIRECT_URI": "https://app.azurewebsites.net/api/connect/freshbooks/callback",
    "APP_IDENTITY_CLIENT_ID": "identity-client-id",
    "CONFIGURATION_VAULT_NAME": "kv-config",
    "KEY_VAULT_URL": "https://kv-tokens.vault.azure.net",
}


class Project:
    """The folder that azd runs the hooks in."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self._path = folder / "path"
        self._state = folder / "state.json"
        self._path.mkdir(parents=True)
        shutil.copytree(
            ROOT / "infra" / "hooks",
            self.root / "infra" / "hooks",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        self.values = dict(VALUES)
        self._state.write_text(
            json.dumps(
                {
                    "calls": [],
                    "az_signed_in": True,
                    "azd_signed_in": True,
                    "azd_keeps": True,
                    "tenant": "tenant-id",
                    "registered": [],
                    "denied": [],
                    "directory": directory.empty(),
                    "environment": {},
                    "terminal": {},
                    "backup": "{}",
                    "slow": {},
                    "lag": {},
                }
            )
        )
        for name in ("az", "azd"):
            self._install(name, self._path / name)
        self._install("python", self.root / ".venv" / "bin" / "python")

    @property
    def state(self) -> Any:
        """Return what the stand-ins know, and were asked."""
        return json.loads(self._state.read_text())

    def plan(self, **changes: Any) -> None:
        """Change how the stand-ins answer."""
        self._state.write_text(json.dumps({**self.state, **changes}))

    def uninstall(self, name: str) -> None:
        """Take a program off the path, or the terminal's environment out of the project."""
        if name == "python":
            shutil.rmtree(self.root / ".venv")
        else:
            (self._path / name).unlink()

    def calls(self, name: str) -> list[str]:
        """Return how a program was called, in order."""
        return [" ".join(call[1:]) for call in self.state["calls"] if call[0] == name]

    def environment(self, **values: str) -> dict[str, str]:
        """Return what azd hands to a hook."""
        return {"PATH": str(self._path), **self.values, **values}

    def run(self, hook: str, *words: str, **values: str) -> tuple[int, str]:
        """Run a hook as azd does; return its exit code and all that it printed."""
        done = subprocess.run(
            [sys.executable, "-S", "-m", f"infra.hooks.{hook}", *words],
            cwd=self.root,
            env=self.environment(**values),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout

    def _install(self, name: str, script: Path) -> None:
        script.parent.mkdir(parents=True, exist_ok=True)
        program = f'"{sys.executable}" -S -m tests.functional.hooks.standin'
        words = f'{program} {name} "{self._state.parent}" "$@"'
        script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec {words}\n')
        script.chmod(0o755)
        assert os.access(script, os.X_OK)
