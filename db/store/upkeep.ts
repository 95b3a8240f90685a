import { readAlerts, readTroubles } from '#db/reads/alerts.ts';
import { readConcerned } from '#db/reads/concerned.ts';
import { readDeviceLabels } from '#db/reads/device-labels.ts';
import { countForeignMachines } from '#db/reads/figures.ts';
import { readEmptied, readMachine, readMachines, readOrderedRemoval } from '#db/reads/inventory.ts';
import { readSilence } from '#db/reads/ordering.ts';
import { readSetting } from '#db/reads/settings.ts';
import { readSwitches } from '#db/reads/switches.ts';
import { readSealed, readSealedSamples, readServerWithKeys } from '#db/reads/vpn-keys.ts';
import { foldedCustomersSetting, type Ordering, type Sale, type Setting } from '#db/settings.ts';
import type { RecordedAlert, SilentMachine } from '#db/tables.ts';
import { clearAlert, holdAlert, raiseAlert, replaceAlerts } from '#db/transactions/alerts.ts';
import { type Labelling, labelDevice } from '#db/transactions/device-labels.ts';
import { type NewEvent, recordEvent } from '#db/transactions/events.ts';
import { type CustomersPage, type FoldedPage, foldPage } from '#db/transactions/fold-customers.ts';
import { takeLease } from '#db/transactions/leases.ts';
import {
  markMachineGone,
  orderRemoval,
  type Removal,
  type RemovalOrder,
  recordRemoval,
} from '#db/transactions/machines.ts';
import { recordSilent } from '#db/transactions/ordering.ts';
import type { Actor } from '#db/transactions/request.ts';
import { type Resealing, reseal } from '#db/transactions/reseal.ts';
import { claimInstallation, putSetting } from '#db/transactions/settings.ts';
import { changeQueue, changeSale, resumeOrdering, type SwitchedQueue } from '#db/transactions/switches.ts';
import { type Run, type Runs, slices } from './run.ts';

export function alerts(read: Run, upkeep: Run) {
  return {
    readTroubles: (since: { unservedSince: Date; slowSince: Date }) =>
      read('troubles', (context) => readTroubles(context, since)),
    readAlerts: (kind: string) => read('alerts', (context) => readAlerts(context, kind)),
    readConcerned: (serverIds: readonly string[]) => read('concerned', (context) => readConcerned(context, serverIds)),
    /** Alerts that a process holds stay. */
    replaceAlerts: (kinds: readonly string[], alerts: readonly RecordedAlert[], now: Date) =>
      upkeep('replace alerts', (context) => replaceAlerts(context, { kinds, alerts, now })),
    raiseAlert: (alert: RecordedAlert) => upkeep('raise alert', (context) => raiseAlert(context, alert)),
    /** Keeps `clearAlert` from removing the alert until then. */
    holdAlert: (id: string, until: Date) => upkeep('hold alert', (context) => holdAlert(context, id, until)),
    clearAlert: (id: string, now: Date) => upkeep('clear alert', (context) => clearAlert(context, id, now)),
  };
}

export function inventory({ read, accept, upkeep }: Runs) {
  return {
    readMachines: (provider: string) => readMachines(slices(read, 'machines'), provider),
    readEmptied: (since: Date) => read('emptied', (context) => readEmptied(context, since)),
    readMachine: (name: string) => read('machine', (context) => readMachine(context, name)),
    countForeignMachines: (provider: string) => countForeignMachines(slices(read, 'foreign machines'), provider),
    markMachineGone: (machineId: string, now: Date) =>
      upkeep('mark machine gone', (context) => markMachineGone(context, machineId, now)),
    orderRemoval: (order: RemovalOrder) => accept('order removal', (context) => orderRemoval(context, order)),
    recordRemoval: (removal: Removal) => upkeep('record removal', (context) => recordRemoval(context, removal)),
    readOrderedRemoval: (providerId: string) =>
      read('ordered removal', (context) => readOrderedRemoval(context, providerId)),
  };
}

export function ordering(read: Run, upkeep: Run) {
  return {
    recordSilent: (machines: readonly SilentMachine[], keptSince: Date) =>
      upkeep('record silent machines', (context) => recordSilent(context, machines, keptSince)),
    readSilence: (provider: string, last: number) => read('silence', (context) => readSilence(context, provider, last)),
  };
}

export function switches(accept: Run) {
  return {
    changeSale: (sale: Sale, actor: Actor) => accept('change sale', (context) => changeSale(context, sale, actor)),
    changeQueue: (change: SwitchedQueue, actor: Actor) =>
      accept('change queue', (context) => changeQueue(context, change, actor)),
    resumeOrdering: (ordering: Ordering, actor: Actor) =>
      accept('resume ordering', (context) => resumeOrdering(context, ordering, actor)),
  };
}

export function settings({ read, accept, upkeep }: Runs) {
  return {
    readSetting: <T>(setting: Setting<T>) => read('setting', (context) => readSetting(context, setting)),
    readSwitches: () => read('switches', readSwitches),
    putSetting: <T>(setting: Setting<T>, value: T, now: Date) =>
      upkeep('put setting', (context) => putSetting(context, setting, { value, now })),
    /** Records something that changes no row. */
    recordEvent: (event: NewEvent) => accept('record event', (context) => recordEvent(context, event)),
    claimInstallation: (installation: string, now: Date) =>
      upkeep('claim installation', (context) => claimInstallation(context, installation, now)),
    takeLease: (name: string, holder: string, lease: { now: Date; forMs: number }) =>
      upkeep('take lease', (context) => takeLease(context, { name, holder, ...lease })),
  };
}

const customersPerPage = 2_000;

export function customers(read: Run, upkeep: Run) {
  return {
    /**
     * Writes the folded forms of customers that an older version has left out. One transaction per 2,000 servers, since
     * each blocks the event loop on SQLite. Returns how many it wrote. A call after a kill continues.
     */
    foldCustomers: async (now: Date) => {
      const place = await read('setting', (context) => readSetting(context, foldedCustomersSetting));
      let written = 0;
      for (let after: string | null = place?.value ?? ''; after !== null; ) {
        const page: CustomersPage = { after, limit: customersPerPage, now };
        const folded: FoldedPage = await upkeep('fold customers', (context) => foldPage(context, page));
        written += folded.written;
        after = folded.last;
      }
      return written;
    },
  };
}

export function vpnKeys({ read, accept, upkeep }: Runs) {
  return {
    readServerWithKeys: (id: string) => read('server with keys', (context) => readServerWithKeys(context, id)),
    /** One sealed text for each distinct prefix of that length. */
    readSealedSamples: (prefixLength: number) =>
      read('sealed samples', (context) => readSealedSamples(context, prefixLength)),
    readSealed: (after: string, limit: number) => read('sealed', (context) => readSealed(context, after, limit)),
    readDeviceLabels: (serverId: string) => read('device labels', (context) => readDeviceLabels(context, serverId)),
    labelDevice: (labelling: Labelling, actor: Actor) =>
      accept('label device', (context) => labelDevice(context, labelling, actor)),
    reseal: (resealings: readonly Resealing[]) => upkeep('reseal', (context) => reseal(context, resealings)),
  };
}
