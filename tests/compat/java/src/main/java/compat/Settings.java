package compat;

import io.dapr.client.DaprClient;
import io.dapr.client.domain.ConfigurationItem;
import io.dapr.client.domain.DaprMetadata;
import io.dapr.client.domain.HttpExtension;
import io.dapr.client.domain.SubscribeConfigurationResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What an app is told: configuration, secrets, and about the hub. */
final class Settings {
  private static final String CONFIGURATION = "configstore";
  private static final String SECRETS = "secretstore";

  private final DaprClient dapr;

  Settings(DaprClient dapr) {
    this.dapr = dapr;
  }

  void run(Tap tap) {
    tap.run("configuration: get", this::configuration);
    tap.run("configuration: subscribe", this::subscribe);
    tap.run("secrets: get", this::secret);
    tap.run("secrets: bulk", this::allSecrets);
    tap.run("metadata", this::metadata);
  }

  private void configuration() {
    Map<String, ConfigurationItem> found =
        dapr.getConfiguration(CONFIGURATION, "color", "never").block();
    Tap.equal(found.size(), 1);
    Tap.equal(found.get("color").getValue(), "white");
  }

  private void subscribe() throws Exception {
    BlockingQueue<SubscribeConfigurationResponse> told = new LinkedBlockingQueue<>();
    var subscription = dapr.subscribeConfiguration(CONFIGURATION, "level").subscribe(told::add);
    SubscribeConfigurationResponse begun = told.poll(10, TimeUnit.SECONDS);
    dapr.invokeMethod("lamp", "configure", Map.of("level", "4"), HttpExtension.POST)
        .block(Duration.ofSeconds(10));
    SubscribeConfigurationResponse next = told.poll(10, TimeUnit.SECONDS);
    Tap.equal(next.getItems().get("level").getValue(), "4");
    boolean ended = dapr.unsubscribeConfiguration(begun.getSubscriptionId(), CONFIGURATION)
        .block().getIsUnsubscribed();
    Tap.equal(ended, true);
    subscription.dispose();
  }

  private void secret() {
    Tap.equal(dapr.getSecret(SECRETS, "pin").block(), Map.of("pin", "1234"));
    Map<String, String> wanted = Map.of("user", "u", "password", "p");
    Tap.equal(dapr.getSecret(SECRETS, "db").block(), wanted);
  }

  private void allSecrets() {
    Map<String, Map<String, String>> found = dapr.getBulkSecret(SECRETS).block();
    Tap.equal(found.get("pin"), Map.of("pin", "1234"));
    Tap.equal(found.get("db"), Map.of("user", "u", "password", "p"));
  }

  private void metadata() {
    DaprMetadata found = dapr.getMetadata().block();
    Tap.equal(found.getId(), "shop");
    boolean listed = found.getComponents().stream().anyMatch(
        one -> one.getName().equals("statestore") && one.getType().equals("state.sqlite"));
    Tap.equal(listed, true);
  }
}
