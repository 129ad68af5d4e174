import java.nio.file.Path;
import org.apache.solr.embedded.JettyConfig;
import org.apache.solr.embedded.JettySolrRunner;

/** Standalone Solr over HTTP/1.1. Arguments: solr home, port. */
public final class SolrLauncher {
  public static void main(String[] args) throws Exception {
    String home = Path.of(args[0]).toAbsolutePath().toString();
    System.setProperty("solr.solr.home", home);
    // Without an installation directory Solr refuses to start; nothing is read from it here.
    System.setProperty("solr.install.dir", home);
    JettyConfig config =
        JettyConfig.builder()
            .setContext("/solr")
            .setPort(Integer.parseInt(args[1]))
            .stopAtShutdown(true)
            .useOnlyHttp1(true)
            .build();
    JettySolrRunner solr = new JettySolrRunner(home, config);
    solr.start();
    System.out.println("solr listens at " + solr.getBaseUrl());
    Thread.currentThread().join();
  }
}
