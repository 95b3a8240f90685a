import { type Cloud, namedImage } from '#src/cloud/cloud.ts';
import { debian12, hetzner as open } from './hetzner.ts';

export const hetzner = {
  title: 'Hetzner Cloud',
  address: { variable: 'HETZNER_API_URL', fallback: 'https://api.hetzner.cloud/v1' },
  key: {
    variable: 'HETZNER_API_KEY',
    mustBe: 'an API token (read and write) of a Hetzner Cloud project',
    about:
      'Token, with write access, of the Hetzner Cloud project that holds the machines. The workers mark the project with an unused firewall called `ghostifi-account`. Keep it: it identifies the project, also after a change of the token.',
  },
  defaultPlan: { id: 'cx23', remark: 'Hetzner does not sell `cx23` in America and Asia.' },
  image: { ...namedImage, debian12, ubuntu2404: 'ubuntu-24.04' },
  open,
} as const satisfies Cloud;
