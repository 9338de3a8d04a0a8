// An app in JavaScript that uses all that the hub offers, and tells how it went.
// shop.mjs http|grpc http|grpc: how it calls the hub, and how the hub calls it.
import { CommunicationProtocolEnum, DaprClient, DaprServer, LogLevel } from "@dapr/dapr";
import assert from "node:assert/strict";
import { App } from "./app.mjs";
import { Blocks } from "./blocks.mjs";
import { Tap } from "./tap.mjs";

const [calls, isCalled] = process.argv.slice(2).map((name) =>
  name === "grpc" ? CommunicationProtocolEnum.GRPC : CommunicationProtocolEnum.HTTP);
const logger = { level: LogLevel.Warn };

async function main() {
  const tap = new Tap();
  const server = new DaprServer({ communicationProtocol: isCalled, logger });
  const app = new App(server);
  await tap.case("the app starts and finds the hub", () => app.start());
  await tap.case("the hub knows the app's topics", () => untilSubscribed(App.TOPICS));
  const client = new DaprClient({ communicationProtocol: calls, logger });
  await tap.case("the hub is healthy", async () => {
    assert.equal(await client.health.isHealthy(), true);
  });
  for (const part of [new Blocks(client, calls), app]) {
    for (const [name, run] of part.cases()) await tap.case(name, () => run.call(part, client));
  }
  await tap.case("shutdown", () => client.sidecar.shutdown());
  process.exit(tap.end());
}

/** Until the hub has asked the app for its topics: what is published before may go nowhere. */
async function untilSubscribed(count) {
  const url = `http://127.0.0.1:${process.env.DAPR_HTTP_PORT}/v1.0/metadata`;
  const headers = { "dapr-api-token": process.env.DAPR_API_TOKEN ?? "" };
  const end = Date.now() + 10_000;
  for (;;) {
    const { subscriptions = [] } = await (await fetch(url, { headers })).json();
    if (subscriptions.length === count) return;
    assert.ok(Date.now() < end, `the hub knows of ${JSON.stringify(subscriptions)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

await main();
