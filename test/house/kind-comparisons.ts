import { type Node, Visitor } from 'oxc-parser';
import { jobKinds } from '#db/model.ts';
import type { Source } from './sources.ts';

/** In raw SQL: `behind.kind = 'destroy'`, `${t.jobs.kind} <> 'retire'` and `kind not in ('ship', 'create')`. */
const inSql = new RegExp(
  `(?:\\$\\{)?[\\w."]*\\bkind\\b["}]*\\s*(?:=|<>|!=|(?:not\\s+)?in\\s*\\([^)]*?)\\s*'(?:${jobKinds.join('|')})'`,
  'gi',
);

/**
 * The places that compare the kind of a job with a literal, as `path: code`. A kind that is added later falls through
 * such a place without an error, while `jobTraits` causes a compile error.
 */
export function kindComparisons({ path, text, parsed }: Source): string[] {
  const found: string[] = [];
  const add = (node: Node) => void found.push(`${path}: ${text.slice(node.start, node.end)}`);
  new Visitor({
    BinaryExpression: (node) => {
      if (areKindAndLiteral([node.left, node.right])) add(node);
    },
    SwitchStatement: ({ discriminant, cases }) => {
      if (isKind(discriminant) && cases.some(({ test }) => isKindLiteral(test))) add(discriminant);
    },
    TemplateLiteral: ({ start, end }) => {
      for (const [code] of text.slice(start, end).matchAll(inSql)) found.push(`${path}: ${code}`);
    },
    // `eq(t.jobs.kind, 'destroy')` and `['create', 'rebuild'].includes(kind)`
    CallExpression: (node) => {
      if (areKindAndLiteral([node.callee, ...node.arguments].flatMap(partsOf))) add(node);
    },
  }).visit(parsed.program);
  return found;
}

/** The elements of an array, even if a method of it is called; otherwise the node itself. */
function partsOf(node: Node): Node[] {
  if (node.type === 'ArrayExpression') return node.elements.filter((element) => element !== null);
  return node.type === 'MemberExpression' && node.object.type === 'ArrayExpression' ? partsOf(node.object) : [node];
}

function areKindAndLiteral(nodes: readonly Node[]): boolean {
  return nodes.some(isKind) && nodes.some(isKindLiteral);
}

function isKind(node: Node): boolean {
  if (node.type === 'MemberExpression') return node.property.type === 'Identifier' && node.property.name === 'kind';
  return node.type === 'Identifier' && node.name === 'kind';
}

function isKindLiteral(node: Node | null): boolean {
  return node?.type === 'Literal' && jobKinds.some((kind) => kind === node.value);
}
