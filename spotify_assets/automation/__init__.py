"""Jobs, schedules, sensors, conditions and alerts: what decides when things run. Not here: `instance`."""
