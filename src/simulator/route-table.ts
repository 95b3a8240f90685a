import type { Route } from './dialect.ts';

/** A route, and the ids that its path contains in their places. */
export interface Matched {
  readonly route: Route;
  readonly id: string;
  readonly parent: string;
}

/** Finds the first route for a method and a path below the dialect's base path; null: there is none. */
export function routeTable(routes: readonly Route[]): (method: string, path: string) => Matched | null {
  const parsed = routes.map((route) => ({ route, method: route.method.toUpperCase(), parts: partsOf(route.path) }));
  return (method, path) => {
    const given = partsOf(path);
    const found = parsed.find((one) => one.method === method && fits(one.parts, given));
    if (!found) return null;
    const partAt = (name: string) => decoded(given[found.parts.indexOf(name)] ?? '');
    return { route: found.route, id: partAt(':id'), parent: partAt(':parent') };
  };
}

/** A slash at the end does not matter. */
function partsOf(path: string): readonly string[] {
  return path.replace(/\/$/, '').split('/').slice(1);
}

function fits(pattern: readonly string[], given: readonly string[]): boolean {
  return pattern.length === given.length && pattern.every((part, at) => part === given[at] || isId(part, given[at]));
}

function isId(pattern: string, given: string | undefined): boolean {
  return pattern.startsWith(':') && given !== '';
}

/** An id that is not encoded correctly is the id of nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
