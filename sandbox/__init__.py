"""Stand-ins for every service the connector talks to, written from the services' published facts.

Never imported by the connector and never deployed.
"""
