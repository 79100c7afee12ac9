/**
 * Verifies a record of a chain, or that there is none, from bytes that anybody may have given.
 *
 * Only `Trust` is believed. Six steps lead from what was asked to the signatures of the validators; each looks at its
 * own part, and a record is proved when all of them hold. Every byte of the answer counts, save for votes that are not
 * for the block and the validators' turns to propose.
 */

import { type Bytes, fromHex } from "./bytes.ts";
import { LIGHT_BLOCK } from "./header.ts";
import { COMMITMENT_PROOF } from "./ics23.ts";
import { decode } from "./protobuf.ts";
import { Unproved } from "./reasons.ts";
import type { Kind } from "./records.generated.ts";
import { decodeRecord } from "./records.ts";
import * as steps from "./steps.ts";
import type { Proof, Request, Shown, Step, StepId, Trust, Verification } from "./verification.ts";

/** The longest part of an answer. */
const MAX_BYTES = 262_144;

/** Verifies an answer. It never throws, whatever the answer holds; `nowMs` is the time by which ages are told. */
export async function verify<K extends Kind>(
  request: Request<K>,
  trust: Trust,
  proof: Proof,
  nowMs: number,
): Promise<Verification<K>> {
  const key = kept(() => part(proof, "key"));
  const value = kept(() => part(proof, "value"));
  const commitment = kept(() => decode(COMMITMENT_PROOF, part(proof, "proof")));
  const block = kept(() => decode(LIGHT_BLOCK, part(proof, "light_block")));
  const state = () => ({ key: key(), value: value(), appHash: block().signed.header.app_hash });
  const done = [
    await step("key", (show) => steps.checkKey(request, key(), show)),
    await step("value", (show) => steps.checkValue(request, value(), show)),
    await step("state", (show) => steps.checkState(commitment(), state(), show)),
    await step("header", (show) => steps.checkHeader(block(), trust, nowMs, show)),
    await step("validators", (show) => steps.checkValidators(block(), trust, show)),
    await step("commit", (show) => steps.checkCommit(block(), show)),
  ];
  if (!done.every(({ holds }) => holds)) return { outcome: "unproved", record: null, header: null, steps: done };
  const record = value().length === 0 ? null : decodeRecord(request.kind, value());
  const outcome = record === null ? "absent" : "present";
  return { outcome, record, header: steps.seen(block(), nowMs), steps: done };
}

async function step(id: StepId, look: (show: steps.Show) => Promise<void> | void): Promise<Step> {
  const shown: Shown[] = [];
  try {
    await look((label, value) => shown.push({ label, value }));
    return { id, holds: true, why: null, shown };
  } catch (error) {
    if (!(error instanceof Unproved)) throw error;
    return { id, holds: false, why: error.reason, shown };
  }
}

/** Reads a part of an answer that may hold anything. */
function part(proof: Proof | null | undefined, name: keyof Proof): Bytes {
  const digits: unknown = proof?.[name];
  if (typeof digits !== "string") throw new Unproved("not_hex");
  if (digits.length > 2 * MAX_BYTES) throw new Unproved("too_long");
  return fromHex(digits);
}

/** Reads something once, for all steps that look at it; what does not read fails each of them. */
function kept<V>(read: () => V): () => V {
  let found: { value: V } | null = null;
  return () => (found ??= { value: read() }).value;
}
