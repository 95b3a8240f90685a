import { vultr } from '#src/cloud/vultr/vultr.ts';
import { order } from '../../simulator/vultr/client.ts';
import { demandConformance } from '../conformance.ts';

demandConformance({
  name: 'Vultr',
  open: (settings) => vultr({ name: 'vultr', ...settings }),
  apiUrl: ({ apiUrl }) => apiUrl('vultr'),
  document: 'vultr',
  documentPrefix: '',
  location: 'ams',
  plan: 'vc2-1c-1gb',
  path: '/instances',
  strangersOrder: (name) => order({ label: name, hostname: name, tags: ['somebody'] }),
  perPage: 500,
  uniqueNames: false,
  callsOnceReady: ['update', 'user-data'],
  unknownId: '00000000-0000-4000-8000-000000000000',
  changeAccount: ({ simulator }) => {
    const body = { account: { name: 'Simulated Cloud', email: 'other@example.com' } };
    return simulator.injectFault({ kind: 'status', operation: 'account', status: 200, body, times: null });
  },
});
