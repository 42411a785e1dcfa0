import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Counts tweets by key, and by key and minute. */
final class Counter implements Processor<String, Long, Void, Void> {
    private static final String TAGS = "tags";
    private static final String MINUTES = "minutes";

    private final Progress progress;
    private KeyValueStore<String, Long> tags;
    private KeyValueStore<String, Long> minutes;

    private Counter(Progress progress) {
        this.progress = progress;
    }

    /** Both stores lie in RocksDB behind Kafka Streams' cache, which writes a count once a commit. */
    static ProcessorSupplier<String, Long, Void, Void> supplier(Progress progress) {
        Set<StoreBuilder<?>> both = Set.of(store(TAGS), store(MINUTES));
        return new ProcessorSupplier<>() {
            @Override
            public Processor<String, Long, Void, Void> get() {
                return new Counter(progress);
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                return both;
            }
        };
    }

    private static StoreBuilder<?> store(String name) {
        return Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.Long()).withCachingEnabled();
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        tags = context.getStateStore(TAGS);
        minutes = context.getStateStore(MINUTES);
    }

    @Override
    public void process(Record<String, Long> record) {
        increment(tags, record.key());
        increment(minutes, record.key() + " " + record.value());
        progress.counted.incrementAndGet();
    }

    private static void increment(KeyValueStore<String, Long> store, String key) {
        Long count = store.get(key);
        store.put(key, count == null ? 1L : count + 1);
    }
}
