import type { CallLog } from './call-log.ts';
import type { Clock } from './clock.ts';
import type { Answer, Call, Dialect, Route } from './dialect.ts';
import type { Effect, FaultContext } from './fault-effects.ts';
import type { Faults } from './faults.ts';
import type { Machine } from './machine.ts';
import type { Point } from './point.ts';
import type { Workload } from './workload.ts';

/** What the calls of every dialect go through. */
export interface Pipeline {
  readonly clock: Clock;
  readonly calls: CallLog;
  readonly faults: Faults;
  readonly workload: Workload;
}

/** What is sent back: an answer, its first half, nothing and a closed connection, or nothing for ever. */
export type Delivery =
  | { readonly do: 'lose' | 'hang' }
  | { readonly do: 'answer' | 'send-half'; readonly answer: Answer };

/**
 * The life of one call: arrived → acted → answered, with faults striking at each of the three. It goes on when the
 * caller has hung up, as it would at a real provider.
 */
export async function handle(pipeline: Pipeline, dialect: Dialect, route: Route, call: Call): Promise<Delivery> {
  const subject = dialect.subjectOf(call);
  pipeline.calls.note(call.seq, subject);
  const unauthorized = dialect.unauthorized(call);
  if (unauthorized !== null) return { do: 'answer', answer: unauthorized };
  if (route.operation === 'create') pipeline.workload.begin(call.seq, call.client);
  try {
    return await live(pipeline, dialect, route, { call, subject });
  } finally {
    pipeline.workload.exit(call.seq);
  }
}

/** A call, and what it is about. */
type Asked = Pick<FaultContext, 'call' | 'subject'>;

async function live(pipeline: Pipeline, dialect: Dialect, route: Route, asked: Asked): Promise<Delivery> {
  const { call } = asked;
  const strike = striker(pipeline, dialect, asked);
  const arrived = await strike('arrived', 200);
  if (arrived.do !== 'go-on' && arrived.do !== 'answer') return finish(arrived, { status: 200 });
  const answer = arrived.do === 'answer' ? arrived.answer : await act(pipeline, dialect, route, call);
  const acted = arrived.do === 'answer' ? arrived : await strike('acted', answer.status);
  const settled = finish(acted, answer);
  if (settled.do !== 'answer') return settled;
  return finish(await strike('answered', settled.answer.status), settled.answer);
}

function striker(pipeline: Pipeline, dialect: Dialect, asked: Asked) {
  const struck: string[] = [];
  return (point: Point, status: number): Promise<Effect> => {
    const context: FaultContext = { ...asked, dialect, clock: pipeline.clock, status };
    return pipeline.faults.strike(point, context, (fault) => {
      struck.push(fault.kind);
      pipeline.calls.note(asked.call.seq, { faults: [...struck] });
    });
  };
}

function finish(effect: Effect, answer: Answer): Delivery {
  if (effect.do === 'go-on') return { do: 'answer', answer };
  if (effect.do === 'send-half') return { do: 'send-half', answer };
  return effect;
}

async function act(pipeline: Pipeline, dialect: Dialect, route: Route, call: Call): Promise<Answer> {
  const made = (machine: Machine) => {
    pipeline.workload.exit(call.seq);
    pipeline.calls.note(call.seq, { machineId: machine.id });
  };
  try {
    return await route.act(call, made);
  } catch (error) {
    return dialect.refuse(500, error instanceof Error ? error.message : String(error));
  }
}
