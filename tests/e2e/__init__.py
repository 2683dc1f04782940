"""The product as people run it: the real webserver, daemon and browser."""
