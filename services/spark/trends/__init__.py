"""The Spark driver: counts the hashtags of the tweets on Kafka into HBase."""
