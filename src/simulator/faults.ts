import { randomUUID } from 'node:crypto';
import type { Random } from './clock.ts';
import { type Effect, effectOf, type FaultContext, pointOf } from './fault-effects.ts';
import type { FaultRule } from './fault-rule.ts';
import type { Point } from './point.ts';

/** A rule and how often it was used; a used-up rule stays listed until it is removed. */
export type Fault = FaultRule & { readonly id: string; readonly used: number };

/** The fault rules, in the order in which they were added. */
export class Faults {
  readonly #rules = new Map<string, Fault>();
  readonly #random: Random;

  constructor(random: Random = Math.random) {
    this.#random = random;
  }

  /** A rule replaces the rule with the same id. */
  add(rule: FaultRule): Fault {
    const fault = { ...rule, id: rule.id ?? randomUUID(), used: 0 };
    this.#rules.set(fault.id, fault);
    return fault;
  }

  all(): readonly Fault[] {
    return [...this.#rules.values()];
  }

  /** false: no rule has this id. */
  remove(id: string): boolean {
    return this.#rules.delete(id);
  }

  clear(): void {
    this.#rules.clear();
  }

  /** Applies the matching rules at this point of the call, up to the first with an effect other than `go-on`. */
  async inject(point: Point, context: FaultContext, applied: (fault: Fault) => void): Promise<Effect> {
    if (this.#rules.size === 0) return { do: 'go-on' };
    for (const fault of this.all()) {
      if (pointOf(fault) !== point || !matches(fault, context) || !this.#use(fault)) continue;
      applied(fault);
      const effect = await effectOf(fault, context);
      if (effect.do !== 'go-on') return effect;
    }
    return { do: 'go-on' };
  }

  /** false: the rule is used up, was removed meanwhile, or skips this call because of its share. */
  #use({ id }: Fault): boolean {
    const fault = this.#rules.get(id);
    if (fault === undefined || (fault.times !== null && fault.used >= fault.times)) return false;
    if (fault.share < 1 && this.#random() >= fault.share) return false;
    this.#rules.set(id, { ...fault, used: fault.used + 1 });
    return true;
  }
}

function matches({ operation, match }: Fault, { call, subject: { label, region } }: FaultContext): boolean {
  if (operation !== '*' && operation !== call.operation) return false;
  return matchesText(match.label, label) && matchesText(match.client, call.client) && matchesText(match.region, region);
}

function matchesText(pattern: string | undefined, text: string | null): boolean {
  if (pattern === undefined) return true;
  if (text === null) return false;
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
