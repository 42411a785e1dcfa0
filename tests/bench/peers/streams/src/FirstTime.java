import java.time.Duration;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** A message -> (key, minute) for each of its tags, unless its id came in the last hour. */
final class FirstTime implements Processor<String, byte[], String, Long> {
    private static final String IDS = "ids";
    private static final Duration REMEMBERED = Duration.ofHours(1);
    private static final Duration LOOKED_AT = Duration.ofMinutes(10);

    private final Tags tags;
    private final Progress progress;
    private ProcessorContext<String, Long> context;
    private KeyValueStore<String, Long> ids;

    private FirstTime(Tags tags, Progress progress) {
        this.tags = tags;
        this.progress = progress;
    }

    /** The ids lie in RocksDB, by the record's key; no id comes twice as a rule, so uncached. */
    static ProcessorSupplier<String, byte[], String, Long> supplier(
            String hashtag, String url, Progress progress) {
        StoreBuilder<?> store = Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(IDS), Serdes.String(), Serdes.Long());
        return new ProcessorSupplier<>() {
            @Override
            public Processor<String, byte[], String, Long> get() {
                return new FirstTime(new Tags(hashtag, url), progress);
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                return Set.of(store);
            }
        };
    }

    @Override
    public void init(ProcessorContext<String, Long> context) {
        this.context = context;
        this.ids = context.getStateStore(IDS);
        context.schedule(LOOKED_AT, PunctuationType.WALL_CLOCK_TIME, this::forget);
    }

    @Override
    public void process(Record<String, byte[]> record) {
        progress.first.compareAndSet(0, System.currentTimeMillis());
        Tags.Tagged tagged = tags.of(record.value(), record.timestamp());
        if (tagged != null && ids.putIfAbsent(record.key(), record.timestamp()) == null) {
            progress.emitted.addAndGet(tagged.keys().size());
            for (String key : tagged.keys()) {
                context.forward(record.withKey(key).withValue(tagged.minute()));
            }
        }
        progress.read.incrementAndGet();
    }

    private void forget(long now) {
        try (KeyValueIterator<String, Long> all = ids.all()) {
            while (all.hasNext()) {
                KeyValue<String, Long> each = all.next();
                if (each.value < now - REMEMBERED.toMillis()) {
                    ids.delete(each.key);
                }
            }
        }
    }
}
