"""Builds the listener from its configuration, runs it, and stops it."""
