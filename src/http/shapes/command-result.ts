import { z } from 'zod';
import type { CommandResult } from '#db/transactions/commands.ts';
import { recordedJob, showRecordedJob } from './job.ts';
import { serverShape, showServer } from './server.ts';

/** What a command answers: the server that it is about and the job that does it. */
export const commandedShape = z.object({ server: serverShape, job: recordedJob }).meta({ id: 'Commanded' });
export type CommandedShape = z.output<typeof commandedShape>;

export function showCommanded({ server, machine, job }: CommandResult): CommandedShape {
  return { server: showServer({ server, machine }), job: showRecordedJob(job) };
}

export const commandedAnswer = {
  description: 'Recorded',
  body: commandedShape,
  headers: { Location: 'The job that does it' },
} as const;
