"""Tests of the warehouse and the slices beyond one machine, with a real Postgres, S3 server and Spark."""
