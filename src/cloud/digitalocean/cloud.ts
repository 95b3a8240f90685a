import { type Cloud, namedImage } from '#src/cloud/cloud.ts';
import { debian12, digitalocean as open } from './digitalocean.ts';

export const digitalocean = {
  title: 'DigitalOcean',
  address: { variable: 'DIGITALOCEAN_API_URL', fallback: 'https://api.digitalocean.com/v2' },
  key: {
    variable: 'DIGITALOCEAN_API_KEY',
    mustBe: 'a personal access token of a DigitalOcean team',
    about:
      'Token of the DigitalOcean team that pays for the machines. Its scopes: account, droplet, regions, sizes and tag.',
  },
  defaultPlan: { id: 's-1vcpu-1gb' },
  image: { ...namedImage, debian12, ubuntu2404: 'ubuntu-24-04-x64' },
  open,
} as const satisfies Cloud;
