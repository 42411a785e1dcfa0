package tweettrends;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.apache.hadoop.hbase.client.RegionInfo;

/**
 * SplitTable TABLE KEY...: splits a table at these keys, so that several region servers share it.
 *
 * <p>The gateway, by which the driver creates the tables, cannot do that. Tables that are split
 * already stay as they are.
 */
public class SplitTable {
  private static final long DEADLINE_MS = TimeUnit.MINUTES.toMillis(5);
  private static final long RETRY_MS = 2000;

  public static void main(String[] arguments) throws Exception {
    Configuration configuration = HBaseConfiguration.create();
    // The gateway is impatient (hbase-site.xml); here a busy master is worth waiting for.
    configuration.setLong("hbase.rpc.timeout", DEADLINE_MS);
    configuration.setLong("hbase.client.operation.timeout", DEADLINE_MS);
    try (Connection connection = ConnectionFactory.createConnection(configuration);
        Admin admin = connection.getAdmin()) {
      TableName table = TableName.valueOf(arguments[0]);
      for (String key : Arrays.asList(arguments).subList(1, arguments.length)) {
        split(admin, table, key.getBytes(StandardCharsets.UTF_8));
      }
      admin.balance();
    }
  }

  private static void split(Admin admin, TableName table, byte[] key) throws Exception {
    long deadline = System.currentTimeMillis() + DEADLINE_MS;
    for (boolean again = false; ; again = true) {
      RegionInfo region = regionOf(admin, table, key);
      if (Arrays.equals(region.getStartKey(), key)) {
        return;
      }
      try {
        if (again) {
          // A part that still shares its parent's files cannot be split until they are rewritten.
          admin.majorCompactRegion(region.getRegionName());
          Thread.sleep(RETRY_MS);
        }
        admin.splitRegionAsync(region.getRegionName(), key).get(30, TimeUnit.SECONDS);
      } catch (IOException | ExecutionException | TimeoutException error) {
        if (System.currentTimeMillis() > deadline) {
          throw error;
        }
      }
    }
  }

  private static RegionInfo regionOf(Admin admin, TableName table, byte[] key)
      throws IOException {
    return admin.getRegions(table).stream()
        .filter(region -> region.containsRow(key))
        .findFirst()
        .orElseThrow(() -> new IOException("no region of " + table + " has the key"));
  }
}
