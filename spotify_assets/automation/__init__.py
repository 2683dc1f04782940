"""Partitions, jobs, schedules, sensors, alerts and the instance's storage."""
