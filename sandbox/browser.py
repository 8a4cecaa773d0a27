"""A headless Chromium, for tests in which a person looks at a page and presses a button.

Never needs root or an installed browser where npm has one, and never leaves loopback.
"""

import contextlib
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from playwright.sync_api import Page, sync_playwright

from sandbox import node

# The path of a Chromium or Chrome to use instead.
VARIABLE = "SANDBOX_BROWSER"
FOLDER = node.ROOT / ".tools" / "chromium"
# It carries a whole Chromium for Linux on x86-64, with the libraries and the font it needs.
PACKAGES = {"@sparticuz/chromium": "153.0.0"}
INSTALLED = ("chromium", "chromium-browser", "google-chrome")

FLAGS = (
    "--headless",
    "--no-sandbox",  # the kernel may not let us have one; all pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing but loopback, whatever a page or the browser itself asks for.
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)

_UNPACK = (
    'import chromium from "@sparticuz/chromium"; process.stdout.write(await '
    "chromium.executablePath());"
)
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{folder}/cache</cachedir></fontconfig>
"""


class NoBrowserError(Exception):
    """No browser can be run here; the text says what was tried."""


@dataclass(frozen=True)
class Chromium:
    """A browser that can be run.

    Attributes:
        path: the program.
        environment: variables it needs besides those of this process.
    """

    path: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def runs(self) -> bool:
        """Say whether it starts on this machine at all."""
        try:
            done = subprocess.run(
                [self.path, "--version"],
                env={**_inherited(), **self.environment},
                capture_output=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


def find(variables: Mapping[str, str] | None = None) -> Chromium:
    """Return the browser that was named, else npm's, else one that is installed.

    The one from npm is installed into the clone when it is first asked for.

    Args:
        variables: to read; None reads those of the process.

    Raises:
        NoBrowserError: there is none.
    """
    named = (_inherited() if variables is None else variables).get(VARIABLE)
    if named:
        chosen = Chromium(named)
        if not chosen.runs():
            raise NoBrowserError(f"{VARIABLE} is {named}, which cannot be run.")
        return chosen
    try:
        return _packaged()
    except NoBrowserError as error:
        reason = error
    for path in filter(None, map(shutil.which, INSTALLED)):
        if (chosen := Chromium(path)).runs():
            return chosen
    raise NoBrowserError(
        f"{reason} None of {', '.join(INSTALLED)} can be run either, and {VARIABLE} names none."
    )


@contextlib.contextmanager
def open_page(chromium: Chromium) -> Iterator[Page]:
    """Start the browser for one page and end it with the context.

    It starts as it came: no cookies, no history, a folder for them that goes with it. Certificates
    are not checked, for the sandbox's authority is trusted by nobody but programs it was named to.

    Yields:
        The page, still empty.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.path,
            args=FLAGS,
            env={**_inherited(), **chromium.environment},
        )
        try:
            yield browser.new_context(ignore_https_errors=True).new_page()
        finally:
            browser.close()


def _packaged() -> Chromium:
    """Return npm's browser, installed and unpacked.

    Raises:
        NoBrowserError: it could not be, or does not run.
    """
    here = platform.system(), platform.machine()
    if here != ("Linux", "x86_64"):
        raise NoBrowserError(f"npm has no Chromium for {here[0]} on {here[1]}.")
    try:
        unpacked = node.install(FOLDER, PACKAGES) / "unpacked"
    except RuntimeError as error:
        raise NoBrowserError(str(error)) from error
    fonts = unpacked / "fonts" / "fonts.conf"
    ready = unpacked / "ready"
    if not ready.exists():
        shutil.rmtree(unpacked, ignore_errors=True)
        unpacked.mkdir()
        _unpack(unpacked)
        ready.touch()
    # The package's own looks where it would be unpacked on Lambda; ours names where it is today,
    # for without a font a page has no text, and a clone may have been moved.
    where = _FONTS.format(folder=escape(str(fonts.parent)))
    if fonts.read_text() != where:
        fonts.write_text(where)
    chosen = Chromium(
        str(unpacked / "chromium"),
        {"LD_LIBRARY_PATH": str(unpacked / "al2023" / "lib"), "FONTCONFIG_FILE": str(fonts)},
    )
    if not chosen.runs():
        raise NoBrowserError(f"{chosen.path} cannot be run.")
    return chosen


def _unpack(folder: Path) -> None:
    # The package unpacks into the folder for temporary files, and its libraries only where it
    # takes the machine for Lambda.
    told = {"TMPDIR": str(folder), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
    done = subprocess.run(
        [node.node(), "--input-type=module", "--eval", _UNPACK],
        cwd=FOLDER,
        env=node.environment() | told,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NoBrowserError(f"{', '.join(PACKAGES)} could not be unpacked:\n{done.stderr[-2000:]}")


def _inherited() -> dict[str, str]:
    return dict(os.environ)  # noqa: TID251  # the sandbox's own setting; a child process inherits the rest
