"""What the listener shows over HTTP, on loopback unless told otherwise."""
