"""Generated posts, for when no credentials are set."""
