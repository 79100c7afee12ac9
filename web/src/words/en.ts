/** English: the dictionary that every other has the keys of. */

import { enChain } from "./en-chain";
import { enPages } from "./en-pages";

export const en = { ...enPages, ...enChain } as const;
