/** What is proved, and which step sees each thing that is not as it must be. */

import assert from "node:assert/strict";
import test from "node:test";

import { fromHex, toHex } from "../../src/verify/bytes.ts";
import { LIGHT_BLOCK, type Validator } from "../../src/verify/header.ts";
import { type Kind, LABELS, REASONS, type Proof, STEPS, verify } from "../../src/verify/index.ts";
import { decode, encode } from "../../src/verify/protobuf.ts";
import { type Case, PARTS, VECTORS, failing, verifyCase } from "./vectors.ts";

const KINDS = Object.keys(VECTORS.real) as Kind[];
const { recording, balance } = VECTORS.real;

for (const kind of KINDS) {
  test(`${kind} of a real network: proved with all its fields, or that there is none`, async () => {
    const verification = await verifyCase(VECTORS.real[kind]);
    const record = VECTORS.records[kind] ?? null;
    assert.deepEqual(failing(verification), []);
    assert.equal(verification.outcome, record === null ? "absent" : "present");
    assert.deepEqual(verification.record, record);
    assert.equal(verification.header?.chain_id, VECTORS.real[kind].trust.chain_id);
  });
}

for (const [name, each] of Object.entries(VECTORS.cases)) {
  const whose = each.fails.length === 0 ? "all steps hold" : `does not hold at ${each.fails.join(", ")}`;
  test(`${name}: ${whose}`, async () => {
    const verification = await verifyCase(each);
    assert.deepEqual(failing(verification), each.fails);
    assert.equal(verification.outcome === "unproved", each.fails.length > 0);
    assert.equal(verification.header === null, each.fails.length > 0);
    for (const { holds, why } of verification.steps) assert.equal(why === null, holds);
  });
}

for (const step of STEPS) {
  test(`some case fails at the step ${step} alone`, () => {
    assert.ok(Object.values(VECTORS.cases).some(({ fails }) => fails.length === 1 && fails[0] === step));
  });
}

for (const kind of ["recording", "balance", "product"] as const) {
  test(`${kind}: whichever byte of its answer is changed, some step does not hold`, async () => {
    const { request, trust, proof } = VECTORS.real[kind];
    for (const part of PARTS) {
      const digits = proof[part];
      for (let at = 0; at < digits.length; at += 2) {
        const changed = Number.parseInt(digits.slice(at, at + 2), 16) ^ (1 << (at / 2) % 8);
        const bytes = digits.slice(0, at) + changed.toString(16).padStart(2, "0") + digits.slice(at + 2);
        const verification = await verify(request, trust, { ...proof, [part]: bytes }, VECTORS.now_ms);
        assert.equal(verification.outcome, "unproved", `${part}, byte ${at / 2}`);
        assert.equal(verification.record, null);
      }
    }
  });
}

test("an answer that is cut anywhere proves nothing", async () => {
  const { request, trust, proof } = recording;
  for (const part of PARTS) {
    for (let length = 0; length < proof[part].length; length += 7) {
      const cut = { ...proof, [part]: proof[part].slice(0, length) };
      assert.equal((await verify(request, trust, cut, VECTORS.now_ms)).outcome, "unproved");
    }
  }
});

test("an answer that goes on behind its end proves nothing", async () => {
  const { request, trust, proof } = recording;
  for (const part of PARTS) {
    for (const more of ["00", "ff", proof[part]]) {
      const longer = { ...proof, [part]: proof[part] + more };
      assert.equal((await verify(request, trust, longer, VECTORS.now_ms)).outcome, "unproved");
    }
  }
});

test("parts of another record's answer prove nothing", async () => {
  for (const part of ["key", "value", "proof"] as const) {
    const swapped = { ...recording.proof, [part]: balance.proof[part] };
    assert.equal((await verify(recording.request, recording.trust, swapped, VECTORS.now_ms)).outcome, "unproved");
  }
});

test("a header tells its age, however old it is", async () => {
  const fresh = await verifyCase(recording);
  const later = await verifyCase(recording, VECTORS.now_ms + 86_400_000);
  assert.equal(later.outcome, "present");
  assert.equal((later.header?.age_ms ?? 0) - (fresh.header?.age_ms ?? 0), 86_400_000);
  const age = later.steps.find(({ id }) => id === "header")?.shown.find(({ label }) => label === "age");
  assert.equal(age?.value, `${Math.floor((later.header?.age_ms ?? 0) / 1000)} s`);
});

test("the levels that are shown lead from the leaf to the app hash", async () => {
  const state = (await verifyCase(recording)).steps.find(({ id }) => id === "state");
  const labels = state?.shown.map(({ label }) => label) ?? [];
  const levels = state?.shown.filter(({ label }) => label === "level") ?? [];
  assert.equal(labels[0], "leaf");
  assert.ok(levels.length >= 2);
  assert.equal(levels.at(-1)?.value, state?.shown.find(({ label }) => label === "app_hash")?.value);
});

test("every line has a label in words, or the name of a field", async () => {
  const cases = [...Object.values(VECTORS.real), ...Object.values(VECTORS.cases)];
  const seen = new Set<string>();
  for (const each of cases) {
    for (const { id, shown, why } of (await verifyCase(each)).steps) {
      for (const { label } of shown) if (id !== "value" && id !== "header") seen.add(label);
      if (why !== null) assert.ok(REASONS[why].endsWith("."));
    }
  }
  for (const label of seen) assert.ok(Object.hasOwn(LABELS, label), label);
});

const HOSTILE: readonly unknown[] = [
  null,
  undefined,
  "",
  7,
  [],
  {},
  { key: 7, value: null, proof: [], light_block: {} },
  { key: "", value: "", proof: "", light_block: "" },
  { ...recording.proof, value: "zz" },
  { ...recording.proof, value: recording.proof.value.toUpperCase() },
  { ...recording.proof, proof: "0".repeat(600_000) },
  { ...recording.proof, light_block: "0a".repeat(100_000) },
  { ...recording.proof, light_block: "0a00".repeat(60_000) },
  { ...recording.proof, light_block: "ff".repeat(100_000) },
  { ...recording.proof, value: "dd7fffffff" },
  { ...recording.proof, value: "dc00ff".repeat(1_000) },
  { ...recording.proof, value: "c6ffffffff" },
];

for (const [at, hostile] of HOSTILE.entries()) {
  test(`a hostile answer is unproved and stops nobody: number ${at}`, async () => {
    const verification = await verify(recording.request, recording.trust, hostile as Proof, VECTORS.now_ms);
    assert.equal(verification.outcome, "unproved");
    assert.equal(verification.steps.length, STEPS.length);
  });
}

test("a question or a trust that is none proves nothing", async () => {
  const { request, trust, proof } = recording;
  for (const kind of ["", "toString", "recordings"]) {
    const verification = await verify({ kind: kind as Kind, id: request.id }, trust, proof, VECTORS.now_ms);
    assert.deepEqual(failing(verification), ["key", "value"]);
  }
  for (const id of ["", "0", "zz".repeat(20), request.id + "00"]) {
    assert.deepEqual(failing(await verify({ kind: "recording", id }, trust, proof, VECTORS.now_ms)), ["key"]);
  }
  for (const validators_hash of ["", "00", trust.validators_hash.toUpperCase()]) {
    const verification = await verify(request, { ...trust, validators_hash }, proof, VECTORS.now_ms);
    assert.deepEqual(failing(verification), ["validators"]);
  }
});

test("more validators than are looked at are not looked at", async () => {
  const { request, trust, proof } = recording;
  const block = decode(LIGHT_BLOCK, fromHex(proof.light_block));
  const crowd = Array.from({ length: 1_025 }, () => block.validators.validators[0] as Validator);
  const crowded = { ...block, validators: { ...block.validators, validators: crowd } };
  const light_block = toHex(encode(LIGHT_BLOCK, crowded));
  const { steps } = await verify(request, trust, { ...proof, light_block }, VECTORS.now_ms);
  assert.deepEqual(steps.map(({ why }) => why).slice(3), [null, "too_many_validators", "too_many_validators"]);
});

const BOUNDS = {
  "more levels than a tree has": "wrong_level",
  "a level with a longer prefix": "wrong_level",
  "a leaf with lengths": "wrong_leaf",
} as const;

for (const [name, reason] of Object.entries(BOUNDS)) {
  test(`${name}: refused for its form, before anything is compared`, async () => {
    const { steps } = await verifyCase(VECTORS.cases[name] as Case);
    assert.equal(steps.find(({ id }) => id === "state")?.why, reason);
  });
}

test("a value longer than the state tree takes is not read", async () => {
  const { request, trust, proof } = recording;
  const { steps } = await verify(request, trust, { ...proof, value: "00".repeat(4_097) }, VECTORS.now_ms);
  assert.equal(steps.find(({ id }) => id === "value")?.why, "too_long");
});
