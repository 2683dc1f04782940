"""The recap: page, data and picture."""
