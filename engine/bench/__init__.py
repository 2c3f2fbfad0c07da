"""The numbers that the README quotes: how good the pictures are, and how fast."""
