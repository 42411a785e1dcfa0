"""The Spark driver: counts the hashtags of posts from Kafka into HBase."""
