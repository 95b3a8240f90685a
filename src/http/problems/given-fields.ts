import type { z } from 'zod';

/**
 * Makes a function that reduces a body to what its caller has given. Clients write null for an optional field that they
 * do not give; PHP writes an empty array for an object without fields. Everything else stays, for the schema to judge.
 */
export function givenFields(schema: z.ZodObject): (body: unknown) => unknown {
  const optional = optionalFields(schema);
  const mayBeEmpty = schema.safeParse({}).success;
  return (body) => {
    if (mayBeEmpty && isNothing(body)) return {};
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
    return Object.fromEntries(Object.entries(body).filter(([name, value]) => value !== null || !optional.has(name)));
  };
}

/** Fields for which null has a meaning of its own are left out. */
function optionalFields({ shape }: z.ZodObject): Set<string> {
  const fields: [string, z.ZodType][] = Object.entries(shape);
  const accepts = (field: z.ZodType, value: unknown) => field.safeParse(value).success;
  return new Set(
    fields.filter(([, field]) => accepts(field, undefined) && !accepts(field, null)).map(([name]) => name),
  );
}

function isNothing(body: unknown): boolean {
  return body === null || (Array.isArray(body) && body.length === 0);
}
