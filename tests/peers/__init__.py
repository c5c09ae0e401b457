"""Real servers, started for a test where they are installed."""
