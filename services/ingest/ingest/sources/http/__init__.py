"""HTTP support shared by all networks, whichever client library they use."""
