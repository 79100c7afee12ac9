/** The vectors that `tests/web/vectors.py` makes of a real network and of a chain with four validators. */

import { readFileSync } from "node:fs";

import { type Kind, type Life, type Proof, type Request, type Trust, type Verification, verify } from "../../src/verify/index.ts";

export interface Case {
  readonly request: Request;
  readonly trust: Trust;
  readonly proof: Proof;
  /** The steps that do not hold. */
  readonly fails: readonly string[];
}

interface Vectors {
  readonly now_ms: number;
  /** A life and its steps, one of each kind. */
  readonly history: { readonly life: Life; readonly steps: readonly Readonly<Record<string, unknown>>[] };
  /** One case of each kind of record, all from one network. */
  readonly real: Readonly<Record<Kind, Case>>;
  /** The records that those cases prove, save for absent ones. */
  readonly records: Readonly<Partial<Record<Kind, unknown>>>;
  readonly cases: Readonly<Record<string, Case>>;
}

export const VECTORS = JSON.parse(readFileSync(new URL("vectors.json", import.meta.url), "utf-8")) as Vectors;
export const PARTS = ["key", "value", "proof", "light_block"] as const;

export function verifyCase({ request, trust, proof }: Case, nowMs = VECTORS.now_ms): Promise<Verification> {
  return verify(request, trust, proof, nowMs);
}

/** Gives the steps that do not hold. */
export function failing(verification: Verification): string[] {
  return verification.steps.filter(({ holds }) => !holds).map(({ id }) => id);
}
