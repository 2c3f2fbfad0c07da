"""Attribute edits: which layers an edit puts over a photo, and the way from photo to animation."""
