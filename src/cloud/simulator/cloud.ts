import type { Cloud } from '#src/cloud/cloud.ts';
import { vultr } from '#src/cloud/vultr/cloud.ts';

/** Our own simulated cloud (src/simulator), used through its copy of Vultr's API. */
export const simulator = {
  title: 'the simulator',
  address: { variable: 'SIMULATOR_URL', fallback: 'http://127.0.0.1:3900/v2' },
  key: null,
  defaultPlan: vultr.defaultPlan,
  image: vultr.image,
  open: vultr.open,
} as const satisfies Cloud;
