"""Pictures show what their frames say."""
