// Prints one line a case, in TAP.
import assert from "node:assert/strict";

export class Tap {
  count = 0;
  failed = 0;

  async case(name, run) {
    let verdict = "ok";
    let why = "";
    try {
      await run();
    } catch (error) {
      this.failed += 1;
      verdict = "not ok";
      why = ` # ${oneLine(error)}`;
    }
    this.count += 1;
    console.log(`${verdict} ${this.count} - ${name}${why}`);
  }

  end() {
    console.log(`1..${this.count}`);
    return this.failed === 0 ? 0 : 1;
  }
}

function oneLine(error) {
  return String(error?.message ?? JSON.stringify(error)).replace(/\s+/g, " ").slice(0, 500);
}

/** The error of a call that must fail. */
export async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail("the call has not failed");
}

/** What comes one by one, for whoever waits for it. */
export class Inbox {
  #waiting = [];
  #items = [];

  put(item) {
    const taker = this.#waiting.shift();
    if (taker) taker(item);
    else this.#items.push(item);
  }

  async take(limit = 10_000) {
    if (this.#items.length > 0) return this.#items.shift();
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing came within ${limit} ms`)), limit);
    });
    const item = new Promise((resolve) => this.#waiting.push(resolve));
    return Promise.race([item, late]).finally(() => clearTimeout(timer));
  }

  async takeMany(count) {
    const taken = [];
    while (taken.length < count) taken.push(await this.take());
    return taken;
  }
}
