"""The served warehouse against a real PostgreSQL: its rows, its answers, who sees what, what breaks it."""
