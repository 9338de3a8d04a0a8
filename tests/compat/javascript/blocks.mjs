// What an app asks of the hub, with Dapr's client for JavaScript.
import { CommunicationProtocolEnum, HttpMethod, StateConcurrencyEnum } from "@dapr/dapr";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Inbox, refused } from "./tap.mjs";

const STORE = "statestore";
const SETTINGS = "configstore";
const SECRETS = "secretstore";
const FIRST_WRITE = { concurrency: StateConcurrencyEnum.CONCURRENCY_FIRST_WRITE };

export class Blocks {
  constructor(client, protocol) {
    this.dapr = client;
    this.overHttp = protocol === CommunicationProtocolEnum.HTTP;
    this.key = randomUUID();
  }

  cases() {
    // The SDK has configuration over gRPC only.
    return [...this.#everywhere(), ...(this.overHttp ? [] : this.#configurations())];
  }

  #configurations() {
    return [
      ["configuration: get", this.configuration],
      ["configuration: subscribe", this.subscribeConfiguration],
    ];
  }

  #everywhere() {
    return [
      ["invoke: GET", this.invoke],
      ["invoke: POST with a body", this.invokeWithBody],
      ["invoke: the app's 404", this.invokeMissing],
      ["state: save and get", this.saveAndGet],
      ["state: what is not there", this.getNothing],
      ["state: bulk", this.bulk],
      ["state: delete", this.remove],
      ["state: transaction", this.transaction],
      ["state: ETag conflict", this.etagConflict],
      ["state: an unknown store", this.unknownStore],
      ["publish: an unknown bus", this.unknownBus],
      ["bulk publish: an unknown bus", this.unknownBusBulk],
      ["secrets: get", this.secret],
      ["secrets: bulk", this.allSecrets],
      ["metadata", this.metadata],
    ];
  }

  async invoke() {
    const answer = await this.dapr.invoker.invoke("lamp", "status", HttpMethod.GET);
    assert.deepEqual(answer, { on: true });
  }

  async invokeWithBody() {
    const told = await this.dapr.invoker.invoke("lamp", "echo", HttpMethod.POST, { n: 1 });
    assert.equal(told.method, "POST");
    assert.equal(told.path, "/echo");
    assert.deepEqual(JSON.parse(told.body), { n: 1 });
  }

  async invokeMissing() {
    const error = await refused(this.dapr.invoker.invoke("lamp", "missing", HttpMethod.GET));
    assert.match(error.message, this.overHttp ? /"status":404/ : /not_found/);
  }

  async saveAndGet() {
    const said = await this.dapr.state.save(STORE, [{ key: this.key, value: { name: "灯" } }]);
    assert.deepEqual(said, {});
    assert.deepEqual(await this.dapr.state.get(STORE, this.key), { name: "灯" });
  }

  async getNothing() {
    assert.equal(await this.dapr.state.get(STORE, `never-${this.key}`), "");
  }

  async bulk() {
    const keys = ["a", "b", "c"].map((name) => `${this.key}-${name}`);
    await this.dapr.state.save(STORE, keys.map((key) => ({ key, value: { key } })));
    const found = await this.dapr.state.getBulk(STORE, [...keys, `never-${this.key}`]);
    const values = Object.fromEntries(found.map((item) => [item.key, item.data]));
    for (const key of keys) assert.deepEqual(values[key], { key });
    assert.ok(!values[`never-${this.key}`]);
    assert.ok(found.find((item) => item.key === keys[0]).etag);
  }

  async remove() {
    await this.dapr.state.save(STORE, [{ key: this.key, value: { n: 1 } }]);
    assert.deepEqual(await this.dapr.state.delete(STORE, this.key), {});
    assert.equal(await this.dapr.state.get(STORE, this.key), "");
  }

  async transaction() {
    const added = `${this.key}-new`;
    await this.dapr.state.save(STORE, [{ key: this.key, value: { n: 1 } }]);
    await this.dapr.state.transaction(STORE, [
      { operation: "upsert", request: { key: added, value: "new" } },
      { operation: "delete", request: { key: this.key } },
    ]);
    assert.equal(await this.dapr.state.get(STORE, added), "new");
    assert.equal(await this.dapr.state.get(STORE, this.key), "");
  }

  async etagConflict() {
    const save = (n, etag) =>
      this.dapr.state.save(STORE, [
        { key: this.key, value: { n }, etag, options: { ...FIRST_WRITE } },
      ]);
    await this.dapr.state.save(STORE, [{ key: this.key, value: { n: 1 } }]);
    const [{ etag }] = await this.dapr.state.getBulk(STORE, [this.key]);
    assert.deepEqual(await save(2, etag), {});
    // Over HTTP the error is in what save() answers, over gRPC it is thrown.
    const error = this.overHttp ? (await save(3, etag)).error : await refused(save(3, etag));
    assert.match(error.message, this.overHttp ? /"status":409/ : /aborted/);
    assert.deepEqual(await this.dapr.state.get(STORE, this.key), { n: 2 });
  }

  async unknownStore() {
    const error = await refused(this.dapr.state.getBulk("no-such-store", ["a"]));
    assert.match(error.message, /state store no-such-store is not found/);
  }

  async unknownBus() {
    const publish = this.dapr.pubsub.publish("no-such-bus", "a", { n: 1 });
    const { error } = this.overHttp ? await publish : await refused(publish);
    assert.match(error.message, /no-such-bus is not found/);
  }

  async unknownBusBulk() {
    const messages = [{ n: 1 }, "b"];
    const { failedMessages } = await this.dapr.pubsub.publishBulk("no-such-bus", "a", messages);
    assert.equal(failedMessages.length, 2);
    assert.match(failedMessages[0].error.message, /no-such-bus is not found/);
  }

  async configuration() {
    const { items } = await this.dapr.configuration.get(SETTINGS, ["color", "never"]);
    assert.deepEqual(Object.keys(items), ["color"]);
    assert.equal(items.color.value, "white");
    assert.ok(items.color.version);
  }

  async subscribeConfiguration() {
    const told = new Inbox();
    const put = async (data) => told.put(data.items.level.value);
    const stream = await this.dapr.configuration.subscribeWithKeys(SETTINGS, ["level"], put);
    // Nothing tells when a subscription has begun, so the value is changed until it is noticed.
    const next = told.take();
    let level = 3;
    const change = () =>
      this.dapr.invoker.invoke("lamp", "configure", HttpMethod.POST, { level: String(++level) });
    const timer = setInterval(change, 200);
    try {
      assert.match(await next, /^\d+$/);
    } finally {
      clearInterval(timer);
      await stream.stop();
    }
  }

  async secret() {
    assert.deepEqual(await this.dapr.secret.get(SECRETS, "pin"), { pin: "1234" });
  }

  async allSecrets() {
    const found = await this.dapr.secret.getBulk(SECRETS);
    assert.deepEqual(found.pin, { pin: "1234" });
    assert.deepEqual(found.db, { user: "u", password: "p" });
  }

  async metadata() {
    assert.equal(await this.dapr.metadata.set("shelf", "b"), true);
    const found = await this.dapr.metadata.get();
    assert.equal(found.id, "shop");
    assert.equal(found.extended.shelf, "b");
    const store = found.components.find((component) => component.name === STORE);
    assert.equal(store.type, "state.sqlite");
  }
}
