"""The channels that reach people."""
