import { digitalocean } from '#src/cloud/digitalocean/digitalocean.ts';
import { demandConformance } from '../conformance.ts';

demandConformance({
  name: 'DigitalOcean',
  open: (settings) => digitalocean({ name: 'digitalocean', ...settings }),
  apiUrl: ({ apiUrl }) => apiUrl('digitalocean'),
  document: 'digitalocean',
  documentPrefix: '/v2',
  location: 'ams3',
  plan: 's-1vcpu-1gb',
  path: '/droplets',
  strangersOrder: (name) => ({ name, region: 'ams3', size: 's-1vcpu-1gb', image: 'debian-13-x64', tags: ['somebody'] }),
  perPage: 200,
  uniqueNames: false,
  callsOnceReady: ['get'],
  unknownId: '999999999',
  changeAccount: ({ simulator }) => {
    const body = { account: { uuid: 'b6fr89dbf6d9156c', team: { uuid: 'another' } } };
    return simulator.injectFault({ kind: 'status', operation: 'account', status: 200, body, times: null });
  },
});
