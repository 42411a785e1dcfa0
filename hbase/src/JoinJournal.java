package tweettrends;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.DFSUtilClient;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.NameNodeProxies;
import org.apache.hadoop.hdfs.server.protocol.NamenodeProtocol;
import org.apache.hadoop.hdfs.server.protocol.NamespaceInfo;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * Formats a JournalNode that has lost its volume, so that it can join the others again.
 *
 * <p>Hadoop 3.3 formats JournalNodes only together with the whole of HDFS. All that an empty one
 * lacks is the file VERSION, with the ids that a NameNode tells. It fetches the edits themselves
 * from the other JournalNodes.
 */
public class JoinJournal {
  private static final String NAMESERVICE = "trends";

  public static void main(String[] arguments) throws IOException {
    Configuration configuration = new HdfsConfiguration();
    Path folder =
        Path.of(configuration.get("dfs.journalnode.edits.dir"), NAMESERVICE, "current");
    write(folder, version(namespace(configuration)));
  }

  private static NamespaceInfo namespace(Configuration configuration) throws IOException {
    Map<String, InetSocketAddress> nameNodes =
        DFSUtilClient.getAddresses(configuration, null, "dfs.namenode.rpc-address")
            .get(NAMESERVICE);
    IOException failure = new IOException("no NameNode answers");
    for (InetSocketAddress address : nameNodes.values()) {
      try {
        return NameNodeProxies.createNonHAProxy(
                configuration,
                address,
                NamenodeProtocol.class,
                UserGroupInformation.getCurrentUser(),
                false)
            .getProxy()
            .versionRequest();
      } catch (IOException error) {
        failure.addSuppressed(error);
      }
    }
    throw failure;
  }

  private static List<String> version(NamespaceInfo namespace) {
    return List.of(
        "namespaceID=" + namespace.getNamespaceID(),
        "clusterID=" + namespace.getClusterID(),
        "cTime=" + namespace.getCTime(),
        "storageType=JOURNAL_NODE",
        "layoutVersion=" + namespace.getLayoutVersion());
  }

  /** The file appears complete or not at all: once it is there, nobody asks a NameNode again. */
  private static void write(Path folder, List<String> version) throws IOException {
    Files.createDirectories(folder.resolve("paxos"));
    Path made = Files.write(folder.resolve("VERSION.new"), version);
    Files.move(made, folder.resolve("VERSION"), StandardCopyOption.ATOMIC_MOVE);
  }
}
