"""The connector: the only package that is deployed."""

__version__ = "0.1.0"
