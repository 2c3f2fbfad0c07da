"""What every process of the engine stands on: memory, threads, files, the user's folders."""
