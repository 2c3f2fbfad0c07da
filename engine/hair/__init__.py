"""Another hair colour, hair that was not there, a beard: what an attribute edit lays over a photo."""
