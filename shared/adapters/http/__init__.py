"""HTTP to any service: one transport, exact JSON, one table of what a status means."""
