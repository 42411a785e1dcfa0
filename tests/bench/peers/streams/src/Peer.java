import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Repartitioned;

/**
 * Counts hashtags with Kafka Streams, exactly once.
 *
 * <p>When as many records as TWEETS says are counted, everything is committed and the times of the
 * first record and of the commit are printed. The counts are in the changelogs, on Kafka.
 */
public final class Peer {
    private static final long CACHE_BYTES = 128L << 20;

    private Peer() {}

    static Topology topology(String hashtag, String url, Progress progress) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("tweets", Consumed.with(Serdes.String(), Serdes.ByteArray()))
                .process(FirstTime.supplier(hashtag, url, progress))
                .repartition(Repartitioned.with(Serdes.String(), Serdes.Long()).withName("tags"))
                .process(Counter.supplier(progress));
        return builder.build();
    }

    static Properties settings(Map<String, String> environment) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "bench-streams");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, environment.get("KAFKA"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, environment.getOrDefault("STATE_DIR", "/state"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, Runtime.getRuntime().availableProcessors());
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, CACHE_BYTES);
        // The default of exactly-once, 100 ms, is for low latency; the product's batches start
        // once a second.
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 10_000);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 8 << 20);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 << 10);
        return settings;
    }

    public static void main(String[] arguments) throws InterruptedException {
        Map<String, String> environment = System.getenv();
        long tweets = Long.parseLong(environment.get("TWEETS"));
        Progress progress = new Progress();
        Topology topology = topology(environment.get("HASHTAG"), environment.get("URL"), progress);
        KafkaStreams streams = new KafkaStreams(topology, settings(environment));
        streams.start();
        while (!progress.isDone(tweets)) {
            if (streams.state().hasCompletedShutdown()) {
                System.exit(1);
            }
            Thread.sleep(20);
        }
        streams.close();
        System.out.printf(
                "{\"first\": %.3f, \"last\": %.3f}%n",
                progress.first.get() / 1e3, System.currentTimeMillis() / 1e3);
    }
}
