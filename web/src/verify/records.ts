/** Records of the state tree, from their canonical bytes to named fields as the API writes them. */

import type { Bytes } from "./bytes.ts";
import { type Value, decode, encode } from "./msgpack.ts";
import { type Kind, type RecordOf, TABLES } from "./records.generated.ts";
import { Unproved } from "./reasons.ts";

/** The longest value that the state tree takes. */
const MAX_VALUE_BYTES = 4096;

export function decodeRecord<K extends Kind>(kind: K, data: Bytes): RecordOf[K] {
  if (data.length > MAX_VALUE_BYTES) throw new Unproved("too_long");
  return decode(TABLES[kind].shape, data) as RecordOf[K];
}

/** Writes a record again. */
export function encodeRecord<K extends Kind>(kind: K, record: RecordOf[K]): Bytes {
  return encode(TABLES[kind].shape, record);
}

/** Gives a record's fields as lines; a list or a record inside it is written as JSON. */
export function lines(record: Readonly<Record<string, Value>>): { label: string; value: string }[] {
  return Object.entries(record).map(([label, value]) => ({ label, value: written(value) }));
}

function written(value: Value): string {
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
}
