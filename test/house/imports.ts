import { posix } from 'node:path';
import { Visitor } from 'oxc-parser';
import type { Source } from './sources.ts';

/** The nodes that each node points at. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** The imports of each file, including types. Throws if a local import leads to no file. */
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

/** Returns null for a package or a module of Node. */
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
 * The imports between the folders of queues/. Folders nest: queues/jobs/steps is a folder of its own. A file directly in
 * queues/ counts as a folder.
 */
export function folderGraph(files: Graph): Graph {
  const folders = new Map<string, Set<string>>();
  for (const [file, imported] of files) {
    const folder = folderOf(file);
    if (folder === null) continue;
    const others = [...imported].map(folderOf).filter((other) => other !== null && other !== folder);
    folders.set(folder, new Set([...(folders.get(folder) ?? []), ...others.filter((other) => other !== null)]));
  }
  return folders;
}

function folderOf(path: string): string | null {
  if (!path.startsWith('queues/')) return null;
  const folder = posix.dirname(path);
  return folder === 'queues' ? path : folder;
}

/** The shortest circle through each node that is on one. Each circle is listed once, as `a → b → a`. */
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

/** Describes a circle in the same way from each of its nodes. */
function describeCircle(way: readonly string[]): string {
  const [first = ''] = [...way].sort();
  const at = way.indexOf(first);
  return [...way.slice(at), ...way.slice(0, at), first].join(' → ');
}
