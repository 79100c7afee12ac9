/** The pages of the console, in the order of the navigation. */

import type { IconName } from "../parts/Icon.svelte";
import type { Key } from "../words/words.svelte";

export interface PageEntry {
  /** First part of the route; empty for the first page. */
  folder: string;
  route: string;
  title: Key;
  icon: IconName;
  /** The letter that leads there after `g`. */
  key: string;
  /** Other first parts that belong to the page. */
  also?: string[];
}

export const PAGES: PageEntry[] = [
  { folder: "", route: "#/", title: "nav.home", icon: "home", key: "h" },
  { folder: "map", route: "#/map", title: "nav.map", icon: "map", key: "m" },
  { folder: "chain", route: "#/chain", title: "nav.chain", icon: "chain", key: "c" },
  { folder: "recordings", route: "#/recordings", title: "nav.recordings", icon: "recording", key: "r" },
  { folder: "vehicles", route: "#/vehicles", title: "nav.vehicles", icon: "vehicle", key: "v" },
  { folder: "sharing", route: "#/sharing", title: "nav.sharing", icon: "share", key: "s", also: ["consents", "receipts"] },
  { folder: "token", route: "#/token", title: "nav.token", icon: "token", key: "t", also: ["accounts"] },
  { folder: "check", route: "#/check", title: "nav.check", icon: "check", key: "k" },
  { folder: "system", route: "#/system", title: "nav.system", icon: "system", key: "y" },
];
