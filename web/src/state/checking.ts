/** What a pasted credential or presentation says of itself, and which of its checks a refusal is about. */

import type { ProblemBody } from "../api/types";

export const CHECKS = ["form", "issuer", "signature", "validity", "schema", "status", "holder"] as const;
export type CheckId = (typeof CHECKS)[number];

/** By the numbers of `credentials_w3c`; what is not listed is about the form. */
const NUMBERS: Readonly<Record<number, CheckId>> = {
  4: "signature",
  5: "signature",
  6: "signature",
  7: "validity",
  8: "validity",
  9: "status",
  10: "status",
  11: "holder",
  12: "holder",
  13: "holder",
  14: "issuer",
  15: "issuer",
  16: "signature",
  17: "status",
  18: "schema",
  20: "signature",
  22: "issuer",
};
/** Those of `issuer`, which looks statuses and challenges up. */
const LOOKED_UP: Readonly<Record<number, CheckId>> = { 3: "status", 4: "status", 5: "status", 6: "issuer", 7: "holder" };

/** Gives the check that a refusal is about; none where the verifier could not look. */
export function failedCheck({ status, codespace, code = 0 }: ProblemBody): CheckId | undefined {
  if (status !== 400 && status !== 422) return undefined;
  if (codespace === "issuer") return LOOKED_UP[code];
  return (codespace === "credentials_w3c" ? NUMBERS[code] : undefined) ?? "form";
}

/** What every one of them is. */
const PRESENTATION = "VerifiablePresentation";
const GENERAL = ["VerifiableCredential", PRESENTATION];

export interface ShownDocument {
  presents: boolean;
  types: string[];
  issuer: string | undefined;
  subjects: string[];
  from_ms: number;
  /** 0 where it has no end. */
  until_ms: number;
  schema: boolean;
  status: boolean;
}

type Json = Record<string, unknown>;

/** Reads what is told of a document beside its checks; a stranger wrote it, so nothing of it need be there. */
export function shownBy(document: unknown): ShownDocument {
  const given = objectOf(document);
  const types = many(given["type"]).map(String);
  const issuer = given["issuer"] ?? given["holder"];
  return {
    presents: types.includes(PRESENTATION),
    types: types.filter((type) => !GENERAL.includes(type)),
    issuer: nameOf(issuer),
    subjects: many(given["credentialSubject"]).flatMap((subject) => nameOf(subject) ?? []),
    from_ms: timeOf(given["validFrom"]),
    until_ms: timeOf(given["validUntil"]),
    schema: given["credentialSchema"] !== undefined,
    status: given["credentialStatus"] !== undefined,
  };
}

function objectOf(value: unknown): Json {
  return value !== null && typeof value === "object" ? (value as Json) : {};
}

function many(value: unknown): unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function nameOf(value: unknown): string | undefined {
  const name = typeof value === "string" ? value : objectOf(value)["id"];
  return typeof name === "string" ? name : undefined;
}

function timeOf(value: unknown): number {
  return typeof value === "string" ? Date.parse(value) || 0 : 0;
}
