"""Removes from the Bicep source one thing after another, and sees that a test notices.

`python -m tools.infra_planted [word ...]` tries every removal, or those whose name holds a word:
each resource and module, each queue and table, each app setting and output, each path that is open
to strangers, and each switch that hardens something; and a few things that are not missing but
wrong. Never touches the working tree: a copy is changed. What no longer compiles or evaluates
cannot be deployed, and is noticed by that.
"""

import argparse
import contextlib
import io
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import pytest

from tools.bicep import ROOT, Bicep, find_compiler
from tools.deployment import TESTS, Given

# What is copied: the source, and the parameters that evaluate it.
COPIED: Final = ("infra", TESTS)
# Those of the docs would differ after every removal, and catch nothing; the others look at two
# modules alone, whose queries they run.
UNASKED: Final = ("test_docs.py", "test_alerts.py", "test_workbook.py")

_SWITCHES: Final = (
    *("allowSharedKeyAccess", "defaultToOAuthAuthentication", "allowBlobPublicAccess"),
    *("allowCrossTenantReplication", "allowedCopyScope", "minimumTlsVersion"),
    *("supportsHttpsTrafficOnly", "publicNetworkAccess", "bypass", "defaultAction", "ipRules"),
    *("deleteRetentionPolicy", "containerDeleteRetentionPolicy", "publicAccess"),
    *("enableRbacAuthorization", "enableSoftDelete", "softDeleteRetentionInDays"),
    *("enablePurgeProtection", "enabledForDeployment", "enabledForDiskEncryption"),
    *("enabledForTemplateDeployment", "DisableLocalAuth", "DisableIpMasking", "features"),
    *("workspaceCapping", "httpsOnly", "keyVaultReferenceIdentity", "minTlsVersion"),
    *("scmMinTlsVersion", "ftpsState", "remoteDebuggingEnabled", "virtualNetworkSubnetId"),
    *("requireAuthentication", "unauthenticatedClientAction", "platform", "httpSettings", "login"),
    *("openIdIssuer", "validation", "clientSecretSettingName", "allow", "authentication"),
    *("triggers", "maximumInstanceCount", "alwaysReady", "runtime", "zoneRedundant"),
)
# What is not missing but wrong: a file, a text that stands there once, and another one.
_WRONG: Final = (
    ("every webhook shut out", "modules/easyauth.bicep", "freshbooks/*'\n", "freshbooks'\n"),
    (
        "the operator's pages open to strangers",
        "modules/easyauth.bicep",
        "        '/api/health' //",
        "        '/api/connect/freshbooks/*'\n        '/api/health' //",
    ),
    ("strangers let in", "modules/easyauth.bicep", "'Return401'", "'AllowAnonymous'"),
    (
        "all queues instead of each",
        "modules/access.bicep",
        "scope: account::queueService::queue[i]\n",
        "scope: account\n",
    ),
    (
        "all tables instead of each",
        "modules/access.bicep",
        "scope: account::tableService::table[i]\n",
        "scope: account\n",
    ),
    (
        "the app may write its own configuration",
        "modules/access.bicep",
        "roleType, roles.keyVaultSecretsUser",
        "roleType, roles.keyVaultSecretsOfficer",
    ),
    (
        "tokens go into the configuration vault",
        "main.bicep",
        "KEY_VAULT_URL: rotatingVaultUrl",
        "KEY_VAULT_URL: configurationVaultUrl",
    ),
    ("the salt changes nothing", "main.bicep", "uniqueString(token, vaultSalt)", "token"),
    (
        "a reference is stored as if it were the secret",
        "main.bicep",
        "startsWith(freshbooksClientSecret, '@Microsoft.KeyVault(') ? '' : ",
        "",
    ),
    ("one name for every app", "names.bicep", "'fbx-${token}' //", "'fbx' //"),
    ("names too long for the longest environment", "names.bicep", ", 32)}'", ", 64)}'"),
    ("another Python", "modules/app.bicep", "version: '3.13'", "version: '3.12'"),
    (
        "a parameter that only production has",
        "production.bicepparam",
        "param instanceMemoryMB = 2048",
        "param instanceMemoryMB = 2048\nparam dailyCapGB = 2",
    ),
)

_SWITCH: Final = re.compile(rf"^ +({'|'.join(_SWITCHES)}): .*[^{{\[(]$")
_OPENED: Final = re.compile(rf"^( +)({'|'.join(_SWITCHES)}): .*[{{\[(]$")
_FLIPPED: Final = re.compile(r"^( +)(properties: \{ )?(\w+): (true|false)\b")
_SETTING: Final = re.compile(r"^ +([A-Z][A-Z_]+|Azure\w+): \S")
_DECLARED: Final = re.compile(r"^(resource|module) (\w+) '([^']+)'(?! existing)")
_NAMED: Final = re.compile(r"^  '([^']+)'")
_OUTPUT: Final = re.compile(r"^output (\w+) ")
_EXCLUDED: Final = re.compile(r"^ +'(/api/[^']+)'")


@dataclass(frozen=True)
class Removal:
    """Lines that are taken out of a file, or put in other words."""

    name: str
    file: str
    first: int
    last: int
    instead: str | None = None

    def applied(self, text: str) -> str:
        """Return the file's text without them."""
        lines = text.splitlines()
        lines[self.first : self.last + 1] = [] if self.instead is None else [self.instead]
        return "\n".join(lines) + "\n"


class Verdict(StrEnum):
    """What became of a removal."""

    CAUGHT = "caught"
    REFUSED = "cannot be deployed"
    SURVIVED = "SURVIVED"


def removals(folder: Path) -> Iterator[Removal]:
    """Yield everything there is to remove."""
    for path in sorted((folder / "infra").rglob("*.bicep")):
        yield from removals_of(str(path.relative_to(folder)), path.read_text())


def removals_of(file: str, text: str) -> Iterator[Removal]:
    """Yield what there is to remove in one file."""
    lines = text.splitlines()
    listed = ""
    for number, line in enumerate(lines):
        if declared := _DECLARED.match(line):
            kind, name, _ = declared.groups()
            # Never deployed, but there for what refers to it; a loop is taken out whole.
            never = re.sub(r"= (if \(.*\) )?\{$", "= if (false) {", line)
            last, instead = (number, never) if never != line else (_end(lines, number), None)
            yield Removal(f"{kind} {name} ({file})", file, number, last, instead)
        if line.startswith("var "):
            listed = line.split()[1] if line.endswith("[") else ""
        elif listed in {"queues", "tables"} and (named := _NAMED.match(line)):
            yield Removal(f"{listed[:-1]} {named[1]}", file, number, number)
        if output := _OUTPUT.match(line):
            yield Removal(f"output {output[1]}", file, number, number)
        if setting := _SETTING.match(line):
            yield Removal(f"setting {setting[1]} ({file})", file, number, _value_end(lines, number))
        if excluded := _EXCLUDED.match(line):
            yield Removal(f"excluded path {excluded[1]}", file, number, number)
        if _SWITCH.match(line) or _OPENED.match(line):
            yield Removal(
                f"switch {line.strip()} ({file})", file, number, _value_end(lines, number)
            )
        if (flipped := _FLIPPED.match(line)) and _SWITCH.match(line):
            other = "false" if flipped[4] == "true" else "true"
            instead = line.replace(f": {flipped[4]}", f": {other}", 1)
            yield Removal(
                f"switch {line.strip()} -> {other} ({file})", file, number, number, instead
            )


def _end(lines: list[str], first: int) -> int:
    """Return the last line of a declaration: the first that closes at the margin."""
    return next(n for n in range(first, len(lines)) if lines[n][:1] in {"}", "]"})


def _value_end(lines: list[str], first: int) -> int:
    """Return the last line of a property: its own, or where what it opens is closed."""
    indent = len(lines[first]) - len(lines[first].lstrip())
    if not re.search(r"[{\[(]$", lines[first]):
        return first
    return next(
        n
        for n in range(first + 1, len(lines))
        if len(lines[n]) - len(lines[n].lstrip()) == indent and re.match(r" *[}\])]", lines[n])
    )


def wrongs(folder: Path) -> Iterator[Removal]:
    """Yield what is put in other words."""
    for name, file, find, instead in _WRONG:
        path = folder / "infra" / file
        text = path.read_text()
        if text.count(find) != 1:
            raise ValueError(f"Not exactly once in {file}: {find!r}")
        first = text[: text.index(find)].count("\n")
        last = first + find.rstrip("\n").count("\n")
        lines = "\n".join(text.splitlines()[first : last + 1]) + "\n"
        changed = lines.replace(find, instead).rstrip("\n")
        yield Removal(f"wrong: {name}", str(path.relative_to(folder)), first, last, changed)


@contextlib.contextmanager
def copied(root: Path) -> Iterator[Path]:
    """Yield a copy of the source and its parameters, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="infra-planted-") as folder:
        for name in COPIED:
            shutil.copytree(root / name, Path(folder) / name)
        yield Path(folder)


def run(given: Given) -> tuple[int, str]:
    """Run the tests over a source until one fails; return pytest's exit code and what it said."""
    said = io.StringIO()
    arguments = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=line"]
    arguments += [f"--ignore={TESTS}/{name}" for name in UNASKED]
    arguments.append(TESTS)
    with contextlib.redirect_stdout(said):
        code = int(pytest.main(arguments, plugins=[given]))
    return code, said.getvalue()


def judge(removal: Removal, given: Given) -> tuple[Verdict, str]:
    """Take one thing out, look at the tests, and put it back; say which test noticed."""
    file = given.folder / removal.file
    text = file.read_text()
    file.write_text(removal.applied(text))
    try:
        code, said = run(given)
    finally:
        file.write_text(text)
    if code == pytest.ExitCode.TESTS_FAILED:
        if refused := re.search(r"BicepError: (.{1,100})", said):
            return Verdict.REFUSED, refused[1]
        noticed = re.search(r"^(?:FAILED|ERROR) tests/infra/(\S+)", said, re.MULTILINE)
        return Verdict.CAUGHT, noticed[1] if noticed else ""
    return Verdict.SURVIVED, said if code != pytest.ExitCode.OK else ""


def main() -> int:
    """Try the removals; the exit code says whether each was noticed."""
    parser = argparse.ArgumentParser(prog="python -m tools.infra_planted", description=__doc__)
    parser.add_argument("names", nargs="*", help="only removals whose name holds one of these")
    names = parser.parse_args().names
    survived, tried = 0, 0
    with copied(ROOT) as folder, Bicep(find_compiler()) as bicep:
        given = Given(bicep, folder)
        code, said = run(given)
        if code != pytest.ExitCode.OK:
            print(f"The tests do not pass while nothing is removed:\n{said}")
            return 1
        for removal in [*removals(folder), *wrongs(folder)]:
            if names and not any(name in removal.name for name in names):
                continue
            verdict, noticed = judge(removal, given)
            print(f"{verdict:>18}  {removal.name}  [{noticed}]", flush=True)
            tried += 1
            survived += verdict is Verdict.SURVIVED
    print(f"{tried - survived} of {tried} noticed")
    return 1 if survived or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
