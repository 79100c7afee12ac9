/** Asks the API; what it refuses is thrown as a `Problem`. */

import type { ProblemBody } from "./types";

/** Why something was not done, in words, with what mends it. */
export class Problem extends Error {
  readonly body: ProblemBody;

  constructor(body: ProblemBody) {
    super(body.detail ?? body.title);
    this.body = body;
  }
}

/** Makes a problem of whatever was thrown, so that every page can show it in one way. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new Problem({ type: "about:blank", title: "unreachable", status: 0, detail });
}

type Values = Record<string, string | number | boolean | null | undefined>;

/** Builds an address under /api/v1; values that are empty are left out. */
export function address(path: string, values: Values = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return `/api/v1${path}${text ? `?${text}` : ""}`;
}

export interface Asking {
  method?: string;
  body?: unknown;
  /** The body as JSON already: what somebody else wrote is sent as it was written. */
  json?: string;
  token?: string | undefined;
  signal?: AbortSignal;
}

/** Asks for JSON. */
export async function ask<T>(url: string, asking: Asking = {}): Promise<T> {
  const response = await send(url, asking, "application/json");
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Asks for text, such as the metrics. */
export async function askText(url: string): Promise<string> {
  return (await send(url, {}, "text/plain")).text();
}

/** Asks for a file. */
export async function askFile(url: string, asking: Asking): Promise<Blob> {
  return (await send(url, asking, "*/*")).blob();
}

async function send(url: string, asking: Asking, accept: string): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  if (asking.token) headers["Authorization"] = `Bearer ${asking.token}`;
  const init: RequestInit = { method: asking.method ?? "GET", headers };
  const json = asking.json ?? (asking.body === undefined ? undefined : JSON.stringify(asking.body));
  if (json !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = json;
  }
  if (asking.signal) init.signal = asking.signal;
  const response = await fetch(url, init);
  if (response.ok) return response;
  throw new Problem(await refusalOf(response));
}

async function refusalOf(response: Response): Promise<ProblemBody> {
  const said: unknown = await response.json().catch(() => null);
  const body = said && typeof said === "object" ? (said as Partial<ProblemBody>) : {};
  return { type: "about:blank", title: response.statusText || `HTTP ${response.status}`, ...body, status: response.status };
}
