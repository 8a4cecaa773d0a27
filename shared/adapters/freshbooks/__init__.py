"""FreshBooks behind the ports: its books, its logins and tokens, its webhooks. Decides nothing."""
