"""What both programs, engine and bot, ask of the operating system: locks, logs, counts, an end with their parent."""
