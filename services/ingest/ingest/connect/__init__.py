"""`make connect`: gets the credentials of a network, tests them, and writes them into .env."""
