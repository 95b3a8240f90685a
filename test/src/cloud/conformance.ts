import { describe } from 'vitest';
import { adoptionDemands } from './conformance/adoption.ts';
import { callDemands } from './conformance/calls.ts';
import { catalogueDemands } from './conformance/catalogue.ts';
import { contractDemands } from './conformance/contract.ts';
import { lifeDemands } from './conformance/life.ts';
import { lookDemands } from './conformance/look.ts';
import type { DriverUnderTest } from './conformance/scene.ts';
import { troubleDemands } from './conformance/trouble.ts';

/** The promises of the port, tested with a driver that talks to the simulator. */
export function demandConformance(under: DriverUnderTest): void {
  describe(`a machine at ${under.name}`, () => lifeDemands(under));
  describe(`a search for machines at ${under.name}`, () => lookDemands(under));
  describe(`trouble at ${under.name}`, () => troubleDemands(under));
  describe(`the account and catalogue of ${under.name}`, () => catalogueDemands(under));
  describe(`the official document of ${under.name}`, () => contractDemands(under));
  describe(`a create at ${under.name}`, () => callDemands(under));
  describe(`jobs at ${under.name}`, () => adoptionDemands(under));
}
