import { posix } from 'node:path';
import { Visitor } from 'oxc-parser';
import type { Source } from './sources.ts';

/** Which nodes each node points at. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Which file imports which, types included. Throws where an import of our own leads to no file. */
export function importGraph(sources: readonly Source[]): Graph {
  const paths = new Set(sources.map(({ path }) => path));
  return new Map(sources.map((source) => [source.path, new Set(importsOf(source, paths))]));
}

function importsOf(source: Source, paths: ReadonlySet<string>): string[] {
  return specifiersOf(source).flatMap((specifier) => {
    const path = pathOf(source.path, specifier);
    if (path === null || !/^(db|queues|src)\//.test(path) || path.endsWith('.json')) return [];
    if (!paths.has(path)) throw new Error(`${source.path} imports ${specifier}, and there is no ${path}.`);
    return [path];
  });
}

/** null: a package, or Node's own. */
function pathOf(importer: string, specifier: string): string | null {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return specifier.startsWith('.') ? posix.join(posix.dirname(importer), specifier) : null;
}

function specifiersOf({ parsed }: Source): string[] {
  const found = [
    ...parsed.module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...parsed.module.staticExports.flatMap(({ entries }) => entries.map(({ moduleRequest }) => moduleRequest?.value)),
  ];
  new Visitor({
    ImportExpression: ({ source }) => void found.push(literal(source)),
    TSImportType: ({ source }) => void found.push(literal(source)),
  }).visit(parsed.program);
  return found.filter((specifier) => specifier !== undefined);
}

function literal(node: { readonly type: string; readonly value?: unknown }): string | undefined {
  return typeof node.value === 'string' ? node.value : undefined;
}

/**
 * The rooms of queues/ and which imports which. Rooms nest: a folder in a room is a room of its own, and so is a file that
 * lies flat in queues/.
 */
export function roomGraph(files: Graph): Graph {
  const rooms = new Map<string, Set<string>>();
  for (const [file, imported] of files) {
    const room = roomOf(file);
    if (room === null) continue;
    const others = [...imported].map(roomOf).filter((other) => other !== null && other !== room);
    rooms.set(room, new Set([...(rooms.get(room) ?? []), ...others.filter((other) => other !== null)]));
  }
  return rooms;
}

function roomOf(path: string): string | null {
  if (!path.startsWith('queues/')) return null;
  const folder = posix.dirname(path);
  return folder === 'queues' ? path : folder;
}

/** The shortest circle through each node that lies on one, each circle once, as `a → b → a`. */
export function circlesIn(graph: Graph): string[] {
  const circles = [...graph.keys()].flatMap((node) => shortestCircle(graph, node) ?? []);
  return [...new Set(circles)].sort();
}

function shortestCircle(graph: Graph, start: string): string | null {
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of graph.get(way.at(-1) ?? start) ?? []) {
      if (next === start) return describeCircle(way);
      if (!seen.has(next)) ways.push([...way, next]);
      seen.add(next);
    }
  }
  return null;
}

/** The same for a circle wherever it is entered. */
function describeCircle(way: readonly string[]): string {
  const [first = ''] = [...way].sort();
  const at = way.indexOf(first);
  return [...way.slice(at), ...way.slice(0, at), first].join(' → ');
}
