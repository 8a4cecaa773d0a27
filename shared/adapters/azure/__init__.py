"""Azure behind the ports: queues, tables, Key Vault, Entra ID. Decides nothing."""
