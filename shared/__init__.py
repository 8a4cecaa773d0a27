"""The connector: the only package that is deployed."""

import gc

__version__ = "0.1.0"

# Before anything else is imported: what imports make stays, and to look through it again and again
# for what could be freed takes a tenth of a cold start.
gc.set_threshold(50_000)
