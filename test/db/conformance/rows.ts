import type { Store } from '#db/store.ts';
import { missing } from './fixture.ts';

/** Reads the rows of the test's store by id or name; each throws if there is none. */
export function rowsOf(my: { readonly store: Store }) {
  return {
    job: async (id: string) => (await my.store.readJob(id)) ?? missing(id),
    server: async (id: string) => (await my.store.readServer(id))?.server ?? missing(id),
    machine: async (name: string) => (await my.store.readMachine(name))?.machine ?? missing(name),
    /** The newest entry of the server's history. */
    last: async (id: string) => (await my.store.readHistory(id, 0, 100)).at(-1),
    /** The server's history, oldest first, as `event kind`. */
    events: async (id: string) =>
      (await my.store.readHistory(id, 0, 100)).map(({ event, detail }) => `${event} ${kindIn(detail)}`.trim()),
  };
}

function kindIn(detail: unknown): string {
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? String(detail.kind) : '';
}
