/** How values stand in words: amounts, sizes, ids. Dates and numbers follow the chosen language. */

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const DID_PREFIX = "did:acc:";
export const UACC_PER_ACC = 1_000_000;
const LAST_MS = 253_402_300_799_999;

/** Writes an account's 40 hexadecimal digits as its DID. */
export function did(account: string): string {
  let bits = 0;
  let held = 0;
  let text = "";
  for (let at = 0; at + 1 < account.length; at += 2) {
    bits = (bits << 8) | Number.parseInt(account.slice(at, at + 2), 16);
    held += 8;
    while (held >= 5) {
      held -= 5;
      text += ALPHABET[(bits >> held) & 31];
    }
    bits &= (1 << held) - 1;
  }
  return DID_PREFIX + text;
}

/** Reads an account from its DID or its hexadecimal digits; null where it is neither. */
export function account(text: string): string | null {
  const plain = text.trim().toLowerCase();
  if (/^[0-9a-f]{40}$/.test(plain)) return plain;
  const body = plain.startsWith(DID_PREFIX) ? plain.slice(DID_PREFIX.length) : plain;
  if (!/^[a-z2-7]{32}$/.test(body)) return null;
  let bits = 0;
  let held = 0;
  let hex = "";
  for (const letter of body) {
    bits = (bits << 5) | ALPHABET.indexOf(letter);
    held += 5;
    if (held >= 8) {
      held -= 8;
      hex += ((bits >> held) & 255).toString(16).padStart(2, "0");
    }
    bits &= (1 << held) - 1;
  }
  return hex;
}

/** Shortens an id for the eye; the whole stands in its title. */
export function short(text: string): string {
  const body = text.startsWith(DID_PREFIX) ? text.slice(DID_PREFIX.length) : text;
  return body.length > 14 ? `${body.slice(0, 6)}…${body.slice(-4)}` : body;
}

export function number(value: number, locale: string, digits = 0): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}

/** Writes uacc as ACC, with as many decimals as there are. */
export function acc(uacc: number, locale: string): string {
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 6 }).format(uacc / UACC_PER_ACC)} ACC`;
}

/** Writes metres as kilometres, as an odometer shows them. */
export function km(metres: number, locale: string): string {
  return `${number(metres / 1000, locale)} km`;
}

export function bytes(size: number, locale: string): string {
  if (size < 1000) return `${size} B`;
  if (size < 1_000_000) return `${number(size / 1000, locale, 1)} kB`;
  return `${number(size / 1_000_000, locale, 1)} MB`;
}

/** Gives the date of a moment, at most the end of the year 9999: the chain takes later ones than JavaScript knows. */
export function date(time_ms: number): Date {
  return new Date(Math.min(time_ms, LAST_MS));
}

/** Writes a moment of the browser's own zone, to the second or to the minute. */
export function moment(time_ms: number, locale: string, seconds = true): string {
  const style = seconds ? "medium" : "short";
  const written = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: style, hourCycle: "h23" });
  return written.format(date(time_ms));
}

export function day(time_ms: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(date(time_ms));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];

/** Says how long ago or ahead a moment is. */
export function ago(time_ms: number, now_ms: number, locale: string): string {
  const off = date(time_ms).getTime() - now_ms;
  const [unit, size] = STEPS.find(([, step]) => Math.abs(off) >= step) ?? ["second", 1000];
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" }).format(Math.trunc(off / size), unit);
}

/** Makes words of a tag or a name: `traffic_management` becomes `traffic management`. */
export function words(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/_/g, " ")
    .toLowerCase();
}
