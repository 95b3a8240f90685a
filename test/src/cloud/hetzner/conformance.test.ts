import { hetzner } from '#src/cloud/hetzner/hetzner.ts';
import { demandConformance } from '../conformance.ts';

demandConformance({
  name: 'Hetzner',
  open: (settings) => hetzner({ name: 'hetzner', ...settings }),
  apiUrl: ({ apiUrl }) => apiUrl('hetzner'),
  document: 'hetzner-cloud',
  documentPrefix: '',
  location: 'fsn1',
  plan: 'cx23',
  path: '/servers',
  strangersOrder: (name) => ({
    name,
    location: 'fsn1',
    server_type: 'cx23',
    image: 'debian-12',
    labels: { team: 'somebody' },
  }),
  perPage: 50,
  uniqueNames: true,
  callsOnceReady: ['get'],
  unknownId: '999999999',
  // Each simulator is a separate project with its own mark.
  changeAccount: async () => undefined,
});
