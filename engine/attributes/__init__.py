"""What can be edited: the table of attributes, their hyperplanes, and how much of each a picture shows."""
