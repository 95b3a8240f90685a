import type { Cloud } from '#src/simulator/cloud.ts';
import type { Answer, Call, Route } from '#src/simulator/dialect.ts';
import type { DnsRecord, RecordFields } from '#src/simulator/dns-record.ts';
import { absent, granted, identical, noRoute, refuseAs } from './errors.ts';
import { pageAnswer } from './paging.ts';
import { fieldsIn, patchedFields } from './record-fields.ts';
import { isZoneId } from './zones.ts';

const path = '/zones/:parent/dns_records';

/** What lies below a zone: its DNS records. */
export function recordRoutes({ machines: { records } }: Cloud): readonly Route[] {
  const one = (call: Call): DnsRecord | null => {
    const record = records.get(call.id);
    return record?.zoneId === call.parent ? record : null;
  };
  const write = async (record: DnsRecord | null, zoneId: string, asked: ReturnType<typeof fieldsIn>) => {
    if ('refusal' in asked) return asked.refusal;
    const refusal = clashOf(
      asked.fields,
      records.all().filter(({ id }) => id !== record?.id),
    );
    if (refusal !== null) return refusal;
    return granted(bodyOf(await (record ? records.change(record, asked.fields) : records.make(zoneId, asked.fields))));
  };
  const routes: readonly Route[] = [
    { method: 'get', path, operation: 'list-records', act: (call) => list(records.all(), call) },
    {
      method: 'post',
      path,
      operation: 'create-record',
      act: (call) => write(null, call.parent, fieldsIn(call.body, call.parent)),
    },
    {
      method: 'put',
      path: `${path}/:id`,
      operation: 'update-record',
      act: (call) => {
        const record = one(call);
        return record ? write(record, call.parent, fieldsIn(call.body, call.parent)) : absent();
      },
    },
    {
      method: 'patch',
      path: `${path}/:id`,
      operation: 'update-record',
      act: (call) => {
        const record = one(call);
        return record ? write(record, call.parent, patchedFields(record, call.body)) : absent();
      },
    },
    {
      method: 'delete',
      path: `${path}/:id`,
      operation: 'delete-record',
      act: async (call) => {
        const record = one(call);
        if (!record) return absent();
        await records.remove(record.id);
        return { status: 200, body: { result: { id: record.id } } };
      },
    },
  ];
  return routes.map((route) => ({
    ...route,
    act: (call, made) => (isZoneId(call.parent) ? route.act(call, made) : noRoute()),
  }));
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
  return pageAnswer(found.map(bodyOf), call, { usual: 100, most: 5000 });
}

/** A name may have many A records, but none twice, and nothing beside a CNAME. */
function clashOf({ type, name, content }: RecordFields, others: readonly DnsRecord[]): Answer | null {
  const named = others.filter((other) => other.name === name);
  if (named.some((other) => other.type === type && other.content === content)) return identical();
  const clashes = named.some((other) => (other.type === 'CNAME' || type === 'CNAME') && other.type !== 'TXT');
  return clashes ? refuseAs(400, 81053, 'An A, AAAA, or CNAME record with that host already exists.') : null;
}

function bodyOf(record: DnsRecord) {
  const { id, type, name, content, ttl, proxied, comment, createdAt, modifiedAt } = record;
  return {
    ...{ id, type, name, content, ttl, proxied, tags: [], meta: {}, proxiable: type !== 'TXT' },
    ...(comment !== null && { comment }),
    created_on: new Date(createdAt).toISOString(),
    modified_on: new Date(modifiedAt).toISOString(),
  };
}
