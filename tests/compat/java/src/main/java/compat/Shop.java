package compat;

import io.dapr.client.DaprClient;
import io.dapr.client.DaprClientBuilder;
import io.dapr.client.DaprPreviewClient;

/** An app in Java that uses all that the hub offers, and tells how it went. */
public final class Shop {
  private Shop() {}

  public static void main(String[] arguments) throws Exception {
    Tap tap = new Tap();
    try (DaprClient dapr = new DaprClientBuilder().build();
        DaprPreviewClient preview = new DaprClientBuilder().buildPreviewClient()) {
      tap.run("the hub is healthy", () -> dapr.waitForSidecar(10_000).block());
      new Calls(dapr).run(tap);
      new States(dapr).run(tap);
      new Topics(dapr, preview).run(tap);
      new Settings(dapr).run(tap);
      tap.run("shutdown", () -> dapr.shutdown().block());
    }
    System.exit(tap.end());
  }
}
