package compat;

import io.dapr.client.DaprClient;
import io.dapr.client.DaprHttp.HttpMethods;
import io.dapr.client.domain.HttpExtension;
import io.dapr.exceptions.DaprException;
import java.util.List;
import java.util.Map;

/** What an app asks of other apps. */
final class Calls {
  private final DaprClient dapr;

  Calls(DaprClient dapr) {
    this.dapr = dapr;
  }

  void run(Tap tap) {
    tap.run("invoke: GET", this::get);
    tap.run("invoke: POST with a body and a query", this::post);
    tap.run("invoke: the app's 404", this::missing);
  }

  private void get() {
    Map<?, ?> answer =
        dapr.invokeMethod("lamp", "status", null, HttpExtension.GET, Map.class).block();
    Tap.equal(answer, Map.of("on", true));
  }

  private void post() {
    HttpExtension http = new HttpExtension(HttpMethods.POST, Map.of("a", List.of("1")), Map.of());
    Map<?, ?> told = dapr.invokeMethod("lamp", "echo", Map.of("n", 1), http, Map.class).block();
    Tap.equal(told.get("method"), "POST");
    Tap.equal(told.get("path"), "/echo");
    Tap.equal(told.get("query"), "a=1");
    Tap.equal(told.get("body"), "{\"n\":1}");
  }

  private void missing() throws Exception {
    DaprException error = Tap.refused(DaprException.class,
        () -> dapr.invokeMethod("lamp", "missing", null, HttpExtension.GET, String.class).block());
    Tap.equal(error.getHttpStatusCode(), 404);
  }
}
