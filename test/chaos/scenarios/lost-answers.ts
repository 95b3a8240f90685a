import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';

const answers = [
  { id: 'reset', about: 'resets the connection', rule: { kind: 'lost' } },
  { id: '500', about: 'answers 500', rule: { kind: 'status', status: 500, when: 'after' } },
  {
    id: '502',
    about: 'answers 502',
    rule: { kind: 'status', status: 502, when: 'after', body: '<html>Bad</html>' },
  },
  { id: 'time-out', about: 'never answers', rule: { kind: 'hang', when: 'after' } },
  { id: 'half-body', about: 'sends half of the answer', rule: { kind: 'half-body' } },
  { id: 'garbage', about: 'answers something that is not JSON', rule: { kind: 'garbage' } },
] as const;

const servers = 50;

/** The machine is made, but the answer to the order is lost. The next attempt must find the machine. */
export const lostAnswers: readonly Scenario[] = answers.map(({ id, about, rule }) => ({
  id: `made-${id}`,
  about: `the provider makes the machine and ${about}; ${servers} purchases at once`,
  runs: { full: 1, quick: id === 'reset' ? 1 : 0 },
  setting: { concurrency: 25 },
  promise: { worstSeconds: 90 },
  run: async (stage) => {
    const { cloud } = stage.installation;
    const ruleId = await cloud.addFaultRule({ ...rule, operation: 'create', times: servers });
    await allRun(stage, await buyMany(stage.installation, servers));
    const lost = await cloud.timesInjected(ruleId);
    if (lost !== servers) stage.broken(`${lost} orders lost their answer, not ${servers}.`);
  },
}));
