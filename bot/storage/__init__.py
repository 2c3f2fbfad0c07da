"""What the bot remembers, and a copy of it."""
