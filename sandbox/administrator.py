"""What the connector's administrator does at a terminal and in a browser.

Never calls into the connector: it is a program that is run.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import requests

from sandbox.stack import ROOT

TIMEOUT = 120


class CommandError(Exception):
    """A command ended with an error; the text holds what it printed."""


class Administrator:
    """Somebody with a terminal, and with a login to FreshBooks.

    Args:
        environment: of the terminal; the connector's settings are in it.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    def run(
        self, *arguments: str, accepted: tuple[int, ...] = (0,), seconds: float = TIMEOUT
    ) -> str:
        """Run `python -m shared` with these arguments and return what it printed.

        Args:
            arguments: of the command line.
            accepted: exit codes that are no failure.
            seconds: how long it may take.

        Raises:
            CommandError: its exit code is none of the accepted ones.
        """
        done = subprocess.run(
            self._command(arguments),
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode not in accepted:
            raise _failed(arguments, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def held(self) -> list[dict[str, Any]]:
        """Return the clients that wait for a decision, with the reason and the candidates."""
        listed: list[dict[str, Any]] = json.loads(self.run("held", "--json"))
        return listed

    def connect(self, log: Path) -> str:
        """Connect to FreshBooks: open the link in a browser, press the button and consent.

        Args:
            log: what the command says beside its output goes here.

        Returns:
            What it printed.

        Raises:
            CommandError: it did not succeed.
        """
        arguments = ("connect",)
        with (
            log.open("a") as errors,
            subprocess.Popen(
                self._command(arguments),
                cwd=ROOT,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as process,
        ):
            try:
                printed = self._open_link(process)
                rest, _ = process.communicate(timeout=TIMEOUT)
            finally:
                process.kill()
        if process.returncode != 0:
            raise _failed(arguments, process.returncode, printed + rest + log.read_text())
        return printed + rest

    def _open_link(self, process: subprocess.Popen[str]) -> str:
        """Read up to the link the command wants opened, and go the way it leads."""
        printed = ""
        if process.stdout is None:
            raise CommandError("The command has no output.")
        for line in process.stdout:
            printed += line
            if line.strip().startswith("https://"):
                allow(line.strip(), authority=self._environment["REQUESTS_CA_BUNDLE"])
                break
        return printed

    @staticmethod
    def _command(arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-u", "-m", "shared", *arguments]


def allow(address: str, *, authority: str) -> str:
    """Open a link, press its button, press Allow on FreshBooks' page, and go where that leads.

    Args:
        address: leads to the page with the button.
        authority: path of the certificate the browser trusts.

    Returns:
        The page one ends on.
    """
    with requests.Session() as browser:
        browser.trust_env = False
        browser.verify = authority
        opened = browser.get(address, timeout=TIMEOUT)
        onward = _press(browser, opened)
        consent = browser.get(_read(onward).refresh, timeout=TIMEOUT)
        return _press(browser, consent, decision="allow").text


def _press(browser: requests.Session, page: requests.Response, **button: str) -> requests.Response:
    """Send the page's only form, which has no action: it goes to the page's own address."""
    page.raise_for_status()
    fields = _read(page).fields | button
    sent = browser.post(page.url, data=fields, timeout=TIMEOUT)
    sent.raise_for_status()
    return sent


def _read(page: requests.Response) -> "_Page":
    found = _Page()
    found.feed(page.text)
    return found


class _Page(HTMLParser):
    """What a browser would do with a page: send its only form, or go on by itself.

    Attributes:
        fields: those the form is sent with.
        refresh: the address it goes on to, "" for none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.refresh = ""
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("type") == "hidden":
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "meta" and given.get("http-equiv") == "refresh":
            self.refresh = given.get("content", "").partition("url=")[2]
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select is not None:
            # The first one is selected unless the page says otherwise.
            self.fields.setdefault(self._select, given["value"])


def _failed(arguments: tuple[str, ...], code: int, printed: str) -> CommandError:
    return CommandError(f"python -m shared {' '.join(arguments)} ended with {code}:\n{printed}")
