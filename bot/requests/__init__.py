"""From an interaction to an order: what is asked for, of which picture, and whether its owner agrees."""
