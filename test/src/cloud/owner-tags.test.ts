import { describe, expect, it } from 'vitest';
import { ownerTags, readOwner } from '#src/cloud/owner-tags.ts';

const owner = { installation: 'prod', serverId: '01k-a' };

describe('owner tags', () => {
  it('are read back as the owner that they were made for', () => {
    expect(readOwner(ownerTags(owner))).toEqual(owner);
  });

  it("fit the strictest provider's grammar", () => {
    for (const tag of ownerTags(owner)) expect(tag).toMatch(/^[a-zA-Z0-9_\-:]{1,255}$/);
  });

  it.each([[[]], [['web']], [['ghostifi:prod']], [['ghostifi:prod:a:b']], [['other:prod:a']], [['ghostifi::a']]])(
    'name nobody in %j',
    (tags) => {
      expect(readOwner(tags)).toBeNull();
    },
  );

  it('name nobody where two of them name different owners', () => {
    expect(readOwner(['ghostifi:prod:a', 'ghostifi:prod:b'])).toBeNull();
  });

  it('are found among tags of others', () => {
    expect(readOwner(['web', ...ownerTags(owner), 'team:vpn:x'])).toEqual(owner);
  });

  it.each(['', 'a b', 'a:b', 'ä', 'a.b'])('cannot be made for an installation called "%s"', (installation) => {
    expect(() => ownerTags({ ...owner, installation })).toThrow(RangeError);
  });
});
