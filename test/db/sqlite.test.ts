import { conformance } from './conformance/all.ts';
import { sqliteDialect } from './dialects.ts';

conformance(sqliteDialect());
