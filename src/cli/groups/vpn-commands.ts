import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from '@commander-js/extra-typings';
import { pathTo, withQuery } from '#src/cli/api/api.ts';
import type { Device } from '#src/cli/api/bodies.ts';
import { CliError } from '#src/cli/cli-error.ts';
import type { Cli } from '#src/cli/group.ts';
import { fieldsOf, tableOf } from '#src/cli/print/page.ts';
import { type GlobalFlags, printItems, type Session } from '#src/cli/session.ts';
import { hasColours } from '#src/cli/terminal.ts';

const deviceOption = new Option('--device <number>', 'the device, from 1 to 5; each has its own key').default('1');

/** Adds the commands for the VPN configs of a server's devices. */
export function addVpnCommands(servers: Command<[], object & Record<never, never>, GlobalFlags>, cli: Cli): void {
  const devices = servers.command('devices').description('The devices that can use a server at the same time');
  devices
    .command('list')
    .description('List the devices of a server')
    .argument('<server>')
    .action(async (id) => printItems<Device>(await cli.open(), pathTo('servers', id, 'devices'), devicesPage));
  devices
    .command('name')
    .description('Name a device; without a name, remove its name')
    .argument('<server>')
    .argument('<device>', 'its number')
    .argument('[name]')
    .action(async (id, number, name) => {
      const { api, print } = await cli.open();
      const path = pathTo('servers', id, 'devices', number);
      const answer = await api.send<Device>({ method: 'POST', path, body: { label: name ?? null } });
      await print(answer, ({ device, label }) => [fieldsOf({ device, name: label })]);
    });
  servers
    .command('vpn')
    .description("Print the config of a customer's device for wg-quick and the WireGuard apps, with its private key")
    .argument('<server>')
    .addOption(deviceOption)
    .option('--output <file>', 'write it to this new file, readable by you only')
    .action(async (id, { device, output }) => {
      const session = await cli.open();
      if (output === undefined) return printVpn(session, vpnPath(id, 'vpn', device));
      save(session, output, await session.api.download(vpnPath(id, 'vpn.conf', device)));
    });
  servers
    .command('qr')
    .description("Draw the config of a customer's device as a QR code for the WireGuard app")
    .argument('<server>')
    .addOption(deviceOption)
    .option('--output <file>', 'write it as PNG to this new file, readable by you only')
    .action(async (id, { device, output }) => {
      const session = await cli.open();
      if (output === undefined) return drawQr(session, vpnPath(id, 'vpn', device));
      save(session, output, await session.api.download(vpnPath(id, 'vpn.png', device)));
    });
}

function devicesPage(devices: readonly Device[]) {
  return tableOf(devices, {
    device: ({ device }) => device,
    name: ({ label }) => label,
    ready: ({ ready }) => (ready ? 'yes' : 'no'),
    reason: ({ reason }) => reason,
  });
}

function vpnPath(id: string, file: string, device: string): string {
  return withQuery(pathTo('servers', id, file), { device });
}

async function printVpn({ api, print }: Session, path: string): Promise<void> {
  await print(await api.get<{ config: string }>(path), ({ config }) => [config.trimEnd()]);
}

async function drawQr({ api, print, terminal }: Session, path: string): Promise<void> {
  const { qrLines } = await import('#src/vpn/qr.ts');
  const answer = await api.get<{ config: string }>(path);
  const picture = await qrLines(answer.body.config, { colours: hasColours(terminal, terminal.out) });
  await print(answer, () => [picture.trimEnd()]);
}

/** Never replaces a file: it may be the key of another server. */
function save({ terminal: { cwd }, say }: Session, file: string, content: Buffer): void {
  const path = resolve(cwd, file);
  try {
    writeFileSync(path, content, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('failed', `The file was not written: ${reason}.`, { cause });
  }
  say(`Wrote ${path}. It contains the private key of the device.`);
}
