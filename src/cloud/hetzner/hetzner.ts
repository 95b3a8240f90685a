import { z } from 'zod';
import type { CloudMachine, MachineSpec, Owner, Provider } from '#queues/ports/provider.ts';
import type { DriverOptions } from '#src/cloud/driver-options.ts';
import { type CloudHttp, cloudHttp } from '#src/cloud/http-client.ts';
import { listIntervals } from '#src/cloud/list-interval.ts';
import { matching, named, ofInstallation } from '#src/cloud/matching.ts';
import { everyNumberedPage } from '#src/cloud/numbered-pages.ts';
import { nullIfNotFound, numberedPath } from '#src/cloud/one-machine.ts';
import { installationSelector, ownerLabels, serverSelector } from '#src/cloud/owner-tags.ts';
import { imagesFor, type SystemImages } from '#src/cloud/system-images.ts';
import {
  errorMessageIn,
  imagesPage,
  locationsPage,
  machineAnswer,
  machinesPage,
  pricingAnswer,
  serverTypesPage,
} from './answers.ts';
import { catalogueOf } from './catalogue.ts';
import { isNotFound, meaningOf } from './errors.ts';
import { projectIdentity } from './project.ts';

/** The names of the system images in GET /images; the same for x86 and Arm. */
export const systemImages: SystemImages = { debian13: 'debian-13', debian12: 'debian-12', ubuntu2404: 'ubuntu-24.04' };
/** "The maximum value is 50 except otherwise specified." */
const perPage = 50;
/** Hetzner documents no lag. Names are unique, so an early listing costs a rejected order, never a second machine. */
const defaultListLagMs = 5_000;
/** Hetzner documents no such time, and nobody reports one. The same as for the others: it can only delay. */
const shownWithinMs = 120_000;
/**
 * The wait after a 429. RateLimit-Reset is the time when all 3600 requests are available again; one becomes available
 * each second. After 15 s there are enough for the jobs that continue.
 */
const waitMs = 15_000;
/** "3600 requests per hour" for a project, which may use them up at any rate. */
const budget = { callsPerHour: 3600, burstPerHour: 4 * 3600, perPage };

/** Hetzner Cloud's API v1; each key belongs to one project. */
export function hetzner(options: DriverOptions): Provider {
  const apiUrl = options.apiUrl.replace(/\/+$/, '');
  const http = cloudHttp({
    ...options,
    apiUrl,
    provider: options.name,
    errorMessageIn,
    meaningOf,
    waitIn: () => waitMs,
  });
  const now = options.now ?? (() => new Date());
  const images = imagesFor(options.image, systemImages);
  return {
    name: options.name,
    images,
    listLagMs: options.listLagMs ?? defaultListLagMs,
    shownWithinMs,
    ...listIntervals(budget),
    account: (signal) => projectIdentity(http, signal),
    list: (installation, signal) => list(http, installation, signal),
    find: (name, owner, signal) => find(http, { name, owner }, signal),
    findNamed: async (name, signal) => named(name, await machines(http, { name }, signal)),
    get: (id, signal) => get(http, id, signal),
    create: (spec, signal) => create(http, { image: images[0], ...spec }, signal),
    remove: (id, signal) => remove(http, id, signal),
    // Only a rebuild, which wipes the disk, changes user data. No API call reads it; the metadata service does.
    forgetUserData: async () => null,
    forgetOwner: null,
    catalogue: (signal) => catalogue(http, now(), signal),
  };
}

async function list(http: CloudHttp, installation: string, signal: AbortSignal): Promise<readonly CloudMachine[]> {
  return ofInstallation(
    installation,
    await machines(http, { label_selector: installationSelector(installation) }, signal),
  );
}

async function find(
  http: CloudHttp,
  { name, owner }: { readonly name: string; readonly owner: Owner },
  signal: AbortSignal,
): Promise<readonly CloudMachine[]> {
  const labelled = await machines(http, { label_selector: serverSelector(owner) }, signal);
  const named = await machines(http, { name }, signal);
  return matching(name, owner, [...labelled, ...named]);
}

async function get(http: CloudHttp, id: string, signal: AbortSignal): Promise<CloudMachine | null> {
  const call = { method: 'GET', path: numberedPath('/servers', id), answer: machineAnswer, signal } as const;
  return (await nullIfNotFound(http(call), isNotFound))?.server ?? null;
}

/** Sends `location`, since `datacenter` is deprecated. */
async function create(
  http: CloudHttp,
  { image, ...spec }: Required<MachineSpec>,
  signal: AbortSignal,
): Promise<CloudMachine> {
  const body = {
    name: spec.name,
    location: spec.location,
    server_type: spec.plan,
    image,
    labels: ownerLabels(spec.owner),
    public_net: { enable_ipv4: true, enable_ipv6: true },
    ...(spec.userData !== null && { user_data: spec.userData }),
  };
  const call = { method: 'POST', path: '/servers', body, answer: machineAnswer, signal, creates: true } as const;
  const { server } = await http(call);
  return server;
}

async function remove(http: CloudHttp, id: string, signal: AbortSignal): Promise<void> {
  const call = { method: 'DELETE', path: numberedPath('/servers', id), answer: z.unknown(), signal } as const;
  await nullIfNotFound(http(call), isNotFound);
}

async function catalogue(http: CloudHttp, now: Date, signal: AbortSignal) {
  const all = { filter: {}, perPage };
  const withDeprecated = { filter: { include_deprecated: 'true' }, perPage };
  const locations = await everyNumberedPage(http, { path: '/locations', page: locationsPage, ...all }, signal);
  const types = await everyNumberedPage(http, { path: '/server_types', page: serverTypesPage, ...all }, signal);
  const images = await everyNumberedPage(http, { path: '/images', page: imagesPage, ...withDeprecated }, signal);
  const { pricing } = await http({ method: 'GET', path: '/pricing', answer: pricingAnswer, signal });
  return catalogueOf({ locations, types, images, pricing, now });
}

/** Sorted by id, so that a new server comes last and moves no other to a later page. */
function machines(http: CloudHttp, filter: { label_selector: string } | { name: string }, signal: AbortSignal) {
  const listing = { path: '/servers', filter: { ...filter, sort: 'id:asc' }, page: machinesPage, perPage };
  return everyNumberedPage(http, listing, signal);
}
