import { type Cloud, numberedImage } from '#src/cloud/cloud.ts';
import { vultr as open, systemImages } from './vultr.ts';

export const vultr = {
  title: 'Vultr',
  address: { variable: 'VULTR_API_URL', fallback: 'https://api.vultr.com/v2' },
  key: {
    variable: 'VULTR_API_KEY',
    mustBe: 'the API key of a Vultr account',
    about: 'Key of the Vultr account that pays for the machines.',
  },
  defaultPlan: { id: 'vc2-1c-1gb' },
  image: { ...numberedImage, ...systemImages },
  open,
} as const satisfies Cloud;
