"""Which hashtags are trending: unusual now (`rising`), and most used lately (`now`)."""
