"""The Discord bot of Recede."""
