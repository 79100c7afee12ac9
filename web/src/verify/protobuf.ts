/**
 * A small protobuf codec for the messages that CometBFT and ICS-23 hash and sign.
 *
 * A message is a table of its fields in ascending order of their numbers. Zero values are left out, as proto3 has it;
 * a decoder accepts only what encodes back to the same bytes.
 */

import { type Bytes, concat, equal, fromText, toText } from "./bytes.ts";
import { Unproved } from "./reasons.ts";

type Raw = bigint | Bytes;

/** One field: its number and wire type, what it is where it is missing, and how it is read and written. */
export interface Field<V> {
  readonly number: number;
  readonly wire: number;
  /** Undefined where a message without this field is none. */
  readonly missing: V | undefined;
  /** Reads one occurrence; `before` is what the field was until then. */
  readonly read: (raw: Raw, before: V | undefined) => V;
  /** Writes the field with its tag, or nothing where it is left out. */
  readonly write: (value: V) => Bytes;
}

/** A message's fields by name, whatever their types. */
export type Fields = Readonly<Record<string, Field<any>>>;

/** What a message with these fields holds. */
export type Message<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer V> ? V : never };

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const NANOS = 1_000_000_000n;
const NOTHING: Bytes = new Uint8Array(0);
/** How often fields may occur in one message: a little more than a commit with as many votes as are looked at. */
const MAX_OCCURRENCES = 1_100;

export function encode<F extends Fields>(fields: F, message: Message<F>): Bytes {
  return concat(...Object.entries(fields).map(([name, field]) => field.write(message[name])));
}

/** Reads a message from bytes that may come from a stranger. */
export function decode<F extends Fields>(fields: F, data: Bytes): Message<F> {
  const message = decodeFields(fields, data);
  if (!equal(encode(fields, message), data)) throw new Unproved("not_canonical");
  return message;
}

function decodeFields<F extends Fields>(fields: F, data: Bytes): Message<F> {
  const names = new Map(Object.entries(fields).map(([name, field]) => [field.number, name]));
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) values[name] = field.missing;
  let seen = 0;
  for (const [number, wire, raw] of occurrences(data)) {
    if (++seen > MAX_OCCURRENCES) throw new Unproved("too_long");
    const name = names.get(number);
    const field = name === undefined ? undefined : fields[name];
    if (name === undefined || field === undefined || field.wire !== wire) throw new Unproved("not_protobuf");
    values[name] = field.read(raw, values[name]);
  }
  if (Object.values(values).includes(undefined)) throw new Unproved("not_canonical");
  return values as Message<F>;
}

export function uint(number: number, missing = 0n): Field<bigint> {
  return { number, wire: VARINT, missing, read: asNumber, write: (value) => writeNumber(number, value) };
}

export function int64(number: number): Field<bigint> {
  return { ...uint(number), read: (raw) => BigInt.asIntN(64, asNumber(raw)) };
}

export function sfixed64(number: number): Field<bigint> {
  const write = (value: bigint) => {
    if (value === 0n) return NOTHING;
    const eight = new Uint8Array(8);
    new DataView(eight.buffer).setBigInt64(0, value, true);
    return concat(tag(number, FIXED64), eight);
  };
  return { number, wire: FIXED64, missing: 0n, read: (raw) => BigInt.asIntN(64, asNumber(raw)), write };
}

export function bytes(number: number): Field<Bytes> {
  const write = (value: Bytes) => (value.length === 0 ? NOTHING : writeBytes(number, value));
  return { number, wire: LENGTH, missing: NOTHING, read: asBytes, write };
}

export function text(number: number): Field<string> {
  const write = (value: string) => (value === "" ? NOTHING : writeBytes(number, fromText(value)));
  return { number, wire: LENGTH, missing: "", read: (raw) => toText(asBytes(raw)), write };
}

/** A google.protobuf.Timestamp in nanoseconds since 1970, which is always there. */
export function time(number: number): Field<bigint> {
  const write = (value: bigint) => writeBytes(number, encodeTime(value));
  return { number, wire: LENGTH, missing: undefined, read: (raw) => decodeTime(asBytes(raw)), write };
}

/** A message that is always there, even when it holds nothing. */
export function message<F extends Fields>(number: number, fields: F): Field<Message<F>> {
  const read = (raw: Raw) => decodeFields(fields, asBytes(raw));
  const write = (value: Message<F>) => writeBytes(number, encode(fields, value));
  return { number, wire: LENGTH, missing: undefined, read, write };
}

/** A message that may be absent, which is null. */
export function optional<F extends Fields>(number: number, fields: F): Field<Message<F> | null> {
  const whole = message(number, fields);
  return {
    ...whole,
    missing: null,
    read: (raw) => whole.read(raw, undefined),
    write: (value) => (value === null ? NOTHING : whole.write(value)),
  };
}

/** As many messages as there are. */
export function repeated<F extends Fields>(number: number, fields: F): Field<readonly Message<F>[]> {
  const one = message(number, fields);
  return {
    number,
    wire: LENGTH,
    missing: [],
    read: (raw, before) => [...(before ?? []), one.read(raw, undefined)],
    write: (values) => concat(...values.map(one.write)),
  };
}

/** Writes a number of up to 64 bits in groups of seven, a negative one as two's complement. */
export function varint(number: bigint): Bytes {
  const groups: number[] = [];
  let rest = BigInt.asUintN(64, number);
  while (rest > 0x7fn) {
    groups.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Uint8Array.from([...groups, Number(rest)]);
}

/** Puts the length before the bytes. */
export function delimited(data: Bytes): Bytes {
  return concat(varint(BigInt(data.length)), data);
}

export function encodeTime(timeNs: bigint): Bytes {
  const nanos = ((timeNs % NANOS) + NANOS) % NANOS;
  return concat(writeNumber(1, (timeNs - nanos) / NANOS), writeNumber(2, nanos));
}

function decodeTime(data: Bytes): bigint {
  const parts = new Map([...occurrences(data)].map(([number, , raw]) => [number, raw]));
  const nanos = asNumber(parts.get(2) ?? 0n);
  if (nanos >= NANOS) throw new Unproved("not_protobuf");
  return BigInt.asIntN(64, asNumber(parts.get(1) ?? 0n)) * NANOS + nanos;
}

function tag(number: number, wire: number): Bytes {
  return varint((BigInt(number) << 3n) | BigInt(wire));
}

function writeNumber(number: number, value: bigint): Bytes {
  return value === 0n ? NOTHING : concat(tag(number, VARINT), varint(value));
}

function writeBytes(number: number, value: Bytes): Bytes {
  return concat(tag(number, LENGTH), delimited(value));
}

function asNumber(raw: Raw): bigint {
  if (typeof raw !== "bigint") throw new Unproved("not_protobuf");
  return raw;
}

function asBytes(raw: Raw): Bytes {
  if (typeof raw === "bigint") throw new Unproved("not_protobuf");
  return raw;
}

/** Yields number, wire type and raw value of each field. */
function* occurrences(data: Bytes): Generator<[number, number, Raw]> {
  let at = 0;
  const number = (): bigint => {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = data[at++];
      if (byte === undefined) throw new Unproved("not_protobuf");
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    throw new Unproved("not_protobuf");
  };
  while (at < data.length) {
    const key = number();
    const wire = Number(key & 7n);
    if (wire === VARINT) {
      yield [Number(key >> 3n), wire, number()];
    } else if (wire === FIXED64 || wire === LENGTH) {
      const length = wire === FIXED64 ? 8n : number();
      if (length > BigInt(data.length - at)) throw new Unproved("not_protobuf");
      const chunk = data.slice(at, at + Number(length));
      at += chunk.length;
      yield [Number(key >> 3n), wire, wire === LENGTH ? chunk : new DataView(chunk.buffer).getBigUint64(0, true)];
    } else {
      throw new Unproved("not_protobuf");
    }
  }
}
