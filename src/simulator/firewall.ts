import { z } from 'zod';

/** A simulated firewall: a name and labels, without any effect on traffic. */
export const firewallSchema = z.object({
  serial: z.int().min(1),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
});
export type Firewall = z.infer<typeof firewallSchema>;
