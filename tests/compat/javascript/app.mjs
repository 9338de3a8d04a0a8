// What the hub calls in an app: methods and topics, with Dapr's server for JavaScript.
import { DaprPubSubStatusEnum, HttpMethod } from "@dapr/dapr";
import assert from "node:assert/strict";
import { Inbox } from "./tap.mjs";

const BUS = "pubsub";

export class App {
  static TOPICS = 8;

  constructor(server) {
    this.server = server;
    this.inboxes = {};
  }

  async start() {
    const { invoker, pubsub } = this.server;
    await invoker.listen("price", async () => ({ price: 7 }));
    await invoker.listen("order", async (data) => ({ ordered: JSON.parse(data.body).name }), {
      method: HttpMethod.POST,
    });
    await pubsub.subscribe(BUS, "orders", this.#into("orders"));
    await pubsub.subscribe(BUS, "texts", this.#into("texts"), "/letters");
    await pubsub.subscribe(BUS, "raw", this.#into("raw"), "", { rawPayload: true });
    await pubsub.subscribe(BUS, "readings", this.#into("readings"));
    await pubsub.subscribeBulk(BUS, "bulk", this.#into("bulk"), {
      maxMessagesCount: 3,
      maxAwaitDurationMs: 200,
    });
    await pubsub.subscribeWithOptions(BUS, "refused", {
      deadLetterTopic: "dead",
      callback: async () => DaprPubSubStatusEnum.DROP,
    });
    await pubsub.subscribe(BUS, "dead", this.#into("dead"));
    await this.#subscribeByRules();
    await this.server.start();
  }

  async #subscribeByRules() {
    const { pubsub } = this.server;
    await pubsub.subscribeWithOptions(BUS, "routed", {
      route: { default: "/other", rules: [{ match: 'event.type == "urgent"', path: "/urgent" }] },
    });
    pubsub.subscribeToRoute(BUS, "routed", "/other", this.#into("other"));
    pubsub.subscribeToRoute(BUS, "routed", "/urgent", this.#into("urgent"));
  }

  #into(name) {
    this.inboxes[name] = new Inbox();
    return async (data) => this.inboxes[name].put(data);
  }

  cases() {
    return [
      ["invoke: the app itself", this.invoke],
      ["publish and subscribe", this.publish],
      ["publish and subscribe: text", this.publishText],
      ["publish and subscribe: a CloudEvent, by rules", this.publishByRules],
      ["publish and subscribe: raw", this.publishRaw],
      ["publish and subscribe: dropped, to the dead letter topic", this.drop],
      ["bulk publish", this.bulkPublish],
      ["bulk subscribe", this.bulkSubscribe],
    ];
  }

  async invoke(client) {
    assert.deepEqual(await client.invoker.invoke("shop", "price", HttpMethod.GET), { price: 7 });
    const answer = await client.invoker.invoke("shop", "order", HttpMethod.POST, { name: "灯" });
    assert.deepEqual(answer, { ordered: "灯" });
  }

  async publish(client) {
    assert.deepEqual(await client.pubsub.publish(BUS, "orders", { id: 7 }), {});
    assert.deepEqual(await this.inboxes.orders.take(), { id: 7 });
  }

  async publishText(client) {
    await client.pubsub.publish(BUS, "texts", "hello");
    assert.equal(await this.inboxes.texts.take(), "hello");
  }

  async publishByRules(client) {
    const base = { specversion: "1.0", source: "/shop" };
    const event = (type) => ({ ...base, id: type, type, data: { type } });
    await client.pubsub.publish(BUS, "routed", event("urgent"));
    await client.pubsub.publish(BUS, "routed", event("slow"));
    assert.deepEqual(await this.inboxes.urgent.take(), { type: "urgent" });
    assert.deepEqual(await this.inboxes.other.take(), { type: "slow" });
  }

  async publishRaw(client) {
    await client.pubsub.publish(BUS, "raw", { id: 8 }, { metadata: { rawPayload: "true" } });
    assert.deepEqual(await this.inboxes.raw.take(), { id: 8 });
  }

  async drop(client) {
    await client.pubsub.publish(BUS, "refused", { id: 9 });
    assert.deepEqual(await this.inboxes.dead.take(), { id: 9 });
  }

  async bulkPublish(client) {
    const second = { entryID: "two", event: { n: 2 }, contentType: "application/json" };
    const { failedMessages } = await client.pubsub.publishBulk(BUS, "readings", [
      { n: 1 },
      second,
      "three",
    ]);
    assert.deepEqual(failedMessages, []);
    const found = await this.inboxes.readings.takeMany(3);
    const told = found.map((one) => JSON.stringify(one)).sort();
    assert.deepEqual(told, ['"three"', '{"n":1}', '{"n":2}']);
  }

  async bulkSubscribe(client) {
    for (const n of [1, 2, 3]) await client.pubsub.publish(BUS, "bulk", { n });
    const found = await this.inboxes.bulk.takeMany(3);
    assert.deepEqual(found.map((one) => one.n).sort(), [1, 2, 3]);
  }
}
