import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.Uuid;

/**
 * Formats the log directory if it is new, then runs the broker, in one JVM: a separate run of the storage tool costs as
 * much time as the broker itself.
 *
 * Arguments: server.properties, log directory.
 */
public final class KafkaLauncher {
  public static void main(String[] args) throws Exception {
    String config = args[0];
    if (!Files.exists(Path.of(args[1], "meta.properties"))) {
      String[] format = {"format", "--cluster-id", Uuid.randomUuid().toString(), "--config", config};
      int status = kafka.tools.StorageTool.execute(format, System.out);
      if (status != 0) {
        System.err.println("formatting " + args[1] + " failed with status " + status);
        System.exit(status);
      }
    }
    kafka.Kafka.main(new String[] {config});
  }
}
