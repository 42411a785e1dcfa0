package org.apache.hadoop.hdfs.qjournal.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.server.protocol.NamespaceInfo;
import org.apache.hadoop.net.NetUtils;

/**
 * Lets a NameNode start, and become active, while the name of a JournalNode has no address.
 *
 * <p>A container that is gone has no address, and Hadoop's own journal manager then refuses to
 * start, even if the other JournalNodes are a majority. This one puts an address in its place where
 * nobody answers: the client looks the name up again whenever a connection fails.
 *
 * <p>It is in Hadoop's package because what it extends is visible only there.
 */
public class PatientJournalManager extends QuorumJournalManager {
  private static final int DEFAULT_PORT = 8485;

  public PatientJournalManager(
      Configuration configuration, URI uri, NamespaceInfo namespace, String nameServiceId)
      throws IOException {
    super(
        configuration,
        uri,
        namespace,
        nameServiceId,
        new Loggers(configuration, uri, namespace, nameServiceId));
  }

  /** Called by the constructor of the superclass, when this object has no fields yet. */
  @Override
  protected List<AsyncLogger> createLoggers(AsyncLogger.Factory factory) throws IOException {
    return ((Loggers) factory).all();
  }

  private record Loggers(
      Configuration configuration, URI uri, NamespaceInfo namespace, String nameServiceId)
      implements AsyncLogger.Factory {

    List<AsyncLogger> all() throws IOException {
      String journal = uri.getPath().substring(1);
      List<AsyncLogger> loggers = new ArrayList<>();
      for (String node : uri.getAuthority().split(";")) {
        loggers.add(createLogger(configuration, namespace, journal, nameServiceId, address(node)));
      }
      return loggers;
    }

    @Override
    public AsyncLogger createLogger(
        Configuration configuration,
        NamespaceInfo namespace,
        String journal,
        String nameServiceId,
        InetSocketAddress address) {
      return IPCLoggerChannel.FACTORY.createLogger(
          configuration, namespace, journal, nameServiceId, address);
    }

    private static InetSocketAddress address(String node) throws IOException {
      InetSocketAddress address = NetUtils.createSocketAddr(node, DEFAULT_PORT);
      if (!address.isUnresolved()) {
        return address;
      }
      byte[] loopback = {127, 0, 0, 1};
      return new InetSocketAddress(
          InetAddress.getByAddress(address.getHostString(), loopback), address.getPort());
    }
  }
}
