/** Signatures, and points that some browsers' WebCrypto takes although libsodium's rules refuse them. */

import assert from "node:assert/strict";
import test from "node:test";

import { fromHex, fromText, toHex } from "../../src/verify/bytes.ts";
import { isUsable, verifies } from "../../src/verify/ed25519.ts";

/** Encodings of the points of order 1, 2, 4 and 8, with either sign of x. */
const SMALL = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
].map(fromHex);
/** The field's prime and the number behind it, which are other ways to write 0 and 1. */
const BEYOND_THE_PRIME = [
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
].map(fromHex);

for (const point of [...SMALL, ...BEYOND_THE_PRIME]) {
  test(`${toHex(point)} is no point to sign with`, () => assert.equal(isUsable(point), false));
}

test("the base point can be used", () => assert.equal(isUsable(fromHex("58" + "66".repeat(31))), true));

test("the signature of RFC 8032's first vector holds, and over another message it does not", async () => {
  const key = fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const signature = fromHex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  );
  assert.equal(await verifies(key, new Uint8Array(0), signature), true);
  assert.equal(await verifies(key, fromText("a"), signature), false);
  assert.equal(await verifies(key.slice(1), new Uint8Array(0), signature), false);
  assert.equal(await verifies(key, new Uint8Array(0), signature.slice(1)), false);
});
