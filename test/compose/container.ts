import { z } from 'zod';

const binding = z.object({ HostIp: z.string(), HostPort: z.string() });

/** The fields of `docker inspect` that the proof reads. */
export const containers = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    RestartCount: z.int(),
    Config: z.object({ User: z.string() }),
    State: z.object({
      Running: z.boolean(),
      ExitCode: z.int(),
      Health: z.object({ Status: z.string() }).optional(),
    }),
    HostConfig: z.object({
      ReadonlyRootfs: z.boolean(),
      Privileged: z.boolean(),
      CapDrop: z.array(z.string()).nullable(),
      CapAdd: z.array(z.string()).nullable(),
      SecurityOpt: z.array(z.string()).nullable(),
      Memory: z.int(),
      PidsLimit: z.int().nullable(),
      LogConfig: z.object({ Type: z.string(), Config: z.record(z.string(), z.string()) }),
      PortBindings: z.record(z.string(), z.array(binding)).nullable(),
    }),
    Mounts: z.array(
      z.object({ Type: z.string(), Name: z.string().optional(), Destination: z.string(), RW: z.boolean() }),
    ),
  }),
);

export type Container = z.infer<typeof containers>[number];

export function isHealthy({ State }: Container): boolean {
  return State.Running && State.Health?.Status === 'healthy';
}
