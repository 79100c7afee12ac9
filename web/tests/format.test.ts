/** How values stand in words. */

import assert from "node:assert/strict";
import test from "node:test";

import { ago, date, day, moment } from "../src/format.ts";

const LAST_OF_THE_CHAIN_MS = Number.MAX_SAFE_INTEGER;

test("the last moment that the chain takes is shown as the end of the year 9999", () => {
  assert.equal(date(LAST_OF_THE_CHAIN_MS).toISOString(), "9999-12-31T23:59:59.999Z");
  for (const write of [moment, day]) assert.match(write(LAST_OF_THE_CHAIN_MS, "en"), /9999|10000|10,000/);
  assert.match(ago(LAST_OF_THE_CHAIN_MS, Date.UTC(2026, 0), "en"), /^in [78],[0-9]{3} yr/);
});

test("any other moment is shown as it is", () => {
  assert.equal(date(Date.UTC(2026, 0)).toISOString(), "2026-01-01T00:00:00.000Z");
});
