"""The engine process: it takes jobs off the queue, runs them in worker processes, and answers every one."""
