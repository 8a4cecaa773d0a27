"""The connector: the only package that is deployed."""
