"""What a salesperson sees, through the views, forms, charts and apps stored in an environment.

Never knows a custom column by name and never changes a row: what no view and no form shows is not
seen, as in Dynamics.
"""

from sandbox.dataverse.pages.routes import answer, owns, render

__all__ = ["answer", "owns", "render"]
