import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';

const answers = [
  { id: 'reset', about: 'the connection is reset', rule: { kind: 'lost' } },
  { id: '500', about: '500 is answered', rule: { kind: 'status', status: 500, when: 'after' } },
  {
    id: '502',
    about: '502 is answered',
    rule: { kind: 'status', status: 502, when: 'after', body: '<html>Bad</html>' },
  },
  { id: 'time-out', about: 'no answer ever comes', rule: { kind: 'hang', when: 'after' } },
  { id: 'half-body', about: 'half of the answer comes', rule: { kind: 'half-body' } },
  { id: 'garbage', about: 'the answer is not JSON', rule: { kind: 'garbage' } },
] as const;

const servers = 50;

/** A machine is made, and its order's answer is lost: the next attempt finds it. */
export const lostAnswers: readonly Scenario[] = answers.map(({ id, about, rule }) => ({
  id: `made-${id}`,
  about: `the provider makes the machine and ${about}; ${servers} purchases at once`,
  runs: { full: 1, quick: id === 'reset' ? 1 : 0 },
  setting: { concurrency: 25 },
  promise: { worstSeconds: 90 },
  run: async (stage) => {
    const { cloud } = stage.installation;
    const fault = await cloud.addFaultRule({ ...rule, operation: 'create', times: servers });
    await allRun(stage, await buyMany(stage.installation, servers));
    const struck = await cloud.timesInjected(fault);
    if (struck !== servers) stage.broken(`${struck} orders were without an answer, not ${servers}.`);
  },
}));
