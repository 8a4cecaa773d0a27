"""`python -m shared doctor`: looks at everything the connector needs, one line for each check.

Never mends anything. Exit codes: 0 nothing failed, 1 something failed, 2 it could not run, as
nobody is signed in to Azure.
"""

import argparse
import json
import sys
from collections.abc import Iterable

from shared.app import Connector
from shared.checkup import list_checks
from shared.cli.commands import Commands, add_command, add_json, printable
from shared.errors import ConfigurationError
from shared.sync.doctor import Finding, Level, Subject, examine, unsettled


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    doctor = add_command(
        commands,
        "doctor",
        "check everything and say who has to do what",
        details="It mends nothing.",
        examples=("python -m shared doctor", "python -m shared doctor --json"),
    )
    add_json(doctor)
    doctor.set_defaults(command=_doctor, unsettled=_unsettled)


def _doctor(options: argparse.Namespace, app: Connector) -> int:
    return _report(examine(list_checks(app)), as_json=options.json)


def _unsettled(options: argparse.Namespace, problem: ConfigurationError) -> int:
    """Report that the settings are wrong, so that nothing else can be looked at."""
    return _report(unsettled(str(problem)), as_json=options.json)


def _report(findings: Iterable[Finding], *, as_json: bool) -> int:
    seen = []
    for finding in findings:
        seen.append(finding)
        if not as_json:
            print(_line(finding))
            sys.stdout.flush()  # a check of a service that is down takes a while
    if as_json:
        print(json.dumps([_as_json(finding) for finding in seen], indent=2))
    failed = {finding.subject for finding in seen if finding.level is Level.FAILURE}
    # Without a sign-in next to nothing could be looked at.
    return 2 if Subject.AZURE in failed else int(bool(failed))


def _line(finding: Finding) -> str:
    advice = f" {finding.advice}" if finding.advice else ""
    return f"{finding.level:<8} {finding.subject:<22} {printable(f'{finding.text}{advice}')}"


def _as_json(finding: Finding) -> dict[str, str]:
    return {
        "level": finding.level,
        "subject": finding.subject,
        "text": finding.text,
        "advice": finding.advice,
    }
