import { ClickHouseDatabase } from '../support/clickhouse-database.js';
import { fleetScenarios } from './scenarios.js';

describe('a fleet with a database in ClickHouse', () => fleetScenarios(new ClickHouseDatabase()));
