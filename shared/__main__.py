"""`python -m shared`."""

import sys
import warnings


def run() -> int:
    """Run the command line; Ctrl-C is quiet from the first import on."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # the SDKs warn their developers, not the administrator
    try:
        from shared.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())
