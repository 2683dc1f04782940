"""What makes the Dagster instance fit: its storage, plans, launcher and locks, processes and servers.

Here belongs: everything that knows how Dagster works inside. Not here: what decides when things run
(`automation`), and what a run makes (`assets`).
"""
