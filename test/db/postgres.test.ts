import { conformance } from './conformance/all.ts';
import { postgresDialect } from './dialects.ts';

conformance(postgresDialect());
