package tweettrends;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.Syncable;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * Local files that tell of a full disk in a way that HBase understands.
 *
 * <p>Hadoop's own throw an {@link FSError} when a write fails, which is no exception. HBase's log
 * (FSHLog) handles exceptions alone: it goes on as if all had been written, acknowledges it, and
 * what was acknowledged is lost when the region server ends.
 */
public class LocalFiles extends RawLocalFileSystem {
  @Override
  protected OutputStream createOutputStreamWithMode(
      Path path, boolean append, FsPermission permission) throws IOException {
    return new Output(super.createOutputStreamWithMode(path, append, permission));
  }

  private static final class Output extends FilterOutputStream
      implements StreamCapabilities, Syncable {
    Output(OutputStream file) {
      super(file);
    }

    @Override
    public void write(int data) throws IOException {
      write(new byte[] {(byte) data}, 0, 1);
    }

    @Override
    public void write(byte[] data, int start, int length) throws IOException {
      try {
        out.write(data, start, length);
      } catch (FSError error) {
        throw new IOException(error.getCause().getMessage(), error);
      }
    }

    @Override
    public void hflush() throws IOException {
      ((Syncable) out).hflush();
    }

    @Override
    public void hsync() throws IOException {
      ((Syncable) out).hsync();
    }

    @Override
    public boolean hasCapability(String capability) {
      return ((StreamCapabilities) out).hasCapability(capability);
    }
  }
}
