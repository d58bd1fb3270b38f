import type { SharedDatabase } from '../support/shared-database.js';
import { alertScenarios } from './scenarios/alerts.js';
import { conformanceScenarios } from './scenarios/conformance.js';
import { deliveryScenarios } from './scenarios/deliveries.js';
import { processScenarios } from './scenarios/processes.js';
import { sameAsSqliteScenarios } from './scenarios/same-as-sqlite.js';

/** Defines the tests that every database of a fleet must pass. */
export function fleetScenarios(database: SharedDatabase): void {
  beforeAll(() => database.start());
  afterAll(() => database.stop());
  conformanceScenarios(database);
  sameAsSqliteScenarios(database);
  deliveryScenarios(database);
  alertScenarios(database);
  processScenarios(database);
}
