/** Chinese, with the same keys as English. */

import type { Dictionary } from "./words.svelte";
import { zhChain } from "./zh-chain";
import { zhIdentity } from "./zh-identity";
import { zhPages } from "./zh-pages";

export const zh: Dictionary = { ...zhPages, ...zhIdentity, ...zhChain };
