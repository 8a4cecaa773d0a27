"""Dataverse behind the ports: rows, schema, what the doctor asks of it. Decides nothing."""
