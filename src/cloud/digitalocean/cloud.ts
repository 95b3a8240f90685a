import { type Cloud, namedImage } from '#src/cloud/cloud.ts';
import { digitalocean as open } from './digitalocean.ts';
import { systemImages } from './images.ts';

export const digitalocean = {
  title: 'DigitalOcean',
  address: { variable: 'DIGITALOCEAN_API_URL', fallback: 'https://api.digitalocean.com/v2' },
  key: {
    variable: 'DIGITALOCEAN_API_KEY',
    mustBe: 'a personal access token of a DigitalOcean team',
    about:
      'Token of the DigitalOcean team that pays for the machines. Its scopes: account, droplet, image, regions, sizes and tag.',
  },
  defaultPlan: { id: 's-1vcpu-1gb' },
  image: { ...namedImage, ...systemImages },
  open,
} as const satisfies Cloud;
