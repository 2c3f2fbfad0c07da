"""Where faces are, the aligned crop, and the head's own coordinates."""
