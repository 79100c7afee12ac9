/** What a page asks for: one answer, or a list page by page; with what went wrong. */

import { address, ask, type Problem, problemOf } from "../api/ask";
import type { Page } from "../api/types";
import { stream } from "../stream/stream.svelte";

/** Pages ask again at most so often, however fast the network is. */
const PAUSE_MS = 1500;

export interface Loaded<T> {
  readonly data: T | undefined;
  readonly problem: Problem | undefined;
  readonly loading: boolean;
  reload(): void;
}

/** Asks when the page opens, and again when something changes that `fetch` reads at once; null asks nothing. */
export function load<T>(fetch: () => Promise<T> | null): Loaded<T> {
  let data = $state.raw<T>();
  let problem = $state.raw<Problem>();
  let loading = $state(true);
  let turn = $state(0);

  $effect(() => {
    void turn;
    let current = true;
    const answer = fetch();
    if (!answer) return;
    loading = true;
    answer
      .then((value) => {
        if (current) [data, problem] = [value, undefined];
      })
      .catch((thrown: unknown) => {
        if (current) problem = problemOf(thrown);
      })
      .finally(() => {
        if (current) loading = false;
      });
    return () => (current = false);
  });

  return {
    get data() {
      return data;
    },
    get problem() {
      return problem;
    },
    get loading() {
      return loading;
    },
    reload: () => (turn += 1),
  };
}

export interface Listed<T> extends Loaded<T[]> {
  readonly more: boolean;
  next(): Promise<void>;
}

type Values = Record<string, string | number | null | undefined>;

/** Asks for a list; `next` asks for what follows. What is new while only the first page shows comes by `reload`. */
export function list<T>(from: () => { path: string; values?: Values } | null, asking = ask<Page<T>>): Listed<T> {
  let rest = $state.raw<T[]>([]);
  let cursor = $state.raw<string | null | undefined>();
  const first = load<Page<T>>(() => {
    const source = from();
    rest = [];
    cursor = undefined;
    return source && asking(address(source.path, source.values));
  });
  const following = $derived(cursor === undefined ? (first.data?.next ?? null) : cursor);

  return {
    get data() {
      return first.data && [...first.data.items, ...rest];
    },
    get problem() {
      return first.problem;
    },
    get loading() {
      return first.loading;
    },
    get more() {
      return following !== null;
    },
    reload() {
      if (!rest.length) first.reload();
    },
    async next() {
      const source = from();
      if (!source || following === null) return;
      const page = await asking(address(source.path, { ...source.values, cursor: following }));
      rest = [...rest, ...page.items];
      cursor = page.next;
    },
  };
}

export interface When {
  /** Whether an event of this type is worth asking again. */
  fits?: (type: string) => boolean;
  /** For what is costly to answer. */
  pause_ms?: number;
}

/** Calls back soon after the network has something new, for as long as the page is open; a hidden one waits until it is seen. */
export function whenNew(kind: "block" | "chain", callback: () => void, { fits, pause_ms = PAUSE_MS }: When = {}): void {
  $effect(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    let missed = false;
    const soon = (): void => {
      waiting ??= setTimeout(() => {
        waiting = undefined;
        missed = document.hidden;
        if (!missed) callback();
      }, pause_ms);
    };
    const seen = (): void => {
      if (!document.hidden && missed) soon();
    };
    document.addEventListener("visibilitychange", seen);
    const ends = [
      kind === "block" ? stream.on("block", soon) : stream.on("chain", ({ type }) => (!fits || fits(type)) && soon()),
      stream.on("reset", soon),
      () => document.removeEventListener("visibilitychange", seen),
    ];
    return () => {
      clearTimeout(waiting);
      for (const end of ends) end();
    };
  });
}

/** Lays the fields of a row's record beside its own, so that both are read alike. */
export function flat<T>(row: unknown): T {
  const { record, ...own } = row as { record?: object };
  return { ...record, ...own } as T;
}
