"""How long simulations are: short in `make test`, long in `make soak`.

`make soak` runs every test module that imports this one; nothing else has to name them.
"""

import os

SOAK = bool(os.environ.get("SOAK"))  # noqa: TID251  # set by `make soak`
