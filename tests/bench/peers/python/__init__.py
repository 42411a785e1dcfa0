"""What the product is compared with in Python: a loop over librdkafka, and Quix Streams."""
