import type { Cloud } from '#src/simulator/cloud.ts';
import type { Answer, Call, Route } from '#src/simulator/dialect.ts';
import type { DnsRecord, RecordFields } from '#src/simulator/dns-record.ts';
import type { RecordStore } from '#src/simulator/record-store.ts';
import { absent, errorWithCode, identical, noRoute, resultAnswer } from './errors.ts';
import { pageAnswer } from './paging.ts';
import { fieldsIn, type ParsedFields, patchedFields } from './record-fields.ts';
import { isZoneId } from './zones.ts';

const path = '/zones/:parent/dns_records';

/** The DNS records of a zone. */
export function recordRoutes({ machines: { records } }: Cloud): readonly Route[] {
  const update = (fieldsOf: (record: DnsRecord, call: Call) => ParsedFields): Route['act'] => {
    return (call) => {
      const record = recordOf(records, call);
      return record ? write(records, { record, zoneId: call.parent, parsed: fieldsOf(record, call) }) : absent();
    };
  };
  const create = (call: Call) =>
    write(records, { record: null, zoneId: call.parent, parsed: fieldsIn(call.body, call.parent) });
  const put = update((_record, call) => fieldsIn(call.body, call.parent));
  const patch = update((record, call) => patchedFields(record, call.body));
  const routes: readonly Route[] = [
    { method: 'get', path, operation: 'list-records', act: (call) => list(records.all(), call) },
    { method: 'post', path, operation: 'create-record', act: create },
    { method: 'put', path: `${path}/:id`, operation: 'update-record', act: put },
    { method: 'patch', path: `${path}/:id`, operation: 'update-record', act: patch },
    { method: 'delete', path: `${path}/:id`, operation: 'delete-record', act: (call) => remove(records, call) },
  ];
  return routes.map((route) => ({
    ...route,
    act: (call, made) => (isZoneId(call.parent) ? route.act(call, made) : noRoute()),
  }));
}

function recordOf(records: RecordStore, { id, parent }: Call): DnsRecord | null {
  const record = records.get(id);
  return record?.zoneId === parent ? record : null;
}

interface Write {
  /** null: a new one. */
  readonly record: DnsRecord | null;
  readonly zoneId: string;
  readonly parsed: ParsedFields;
}

async function write(records: RecordStore, { record, zoneId, parsed }: Write): Promise<Answer> {
  if ('error' in parsed) return parsed.error;
  const others = records.all().filter(({ id }) => id !== record?.id);
  const error = conflictOf(parsed.fields, others);
  if (error !== null) return error;
  const { fields } = parsed;
  return resultAnswer(bodyOf(await (record ? records.change(record, fields) : records.make(zoneId, fields))));
}

async function remove(records: RecordStore, call: Call): Promise<Answer> {
  const record = recordOf(records, call);
  if (!record) return absent();
  await records.remove(record.id);
  return { status: 200, body: { result: { id: record.id } } };
}

function list(all: readonly DnsRecord[], call: Call): Answer {
  const { query } = call;
  const name = (query.get('name.exact') ?? query.get('name'))?.toLowerCase() ?? null;
  const fits = (asked: string | null, value: string) => asked === null || asked === value;
  const found = all.filter(
    (record) =>
      record.zoneId === call.parent &&
      fits(name, record.name) &&
      fits(query.get('type'), record.type) &&
      fits(query.get('content'), record.content),
  );
  return pageAnswer(found.map(bodyOf), call, { fallback: 100, max: 5000 });
}

/** A name may have several A records with different contents. Beside a CNAME it may have only TXT records. */
function conflictOf({ type, name, content }: RecordFields, others: readonly DnsRecord[]): Answer | null {
  const named = others.filter((other) => other.name === name);
  if (named.some((other) => other.type === type && other.content === content)) return identical();
  const hasConflict = named.some((other) => (other.type === 'CNAME' || type === 'CNAME') && other.type !== 'TXT');
  return hasConflict ? errorWithCode(400, 81053, 'An A, AAAA, or CNAME record with that host already exists.') : null;
}

function bodyOf(record: DnsRecord) {
  const { id, type, name, content, ttl, proxied, comment, createdAt, modifiedAt } = record;
  return {
    id,
    type,
    name,
    content,
    ttl,
    proxied,
    tags: [],
    meta: {},
    proxiable: type !== 'TXT',
    ...(comment !== null && { comment }),
    created_on: new Date(createdAt).toISOString(),
    modified_on: new Date(modifiedAt).toISOString(),
  };
}
