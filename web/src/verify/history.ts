/** The steps of a life, hashed one after the other as the chain did: they are all there and unchanged, or they are not. */

import { type Bytes, concat, fromHex, fromText, sha256, toHex } from "./bytes.ts";
import { decode, encode } from "./msgpack.ts";
import { Unproved } from "./reasons.ts";
import { type Life, STEP } from "./records.generated.ts";
import { HISTORY, type Shown, type Step } from "./verification.ts";

const DOMAIN = fromText("autochain/vehicles/history\0");
const NO_STEPS = "00".repeat(32);

/** Compares steps that anybody may have given with a life that is proved. It never throws, whatever they hold. */
export async function checkHistory(life: Life, steps: readonly unknown[]): Promise<Step> {
  const shown: Shown[] = [{ label: "steps", value: `${steps.length} / ${life.steps}` }];
  try {
    const history = await hashed(steps);
    shown.push({ label: "history_computed", value: history }, { label: "history", value: life.history });
    if (steps.length !== life.steps || history !== life.history) throw new Unproved("another_history");
    return { id: HISTORY, holds: true, why: null, shown };
  } catch (error) {
    if (!(error instanceof Unproved)) throw error;
    return { id: HISTORY, holds: false, why: error.reason, shown };
  }
}

async function hashed(steps: readonly unknown[]): Promise<string> {
  let history = fromHex(NO_STEPS);
  for (const step of steps) history = await extended(history, step);
  return toHex(history);
}

async function extended(history: Bytes, step: unknown): Promise<Bytes> {
  const written = encode(STEP, step);
  // What reads back is within the bounds of a step, too.
  decode(STEP, written);
  return sha256(DOMAIN, sized(history), sized(written));
}

/** Puts the length before a part, so that no two lists of parts hash alike. */
function sized(part: Bytes): Bytes {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, part.length);
  return concat(length, part);
}
