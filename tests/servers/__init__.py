"""Real servers for tests: started on loopback from packages, stopped and killed by process id."""
