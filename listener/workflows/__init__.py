"""One verb a file: each gathers facts, lets the domain decide, and writes what was decided."""
