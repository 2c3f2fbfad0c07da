"""The networks, loaded once and kept warm."""
