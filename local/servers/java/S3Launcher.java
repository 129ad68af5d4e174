import com.google.common.util.concurrent.Striped;
import java.io.FileInputStream;
import java.util.Properties;
import java.util.concurrent.locks.Lock;
import org.gaul.s3proxy.PutOptions2;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.domain.Blob;
import org.jclouds.blobstore.domain.BlobMetadata;
import org.jclouds.blobstore.options.PutOptions;
import org.jclouds.blobstore.util.ForwardingBlobStore;
import org.jclouds.http.HttpResponse;
import org.jclouds.http.HttpResponseException;

/**
 * S3Proxy whose conditional puts are atomic. Argument: a file of its properties.
 *
 * S3Proxy checks `If-None-Match` and `If-Match` before it reads the body, so that two puts of one key can both succeed.
 * The store checks again here, while no other put of the key is under way.
 */
public final class S3Launcher {
  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    try (FileInputStream file = new FileInputStream(args[0])) {
      properties.load(file);
    }
    BlobStore files =
        ContextBuilder.newBuilder(properties.getProperty("jclouds.provider"))
            .overrides(properties)
            .build(BlobStoreContext.class)
            .getBlobStore();
    S3Proxy.Builder.fromProperties(properties).blobStore(new AtomicPuts(files)).build().start();
    Thread.currentThread().join();
  }

  private static final class AtomicPuts extends ForwardingBlobStore {
    private static final int LOCKS = 4096;
    private final Striped<Lock> locks = Striped.lock(LOCKS);

    AtomicPuts(BlobStore files) {
      super(files);
    }

    @Override
    public String putBlob(String container, Blob blob, PutOptions options) {
      String name = blob.getMetadata().getName();
      Lock lock = locks.get(container + "/" + name);
      lock.lock();
      try {
        if (options instanceof PutOptions2 wanted && isConditional(wanted)) {
          check(wanted, delegate().blobMetadata(container, name));
        }
        return delegate().putBlob(container, blob, options);
      } finally {
        lock.unlock();
      }
    }

    private static boolean isConditional(PutOptions2 wanted) {
      return wanted.getIfMatch() != null || wanted.getIfNoneMatch() != null;
    }

    private static void check(PutOptions2 wanted, BlobMetadata held) {
      boolean refused = held != null && "*".equals(wanted.getIfNoneMatch());
      boolean changed = wanted.getIfMatch() != null && (held == null || !sameTag(wanted.getIfMatch(), held.getETag()));
      if (refused || changed) {
        HttpResponse answer = HttpResponse.builder().statusCode(412).message("Precondition Failed").build();
        throw new HttpResponseException("a condition of the put does not hold", null, answer);
      }
    }

    private static boolean sameTag(String one, String other) {
      return one.replace("\"", "").equals(other.replace("\"", ""));
    }
  }
}
