"""Every number that is shown, against an independent computation."""
