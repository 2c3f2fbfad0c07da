"""Answers, what they look like, and their way to Discord."""
