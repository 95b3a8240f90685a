import { type Owner, sameOwner } from '#queues/ports/provider.ts';

const productName = 'ghostifi';
const partPattern = /^[a-zA-Z0-9_-]+$/;
const installationLabel = `${productName}-installation`;
const serverLabel = `${productName}-server`;
/** Kubernetes' grammar of label values, without the empty value, and without dots, since tags allow none. */
const labelPattern = /^[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?$/;

/**
 * The tag of every machine of an installation. Like `serverTag`, it matches DigitalOcean's grammar, which is the
 * strictest: `^[a-zA-Z0-9_\-:]+$`. Throws a RangeError for an installation with other characters.
 */
export function installationTag(installation: string): string {
  return `${productName}:${part('installation', installation)}`;
}

/** The tag of every machine of one server, in all generations. */
export function serverTag(owner: Owner): string {
  return `${installationTag(owner.installation)}:${part('server id', owner.serverId)}`;
}

/** The tags of a new machine of this owner. */
export function ownerTags(owner: Owner): readonly string[] {
  return [installationTag(owner.installation), serverTag(owner)];
}

/** null: no tag names an owner, or two tags name different owners. */
export function readOwner(tags: readonly string[]): Owner | null {
  const owners = tags.map(ownerIn).filter((owner) => owner !== null);
  const [first] = owners;
  if (first === undefined) return null;
  return owners.every((owner) => sameOwner(owner, first)) ? first : null;
}

/** The tags as labels, for providers without tags (Hetzner). */
export function ownerLabels({ installation, serverId }: Owner): Readonly<Record<string, string>> {
  return {
    [installationLabel]: labelValue('installation', installation),
    [serverLabel]: labelValue('server id', serverId),
  };
}

/** The label selector of one installation's machines. */
export function installationSelector(installation: string): string {
  return `${installationLabel}=${labelValue('installation', installation)}`;
}

/** The label selector of one server's machines. */
export function serverSelector({ installation, serverId }: Owner): string {
  return `${installationSelector(installation)},${serverLabel}=${labelValue('server id', serverId)}`;
}

/** null: the labels name no owner. */
export function readOwnerLabels(labels: Readonly<Record<string, string>>): Owner | null {
  const [installation, serverId] = [labels[installationLabel], labels[serverLabel]];
  return installation && serverId ? { installation, serverId } : null;
}

function ownerIn(tag: string): Owner | null {
  const [product, installation, serverId, ...rest] = tag.split(':');
  if (product !== productName || !installation || !serverId || rest.length > 0) return null;
  return { installation, serverId };
}

function part(what: string, value: string): string {
  if (partPattern.test(value)) return value;
  throw new RangeError(
    `The ${what} "${value}" cannot be written in a tag: use letters, digits, dashes and underscores.`,
  );
}

function labelValue(what: string, value: string): string {
  if (labelPattern.test(value)) return value;
  throw new RangeError(
    `The ${what} "${value}" cannot be written in a label: use at most 63 letters, digits, dashes and underscores; the first and last must be a letter or digit.`,
  );
}
