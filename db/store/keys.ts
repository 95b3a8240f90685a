import { findKey, readKey, readKeys } from '#db/reads/keys.ts';
import { type NewKey, type Rotation, recordKey, revokeKey, rotateKey, touchKey } from '#db/transactions/keys.ts';
import type { Actor } from '#db/transactions/request.ts';
import type { Runs } from './run.ts';

export function keys({ read, accept, upkeep }: Runs) {
  return {
    findKey: (digest: string) => read('key by digest', (context) => findKey(context, digest)),
    readKey: (id: string) => read('key', (context) => readKey(context, id)),
    /** Newest first, only those older than the one with this id. */
    readKeys: (filter: { after?: string | undefined; limit: number }) =>
      read('keys', (context) => readKeys(context, filter)),
    recordKey: (wanted: NewKey, actor: Actor) => accept('record key', (context) => recordKey(context, wanted, actor)),
    rotateKey: (rotation: Rotation, actor: Actor) =>
      accept('rotate key', (context) => rotateKey(context, rotation, actor)),
    revokeKey: (id: string, actor: Actor) => accept('revoke key', (context) => revokeKey(context, id, actor)),
    touchKey: (id: string, now: Date) => upkeep('touch key', (context) => touchKey(context, id, now)),
  };
}
