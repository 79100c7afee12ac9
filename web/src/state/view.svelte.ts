/** What this browser chose, and where it looks: route, theme, time. */

export type Theme = "system" | "light" | "dark";

/** Keeps a choice in this browser; one that keeps nothing forgets it. */
export function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`autochain.${name}`);
    else localStorage.setItem(`autochain.${name}`, value);
  } catch {
    // Nothing depends on the choice being there the next time.
  }
}

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`autochain.${name}`);
  } catch {
    return null;
  }
}

class View {
  /** Parts of the route: `#/chain/main/blocks/7?raw=1` has four. */
  path = $state.raw<string[]>([]);
  query = $state.raw(new URLSearchParams());
  theme = $state<Theme>("system");
  now_ms = $state(Date.now());

  constructor() {
    const theme = kept("theme");
    if (theme === "light" || theme === "dark") this.theme = theme;
    this.#read();
    addEventListener("hashchange", () => this.#read());
    setInterval(() => (this.now_ms = Date.now()), 1000);
  }

  choose(theme: Theme): void {
    this.theme = theme;
    keep("theme", theme === "system" ? null : theme);
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }

  go(route: string): void {
    location.hash = route;
  }

  /** Changes one value of the route's query without a new step in the history. */
  set(name: string, value: string | null): void {
    const query = new URLSearchParams(this.query);
    if (value) query.set(name, value);
    else query.delete(name);
    const text = query.toString();
    history.replaceState(null, "", `#/${this.path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`);
    this.query = query;
  }

  #read(): void {
    const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
    this.path = path.split("/").filter(Boolean).map(decoded);
    this.query = new URLSearchParams(query);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const view = new View();
