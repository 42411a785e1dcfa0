"""What all calls of networks have in common, whichever library makes them."""
