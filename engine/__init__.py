"""Recede: a photo goes bald over twenty years."""
