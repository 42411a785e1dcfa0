"""Generated posts, as long as there are no credentials."""
