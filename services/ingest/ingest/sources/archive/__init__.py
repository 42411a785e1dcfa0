"""Files of posts: archives downloaded from X, and JSON Lines."""
