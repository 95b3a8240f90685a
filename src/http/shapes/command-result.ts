import { z } from 'zod';
import type { CommandResult } from '#db/transactions/commands.ts';
import { recordedJob, showRecordedJob } from './job.ts';
import { serverShape, showServer } from './server.ts';

/** The body of an accepted command: the server, and the job that does the work. */
export const commandResultShape = z
  .object({
    server: serverShape,
    job: recordedJob,
    warning: z
      .literal('still-billed')
      .optional()
      .meta({ description: 'A subscription goes on paying for the server: cancel it at Stripe.' }),
  })
  .meta({ id: 'Commanded' });
export type CommandResultView = z.output<typeof commandResultShape>;

export function showCommandResult({ server, machine, job, billedBy }: CommandResult): CommandResultView {
  const shown = { server: showServer({ server, machine }), job: showRecordedJob(job) };
  return billedBy ? { ...shown, warning: 'still-billed' } : shown;
}

/** The 202 of every command on a server or job. */
export const commandAccepted = {
  description: 'The command is recorded',
  body: commandResultShape,
  headers: { Location: 'The path of the job that does the work' },
} as const;
