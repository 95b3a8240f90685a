import { readAlerts, readTroubles } from '#db/reads/alerts.ts';
import { countForeignMachines } from '#db/reads/figures.ts';
import { readEmptied, readMachine, readMachines, readOrderedRemoval } from '#db/reads/inventory.ts';
import { readSetting } from '#db/reads/settings.ts';
import { readSealed, readSealedSamples, readServerWithKeys } from '#db/reads/vpn-keys.ts';
import type { Sale, Setting } from '#db/settings.ts';
import type { RecordedAlert } from '#db/tables.ts';
import { clearAlert, holdAlert, raiseAlert, replaceAlerts } from '#db/transactions/alerts.ts';
import { forgetAnswers } from '#db/transactions/answers.ts';
import { type NewEvent, recordEvent } from '#db/transactions/events.ts';
import { takeLease } from '#db/transactions/leases.ts';
import {
  markMachineGone,
  orderRemoval,
  type Removal,
  type RemovalOrder,
  recordRemoval,
} from '#db/transactions/machines.ts';
import type { Actor } from '#db/transactions/request.ts';
import { type Resealing, reseal } from '#db/transactions/reseal.ts';
import { changeSale } from '#db/transactions/sale.ts';
import { claimInstallation, putSetting } from '#db/transactions/settings.ts';
import { type Run, slices } from './run.ts';

const answersPerPage = 1_000;

export function alerts(read: Run, upkeep: Run) {
  return {
    readTroubles: (since: { unservedSince: Date; slowSince: Date }) =>
      read('troubles', (context) => readTroubles(context, since)),
    readAlerts: (kind: string) => read('alerts', (context) => readAlerts(context, kind)),
    replaceAlerts: (kinds: readonly string[], alerts: readonly RecordedAlert[]) =>
      upkeep('replace alerts', (context) => replaceAlerts(context, kinds, alerts)),
    raiseAlert: (alert: RecordedAlert) => upkeep('raise alert', (context) => raiseAlert(context, alert)),
    /** Keeps `clearAlert` from removing the alert until then. */
    holdAlert: (id: string, until: Date) => upkeep('hold alert', (context) => holdAlert(context, id, until)),
    clearAlert: (id: string, now: Date) => upkeep('clear alert', (context) => clearAlert(context, id, now)),
  };
}

export function inventory(read: Run, upkeep: Run) {
  return {
    readMachines: (provider: string) => readMachines(slices(read, 'machines'), provider),
    readEmptied: (since: Date) => read('emptied', (context) => readEmptied(context, since)),
    readMachine: (name: string) => read('machine', (context) => readMachine(context, name)),
    countForeignMachines: (provider: string) => countForeignMachines(slices(read, 'foreign machines'), provider),
    markMachineGone: (machineId: string, now: Date) =>
      upkeep('mark machine gone', (context) => markMachineGone(context, machineId, now)),
    orderRemoval: (order: RemovalOrder) => upkeep('order removal', (context) => orderRemoval(context, order)),
    recordRemoval: (removal: Removal) => upkeep('record removal', (context) => recordRemoval(context, removal)),
    readOrderedRemoval: (providerId: string) =>
      read('ordered removal', (context) => readOrderedRemoval(context, providerId)),
  };
}

export function settings(read: Run, upkeep: Run) {
  return {
    readSetting: <T>(setting: Setting<T>) => read('setting', (context) => readSetting(context, setting)),
    putSetting: <T>(setting: Setting<T>, value: T, now: Date) =>
      upkeep('put setting', (context) => putSetting(context, setting, { value, now })),
    changeSale: (sale: Sale, actor: Actor) => upkeep('change sale', (context) => changeSale(context, sale, actor)),
    /** Records something that changes no row. */
    recordEvent: (event: NewEvent) => upkeep('record event', (context) => recordEvent(context, event)),
    claimInstallation: (installation: string, now: Date) =>
      upkeep('claim installation', (context) => claimInstallation(context, installation, now)),
    takeLease: (name: string, holder: string, lease: { now: Date; forMs: number }) =>
      upkeep('take lease', (context) => takeLease(context, { name, holder, ...lease })),
    /** One transaction per 1,000 answers, since each blocks the event loop on SQLite. Returns how many it deleted. */
    forgetAnswers: async (before: Date) => {
      let forgotten = 0;
      for (let page = answersPerPage; page === answersPerPage; forgotten += page)
        page = await upkeep('forget answers', (context) => forgetAnswers(context, before, answersPerPage));
      return forgotten;
    },
  };
}

export function vpnKeys(read: Run, upkeep: Run) {
  return {
    readServerWithKeys: (id: string) => read('server with keys', (context) => readServerWithKeys(context, id)),
    /** One sealed text for each distinct prefix of that length. */
    readSealedSamples: (prefixLength: number) =>
      read('sealed samples', (context) => readSealedSamples(context, prefixLength)),
    readSealed: (after: string, limit: number) => read('sealed', (context) => readSealed(context, after, limit)),
    reseal: (resealings: readonly Resealing[]) => upkeep('reseal', (context) => reseal(context, resealings)),
  };
}
