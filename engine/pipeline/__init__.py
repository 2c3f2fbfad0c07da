"""A photo's way through the engine, and what the next job of the same photo reuses."""
