import { Option } from '@commander-js/extra-typings';
import { jobTraits } from '#db/job-traits.ts';
import { type Answer, pathTo } from '#src/cli/api/api.ts';
import type { Job, ServerInFull } from '#src/cli/api/bodies.ts';
import { CliError } from '#src/cli/cli-error.ts';
import { jobPage } from '#src/cli/print/job.ts';
import type { Page } from '#src/cli/print/page.ts';
import type { Session } from '#src/cli/session.ts';

export const waitOption = new Option('--wait', 'follow the job until its end; fail if it fails');
export const keyOption = new Option(
  '--idempotency-key <key>',
  'makes the command safe to repeat: with the same key it has no second effect',
);
export const yesOption = new Option('--yes', 'do not ask');

/** Prints the answer of a command; with `--wait`, its job at the end instead. */
export async function finish<T extends { readonly job: { readonly id: string } }>(
  session: Session,
  answer: Answer<T>,
  { wait, page }: { wait: true | undefined; page: (body: T) => Page },
): Promise<void> {
  const { id } = answer.body.job;
  if (wait) return waitForJob(session, id);
  await session.print(answer, page);
  session.say(`Follow it: ghostifi jobs follow ${id}`);
}

/** Shows the job's progress until its end, and prints it. Throws CliError unless it has succeeded. */
export async function waitForJob(session: Session, jobId: string): Promise<void> {
  const job = await shown(session, jobId);
  await session.print({ body: job, text: JSON.stringify(job) }, jobPage);
  if (job.state === 'succeeded') return sayAddress(session, job);
  throw new CliError('failed', `The ${job.kind} of ${job.serverId} ${job.state}: ${job.error ?? 'no error recorded'}`);
}

/** What a person wants to know of a new machine. */
async function sayAddress({ api, isJson, say }: Session, { kind, serverId }: Job): Promise<void> {
  if (isJson || !jobTraits[kind].makesMachine) return;
  const { machine } = (await api.get<ServerInFull>(pathTo('servers', serverId))).body;
  if (machine) say(`It runs at ${machine.ipv4}. Show its VPN: ghostifi servers qr ${serverId}`);
}

async function shown({ api, terminal, say }: Session, jobId: string): Promise<Job> {
  const { followJob } = await import('./follow-job.ts');
  const { openProgress } = await import('#src/cli/print/progress.ts');
  const progress = openProgress(terminal.err);
  try {
    return await followJob({ api, jobId, onChange: progress.show, stop: terminal.stop });
  } catch (error) {
    if (terminal.stop.aborted) say(`The job goes on. Follow it again: ghostifi jobs follow ${jobId}`);
    throw error;
  } finally {
    progress.close();
  }
}
