"""Orders under way: from their acceptance to their answer."""
