/** English: the dictionary that every other has the keys of. */

import { enChain } from "./en-chain";
import { enIdentity } from "./en-identity";
import { enPages } from "./en-pages";

export const en = { ...enPages, ...enIdentity, ...enChain } as const;
