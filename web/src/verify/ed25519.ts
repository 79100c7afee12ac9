/**
 * Ed25519 signatures by WebCrypto, within libsodium's rules.
 *
 * Chromium takes points of small order and encodings beyond the field's prime, Node does not: they are refused before.
 */

import { type Bytes, subtle } from "./bytes.ts";
import { Unproved } from "./reasons.ts";

const PRIME = 2n ** 255n - 19n;
/** The y coordinate of two of the four points of order 8; that of the others is the prime less it. */
const ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const SMALL_ORDER = [0n, 1n, PRIME - 1n, ORDER_8, PRIME - ORDER_8];

/** Says whether the signature over the message is by the key. */
export async function verifies(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (key.length !== 32 || signature.length !== 64) return false;
  if (!isUsable(key) || !isUsable(signature.slice(0, 32))) return false;
  try {
    const imported = await subtle().importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return await subtle().verify({ name: "Ed25519" }, imported, signature, message);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    if (error.name === "NotSupportedError") throw new Unproved("no_ed25519");
    return false;
  }
}

/** Says whether an encoded point has its one encoding and is of no small order. */
export function isUsable(point: Bytes): boolean {
  const number = point.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const y = number & (2n ** 255n - 1n);
  return y < PRIME && !SMALL_ORDER.includes(y);
}
