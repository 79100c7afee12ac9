/** What is asked of the verifier, what it is given, and what it answers. */

import type { Label, Reason } from "./reasons.ts";
import type { Kind, RecordOf } from "./records.generated.ts";

/** What is to be proved: the record of this kind under this id of 40 hexadecimal digits. */
export interface Request<K extends Kind = Kind> {
  readonly kind: K;
  readonly id: string;
}

/** Who is believed: the validators of a chain, as `./run` names them when it starts. */
export interface Trust {
  readonly chain_id: string;
  readonly validators_hash: string;
}

/** What a node answers at `/api/v1/chains/{chain}/proofs/{key}`, in hexadecimal digits. */
export interface Proof {
  readonly key: string;
  /** Empty when nothing stands at the key. */
  readonly value: string;
  readonly proof: string;
  readonly light_block: string;
}

/** One line of what a step looked at; a field of a record or header goes by its own name. */
export interface Shown {
  readonly label: Label | (string & {});
  readonly value: string;
}

export const STEPS = ["key", "value", "state", "header", "validators", "commit"] as const;
/** A life's steps, which are shown beside its record, are checked against that. */
export const HISTORY = "history";
export type StepId = (typeof STEPS)[number] | typeof HISTORY;

export interface Step {
  readonly id: StepId;
  readonly holds: boolean;
  /** Why it does not hold; null where it does. */
  readonly why: Reason | null;
  readonly shown: readonly Shown[];
}

/** The header under which something is proved. */
export interface Seen {
  readonly chain_id: string;
  readonly height: string;
  readonly time_ms: number;
  /** How old it is; below zero when it is ahead of this clock. Whether that is too old is for the reader to say. */
  readonly age_ms: number;
}

export interface Verification<K extends Kind = Kind> {
  /** Present: the record is proved. Absent: it is proved that there is none. */
  readonly outcome: "present" | "absent" | "unproved";
  /** The record, when it is proved and present. */
  readonly record: RecordOf[K] | null;
  /** The header, when anything is proved. */
  readonly header: Seen | null;
  readonly steps: readonly Step[];
}

