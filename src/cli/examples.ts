import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** Lines to copy, by the words of the command. */
export const examples: Readonly<Record<string, readonly string[]>> = {
  login: [
    'ghostifi login --url https://vpn.example.com',
    'ghostifi login --url https://test.example.com --profile test < key.txt',
  ],
  logout: ['ghostifi logout --profile test'],
  profiles: ['ghostifi profiles', 'ghostifi profiles test'],
  status: ['ghostifi status', 'ghostifi status --json | jq .ready'],
  buy: [
    'ghostifi buy --customer ada@example.com --location fra --wait',
    'ghostifi buy --customer ada@example.com --location fra --reference 4711 --idempotency-key order-4711 --json',
  ],
  'servers list': [
    'ghostifi servers list --customer ada@example.com',
    'ghostifi servers list --status failed --all --json | jq -r ".items[].id"',
  ],
  'servers show': ['ghostifi servers show srv-1m8khvnnxm01dtpb7m'],
  'servers rebuild': [
    'ghostifi servers rebuild srv-1m8khvnnxm01dtpb7m --wait',
    'ghostifi servers rebuild srv-1m8khvnnxm01dtpb7m --location nrt --plan vc2-1c-2gb',
  ],
  'servers suspend': ['ghostifi servers suspend srv-1m8khvnnxm01dtpb7m --reason abuse'],
  'servers resume': ['ghostifi servers resume srv-1m8khvnnxm01dtpb7m --wait'],
  'servers destroy': [
    'ghostifi servers destroy srv-1m8khvnnxm01dtpb7m',
    'ghostifi servers destroy srv-1m8khvnnxm01dtpb7m --yes --wait',
  ],
  'servers history': ['ghostifi servers history srv-1m8khvnnxm01dtpb7m --all'],
  'servers devices list': ['ghostifi servers devices list srv-1m8khvnnxm01dtpb7m'],
  'servers devices name': ['ghostifi servers devices name srv-1m8khvnnxm01dtpb7m 2 "Phone of Ada"'],
  'servers vpn': [
    'ghostifi servers vpn srv-1m8khvnnxm01dtpb7m',
    'ghostifi servers vpn srv-1m8khvnnxm01dtpb7m --device 2 --output phone.conf',
  ],
  'servers qr': [
    'ghostifi servers qr srv-1m8khvnnxm01dtpb7m --device 2',
    'ghostifi servers qr srv-1m8khvnnxm01dtpb7m --output ada.png',
  ],
  'servers link': ['ghostifi servers link srv-1m8khvnnxm01dtpb7m --may view vpn rebuild --expires 7d'],
  'servers links': ['ghostifi servers links srv-1m8khvnnxm01dtpb7m'],
  'servers unlink': ['ghostifi servers unlink srv-1m8khvnnxm01dtpb7m lnk-1m8khvnnxm01dtpb7m'],
  'servers schedule show': ['ghostifi servers schedule show srv-1m8khvnnxm01dtpb7m'],
  'servers schedule set': [
    'ghostifi servers schedule set srv-1m8khvnnxm01dtpb7m --every day --at 02:30 --zone Europe/Berlin',
    'ghostifi servers schedule set srv-1m8khvnnxm01dtpb7m --every week --weekday monday --at 04:00 --locations fra ams',
  ],
  'servers schedule remove': ['ghostifi servers schedule remove srv-1m8khvnnxm01dtpb7m'],
  'jobs list': ['ghostifi jobs list --state failed', 'ghostifi jobs list --server srv-1m8khvnnxm01dtpb7m'],
  'jobs show': ['ghostifi jobs show job-1m8khvnnxcbbtpmhvn'],
  'jobs follow': ['ghostifi jobs follow job-1m8khvnnxcbbtpmhvn'],
  'jobs retry': ['ghostifi jobs retry job-1m8khvnnxcbbtpmhvn --wait'],
  'jobs cancel': ['ghostifi jobs cancel job-1m8khvnnxcbbtpmhvn'],
  plans: ['ghostifi plans'],
  locations: ['ghostifi locations'],
  checkout: [
    'ghostifi checkout --customer ada --location fra --plan vc2-1c-1gb --success-url https://shop.example/thanks --cancel-url https://shop.example/',
  ],
  'subscriptions list': ['ghostifi subscriptions list --standing overdue'],
  'subscriptions show': ['ghostifi subscriptions show sub_1RkX2yJ3'],
  'subscriptions sync': ['ghostifi subscriptions sync sub_1RkX2yJ3'],
  'subscriptions release': ['ghostifi subscriptions release sub_1RkX2yJ3 --plan vc2-1c-1gb --location fra'],
  'subscriptions portal': ['ghostifi subscriptions portal sub_1RkX2yJ3 --return-url https://shop.example/account'],
  money: ['ghostifi money', 'ghostifi money 2026-01-31'],
  'events list': [
    'ghostifi events --server srv-1m8khvnnxm01dtpb7m',
    'ghostifi events list --actor key:boss --since 2026-01-31T12:00:00Z',
  ],
  'events show': ['ghostifi events show evt-1m8khvx6n8hnq5hd5c'],
  why: ['ghostifi why 203.0.113.7', 'ghostifi why srv-1m8khvnnxm01dtpb7m --json | jq -r ".chain[].message"'],
  alerts: ['ghostifi alerts'],
  'keys list': ['ghostifi keys list'],
  'keys create': [
    'ghostifi keys create shop-2 --preset storefront --expires-at 2030-01-31T12:00:00Z',
    'ghostifi keys create ada --scopes servers:read vpn:read --customer ada@example.com --json | jq -r .secret > ada.key',
  ],
  'keys rotate': ['ghostifi keys rotate key-1m8khvnnxm01dtpb7m --overlap-hours 48'],
  'keys revoke': ['ghostifi keys revoke key-1m8khvnnxm01dtpb7m'],
  'webhooks list': ['ghostifi webhooks list'],
  'webhooks show': ['ghostifi webhooks show hook-1m8khvnnxm01dtpb7m'],
  'webhooks deliveries': ['ghostifi webhooks deliveries hook-1m8khvnnxm01dtpb7m --limit 10'],
  'webhooks add': [
    'ghostifi webhooks add https://shop.example.com/webhooks/ghostifi',
    'ghostifi webhooks add https://shop.example.com/hook --types server.ready server.destroyed',
  ],
  'webhooks change': ['ghostifi webhooks change hook-1m8khvnnxm01dtpb7m --on'],
  'webhooks rotate': ['ghostifi webhooks rotate hook-1m8khvnnxm01dtpb7m --overlap-hours 48'],
  'webhooks remove': ['ghostifi webhooks remove hook-1m8khvnnxm01dtpb7m'],
  'webhooks test': ['ghostifi webhooks test hook-1m8khvnnxm01dtpb7m'],
  'webhooks replay': ['ghostifi webhooks replay hook-1m8khvnnxm01dtpb7m --since 2030-01-31T12:00:00Z'],
  'webhooks retry': ['ghostifi webhooks retry dlv-1m8khvnnxm01dtpb7m'],
  'sale show': ['ghostifi sale'],
  'sale open': ['ghostifi sale open'],
  'sale close': ['ghostifi sale close --reason "The cloud has no machines left"'],
  'queue show': ['ghostifi queue'],
  'queue pause': ['ghostifi queue pause --reason "The cloud is being repaired"'],
  'queue resume': ['ghostifi queue resume'],
  'ordering resume': ['ghostifi ordering resume'],
  'schedules resume': ['ghostifi schedules resume'],
  'machines find': ['ghostifi machines find 203.0.113.7 --at 2026-01-31T12:00:00Z'],
  'machines remove': [
    'ghostifi machines remove aa37af3b-d60b-48ef-b036-ba479a244fae --name gf-srv-1m8khvnnxm01dtpb7m-1',
  ],
  backup: ['ghostifi backup', 'ghostifi backup --help'],
  migrate: ['ghostifi migrate'],
  'rotate-secrets': ['ghostifi rotate-secrets'],
  completion: ['source <(ghostifi completion bash)'],
};

/** Adds its examples to the help of each command below this one. */
export function addExamples(parent: CommandUnknownOpts, above: readonly string[] = []): void {
  for (const command of parent.commands) {
    const path = [...above, command.name()];
    const lines = examples[path.join(' ')] ?? [];
    if (lines.length > 0) command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`);
    addExamples(command, path);
  }
}
