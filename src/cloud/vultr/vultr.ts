import { z } from 'zod';
import {
  type CloudMachine,
  type MachineSpec,
  type Owner,
  type Provider,
  ProviderError,
} from '#queues/ports/provider.ts';
import type { DriverOptions } from '#src/cloud/driver-options.ts';
import { fingerprint } from '#src/cloud/fingerprint.ts';
import { type CloudHttp, cloudHttp } from '#src/cloud/http-client.ts';
import { listIntervals } from '#src/cloud/list-interval.ts';
import { matching, named, ofInstallation } from '#src/cloud/matching.ts';
import { nullIfNotFound } from '#src/cloud/one-machine.ts';
import { installationTag, ownerTags, serverTag } from '#src/cloud/owner-tags.ts';
import { imagesFor, type SystemImages } from '#src/cloud/system-images.ts';
import {
  accountAnswer,
  errorMessageIn,
  isForSale,
  locationsPage,
  machineAnswer,
  machinesPage,
  plansPage,
  systemsPage,
  userDataAnswer,
} from './answers.ts';
import { isBeingRemoved, isNotFound, meaningOf } from './errors.ts';
import { everyPage } from './pages.ts';

/** The ids in GET /os of "Debian 13 x64 (trixie)", "Debian 12 x64 (bookworm)" and "Ubuntu 24.04 LTS x64". */
export const systemImages: SystemImages = { debian13: '2625', debian12: '2136', ubuntu2404: '2284' };
/** Vultr documents no lag. Waiting this long after a lost response is cheaper than paying for a duplicate machine. */
const defaultListLagMs = 10_000;
/**
 * A GET of a new instance may return 404 (terraform-provider-vultr#462: "instance not found" within 10 s of the create,
 * and none with a delay of 60 s). Twice that time.
 */
const shownWithinMs = 120_000;
/** "30 requests per second" for each calling IP address. */
const budget = { callsPerHour: 30 * 3600, burstPerHour: 30 * 3600, perPage: 500 };

/** Vultr's API v2. The simulator serves the same API at another address. */
export function vultr(options: DriverOptions): Provider {
  const apiUrl = options.apiUrl.replace(/\/+$/, '');
  const http = cloudHttp({ ...options, apiUrl, provider: options.name, errorMessageIn, meaningOf });
  const images = imagesFor(options.image, systemImages);
  return {
    name: options.name,
    images,
    listLagMs: options.listLagMs ?? defaultListLagMs,
    shownWithinMs,
    ...listIntervals(budget),
    account: (signal) => account(http, signal),
    list: (installation, signal) => list(http, installation, signal),
    find: (name, owner, signal) => find(http, { name, owner }, signal),
    findNamed: async (name, signal) => named(name, await machines(http, { label: name }, signal)),
    get: (id, signal) => get(http, id, signal),
    create: (spec, signal) => create(http, { image: images[0], ...spec }, signal),
    remove: (id, signal) => remove(http, id, signal),
    forgetUserData: (id, signal) => forgetUserData(http, id, signal),
    forgetOwner: null,
    catalogue: (signal) => catalogue(http, signal),
  };
}

async function account(http: CloudHttp, signal: AbortSignal): Promise<string> {
  const { account } = await http({ method: 'GET', path: '/account', answer: accountAnswer, signal });
  return fingerprint(account.name, account.email);
}

async function list(http: CloudHttp, installation: string, signal: AbortSignal): Promise<readonly CloudMachine[]> {
  return ofInstallation(installation, await machines(http, { tag: installationTag(installation) }, signal));
}

async function find(
  http: CloudHttp,
  { name, owner }: { readonly name: string; readonly owner: Owner },
  signal: AbortSignal,
): Promise<readonly CloudMachine[]> {
  const tagged = await machines(http, { tag: serverTag(owner) }, signal);
  const named = await machines(http, { label: name }, signal);
  return matching(name, owner, [...tagged, ...named]);
}

async function get(http: CloudHttp, id: string, signal: AbortSignal): Promise<CloudMachine | null> {
  const call = { method: 'GET', path: pathOf(id), answer: machineAnswer, signal } as const;
  return (await nullIfNotFound(http(call), isNotFound))?.instance ?? null;
}

async function create(
  http: CloudHttp,
  { image, ...spec }: Required<MachineSpec>,
  signal: AbortSignal,
): Promise<CloudMachine> {
  const body = {
    region: spec.location,
    plan: spec.plan,
    os_id: Number(image),
    label: spec.name,
    hostname: spec.name,
    tags: ownerTags(spec.owner),
    enable_ipv6: true,
    backups: 'disabled',
    activation_email: false,
    ...(spec.userData !== null && { user_data: base64(spec.userData) }),
  };
  const call = { method: 'POST', path: '/instances', body, answer: machineAnswer, signal, creates: true } as const;
  const { instance } = await http(call);
  return instance;
}

async function remove(http: CloudHttp, id: string, signal: AbortSignal): Promise<void> {
  const call = { method: 'DELETE', path: pathOf(id), answer: z.unknown(), signal } as const;
  await nullIfNotFound(http(call), (status, message) => isNotFound(status, message) || isBeingRemoved(message));
}

/**
 * Replaces the user data, which the metadata service and any key of the account can read, and reads it back to check.
 * The new user data does nothing. It is not empty, since Vultr may ignore an empty text.
 */
async function forgetUserData(http: CloudHttp, id: string, signal: AbortSignal): Promise<CloudMachine | null> {
  const path = pathOf(id);
  const body = { user_data: base64('#cloud-config\n{}\n') };
  const change = http({ method: 'PATCH', path, body, answer: machineAnswer, signal });
  const changed = await nullIfNotFound(change, isNotFound);
  if (changed === null) return null;
  const read = http({ method: 'GET', path: `${path}/user-data`, answer: userDataAnswer, signal });
  const now = await nullIfNotFound(read, isNotFound);
  if (now === null) return null;
  if (now.user_data.data === body.user_data) return changed.instance;
  throw new ProviderError('busy', `Vultr still returns the old user data of machine ${id} after its replacement.`);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Uses the `locations` of each plan. Reading the availability per region would cost 30 more calls. */
async function catalogue(http: CloudHttp, signal: AbortSignal) {
  const locations = await everyPage(http, { path: '/regions', filter: {}, page: locationsPage }, signal);
  const plans = await everyPage(http, { path: '/plans', filter: {}, page: plansPage }, signal);
  const systems = await everyPage(http, { path: '/os', filter: {}, page: systemsPage }, signal);
  return { locations, plans: plans.filter(isForSale), images: systems.map(({ id }) => id) };
}

function machines(http: CloudHttp, filter: { tag: string } | { label: string }, signal: AbortSignal) {
  return everyPage(http, { path: '/instances', filter, page: machinesPage }, signal);
}

/** Throws `rejected` for an id that would change the path: an empty id would address the whole listing. */
function pathOf(id: string): string {
  if (/^[a-zA-Z0-9-]+$/.test(id)) return `/instances/${id}`;
  throw new ProviderError('rejected', `"${id}" cannot be the id of a machine.`);
}
