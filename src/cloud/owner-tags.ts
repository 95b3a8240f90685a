import { type Owner, sameOwner } from '#queues/ports/provider.ts';

const productName = 'ghostifi';
const partPattern = /^[a-zA-Z0-9_-]+$/;
const installationLabel = `${productName}-installation`;
const serverLabel = `${productName}-server`;
/** Kubernetes' grammar of label values, without the empty one and without dots, as in tags. */
const labelPattern = /^[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?$/;

/**
 * The tag that every machine of one installation carries. Like `serverTag`, it keeps to `^[a-zA-Z0-9_\-:]+$`,
 * the strictest grammar among the providers (DigitalOcean's). Throws a RangeError for an installation that cannot be
 * written in it.
 */
export function installationTag(installation: string): string {
  return `${productName}:${part('installation', installation)}`;
}

/** The tag that every machine of one server carries, whatever its generation. */
export function serverTag(owner: Owner): string {
  return `${installationTag(owner.installation)}:${part('server id', owner.serverId)}`;
}

/** The tags that a new machine of this owner is given. */
export function ownerTags(owner: Owner): readonly string[] {
  return [installationTag(owner.installation), serverTag(owner)];
}

/** null: none of the tags names an owner, or two of them name different ones. */
export function readOwner(tags: readonly string[]): Owner | null {
  const owners = tags.map(ownerIn).filter((owner) => owner !== null);
  const [first] = owners;
  if (first === undefined) return null;
  return owners.every((owner) => sameOwner(owner, first)) ? first : null;
}

/** The same as labels, for providers that have no tags (Hetzner). */
export function ownerLabels({ installation, serverId }: Owner): Readonly<Record<string, string>> {
  return {
    [installationLabel]: labelValue('installation', installation),
    [serverLabel]: labelValue('server id', serverId),
  };
}

/** What selects the machines of one installation by their labels. */
export function installationSelector(installation: string): string {
  return `${installationLabel}=${labelValue('installation', installation)}`;
}

/** What selects the machines of one server by their labels. */
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
    `The ${what} "${value}" cannot be written in a label: use at most 63 letters, digits, dashes and underscores, and begin and end with a letter or digit.`,
  );
}
