import { type Node, Visitor } from 'oxc-parser';
import { countLines, type Source } from './sources.ts';

export interface FoundFunction {
  /** `path:line name`. */
  readonly where: string;
  readonly lines: number;
  readonly parameters: number;
  /**
   * A function that is declared, a method, or one that a name or a property holds; not one that is handed on as it is.
   */
  readonly isNamed: boolean;
}

/** Every function of the file, including nested ones. */
export function functionsIn({ path, text, parsed }: Source): FoundFunction[] {
  const found: FoundFunction[] = [];
  const names = new Map<Node, string>();
  const add = (node: Node & { params: readonly unknown[]; id?: { name: string } | null }) => {
    const name = names.get(node) ?? node.id?.name ?? '';
    found.push({
      where: `${path}:${lineAt(text, node.start)} ${name || '(handed on)'}`,
      lines: countLines(text.slice(node.start, node.end)),
      parameters: node.params.length,
      isNamed: name !== '',
    });
  };
  new Visitor({
    VariableDeclarator: ({ id, init }) => void (init && names.set(init, nameOf(id, text))),
    Property: ({ key, value }) => void names.set(value, nameOf(key, text)),
    PropertyDefinition: ({ key, value }) => void (value && names.set(value, nameOf(key, text))),
    MethodDefinition: ({ key, value }) => void names.set(value, nameOf(key, text)),
    FunctionDeclaration: add,
    FunctionExpression: add,
    ArrowFunctionExpression: add,
  }).visit(parsed.program);
  return found;
}

function nameOf(node: Node, text: string): string {
  return text.slice(node.start, node.end).split(':')[0] ?? '';
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Object literals that are spread inside another literal, although their fields could be there. */
export function spreadLiterals({ path, text, parsed }: Source): string[] {
  const found: string[] = [];
  new Visitor({
    SpreadElement: ({ argument, start }) => {
      if (bare(argument).type === 'ObjectExpression') found.push(`${path}:${lineAt(text, start)}`);
    },
  }).visit(parsed.program);
  return found;
}

/** Without parentheses, `as` and `satisfies`. */
function bare(node: Node): Node {
  switch (node.type) {
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return bare(node.expression);
    default:
      return node;
  }
}

/** Paths of files that are taken from a URL as they are: a space of a folder's name is %20 in them. */
export function pathsOfUrls({ path, text, parsed }: Source): string[] {
  const found: string[] = [];
  new Visitor({
    MemberExpression: ({ object, property, start, end }) => {
      const isPathname =
        object.type === 'NewExpression' && property.type === 'Identifier' && property.name === 'pathname';
      if (isPathname && text.slice(start, end).includes('import.meta.url'))
        found.push(`${path}:${lineAt(text, start)}`);
    },
  }).visit(parsed.program);
  return found;
}

/** Constants that are written in capitals. Static fields of classes and keys of objects may be. */
export function upperCaseNames({ path, text, parsed }: Source): string[] {
  const found: string[] = [];
  new Visitor({
    VariableDeclarator: ({ id }) => {
      if (id.type === 'Identifier' && /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(id.name) && id.name.length > 1)
        found.push(`${path}:${lineAt(text, id.start)} ${id.name}`);
    },
  }).visit(parsed.program);
  return found;
}

/** Every name that the file declares or uses, with its first place. Includes the file's own, such as `kept-file.ts`. */
export function namesIn({ path, text, parsed }: Source): Map<string, string> {
  const names = new Map<string, string>();
  const add = ({ name, start }: { name: string; start: number }) => {
    if (!names.has(name)) names.set(name, `${path}:${lineAt(text, start)}`);
  };
  new Visitor({ Identifier: add, PrivateIdentifier: add }).visit(parsed.program);
  const ownName = path.split('/').at(-1)?.split('.')[0] ?? '';
  return names.set(`${ownName}.ts`, path);
}
