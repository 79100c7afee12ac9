/** The chosen language: every sentence of the console comes from here. */

import { words as plain } from "../format";
import { keep, kept } from "../state/view.svelte";
import { en } from "./en";

export type Key = keyof typeof en;
export type Dictionary = Record<Key, string>;
export type Language = "en" | "zh";

const LOCALES: Record<Language, string> = { en: "en-GB", zh: "zh-CN" };

class Words {
  language = $state<Language>("en");
  #dictionary = $state.raw<Dictionary>(en);

  get locale(): string {
    return LOCALES[this.language];
  }

  /** Changes the language; Chinese is fetched when it is first wanted. */
  async speak(language: Language): Promise<void> {
    this.#dictionary = language === "zh" ? (await import("./zh")).zh : en;
    this.language = language;
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    keep("language", language);
  }

  /** Begins in the language chosen before, or in the browser's. */
  async begin(): Promise<void> {
    const chosen = kept("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
    if (chosen === "zh") await this.speak("zh");
  }

  say(key: Key, values: Record<string, string | number> = {}): string {
    return this.#dictionary[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  }

  find(key: string): string | undefined {
    return (this.#dictionary as Record<string, string>)[key];
  }
}

export const spoken = new Words();

/** Says something in the chosen language. */
export function t(key: Key, values?: Record<string, string | number>): string {
  return spoken.say(key, values);
}

type Named =
  | "category"
  | "precision"
  | "purpose"
  | "role"
  | "kind"
  | "allocation"
  | "stage"
  | "step"
  | "handled"
  | "severity"
  | "ended"
  | "status";

/** Says a name of the chain's own, such as a purpose; one that has no translation stands in plain words. */
export function name(group: Named, value: string): string {
  return spoken.find(`${group}.${value}`) ?? plain(value);
}
