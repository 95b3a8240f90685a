import type { Catalogue } from '#queues/ports/provider.ts';
import { type FillableOrder, fillableOrder } from '#src/cloud/fillable-order.ts';

/** The request bodies with a location or a plan, by their names in the document. */
const orders = ['PurchaseOrder', 'RebuildOrder'] as const;

interface Document {
  readonly components: { readonly schemas: Record<string, { readonly properties?: Record<string, object> }> };
}

/** The OpenAPI document, as JSON text, with examples that the configured cloud can fill: "Try it out" sends them. */
export function withExamples(text: string, { plans }: Catalogue): string {
  const order = fillableOrder(plans);
  if (order === null) return text;
  const document: Document = JSON.parse(text);
  for (const name of orders) addExamples(document.components.schemas[name]?.properties ?? {}, order);
  return JSON.stringify(document);
}

function addExamples(properties: Record<string, object>, { location, plan }: FillableOrder): void {
  for (const [field, example] of Object.entries({ location, plan })) {
    const schema = properties[field];
    if (schema) properties[field] = { ...schema, example };
  }
}
