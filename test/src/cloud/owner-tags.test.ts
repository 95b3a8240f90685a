import { describe, expect, it } from 'vitest';
import { ownerLabels, ownerTags, readOwner, readOwnerLabels, serverSelector } from '#src/cloud/owner-tags.ts';

const owner = { installation: 'prod', serverId: '01k-a' };

describe('owner tags', () => {
  it('are read back as their owner', () => {
    expect(readOwner(ownerTags(owner))).toEqual(owner);
  });

  it("fit the strictest provider's grammar", () => {
    for (const tag of ownerTags(owner)) expect(tag).toMatch(/^[a-zA-Z0-9_\-:]{1,255}$/);
  });

  it.each([[[]], [['web']], [['ghostifi:prod']], [['ghostifi:prod:a:b']], [['other:prod:a']], [['ghostifi::a']]])(
    'give no owner in %j',
    (tags) => {
      expect(readOwner(tags)).toBeNull();
    },
  );

  it('give no owner if two of them name different owners', () => {
    expect(readOwner(['ghostifi:prod:a', 'ghostifi:prod:b'])).toBeNull();
  });

  it('are found among other tags', () => {
    expect(readOwner(['web', ...ownerTags(owner), 'team:vpn:x'])).toEqual(owner);
  });

  it.each(['', 'a b', 'a:b', 'ä', 'a.b'])('cannot be made for an installation called "%s"', (installation) => {
    expect(() => ownerTags({ ...owner, installation })).toThrow(RangeError);
  });
});

describe('owner labels', () => {
  it('are read back as their owner, and select it', () => {
    expect(readOwnerLabels({ team: 'vpn', ...ownerLabels(owner) })).toEqual(owner);
    expect(serverSelector(owner)).toBe('ghostifi-installation=prod,ghostifi-server=01k-a');
  });

  it("fit Kubernetes' grammar", () => {
    const value = /^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$/;
    for (const part of Object.entries(ownerLabels(owner)).flat()) expect(part).toMatch(value);
  });

  it.each([
    {},
    { 'ghostifi-installation': 'prod' },
    { 'ghostifi-server': 'a' },
    { 'ghostifi-installation': '', 'ghostifi-server': 'a' },
  ])('give no owner in %j', (labels) => {
    expect(readOwnerLabels(labels)).toBeNull();
  });

  it.each(['', 'a b', '-a', 'a-', 'a,b', 'a=b', 'a'.repeat(64)])('cannot be made for "%s"', (serverId) => {
    expect(() => ownerLabels({ ...owner, serverId })).toThrow(RangeError);
  });
});
