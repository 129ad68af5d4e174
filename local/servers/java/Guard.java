import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;

/**
 * Runs another main class and ends this JVM when standard input reaches its end.
 *
 * The process that started the server holds the other end of that pipe. The kernel closes it whichever way that
 * process goes, kill -9 included, so that no server outlives its supervisor.
 */
public final class Guard {
  /** How long the server's own shutdown hooks may take before the JVM is halted without them. */
  private static final long SHUTDOWN_BOUND_MS = 3_000;

  public static void main(String[] args) throws Throwable {
    Thread watcher = new Thread(Guard::exitAtEndOfInput, "supervisor-watch");
    watcher.setDaemon(true);
    watcher.start();
    try {
      Class.forName(args[0])
          .getMethod("main", String[].class)
          .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static void exitAtEndOfInput() {
    try {
      byte[] ignored = new byte[256];
      while (System.in.read(ignored) >= 0) {
        // Nothing is ever sent: only the end of the stream has a meaning.
      }
    } catch (IOException e) {
      System.err.println("guard: standard input failed (" + e + "), taken as its end");
    }
    Thread bound = new Thread(Guard::haltAfterBound, "shutdown-bound");
    bound.setDaemon(true);
    bound.start();
    System.exit(0);
  }

  private static void haltAfterBound() {
    try {
      Thread.sleep(SHUTDOWN_BOUND_MS);
    } catch (InterruptedException e) {
      System.err.println("guard: interrupted, halting at once");
    }
    Runtime.getRuntime().halt(1);
  }
}
