"""What azd runs around provisioning, deployment and teardown; azure.yaml says when.

Needs nothing but Python: it runs before anything of the connector is installed.
"""
