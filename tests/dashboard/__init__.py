"""The pages of the dashboard and how they are reached."""
