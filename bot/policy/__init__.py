"""Who may ask for what, how often, and whether there is time."""
