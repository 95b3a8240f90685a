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
import { everyNumberedPage } from '#src/cloud/numbered-pages.ts';
import { nullIfNotFound, numberedPath } from '#src/cloud/one-machine.ts';
import { installationTag, ownerTags, serverTag } from '#src/cloud/owner-tags.ts';
import { resetMs } from '#src/cloud/retry-after.ts';
import { imagesFor } from '#src/cloud/system-images.ts';
import { accountAnswer, errorMessageIn, machineAnswer, machinesPage, regionsPage, sizesPage } from './answers.ts';
import { catalogueOf } from './catalogue.ts';
import { isNotFound, meaningOf } from './errors.ts';
import { listImages, systemImages } from './images.ts';
import { deleteServerTag } from './tags.ts';

/** The maximum of `per_page` in the API document. */
const perPage = 200;
/**
 * The API document says that tags are applied "after it is created", without a time. A GET right after a create may
 * return 404 (terraform-provider-digitalocean#378, #776). Lists omit new droplets at first (infrakit.digitalocean#9).
 * A minute's wait before an extra listing is cheaper than paying for a duplicate machine.
 */
const defaultListLagMs = 60_000;
/** Its provider for Terraform had to wait out the 404 of a new droplet (the issues above). Twice the lag of lists. */
const shownWithinMs = 120_000;
/** "5,000 requests per hour and 250 requests per minute" for a token. */
const budget = { callsPerHour: 5000, burstPerHour: 250 * 60, perPage };

/** DigitalOcean's API v2. It never uses the call that deletes all droplets with a tag. */
export function digitalocean(options: DriverOptions): Provider {
  const apiUrl = options.apiUrl.replace(/\/+$/, '');
  const http = cloudHttp({ ...options, apiUrl, provider: options.name, errorMessageIn, meaningOf, waitIn });
  const listLagMs = options.listLagMs ?? defaultListLagMs;
  const now = options.now ?? (() => new Date());
  const images = imagesFor(options.image, systemImages);
  const decided = (found: readonly CloudMachine[], name: string) => {
    assertDecided(found, name, now().getTime() - listLagMs);
    return found;
  };
  return {
    name: options.name,
    images,
    listLagMs,
    shownWithinMs,
    ...listIntervals(budget),
    account: (signal) => account(http, signal),
    list: (installation, signal) => list(http, installation, signal),
    find: async (name, owner, signal) => decided(await find(http, { name, owner }, signal), name),
    findNamed: async (name, signal) => decided(named(name, await machines(http, { name }, signal)), name),
    get: (id, signal) => get(http, id, signal),
    create: (spec, signal) => create(http, { image: images[0], ...spec }, signal),
    remove: (id, signal) => remove(http, id, signal),
    // No API call changes or reads a droplet's user data; only the droplet's own metadata service returns it.
    forgetUserData: async () => null,
    forgetOwner: (owner, signal) => deleteServerTag(http, owner, signal),
    catalogue: (signal) => catalogue(http, signal),
  };
}

/** The header holds "the time when the oldest request will expire". From that time on, one more request is allowed. */
function waitIn(headers: Headers, now: Date): number | undefined {
  return resetMs(headers.get('ratelimit-reset'), now);
}

/** Droplets belong to a team. Accounts older than teams have none; there the user owns them. */
async function account(http: CloudHttp, signal: AbortSignal): Promise<string> {
  const { account } = await http({ method: 'GET', path: '/account', answer: accountAnswer, signal });
  return fingerprint(account.team?.uuid ?? account.uuid);
}

async function list(http: CloudHttp, installation: string, signal: AbortSignal): Promise<readonly CloudMachine[]> {
  return ofInstallation(installation, await machines(http, { tag_name: installationTag(installation) }, signal));
}

/** Lists twice: `tag_name` and `name` cannot be combined, and a new droplet gets its name before its tags. */
async function find(
  http: CloudHttp,
  { name, owner }: { readonly name: string; readonly owner: Owner },
  signal: AbortSignal,
): Promise<readonly CloudMachine[]> {
  const tagged = await machines(http, { tag_name: serverTag(owner) }, signal);
  const named = await machines(http, { name }, signal);
  return matching(name, owner, [...tagged, ...named]);
}

/** Throws `busy` if a new droplet has our name and no tags: it may still get our tags. */
function assertDecided(found: readonly CloudMachine[], name: string, youngSince: number): void {
  const young = found.find((machine) => machine.owner === null && machine.createdAt.getTime() > youngSince);
  if (young === undefined) return;
  throw new ProviderError('busy', `Droplet ${young.id} has the name ${name} and no tags yet: it may be ours.`);
}

async function get(http: CloudHttp, id: string, signal: AbortSignal): Promise<CloudMachine | null> {
  const call = { method: 'GET', path: numberedPath('/droplets', id), answer: machineAnswer, signal } as const;
  return (await nullIfNotFound(http(call), isNotFound))?.droplet ?? null;
}

/** Leaves out DigitalOcean's monitoring and console agents: they delay the boot and are not used. */
async function create(
  http: CloudHttp,
  { image, ...spec }: Required<MachineSpec>,
  signal: AbortSignal,
): Promise<CloudMachine> {
  const body = {
    name: spec.name,
    region: spec.location,
    size: spec.plan,
    // A private image has no slug.
    image: /^\d+$/.test(image) ? Number(image) : image,
    tags: ownerTags(spec.owner),
    ipv6: true,
    backups: false,
    monitoring: false,
    with_droplet_agent: false,
    ...(spec.userData !== null && { user_data: spec.userData }),
  };
  const call = { method: 'POST', path: '/droplets', body, answer: machineAnswer, signal, creates: true } as const;
  const { droplet } = await http(call);
  return droplet;
}

async function remove(http: CloudHttp, id: string, signal: AbortSignal): Promise<void> {
  const call = { method: 'DELETE', path: numberedPath('/droplets', id), answer: z.unknown(), signal } as const;
  await nullIfNotFound(http(call), isNotFound);
}

async function catalogue(http: CloudHttp, signal: AbortSignal) {
  const regions = await everyNumberedPage(http, { path: '/regions', filter: {}, page: regionsPage, perPage }, signal);
  const sizes = await everyNumberedPage(http, { path: '/sizes', filter: {}, page: sizesPage, perPage }, signal);
  const images = await listImages(http, perPage, signal);
  return { ...catalogueOf(regions, sizes), ...(images && { images }) };
}

function machines(http: CloudHttp, filter: { tag_name: string } | { name: string }, signal: AbortSignal) {
  return everyNumberedPage(http, { path: '/droplets', filter, page: machinesPage, perPage }, signal);
}
