"""A FreshBooks to run against, written from what FreshBooks publishes.

Never imports the connector: a misreading on one side must not be able to hide on the other.
"""

from sandbox.freshbooks.app import FreshBooks
from sandbox.freshbooks.oauth import App

__all__ = ["App", "FreshBooks"]
