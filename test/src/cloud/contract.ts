import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';

/** The official documents are beside the project, not in it. */
const folder = new URL('../../../../shared/contracts/', import.meta.url);

export const contractsAreHere = existsSync(fileURLToPath(folder));
/** The end of the name of a suite that needs these documents. */
export const unlessAbsent = contractsAreHere ? '' : ' (skipped: ../shared/contracts is not beside this project)';

interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

export interface Contract {
  checkRequest(exchange: Exchange): readonly object[];
  checkResponse(exchange: Exchange, options?: { strict: boolean }): readonly object[];
}

interface ContractModule {
  loadContract(file: string, tools: object): Contract;
  checkedFetch(contract: Contract, options: { base: string; onViolation: (violation: object) => void }): typeof fetch;
}

export interface Checked {
  readonly contract: Contract;
  readonly fetch: typeof fetch;
  /** The violations of the document. */
  readonly violations: object[];
}

/** A fetch that checks every exchange with `base`, to which the document's paths are relative. */
export async function checkedBy(document: string, base: string): Promise<Checked> {
  const module: ContractModule = await import(new URL('contract.mjs', folder).href);
  const file = fileURLToPath(new URL(`${document}.openapi.json`, folder));
  const contract = module.loadContract(file, { Ajv2019, addFormats });
  const violations: object[] = [];
  const onViolation = (violation: object) => void violations.push(violation);
  return { contract, violations, fetch: module.checkedFetch(contract, { base, onViolation }) };
}
