"""Runs the commands as a user does."""
