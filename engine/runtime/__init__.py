"""What every process of the engine stands on: memory, threads, locks, files, the user's folders."""
