package compat;

import io.dapr.client.DaprClient;
import io.dapr.client.domain.State;
import io.dapr.client.domain.StateOptions;
import io.dapr.client.domain.TransactionalStateOperation;
import io.dapr.client.domain.TransactionalStateOperation.OperationType;
import io.dapr.exceptions.DaprException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/** What an app keeps. */
final class States {
  private static final String STORE = "statestore";
  private static final StateOptions FIRST_WRITE = new StateOptions(
      StateOptions.Consistency.STRONG, StateOptions.Concurrency.FIRST_WRITE);

  private final DaprClient dapr;
  private final String key = UUID.randomUUID().toString();

  States(DaprClient dapr) {
    this.dapr = dapr;
  }

  void run(Tap tap) {
    tap.run("state: save and get", this::saveAndGet);
    tap.run("state: what is not there", () -> Tap.equal(get("never-" + key).getValue(), null));
    tap.run("state: bulk", this::bulk);
    tap.run("state: delete", this::delete);
    tap.run("state: transaction", this::transaction);
    tap.run("state: ETag conflict", this::etagConflict);
    tap.run("state: an unknown store", this::unknownStore);
  }

  private State<String> get(String wanted) {
    return dapr.getState(STORE, wanted, String.class).block();
  }

  private void saveAndGet() {
    dapr.saveState(STORE, key, Map.of("name", "灯")).block();
    Tap.equal(dapr.getState(STORE, key, Map.class).block().getValue(), Map.of("name", "灯"));
  }

  private void bulk() {
    List<String> keys = List.of(key + "-a", key + "-b");
    List<State<?>> items = keys.stream().<State<?>>map(one -> new State<>(one, one, "")).toList();
    dapr.saveBulkState(STORE, items).block();
    Map<String, String> found = dapr.getBulkState(STORE, keys, String.class).block().stream()
        .collect(Collectors.toMap(State::getKey, State::getValue));
    Tap.equal(found, Map.of(keys.get(0), keys.get(0), keys.get(1), keys.get(1)));
  }

  private void delete() {
    dapr.saveState(STORE, key, "1").block();
    dapr.deleteState(STORE, key).block();
    Tap.equal(get(key).getValue(), null);
  }

  private void transaction() {
    dapr.saveState(STORE, key, "old").block();
    dapr.executeStateTransaction(STORE, List.of(
        new TransactionalStateOperation<>(OperationType.UPSERT,
            new State<>(key + "-new", "new", "")),
        new TransactionalStateOperation<>(OperationType.DELETE, new State<>(key)))).block();
    Tap.equal(get(key + "-new").getValue(), "new");
    Tap.equal(get(key).getValue(), null);
  }

  private void etagConflict() throws Exception {
    dapr.saveState(STORE, key, "1").block();
    String etag = get(key).getEtag();
    dapr.saveState(STORE, key, etag, "2", FIRST_WRITE).block();
    DaprException error = Tap.refused(DaprException.class,
        () -> dapr.saveState(STORE, key, etag, "3", FIRST_WRITE).block());
    Tap.equal(error.getErrorCode(), "ABORTED");
    error = Tap.refused(DaprException.class,
        () -> dapr.deleteState(STORE, key, etag, FIRST_WRITE).block());
    Tap.equal(error.getErrorCode(), "ABORTED");
    Tap.equal(get(key).getValue(), "2");
  }

  private void unknownStore() throws Exception {
    DaprException error = Tap.refused(DaprException.class,
        () -> dapr.getState("no-such-store", "a", String.class).block());
    Tap.equal(error.getErrorCode(), "INVALID_ARGUMENT");
  }
}
