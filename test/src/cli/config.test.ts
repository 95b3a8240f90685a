import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answeringServer } from './answering-server.ts';
import { type CliOptions, emptyHome, runIn } from './cli-under-test.ts';

const operator = 'operator-token-of-the-folder';

/** Answers every call with the key that it got, as the reason of a closed sale. */
const echo = () =>
  answeringServer(({ headers }, response) => {
    response.end(JSON.stringify({ open: false, by: 'x', reason: headers.authorization, changedAt: null }));
  });

async function keyUsed(home: string, args: string[], options: CliOptions = {}): Promise<string> {
  const { code, out, err } = await runIn(home, ['sale', '--json', ...args], options);
  return code === 0 ? JSON.parse(out).reason.slice('Bearer '.length) : `${code} ${err}`;
}

function configFile(home: string, content: object, mode = 0o600): string {
  mkdirSync(join(home, '.config/ghostifi'), { recursive: true });
  const path = join(home, '.config/ghostifi/config.json');
  writeFileSync(path, JSON.stringify(content), { mode });
  return path;
}

/** A folder in which `npm start` has run. */
function serviceFolder(home: string): void {
  mkdirSync(join(home, 'data'));
  writeFileSync(join(home, 'data/api-tokens'), `a:viewer:look\nb:storefront:shop\nc:operator:${operator}\n`);
}

describe('the address and the key', () => {
  it('come from flags, then the environment, then the profile', async () => {
    const url = await echo();
    const home = emptyHome();
    configFile(home, { current: 'one', profiles: { one: { url, key: 'of-one' }, two: { url, key: 'of-two' } } });
    writeFileSync(join(home, 'flag'), 'of-flag\n');
    writeFileSync(join(home, 'variable'), 'of-variable\n');
    const env = { GHOSTIFI_KEY_FILE: 'variable' };
    expect(await keyUsed(home, ['--key-file', 'flag'], { env })).toBe('of-flag');
    expect(await keyUsed(home, [], { env })).toBe('of-variable');
    expect(await keyUsed(home, [])).toBe('of-one');
    expect(await keyUsed(home, ['--profile', 'two'])).toBe('of-two');
    expect(await keyUsed(home, [], { env: { GHOSTIFI_PROFILE: 'two' } })).toBe('of-two');
    expect(await keyUsed(home, ['--profile', 'six'])).toMatch(/^2 .* has no profile "six"\. It has: one, two\.\n$/);
  });

  it('are those of the service of this folder, if nobody has signed in', async () => {
    const url = await echo();
    const home = emptyHome();
    serviceFolder(home);
    const env = { PORT: new URL(url).port };
    expect(await keyUsed(home, [], { env })).toBe(operator);
    configFile(home, { current: 'one', profiles: { one: { url, key: 'of-one' } } });
    expect(await keyUsed(home, [], { env })).toBe('of-one');
  });

  it('of a service with a wrong PORT are refused with the name of the variable', async () => {
    const home = emptyHome();
    serviceFolder(home);
    expect(await keyUsed(home, [], { env: { PORT: 'x' } })).toMatch(/^2 ghostifi: PORT must be a port: /);
  });

  it("are the operator's in a file of tokens, such as that of npm start", async () => {
    const url = await echo();
    const home = emptyHome();
    serviceFolder(home);
    expect(await keyUsed(home, ['--url', url, '--key-file', 'data/api-tokens'])).toBe(operator);
  });

  it('belong together: a key is not sent to another address', async () => {
    const url = await echo();
    const home = emptyHome();
    configFile(home, { current: 'one', profiles: { one: { url: 'https://vpn.example.com', key: 'of-one' } } });
    expect(await keyUsed(home, ['--url', url])).toMatch(/^2 ghostifi: There is no key for http:/);
    expect(await keyUsed(home, [], { env: { GHOSTIFI_URL: url } })).toMatch(/^2 ghostifi: There is no key for http:/);
    configFile(home, { current: 'one', profiles: { one: { url, key: 'of-one' } } });
    expect(await keyUsed(home, ['--url', `${url}/`])).toBe('of-one');
  });

  it.each([
    ['nothing is known', [], /No service is known here\. Sign in to one/],
    ['the address is none', ['--url', 'vpn.example.com'], /"vpn\.example\.com" is not the address of an API/],
    ['the address has a password', ['--url', 'https://a:b@vpn.example.com'], /Keys belong into a file/],
    ['there is no key file', ['--url', 'https://a.test', '--key-file', 'none'], /The key file \S+ cannot be read/],
    ['the key file has two lines', ['--url', 'https://a.test', '--key-file', 'two'], /two must hold one key/],
  ])('if %s, the command ends with 2', async (_, args, message) => {
    const home = emptyHome();
    writeFileSync(join(home, 'two'), 'secret-1\nsecret-2\n');
    const { code, out, err } = await runIn(home, ['sale', ...args]);
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: expect.stringMatching(message) });
    expect(err).not.toContain('secret-');
  });

  it('are not read from a file that others can read', async () => {
    const home = emptyHome();
    const path = configFile(home, { current: 'one', profiles: { one: { url: 'https://a.test', key: 'k' } } });
    chmodSync(path, 0o644);
    expect(await runIn(home, ['sale'])).toMatchObject({ code: 2, err: expect.stringContaining(`chmod 600 ${path}`) });
    chmodSync(path, 0o600);
    writeFileSync(path, '{');
    expect(await runIn(home, ['sale'])).toMatchObject({ code: 2, err: expect.stringContaining('is damaged') });
  });
});

describe('login', () => {
  it('keeps the address and the key of standard input in a file that only its owner can read', async () => {
    const url = await echo();
    const home = emptyHome();
    const env = { XDG_CONFIG_HOME: join(home, 'xdg') };
    const path = join(home, 'xdg/ghostifi/config.json');
    const first = await runIn(home, ['login', '--url', url], { env, input: 'first-key\n' });
    expect(first).toEqual({ code: 0, out: '', err: expect.stringContaining('as profile "default"') });
    expect([statSync(path).mode & 0o777, statSync(join(path, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await keyUsed(home, [], { env })).toBe('first-key');
    const second = await runIn(home, ['login', '--url', url, '--profile', 'b'], { env, input: 'second-key' });
    expect(second.code).toBe(0);
    expect(await keyUsed(home, [], { env })).toBe('second-key');
    expect((await runIn(home, ['profiles'], { env })).out).toBe(`  default  ${url}\n* b  ${url}\n`);
    expect((await runIn(home, ['profiles', 'default'], { env })).out).toBe(`* default  ${url}\n  b  ${url}\n`);
    expect((await runIn(home, ['logout'], { env })).code).toBe(0);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      current: null,
      profiles: { b: { url, key: 'second-key' } },
    });
    expect((await runIn(home, ['logout'], { env })).code).toBe(3);
  });

  it('hides the key that a person types', async () => {
    const url = await echo();
    const home = emptyHome();
    const answer = { to: 'Key for', keys: 'typed-key\r' };
    const ended = await runIn(home, ['login', '--url', url], { isTerminal: true, answer });
    expect(ended).toMatchObject({ code: 0, out: '' });
    expect(ended.err).not.toContain('typed');
    expect(await keyUsed(home, [])).toBe('typed-key');
  });

  it('keeps a key that the API knows and that may do little', async () => {
    const url = await answeringServer((_, response) => {
      response.writeHead(403).end(JSON.stringify({ type: 'urn:ghostifi:problem:forbidden', detail: 'No.' }));
    });
    expect(await runIn(emptyHome(), ['login', '--url', url], { input: 'small' })).toMatchObject({ code: 0 });
  });

  it('keeps nothing if the API refuses the key', async () => {
    const url = await answeringServer((_, response) => {
      response
        .writeHead(401)
        .end(JSON.stringify({ type: 'urn:ghostifi:problem:unauthorized', detail: 'Unknown token.' }));
    });
    const home = emptyHome();
    const ended = await runIn(home, ['login', '--url', url], { input: 'wrong' });
    expect(ended).toEqual({ code: 4, out: '', err: 'ghostifi: Unknown token. [unauthorized]\n' });
    expect(statSync(join(home, '.config'), { throwIfNoEntry: false })).toBeUndefined();
  });
});

it('a redirect is not followed: it would send the key to another address', async () => {
  const other = await echo();
  const url = await answeringServer((_, response) => void response.writeHead(302, { location: other }).end());
  const home = emptyHome();
  writeFileSync(join(home, 'key'), 'k');
  expect(await keyUsed(home, ['--url', url, '--key-file', 'key'])).toMatch(
    /^1 .* was answered 302, and not by the API/,
  );
});
