/** Canonical records in MessagePack: read by their shape, and written again to see that they have no other form. */

import { type Bytes, concat, equal, fromHex, fromText, toHex, toText } from "./bytes.ts";
import { Unproved } from "./reasons.ts";

/** What a value may be; records are arrays of their fields. Whole numbers and lengths keep within `low` and `high`. */
export type Shape =
  | { readonly kind: "int"; readonly low: number; readonly high: number }
  | { readonly kind: "bytes"; readonly low: number; readonly high: number }
  | { readonly kind: "text"; readonly low: number; readonly high: number }
  | { readonly kind: "choice"; readonly among: readonly string[] }
  | { readonly kind: "bool" }
  | { readonly kind: "optional"; readonly of: Shape }
  | { readonly kind: "list"; readonly of: Shape; readonly low: number; readonly high: number }
  | { readonly kind: "record"; readonly fields: Readonly<Record<string, Shape>> };

/** A value as the API writes it: bytes in hexadecimal digits. */
export type Value = number | string | boolean | null | readonly Value[] | { readonly [field: string]: Value };

/** What is read by a shape. */
export type ValueOf<S> = S extends { kind: "int" }
  ? number
  : S extends { kind: "bytes" | "text" }
    ? string
    : S extends { kind: "choice"; among: readonly (infer Choice)[] }
      ? Choice
      : S extends { kind: "bool" }
        ? boolean
        : S extends { kind: "optional"; of: infer Of }
          ? ValueOf<Of> | null
          : S extends { kind: "list"; of: infer Of }
            ? readonly ValueOf<Of>[]
            : S extends { kind: "record"; fields: infer Fields }
              ? { readonly [Name in keyof Fields]: ValueOf<Fields[Name]> }
              : never;

/** Reads a value from bytes that may come from a stranger; refuses all but its one canonical encoding. */
export function decode(shape: Shape, data: Bytes): Value {
  const reader = new Reader(data);
  const value = reader.value(shape);
  if (!reader.isAtEnd()) throw new Unproved("not_a_record");
  if (!equal(encode(shape, value), data)) throw new Unproved("not_canonical");
  return value;
}

/** Writes a value, whoever gave it; refuses one that is not of the shape's kind. */
export function encode(shape: Shape, value: unknown): Bytes {
  switch (shape.kind) {
    case "int":
      if (!Number.isSafeInteger(value)) throw new Unproved("not_a_record");
      return encodeInt(BigInt(value as number));
    case "bytes": {
      const content = fromHex(text(value));
      return concat(sized([0xc4, 0xc5, 0xc6], content.length), content);
    }
    case "text":
    case "choice": {
      const content = fromText(text(value));
      const length = content.length;
      return concat(length < 32 ? Uint8Array.of(0xa0 | length) : sized([0xd9, 0xda, 0xdb], length), content);
    }
    case "bool":
      return Uint8Array.of(value === true ? 0xc3 : 0xc2);
    case "optional":
      return value === null ? Uint8Array.of(0xc0) : encode(shape.of, value);
    case "list":
      if (!Array.isArray(value)) throw new Unproved("not_a_record");
      return encodeArray(value.map((item) => encode(shape.of, item)));
    case "record": {
      if (value === null || typeof value !== "object") throw new Unproved("not_a_record");
      const fields = value as Readonly<Record<string, unknown>>;
      return encodeArray(Object.entries(shape.fields).map(([name, of]) => encode(of, fields[name])));
    }
  }
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new Unproved("not_a_record");
  return value;
}

function encodeArray(items: readonly Bytes[]): Bytes {
  const head = items.length < 16 ? Uint8Array.of(0x90 | items.length) : sized([undefined, 0xdc, 0xdd], items.length);
  return concat(head, ...items);
}

/** Writes a length after the first of the codes for one, two and four bytes that holds it. */
function sized([one, two, four]: readonly [number | undefined, number, number], length: number): Bytes {
  if (one !== undefined && length < 0x100) return Uint8Array.of(one, length);
  if (length < 0x10000) return Uint8Array.of(two, length >> 8, length & 0xff);
  return concat(Uint8Array.of(four), bigEndian(BigInt(length), 4));
}

function encodeInt(number: bigint): Bytes {
  if (-32n <= number && number < 128n) return bigEndian(number, 1);
  const [code, fits] = number >= 0n ? [0xcc, BigInt.asUintN] : [0xd0, BigInt.asIntN];
  const size = [0, 1, 2, 3].find((power) => fits(8 << power, number) === number);
  if (size === undefined) throw new Unproved("not_a_record");
  return concat(Uint8Array.of(code + size), bigEndian(number, 1 << size));
}

function bigEndian(number: bigint, width: number): Bytes {
  return Uint8Array.from({ length: width }, (_, at) => Number((number >> BigInt(8 * (width - 1 - at))) & 0xffn));
}

/** Reads values from the front; how deep it goes and how much it makes is bound by the shape and the bytes. */
class Reader {
  readonly #data: Bytes;
  #at = 0;

  constructor(data: Bytes) {
    this.#data = data;
  }

  isAtEnd(): boolean {
    return this.#at === this.#data.length;
  }

  value(shape: Shape): Value {
    switch (shape.kind) {
      case "int":
        return this.#int(shape);
      case "bytes":
        return toHex(this.#take(within(this.#length({ 0xc4: 1, 0xc5: 2, 0xc6: 4 }), shape)));
      case "text": {
        const text = this.#text();
        within([...text].length, shape);
        return text;
      }
      case "choice": {
        const text = this.#text();
        if (!shape.among.includes(text)) throw new Unproved("not_a_record");
        return text;
      }
      case "bool":
        return this.#bool();
      case "optional":
        if (this.#data[this.#at] !== 0xc0) return this.value(shape.of);
        this.#at += 1;
        return null;
      case "list": {
        const items = within(this.#length({ 0xdc: 2, 0xdd: 4 }, { from: 0x90, high: 15 }), shape);
        return Array.from({ length: items }, () => this.value(shape.of));
      }
      case "record":
        return this.#record(shape.fields);
    }
  }

  #record(fields: Readonly<Record<string, Shape>>): Value {
    const shapes = Object.entries(fields);
    const length = this.#length({ 0xdc: 2, 0xdd: 4 }, { from: 0x90, high: 15 });
    if (length !== shapes.length) throw new Unproved("not_a_record");
    return Object.fromEntries(shapes.map(([name, shape]) => [name, this.value(shape)]));
  }

  #int({ low, high }: { readonly low: number; readonly high: number }): number {
    const number = this.#number();
    if (number < BigInt(low) || number > BigInt(high)) throw new Unproved("not_a_record");
    return Number(number);
  }

  #number(): bigint {
    const code = this.#byte();
    if (code < 0x80) return BigInt(code);
    if (code >= 0xe0) return BigInt(code - 0x100);
    if (code >= 0xcc && code <= 0xcf) return this.#unsigned(1 << (code - 0xcc));
    if (code >= 0xd0 && code <= 0xd3) {
      const width = 1 << (code - 0xd0);
      return BigInt.asIntN(8 * width, this.#unsigned(width));
    }
    throw new Unproved("not_a_record");
  }

  #bool(): boolean {
    const code = this.#byte();
    if (code !== 0xc2 && code !== 0xc3) throw new Unproved("not_a_record");
    return code === 0xc3;
  }

  #text(): string {
    return toText(this.#take(this.#length({ 0xd9: 1, 0xda: 2, 0xdb: 4 }, { from: 0xa0, high: 31 })));
  }

  /** Reads a length from its code: one that holds it, or one by which so many bytes hold it. */
  #length(widths: Readonly<Record<number, number>>, short?: { from: number; high: number }): number {
    const code = this.#byte();
    if (short !== undefined && code >= short.from && code <= short.from + short.high) return code - short.from;
    const width = widths[code];
    if (width === undefined) throw new Unproved("not_a_record");
    const length = Number(this.#unsigned(width));
    // Whatever follows takes a byte at least for each item.
    if (length > this.#data.length - this.#at) throw new Unproved("not_a_record");
    return length;
  }

  #unsigned(width: number): bigint {
    return this.#take(width).reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
  }

  #byte(): number {
    return this.#take(1)[0] as number;
  }

  #take(length: number): Bytes {
    const taken = this.#data.slice(this.#at, this.#at + length);
    if (taken.length !== length) throw new Unproved("not_a_record");
    this.#at += length;
    return taken;
  }
}

function within(length: number, { low, high }: { readonly low: number; readonly high: number }): number {
  if (length < low || length > high) throw new Unproved("not_a_record");
  return length;
}
