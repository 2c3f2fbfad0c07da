"""What the bot's process stands on: logs, metrics, signs of life, the engine beside it."""
