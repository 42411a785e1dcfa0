"""What all routes share: addresses, headers, errors, compression and fixed files."""
