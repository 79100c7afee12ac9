/** The steps of a life: all of them, unchanged and in their order, hash to the history that is proved; nothing else does. */

import assert from "node:assert/strict";
import test from "node:test";

import { checkHistory } from "../../src/verify/index.ts";
import { VECTORS } from "./vectors.ts";

const { life, steps } = VECTORS.history;

async function fails(reason: string, shown: readonly unknown[]): Promise<void> {
  const { holds, why } = await checkHistory(life, shown);
  assert.deepEqual([holds, why], [false, reason]);
}

test("the steps that the chain hashed hash to its history", async () => {
  const { id, holds, why, shown } = await checkHistory(life, steps);
  assert.deepEqual([id, holds, why], ["history", true, null]);
  assert.equal(shown[0]?.value, `${steps.length} / ${steps.length}`);
});

test("a life without steps has a history, too", async () => {
  const none = { ...life, steps: 0, history: "00".repeat(32) };
  assert.equal((await checkHistory(none, [])).holds, true);
});

for (const place of steps.keys()) {
  test(`step ${place + 1}: it can't be left out, doubled or moved`, async () => {
    await fails("another_history", steps.toSpliced(place, 1));
    await fails("another_history", steps.toSpliced(place, 0, steps[place] ?? {}));
    const next = (place + 1) % steps.length;
    const moved = steps.with(place, steps[next] ?? {}).with(next, steps[place] ?? {});
    await fails("another_history", moved);
  });

  test(`step ${place + 1}: none of its fields can be changed`, async () => {
    const step = steps[place] ?? {};
    const others = { kind: "sold", by: "ff".repeat(20), agreed_by: "ee".repeat(20), time_ms: 7, evidence: "dd".repeat(32) };
    const changes = { ...others, odometer_m: 7, campaign: "another", reference: "another", detail: "another" };
    assert.deepEqual(Object.keys(changes), Object.keys(step));
    for (const [field, value] of Object.entries(changes)) {
      if (step[field] !== value) await fails("another_history", steps.with(place, { ...step, [field]: value }));
    }
  });
}

for (const value of [null, 7, "step", [], {}, { ...steps[0], by: 7 }, { ...steps[0], by: "7" }, { ...steps[0], time_ms: 0.5 }]) {
  test(`what is no step is refused: ${JSON.stringify(value)?.slice(0, 40)}`, async () => {
    const { holds } = await checkHistory(life, steps.with(0, value as Readonly<Record<string, unknown>>));
    assert.equal(holds, false);
  });
}
