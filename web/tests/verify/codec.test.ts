/** Bytes, MessagePack and protobuf: one encoding for each value, and no other is read. */

import assert from "node:assert/strict";
import test from "node:test";

import { fromHex, fromText, sha256, toHex, toText } from "../../src/verify/bytes.ts";
import { keyOf, proofPath, verify } from "../../src/verify/index.ts";
import * as merkle from "../../src/verify/merkle.ts";
import { type Shape, type Value, decode, encode } from "../../src/verify/msgpack.ts";
import * as protobuf from "../../src/verify/protobuf.ts";
import { type Reason, Unproved } from "../../src/verify/reasons.ts";
import { VECTORS } from "./vectors.ts";

const INT: Shape = { kind: "int", low: -(2 ** 53), high: 2 ** 53 };
const TEXT: Shape = { kind: "text", low: 0, high: 70_000 };
const BYTES: Shape = { kind: "bytes", low: 0, high: 70_000 };
const LIST: Shape = { kind: "list", of: { kind: "bool" }, low: 0, high: 70_000 };

function refuses(reason: Reason, work: () => unknown): void {
  assert.throws(work, (error) => error instanceof Unproved && error.reason === reason);
}

const WRITTEN: readonly (readonly [Shape, Value, string])[] = [
  [INT, 0, "00"],
  [INT, 127, "7f"],
  [INT, 128, "cc80"],
  [INT, 255, "ccff"],
  [INT, 256, "cd0100"],
  [INT, 65_536, "ce00010000"],
  [INT, 2 ** 32, "cf0000000100000000"],
  [INT, -1, "ff"],
  [INT, -32, "e0"],
  [INT, -33, "d0df"],
  [INT, -128, "d080"],
  [INT, -129, "d1ff7f"],
  [INT, -32_769, "d2ffff7fff"],
  [INT, -(2 ** 31) - 1, "d3ffffffff7fffffff"],
  [TEXT, "", "a0"],
  [TEXT, "\uFEFFß", "a5efbbbfc39f"],
  [TEXT, "a".repeat(31), `bf${"61".repeat(31)}`],
  [TEXT, "a".repeat(32), `d920${"61".repeat(32)}`],
  [TEXT, "a".repeat(256), `da0100${"61".repeat(256)}`],
  [TEXT, "a".repeat(65_536), `db00010000${"61".repeat(65_536)}`],
  [BYTES, "", "c400"],
  [BYTES, "00".repeat(256), `c50100${"00".repeat(256)}`],
  [BYTES, "00".repeat(65_536), `c600010000${"00".repeat(65_536)}`],
  [LIST, [true, false], "92c3c2"],
  [LIST, Array.from({ length: 16 }, () => true), `dc0010${"c3".repeat(16)}`],
  [LIST, Array.from({ length: 65_536 }, () => true), `dd00010000${"c3".repeat(65_536)}`],
  [{ kind: "optional", of: INT }, null, "c0"],
  [{ kind: "optional", of: INT }, 5, "05"],
];

for (const [shape, value, digits] of WRITTEN) {
  test(`${shape.kind} ${digits.slice(0, 20)} is read and written alike`, () => {
    assert.deepEqual(decode(shape, fromHex(digits)), value);
    assert.equal(toHex(encode(shape, value)), digits);
  });
}

const REFUSED: readonly (readonly [Shape, string, Reason])[] = [
  [INT, "cc7f", "not_canonical"],
  [INT, "cd00ff", "not_canonical"],
  [INT, "cf0000000000000001", "not_canonical"],
  [INT, "d001", "not_canonical"],
  [INT, "d0ff", "not_canonical"],
  [TEXT, "d90161", "not_canonical"],
  [BYTES, "c50000", "not_canonical"],
  [LIST, "dc0000", "not_canonical"],
  [INT, "cfffffffffffffffff", "not_a_record"],
  [INT, "cb3ff0000000000000", "not_a_record"],
  [INT, "c0", "not_a_record"],
  [INT, "", "not_a_record"],
  [INT, "0000", "not_a_record"],
  [TEXT, "c40161", "not_a_record"],
  [TEXT, "a1ff", "not_utf8"],
  [TEXT, "a3eda080", "not_utf8"],
  [BYTES, "a161", "not_a_record"],
  [LIST, "81c3c3", "not_a_record"],
  [LIST, "dd7fffffffc3", "not_a_record"],
  [{ kind: "bool" }, "01", "not_a_record"],
  [{ kind: "choice", among: ["a"] }, "a162", "not_a_record"],
  [{ kind: "bytes", low: 2, high: 2 }, "c40100", "not_a_record"],
  [{ kind: "text", low: 0, high: 1 }, "a26161", "not_a_record"],
  [{ kind: "record", fields: { a: INT } }, "920101", "not_a_record"],
  [{ kind: "record", fields: { a: INT } }, "90", "not_a_record"],
];

for (const [shape, digits, reason] of REFUSED) {
  test(`${shape.kind} ${digits} is refused: ${reason}`, () => refuses(reason, () => decode(shape, fromHex(digits))));
}

test("a text's length counts characters, not their halves", () => {
  assert.equal(decode({ kind: "text", low: 1, high: 1 }, fromHex("a4f09f9a97")), "🚗");
});

const MESSAGE = { a: protobuf.uint(1), b: protobuf.bytes(2), when: protobuf.time(3) };

test("a protobuf message is read and written alike", () => {
  const message = { a: 300n, b: fromHex("ff"), when: -1n };
  assert.deepEqual(protobuf.decode(MESSAGE, protobuf.encode(MESSAGE, message)), message);
});

const BAD_MESSAGES: readonly (readonly [string, Reason])[] = [
  ["", "not_canonical"],
  ["08001a00", "not_canonical"],
  ["0880001a00", "not_canonical"],
  ["080108021a00", "not_canonical"],
  ["1a000801", "not_canonical"],
  ["12001a00", "not_canonical"],
  ["1a020800", "not_canonical"],
  ["20011a00", "not_protobuf"],
  ["0a00", "not_protobuf"],
  ["0f", "not_protobuf"],
  ["08", "not_protobuf"],
  ["1205", "not_protobuf"],
  ["08ffffffffffffffffffff01", "not_protobuf"],
  ["1a06108094ebdc03", "not_protobuf"],
  ["1a0610ffffffff0f", "not_protobuf"],
  ["1a00".repeat(2_000), "too_long"],
];

for (const [digits, reason] of BAD_MESSAGES) {
  test(`protobuf ${digits.slice(0, 24)} is refused: ${reason}`, () => {
    refuses(reason, () => protobuf.decode(MESSAGE, fromHex(digits)));
  });
}

test("a Merkle root splits as RFC 6962 has it, whatever the length", async () => {
  const leaves = Array.from({ length: 9 }, (_, at) => fromText(`leaf ${at}`));
  const leaf = (at: number) => sha256(Uint8Array.of(0), leaves[at] as Uint8Array<ArrayBuffer>);
  const above = async (low: number, high: number): Promise<Uint8Array<ArrayBuffer>> => {
    if (high - low === 1) return leaf(low);
    const split = low + 2 ** Math.floor(Math.log2(high - low - 1));
    return sha256(Uint8Array.of(1), await above(low, split), await above(split, high));
  };
  for (let length = 1; length <= leaves.length; length++) {
    assert.equal(toHex(await merkle.root(leaves.slice(0, length))), toHex(await above(0, length)));
  }
  assert.equal(toHex(await merkle.root([])), toHex(await sha256()));
});

test("hexadecimal digits stand for bytes, in one form", () => {
  assert.equal(toHex(fromHex("00ff7f")), "00ff7f");
  for (const digits of ["0", "0g", "FF", " 00"]) refuses("not_hex", () => fromHex(digits));
  assert.equal(toText(fromText("\uFEFFa")), "\uFEFFa");
});

test("a proof is asked for by the record's key", () => {
  const id = "01".repeat(20);
  const digits = toHex(fromText("token/balances/")) + id;
  assert.equal(toHex(keyOf("balance", id)), digits);
  assert.equal(proofPath("main", "balance", id), `/api/v1/chains/main/proofs/${digits}`);
});

test("without WebCrypto nothing is proved, and the reader is told what to do", async () => {
  const found = Object.getOwnPropertyDescriptor(globalThis, "crypto") as PropertyDescriptor;
  Object.defineProperty(globalThis, "crypto", { value: undefined, configurable: true });
  try {
    const { request, trust, proof } = VECTORS.real.recording;
    const { outcome, steps } = await verify(request, trust, proof, VECTORS.now_ms);
    assert.equal(outcome, "unproved");
    assert.ok(steps.some(({ why }) => why === "no_webcrypto"));
  } finally {
    Object.defineProperty(globalThis, "crypto", found);
  }
});
