import { type Cloud, namedImage } from '#src/cloud/cloud.ts';
import { hetzner as open, systemImages } from './hetzner.ts';

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
  image: { ...namedImage, ...systemImages },
  open,
} as const satisfies Cloud;
