"""Attribute boundaries: sampling, scoring, fitting, reporting."""
