"""The home timeline on X."""
