"""What Microsoft delivers with the platform and with Sales: forms, views, an app, an icon.

Never a customer's: all of it is managed, and some of it is newer than the published schemas.
"""

from sandbox.dataverse.customizing.delivered.install import install

__all__ = ["install"]
