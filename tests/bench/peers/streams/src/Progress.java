import java.util.concurrent.atomic.AtomicLong;

/** What all threads have done so far. */
final class Progress {
    final AtomicLong first = new AtomicLong();
    final AtomicLong read = new AtomicLong();
    final AtomicLong emitted = new AtomicLong();
    final AtomicLong counted = new AtomicLong();

    /** Whether so many tweets were read, and all that came of them was counted. */
    boolean isDone(long tweets) {
        // What is emitted is final once everything is read, so it is looked at later.
        return read.get() >= tweets && counted.get() >= emitted.get();
    }
}
