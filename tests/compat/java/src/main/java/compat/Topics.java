package compat;

import io.dapr.client.DaprClient;
import io.dapr.client.DaprPreviewClient;
import io.dapr.client.Subscription;
import io.dapr.client.SubscriptionListener;
import io.dapr.client.domain.CloudEvent;
import io.dapr.client.domain.PublishEventRequest;
import io.dapr.utils.TypeRef;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;

/** What an app publishes, and the streams on which messages come back. */
final class Topics {
  private static final String BUS = "pubsub";

  private final DaprClient dapr;
  private final DaprPreviewClient preview;

  Topics(DaprClient dapr, DaprPreviewClient preview) {
    this.dapr = dapr;
    this.preview = preview;
  }

  void run(Tap tap) {
    tap.run("publish and subscribe as a stream", this::publish);
    tap.run("publish and subscribe as a stream: text", this::publishText);
    tap.run("bulk publish", this::bulkPublish);
  }

  /** A subscription and what came. */
  private final class Stream<T> implements SubscriptionListener<T>, AutoCloseable {
    private final BlockingQueue<CloudEvent<T>> events = new LinkedBlockingQueue<>();
    private final String topic;
    private final Subscription<?> subscription;

    Stream(String topic, TypeRef<T> type) {
      this.topic = topic;
      subscription = preview.subscribeToEvents(BUS, topic, this, type);
    }

    @Override
    public Mono<Status> onEvent(CloudEvent<T> event) {
      events.add(event);
      return Mono.just(Status.SUCCESS);
    }

    @Override
    public void onError(RuntimeException error) {
      System.out.println("a subscription failed: " + error);
    }

    /** Returns once the hub has the subscription, which nothing else tells. */
    Stream<T> begun() throws InterruptedException {
      for (int tries = 0; tries < 500; tries++) {
        boolean listed = dapr.getMetadata().block().getSubscriptions().stream()
            .anyMatch(one -> one.getTopic().equals(topic));
        if (listed) {
          return this;
        }
        Thread.sleep(20);
      }
      throw new AssertionError("the hub does not list the subscription");
    }

    CloudEvent<T> take() throws InterruptedException {
      CloudEvent<T> event = events.poll(10, TimeUnit.SECONDS);
      if (event == null) {
        throw new AssertionError("no event came");
      }
      return event;
    }

    @Override
    public void close() {
      subscription.close();
    }
  }

  private void publish() throws Exception {
    try (var orders = new Stream<>("orders", new TypeRef<Map<String, Integer>>() {}).begun()) {
      dapr.publishEvent(BUS, "orders", Map.of("id", 7)).block();
      CloudEvent<Map<String, Integer>> event = orders.take();
      Tap.equal(event.getData(), Map.of("id", 7));
      Tap.equal(event.getTopic(), "orders");
      Tap.equal(event.getType(), "com.dapr.event.sent");
    }
  }

  private void publishText() throws Exception {
    try (var texts = new Stream<>("texts", TypeRef.STRING).begun()) {
      dapr.publishEvent(new PublishEventRequest(BUS, "texts", "hello")
          .setContentType("text/plain")).block();
      Tap.equal(texts.take().getData(), "hello");
    }
  }

  private void bulkPublish() throws Exception {
    try (var readings = new Stream<>("readings", TypeRef.STRING).begun()) {
      var answer = preview.publishEvents(BUS, "readings", "text/plain", List.of("1", "2")).block();
      Tap.equal(answer.getFailedEntries(), List.of());
      List<String> found = new ArrayList<>();
      found.add(readings.take().getData());
      found.add(readings.take().getData());
      Collections.sort(found);
      Tap.equal(found, List.of("1", "2"));
    }
  }
}
