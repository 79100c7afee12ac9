/** What the contracts of identity answer: documents of DIDs, guardians, certificates, the lives of vehicles. */

import { address, ask } from "./ask";
import type { PublicKey } from "./types";

export interface Answer<T> {
  /** The state is that after it. */
  height: number;
  answer: T;
}

/** Asks a chain one of its contracts' queries, such as `identity/GetIdentity`. */
export function query<T>(chain: string, what: string, values: Record<string, string | number> = {}): Promise<Answer<T>> {
  return ask<Answer<T>>(address(`/chains/${chain}/queries/${what}`, values));
}

/** One document of a DID; the present one was replaced at 0. */
export interface Version {
  version: number;
  keys: PublicKey[];
  threshold: number;
  encryption_key: string;
  controller: string | null;
  active: boolean;
  until_ms: number;
  since_ms: number;
  replaced_ms: number;
}

export interface Identity {
  kind: "person" | "organisation" | "device";
  keys: PublicKey[];
  threshold: number;
  encryption_key: string;
  active: boolean;
  /** Commitment to the keys that follow. */
  next: string | null;
  until_ms: number;
  version: number;
  since_ms: number;
}

export interface Guardians {
  members: string[];
  threshold: number;
  delay_ms: number;
}

export interface Guarding {
  present: Guardians;
  coming: Guardians | null;
  from_ms: number;
}

export interface Recovery {
  keys: PublicKey[];
  threshold: number;
  due_ms: number;
}

/** A guardian, and the hash of what it asked for last. */
export interface Words {
  words: [string, string][];
}

export interface AttestationRecord {
  authority: string;
  attested_ms: number;
  until_ms: number;
}

export interface Certificate {
  device: string;
  issuer: string;
  serial: string;
  key: PublicKey;
  not_before_ms: number;
  not_after_ms: number;
  revoked_ms: number;
  reason: string;
}

export interface StatusList {
  purpose: "revocation" | "suspension";
  length: number;
  opened_ms: number;
  changed_ms: number;
  set_count: number;
}

export const STAGES = ["made", "registered", "owned", "scrapped"] as const;

export interface Life {
  maker: string;
  stage: (typeof STAGES)[number];
  made_ms: number;
  odometer_m: number;
  steps: number;
  recalls_open: number;
  security_events: number;
}

/** One step of a life. */
export interface LifeStep {
  kind: string;
  by: string;
  agreed_by: string | null;
  time_ms: number;
  evidence: string | null;
  odometer_m: number | null;
  campaign: string | null;
  reference: string | null;
  detail: string | null;
}

export interface Software {
  version: string;
  approval: string;
  campaign: string | null;
  updated_ms: number;
}

export interface SecurityEvent {
  stage: "reported" | "triaged" | "fixed" | "notified";
  reporter: string;
  reported_ms: number;
  severity: string | null;
  changed_ms: number;
}

export interface Passport {
  owner: string;
  life: Life;
  software: [string, Software][];
  recalls: [string, { evidence: string; recalled_ms: number }][];
  security_events: SecurityEvent[];
  steps: LifeStep[];
}
